"""What surrounds an answer in a model's reply."""

from __future__ import annotations

import pytest

from rag.answering.replies import is_remark, may_be_verdict, split_verdict, without_thoughts

REFUSALS = """
I don't know.
I do not know the answer.
I’m sorry, but I don’t know.
Not mentioned.
Not stated in the passages.
None of the passages answers the question.
None of the articles mention this.
No passage mentions a winner.
The passages do not contain the answer.
The provided context doesn't say.
There is no information about this in the passages.
There is no mention of the World Cup.
I cannot answer this question from the passages.
I can't find an answer.
I am unable to answer that.
I'm not able to find this information.
Unable to determine.
Cannot be determined from the given text.
It is not specified.
It isn't mentioned.
This is not stated.
The answer is not provided.
The question cannot be answered from the passages.
The question can't be answered.
Unknown.
N/A
Insufficient information.
Not enough information.
No answer found.
The text fails to mention who won.
Unfortunately, the articles do not say who won the cup.
Nothing in the passages says so.
The sources lack this information.
I found no information on this.
""".strip().splitlines()
CLAIMS = """
The mayor said that nobody knows who won.
He did not attend the meeting.
No one was hurt in the crash.
The cause of the fire is unknown to the police.
There is no cure for the disease.
The treaty has not been ratified.
Unknown attackers fired at the convoy.
The court did not answer the question of standing.
None of the passengers survived.
Officials have not named the victim.
It is not clear whether he will run, said his spokeswoman.
""".strip().splitlines()


@pytest.mark.parametrize("sentence", REFUSALS)
def test_a_refusal_is_recognized_in_any_wording(sentence: str) -> None:
    assert is_remark(sentence)


@pytest.mark.parametrize("sentence", CLAIMS)
def test_a_claim_with_a_negation_is_no_refusal(sentence: str) -> None:
    assert not is_remark(sentence)


@pytest.mark.parametrize(
    "reply",
    [
        "<think>Let me see [1].</think>The mayor won. [1]",
        "Let me see [1].\n</think>\n\nThe mayor won. [1]",
        "<thinking>Let me see</thinking>The mayor won. [1]",
        "<|channel|>analysis<|message|>Let me see.<|end|><|start|>assistant<|channel|>final<|message|>The mayor won. [1]<|return|>",
        "<|start|>assistant<|channel|>commentary<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>The mayor won. [1]",
        "The mayor won. [1]<|im_end|>",
    ],
)
def test_thoughts_and_control_tokens_are_no_part_of_an_answer(reply: str) -> None:
    assert without_thoughts(reply).strip() == "The mayor won. [1]"


def test_a_reply_that_only_thinks_is_empty() -> None:
    for reply in ("<think>I wonder", "<|channel|>analysis<|message|>I wonder<|end|>"):
        assert not without_thoughts(reply).strip()


@pytest.mark.parametrize(
    ("reply", "verdict", "rest"),
    [
        ("FOUND\nThe mayor won. [1]", "FOUND", "The mayor won. [1]"),
        ("**FOUND**\n\nThe mayor won.", "FOUND", "The mayor won."),
        ("FOUND: The mayor won.", "FOUND", "The mayor won."),
        ("NOT FOUND", "NOT FOUND", ""),
        ("NOT FOUND.", "NOT FOUND", ""),
        ("`NOT_FOUND`", "NOT FOUND", ""),
        ("The mayor won.", None, "The mayor won."),
        ("Found guilty, he left.", None, "Found guilty, he left."),
        ("FOUND guilty, he left.", None, "FOUND guilty, he left."),
    ],
)
def test_the_verdict_is_read_from_the_first_line(
    reply: str, verdict: str | None, rest: str
) -> None:
    assert split_verdict(reply) == (verdict, rest)


def test_a_reply_is_held_back_while_it_may_be_a_verdict() -> None:
    assert all(may_be_verdict(text) for text in ("", "F", "**FOU", "NOT F", "FOUND", "FOUND\n"))
    assert not any(may_be_verdict(text) for text in ("The", "Foundation", "NOT FOUND in the text"))
