from __future__ import annotations

import pytest

from rag.text.sentences import sentences
from rag.types import Span


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text, Span(0, len(text)), "en")]


@pytest.mark.parametrize(
    "sentence",
    [
        "The hearing is at 11 a.m. ET on Thursday.",
        "The deadline was 4 p.m. Monday local time.",
        "Kickoff is 7:30 p.m. EST Jan. 8.",
        "He moved from St. Louis to Ft. Worth.",
        "On Jan. 6 rioters came; it ended in Sept. 2021.",
        "U.S. Rep. Clay Higgins, R-La., objected.",
        "Sen. John Thune, R-S.D., and Gov. Mike DeWine met.",
        "“Is it over?” Smith asked.",
        "It was Dr. Martin Luther King Jr. Day.",
    ],
)
def test_times_titles_and_places_do_not_end_a_sentence(sentence: str) -> None:
    assert split(f"{sentence} Nobody else spoke.") == [sentence, "Nobody else spoke."]


def test_an_abbreviation_may_still_end_a_sentence() -> None:
    assert split("It closed at 5 p.m. The mayor left.") == [
        "It closed at 5 p.m.",
        "The mayor left.",
    ]
    assert split("He lives at 13th St. There is a park.") == ["He lives at 13th St.", "There is a park."]  # fmt: skip
