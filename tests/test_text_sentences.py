from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.text.sentences import nonempty, sentences, stripped
from rag.types import Span

pieces = st.sampled_from(
    [
        "The U.S. Navy", " was there", ".", ". ", "? ", "! ", "\n", "  ", "“", "”", "(", ")",
        "J. R. R. Tolkien", " 1. ", "12) ", "e.g. this", "3.5", "…", "東京は首都です。", "[5][6]", "🚀",
        "\u00a0", "\u2028", "é", "A. ", "Dr. ", "http://a.b/c?d",
    ]
)  # fmt: skip
texts = st.lists(pieces, max_size=30).map("".join) | st.text()


@given(texts, st.sampled_from(["en", "de", "ja", "ar", "xx", None]))
@example("word " * 5_000, "en")
@example("x" * 25_000, "en")
@example("“" + "He said so. " * 2_000, "en")
def test_sentences_are_in_order_disjoint_and_leave_out_only_white_space(
    text: str, language: str | None
) -> None:
    end = 0
    for span in sentences(text, Span(0, len(text)), language):
        assert end <= span.start < span.end <= len(text)
        assert not text[end : span.start].strip()
        sentence = text[span.start : span.end]
        assert sentence == sentence.strip()
        end = span.end
    assert not text[end:].strip()


@given(texts, texts, texts)
def test_sentences_stay_inside_their_paragraph(before: str, paragraph: str, after: str) -> None:
    text = before + paragraph + after
    within = Span(len(before), len(before) + len(paragraph))
    alone = [
        Span(span.start + within.start, span.end + within.start)
        for span in sentences(paragraph, Span(0, len(paragraph)))
    ]
    assert list(sentences(text, within)) == alone


@pytest.mark.parametrize(
    "continued", ["1. Open the box.", "12) Close it.", "The Japan-U. S alliance."]
)
def test_initials_and_ordinals_end_no_sentence(continued: str) -> None:
    text = f"{continued} That is all."
    assert [text[span.start : span.end] for span in sentences(text, Span(0, len(text)))] == [
        continued,
        "That is all.",
    ]


@given(texts)
def test_a_range_is_stripped_of_white_space_alone(text: str) -> None:
    span = stripped(text, 0, len(text))
    assert text[span.start : span.end] == text.strip()
    assert list(nonempty(text, 0, len(text))) == ([span] if text.strip() else [])
