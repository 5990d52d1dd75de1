"""Answers as text, Markdown and JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from markdown_it import MarkdownIt

from rag.answering.citations import marked
from rag.answering.render import to_dict, to_markdown, to_text
from rag.types import Answer, Searched, Sentence, Support
from tests.test_page import HOSTILE, WRITTEN

ANSWER = replace(WRITTEN, text=" ".join(map(marked, WRITTEN.sentences)))


def test_text_contains_the_question_the_scope_the_notices_and_the_dates() -> None:
    assert to_text(ANSWER) == (
        "Asked: Who is it?\nOnly: TDI or NHK, from 4 October 2022\n\n"
        "It is so. [1] It was so. [1] It will be so. "
        "[not found in the sources: “2099”, “Ruritania”]\n\n"
        "The sources disagree.\n"
        "Written by writer; every sentence was checked against the passages.\n\n"
        "[1] A title, no date (characters 0–6)"
    )


def test_a_refusal_contains_the_same_without_a_byline() -> None:
    searched = Searched(69, 17)
    refused = replace(ANSWER, sentences=(), citations=(), refused=True, searched=searched)
    for text in (to_text(refused), to_markdown(refused)):
        assert text.startswith("Asked: Who is it?")
        assert "do not answer this question.\n\nSearched: 69 passages of 17 articles." in text
        assert "Written by" not in text


def test_markdown_marks_unsupported_sentences() -> None:
    assert to_markdown(ANSWER) == (
        "Asked: Who is it?\n\nOnly: TDI or NHK, from 4 October 2022\n\n"
        "It is so.[^1] It was so.[^1] It will be so. "
        "*\\[not found in the sources: “2099”, “Ruritania”\\]*\n\n"
        "The sources disagree.\n\n"
        "Written by writer; every sentence was checked against the passages.\n\n"
        "[^1]: “Words.” A title, no date (characters 0–6)"
    )


def test_text_from_a_model_is_escaped_in_markdown() -> None:
    for words in (HOSTILE, "1. One", "- one", "+ one", "# one", "> one", "=== ***"):
        hostile = Answer(
            "?",
            "",
            (Sentence(words, (), Support("unsupported", 0, (HOSTILE,))),),
            notices=(words,),
            model=words,
            rewritten_question=words,
        )
        html = MarkdownIt("commonmark", {"html": True}).render(to_markdown(hostile))
        tags = {piece.split(">")[0] for piece in html.split("<")[1:]}
        assert tags == {"p", "/p", "em", "/em"}


def test_plain_values_contain_everything() -> None:
    values = json.loads(json.dumps(to_dict(ANSWER)))
    assert values["sentences"][2]["support"] == {
        "verdict": "unsupported",
        "score": 0.4,
        "missing": ["2099", "Ruritania"],
    }
    assert values["scope"] == {"after": "2022-10-04", "before": None, "sources": ["TDI", "NHK"]}
    assert values["rewritten_question"] == "Who is it?"
    assert values["model"] == "writer"
    assert values["notices"] == ["The sources disagree."]
    assert values["timings"] == {"total": 3.21}
