from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.numbers import Number, held, names_time, numbers, numerals, times, worth

LANGUAGES = ["en", "de", "fr", "es", "ja", "en-US"]
pieces = st.sampled_from(
    "1 12 1,234 1.234 1.234.567,8 10.0.1 3.5 0 007 1999 2021-05-17 5th O’Neill 80s ’90s 2m 3k 10% million bn b t - – / "
    "one two twenty-one hundred first Third May may Sept Monday both ½ ² ٣ 1/2 1999/00 Rome Oslo and , . \n".split(" ")
)  # fmt: skip
texts = st.lists(pieces, max_size=12).map(" ".join) | st.lists(pieces).map("".join) | st.text()


def values(text: str, language: str = "en") -> dict[str, set[str]]:
    return {number.words: set(number.values) for number in numbers(text, language)}


@given(st.integers(min_value=2, max_value=10**9))
def test_an_integer_is_read_back_however_it_is_grouped(number: int) -> None:
    for written in (f"{number}", f"{number:,}", f"{number:,}".replace(",", ".")):
        assert f"{number}" in held(f"There were {written} of them.", "en")


@given(st.integers(0, 999), st.integers(1, 99))
def test_a_decimal_is_read_back_with_a_point_and_with_a_comma(whole: int, part: int) -> None:
    value = float(f"{whole}.{part:02}")
    assert held(f"{whole}.{part:02}", "en") == held(f"{whole},{part:02}", "en") == {f"{value:.10g}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.5 million people", {"2.5 million": {"2500000"}}),
        ("$3bn", {"3bn": {"3", "3000000000"}}),
        ("a 2m fence", {"2m": {"2", "2000000"}}),
        ("the ’90s", {"90s": {"90", "1990"}}),
        ("1.234 and 1,234", {"1.234": {"1.234", "1234"}, "1,234": {"1234"}}),
        ("1.234.567,8", {"1.234.567,8": {"1234567.8"}}),
        ("version 10.0.1", {"10.0.1": {"10.0.1"}}),
        ("version 10.0.1 b", {"10.0.1 b": {"10.0.1"}}),
        ("twenty-one of the five", {"twenty one": {"21"}, "five": {"5"}}),
        ("one of them", {}),
        ("five O’Briens and the fourth O'Neill", {"five": {"5"}, "fourth": {"4"}}),
    ],
)
def test_a_number_has_the_values_that_it_may_mean(text: str, expected: dict[str, set[str]]) -> None:
    assert values(text) == expected


def test_months_days_and_years_are_dates() -> None:
    found = list(numbers("On Monday, 5 Sept 2022, they may march 12 miles.", "en"))
    assert [number.words for number in found if number.is_date] == ["Monday", "Sept", "5", "2022"]
    assert Number("Sept", frozenset({"september"}), is_date=True) in found


@given(texts, st.sampled_from(LANGUAGES))
def test_a_text_holds_all_its_own_numbers(text: str, language: str) -> None:
    for number in numbers(text, language):
        assert number.words
        assert number.values
        assert number.values <= held(text, language)


@given(texts, st.sampled_from(LANGUAGES), st.integers(0, 3), st.integers(0, 9))
def test_a_numeral_is_a_word_that_is_worth_its_value(
    text: str, language: str, around: int, offset: int
) -> None:
    previous = offset
    for numeral in numerals(text, language, around, offset):
        span = numeral.span
        assert previous <= span.start < span.end <= offset + len(text)
        assert numeral.around.start <= span.start
        assert span.end <= numeral.around.end
        assert worth(text[span.start - offset : span.end - offset], language) == numeral.value
        previous = span.end


@given(st.integers(2, 99))
def test_a_number_is_worth_the_same_spelled_and_in_digits(number: int) -> None:
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # fmt: skip
    tens = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
    ten, one = divmod(number, 10)
    spelled = ones[number] if number < 20 else f"{tens[ten]}-{ones[one]}" if one else tens[ten]
    assert f"{number}" in held(f"There were {spelled} of them.", "en")
    if "-" not in spelled:
        assert worth(spelled, "en") == worth(f"{number}", "en") == f"{number}"


def test_a_text_implies_numbers_that_it_does_not_write() -> None:
    assert "2" in held("Both went.", "en")
    assert "3" in held("Anna, Ben and Cleo went.", "en")
    assert "1901" in held("in the season of 1900-01", "en")
    assert "2000" in held("in the season of 1999/00", "en")


@given(texts, st.none() | st.dates())
def test_times_are_lower_case_names_and_the_parts_of_the_date(
    text: str, published: date | None
) -> None:
    found = times(text, published)
    parts = {str(published.day), str(published.year)} if published else set()
    assert parts <= found
    assert all(names_time(word) for word in found - parts)


def test_times_are_read_from_names_abbreviations_and_iso_dates() -> None:
    assert times("on Tuesday 2 Feb, not 2021-13-01 but 2021-05-17", None) == {"tuesday", "february", "may"}  # fmt: skip
    assert times("", date(2022, 10, 4)) == {"4", "october", "2022"}
    assert names_time("SEPT")
    assert not names_time("autumn")
