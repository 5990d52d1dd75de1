"""Quantities: numbers with their units, and what they count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.quantities import Quantity, quantities


def only(text: str) -> Quantity:
    (quantity,) = quantities(text)
    return quantity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It took nine weeks.", "It lasted 63 days."),
        ("Winds of 55 mph were measured.", "Winds of 55 miles per hour hit the coast."),
        ("Gas costs $3.69.", "Gas was at $3.7."),
        ("It weighs 2 tonnes.", "It weighs 2,000 kilograms."),
        ("A budget of $1.2 billion was passed.", "The budget is $1,200 million."),
        ("At least seven people were killed.", "The storm left 7 dead."),
        ("About 400 homes burned.", "In the end 412 homes were lost."),
    ],
)
def test_the_same_quantity_in_other_words_is_equal(one: str, other: str) -> None:
    assert only(one).is_comparable(only(other))
    assert only(one).equals(only(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Winds of 55 mph were measured.", "Winds of 55 km/h were measured."),
        ("It took 4 weeks.", "It took 4 days."),
        ("Seven people were killed.", "The death toll has risen to 13."),
        ("Gas costs $3.69.", "Gas costs $3.89."),
        ("The bridge has 12 arches.", "The bridge has 14 stone arches."),
    ],
)
def test_different_values_of_the_same_quantity_are_comparable_and_differ(
    one: str, other: str
) -> None:
    assert only(one).is_comparable(only(other))
    assert not only(one).equals(only(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 people are missing.", "23 people were killed."),
        ("12 missing", "12 dead"),
        ("It lasted 4 weeks.", "It is 4 miles long."),
        ("It costs $40.", "It is 40 percent."),
        ("They found 12 boats.", "They found 12 cars."),
        ("It was 40 degrees Celsius.", "It was 104 degrees Fahrenheit."),
    ],
)
def test_different_quantities_are_not_comparable(one: str, other: str) -> None:
    assert not only(one).is_comparable(only(other))


def test_dates_and_ordinals_are_no_quantities() -> None:
    assert not list(quantities("On 12 June 2025, the 5th bridge was opened, after that of May 3."))


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Some 1,200 homes were lost.", "1,200 homes"),
        ("The death toll of the crash has risen to 13, they said.", "toll of the crash has risen to 13"),
        ("It lost $1.2 billion in May.", "$1.2 billion"),
    ],
)  # fmt: skip
def test_a_phrase_is_verbatim_and_says_what_is_counted(text: str, phrase: str) -> None:
    assert only(text).phrase(text) == phrase


@given(st.text(max_size=200))
def test_any_text_has_quantities_in_order_and_within_it(text: str) -> None:
    end = 0
    for quantity in quantities(text):
        assert end <= quantity.span.start < quantity.span.end <= len(text)
        assert quantity.phrase(text) in text
        end = quantity.span.start
