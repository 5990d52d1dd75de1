"""A model's draft, read tolerantly: sentences, and the passages that they cite."""

from __future__ import annotations

import pytest

from rag.answering.drafts import DraftSentence, sentences_of, shown


@pytest.mark.parametrize(
    "mark",
    ["[1]", "[ 1 ]", "[^1]", "[passage 1]", "[Source: 1]", "[1, p. 3]", "(1)", "(Source: 1)",
     "(passage 1)", "(see source 1)", "<sup>1</sup>", "<sup>[1]</sup>", "【1†source】", "【1】",
     "[1, pp. 3-4]", "[ref. 1]", "[#1]"],
)  # fmt: skip
@pytest.mark.parametrize("draft", ["The mayor won {}.", "The mayor won.{}", "The mayor won. {}"])
def test_a_mark_is_read_in_any_form(mark: str, draft: str) -> None:
    text = draft.format(mark)
    assert sentences_of(text) == [DraftSentence("The mayor won.", (1,))]
    assert shown(text) in ("The mayor won.", "The mayor won .")


@pytest.mark.parametrize(
    ("draft", "marks"),
    [
        ("The mayor won. [1][2]", (1, 2)),
        ("The mayor won. [1, 2]", (1, 2)),
        ("The mayor won. [1] and [2]", (1, 2)),
        ("The mayor won. [passages 1 and 2]", (1, 2)),
        ("The mayor won. [1-3]", (1, 2, 3)),
        ("The mayor won (1)(2).", (1, 2)),
        ("The mayor won (1, 2).", (1, 2)),
    ],
)
def test_several_marks_are_read(draft: str, marks: tuple[int, ...]) -> None:
    (sentence, *_) = sentences_of(draft)
    assert sentence.marks == marks


@pytest.mark.parametrize(
    "draft",
    [
        "According to [1], the mayor won.",
        "According to passage [1], the mayor won.",
        "As reported in [1], the mayor won.",
        "Passage 1 says that the mayor won.",
        "Source [1] states that the mayor won.",
    ],
)
def test_a_mark_that_is_part_of_the_sentence_is_taken_out_with_its_words(draft: str) -> None:
    assert sentences_of(draft) == [DraftSentence("The mayor won.", (1,))]


@pytest.mark.parametrize(
    "draft",
    [
        "The mayor (42) won.",
        "He was elected in 2019 (2019).",
        "The vote was close (51 percent).",
        "It weighs 3 (kg).",
    ],
)
def test_a_number_in_brackets_that_is_no_mark_stays(draft: str) -> None:
    assert sentences_of(draft) == [DraftSentence(draft, ())]


def test_a_list_of_sources_is_no_sentence() -> None:
    draft = "The mayor won. [1]\n\nSources: [1], [2]\nReferences:\n[1]"
    assert [sentence.text for sentence in sentences_of(draft)] == ["The mayor won."]
