from __future__ import annotations

from datetime import date

import pytest

from rag.errors import QuestionError
from rag.retrieval.period import Period, as_day, period_of

TODAY = date(2025, 6, 12)  # a Thursday


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What happened yesterday?", date(2025, 6, 11), date(2025, 6, 11)),
        ("What did the Senate do this week?", date(2025, 6, 6), TODAY),
        ("Who was arrested last week?", date(2025, 6, 2), date(2025, 6, 10)),
        ("What was announced last month?", date(2025, 5, 1), date(2025, 5, 31)),
        ("What changed in the last 3 days?", date(2025, 6, 9), TODAY),
        ("What has the court ruled since Monday?", date(2025, 6, 9), None),
        ("What has the court ruled since March?", date(2025, 3, 1), None),
        ("Who won on Sunday?", date(2025, 6, 8), date(2025, 6, 9)),
        ("What did the bank decide in September?", date(2024, 9, 1), date(2024, 9, 30)),
        ("What did the bank decide in May?", date(2025, 5, 1), date(2025, 5, 31)),
        ("What happened in March 2023?", date(2023, 3, 1), date(2023, 3, 31)),
        ("How many people lived there in 2020?", date(2020, 1, 1), date(2020, 12, 31)),
    ],
)
def test_words_for_a_time_become_a_period(question: str, first: date, last: date | None) -> None:
    period = period_of(question, TODAY)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    "question",
    ["Who may succeed the mayor?", "Did they march to the palace?", "What is the second law?"],
)
def test_ordinary_words_name_no_period(question: str) -> None:
    assert period_of(question, TODAY) == Period()


def test_a_question_about_now_is_about_the_present() -> None:
    assert period_of("What do the strikers currently demand?", TODAY).is_present
    assert period_of("What did she say this week?", TODAY).is_present
    assert not period_of("What did she say?", TODAY).is_present


def test_a_question_about_a_time_long_over_is_about_the_past() -> None:
    assert period_of("Who was king in 1912?", TODAY).is_past
    assert period_of("Who founded the company?", TODAY).is_past
    assert not period_of("Who was elected in May?", TODAY).is_past


def test_a_day_is_a_date_or_an_iso_date() -> None:
    assert as_day("2025-06-12") == TODAY == as_day(TODAY)
    with pytest.raises(QuestionError, match="'soon' is not a day; write it as in 2025-06-12"):
        as_day("soon")
