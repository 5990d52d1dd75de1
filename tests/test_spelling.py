"""Typing slips are corrected with the words of the library, and nothing else is."""

from __future__ import annotations

import pytest

from rag.langchain import ArticleQA


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Where was Antony Blinkn born?", "Where was Antony Blinken born?"),
        ("When was the armistise signed?", "When was the armistice signed?"),
        ("Who condemned the misslie launch?", "Who condemned the missile launch?"),
        ("what did the secruity council decide", "what did the security council decide"),
    ],
)
def test_a_slip_is_corrected_and_the_answer_says_so(qa: ArticleQA, typed: str, meant: str) -> None:
    answer, intended = qa.ask(typed), qa.ask(meant)
    assert answer.question == typed
    assert answer.rewritten_question == meant
    assert answer.notices[0] == f"Showing results for “{meant}”."
    assert answer.citations == intended.citations


@pytest.mark.parametrize(
    "question",
    [
        "Who condemned the missile launch?",
        "What is the capital of Peru?",  # words that the articles lack, but no slips
        "Who painted the Mona Lisa?",
        "What is the NASA budget?",
        "Who is “Antony Blinkn”?",
        "Who is Talkes?",  # a name is not taken for the word "talks"
        "What is KoreAA?",
        "xqzzt vbnmk wrtpl kjhgf?",
        "Wann?",
    ],
)
def test_other_words_stay_as_they_are(qa: ArticleQA, question: str) -> None:
    answer = qa.ask(question)
    assert answer.rewritten_question is None
    assert not any(notice.startswith("Showing") for notice in answer.notices)
