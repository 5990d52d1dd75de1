from __future__ import annotations

from datetime import date

import pytest

from ingest.metadata import Metadata, as_date, dateline, from_mapping, from_text


@pytest.mark.parametrize(
    ("text", "place", "published", "source"),
    [
        ("Tokyo, 4 October 2022 (TDI): The United States", "Tokyo", date(2022, 10, 4), "TDI"),
        ("SEOUL, South Korea (AP) — North Korea fired", "SEOUL, South Korea", None, "AP"),
        ("NEW DELHI, Nov. 28, 2022 (PTI) - India said", "NEW DELHI", date(2022, 11, 28), "PTI"),
        ("PARIS, 12 January 2022 — The minister", "PARIS", date(2022, 1, 12), None),
        ("TOKYO, Oct 4 (Reuters) - Japan said", "TOKYO", None, "Reuters"),
        ("BEIJING, Oct. 4, 2022 (Xinhua) -- China", "BEIJING", date(2022, 10, 4), "Xinhua"),
        ("MOSCOW, October 4. /TASS/. Russia said", "MOSCOW", None, "TASS"),
        ("Rio de Janeiro, 2 May 2021 (AFP) - Brazil", "Rio de Janeiro", date(2021, 5, 2), "AFP"),
    ],
)
def test_a_dateline_gives_place_date_and_agency(
    text: str, place: str, published: date | None, source: str | None
) -> None:
    found = dateline(text)
    assert found is not None
    assert (found.place, found.published, found.source) == (place, published, source)


@pytest.mark.parametrize(
    "text",
    [
        "The minister said: we condemn it.",
        "In October 2022, the missile flew: nobody was hurt.",
        "A plan (the second one) - and a good one - failed.",
        "Six countries took part: China, Japan and others.",
        "On Tuesday (May 3): the shop closed.",
        "President Biden (Democrat) - a long story.",
        "Note (important): read it.",
    ],
)
def test_an_ordinary_beginning_is_no_dateline(text: str) -> None:
    assert dateline(text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2022-10-04", date(2022, 10, 4)),
        ("2022-10-04T08:30:00Z", date(2022, 10, 4)),
        ("4 October 2022", date(2022, 10, 4)),
        ("Oct. 4, 2022", date(2022, 10, 4)),
        ("25/12/2022", date(2022, 12, 25)),
        ("04/10/2022", None),
        ("32 Foo 2022", None),
        ("2022-02-31", None),
        ("yesterday", None),
        ("October 4", None),
        ("", None),
        (None, None),
        (20221004, None),
    ],
)
def test_a_date_is_read_only_where_it_can_be_but_one(value: object, expected: date | None) -> None:
    assert as_date(value) == expected


def test_a_title_comes_from_a_heading_or_the_first_sentence() -> None:
    assert from_text("A heading line\n\nThe story begins. It ends.").title == "A heading line"
    assert from_text("Tokyo, 4 October 2022 (TDI): It began. More.").title == "It began."
    assert from_text("word " * 100).title == ("word " * 23).strip() + "…"
    assert from_text("").title is None
    assert (
        from_text("Mr. Holt runs the U.S. hotel. He is old.").title
        == "Mr. Holt runs the U.S. hotel."
    )


def test_front_matter_is_read_under_the_names_that_people_use() -> None:
    found = from_mapping(
        {"Headline": "T", "pubDate": "2022-10-04", "byline": ["A", "B"], "link": "https://x.org/"}
    )
    assert found == Metadata(
        title="T", published=date(2022, 10, 4), author="A, B", url="https://x.org/"
    )
