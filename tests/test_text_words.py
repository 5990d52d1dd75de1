from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.text.words import in_one_line, overlap, spans, words

texts = st.text() | st.from_regex(r"(?:[A-Za-zéßİ’'_\-0-9]{1,6}[ \t\n\u00a0]{0,3}){0,12}", fullmatch=True)  # fmt: skip


def test_words_are_distinct_and_in_lower_case_in_order_of_appearance() -> None:
    assert words("The sea, the SEA and snake_case: 3½") == ["the", "sea", "and", "snake", "case", "3½"]  # fmt: skip
    assert words(" –… ") == []


@given(texts)
def test_each_span_is_a_word_and_between_two_of_them_there_is_none(text: str) -> None:
    found = [text[span.start : span.end] for span in spans(text)]
    assert list(dict.fromkeys(word.lower() for word in found)) == words(text)
    ends = [0, *(span.end for span in spans(text))]
    starts = [*(span.start for span in spans(text)), len(text)]
    gaps = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    assert not any(words(gap) for gap in gaps)


@given(texts)
def test_one_line_has_no_white_space_but_single_spaces(text: str) -> None:
    line = in_one_line(text)
    assert len(line.splitlines()) <= 1
    assert "  " not in line
    assert line == line.strip()
    assert in_one_line(line) == line
    assert words(line) == words(text)


@given(texts, texts)
def test_overlap_is_symmetric_and_a_share(first: str, second: str) -> None:
    share = overlap(first, second)
    assert 0 <= share <= 1
    assert share == overlap(second, first)
    assert (share == 1) == (bool(words(first)) and set(words(first)) == set(words(second)))


def test_overlap_is_the_share_of_common_words_among_all() -> None:
    assert overlap("The red boat.", "the RED car") == 2 / 4
    assert overlap("", "") == 0
