"""Dates, titles and sources of a mixed folder, and the lines, names and addresses that tell them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from ingest.formats.loaders import load
from ingest.metadata import Metadata, gathered
from tests.layouts import LAYOUTS, write
from tests.stories import STORIES

TODAY = date(2026, 3, 1)
TITLE = "Keeper of the light retires"
BODY = (
    "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson, and the keeper left it on "
    "Monday.\n\nIt stands on a cliff. On March 31, 1998 it was automated.\n"
)
SIXTH = date(2025, 1, 6)


def read(path: Path) -> Metadata:
    (loaded,) = load(path, path.read_bytes(), uri=path.as_uri(), latest=TODAY)
    return loaded.metadata


def below(*lines: str, title: str = TITLE) -> Metadata:
    """Return what is known about a text with these lines between its headline and its body."""
    return gathered(Metadata(), "\n\n".join([title, *lines, BODY]), latest=TODAY)


def test_a_mixed_folder_is_read_with_its_dates_titles_and_sources(tmp_path: Path) -> None:
    files = [(layout, read(path), known) for layout, path, known in write(tmp_path)]
    assert len(files) == len(LAYOUTS) * len(STORIES) >= 20 * 5
    wrong: Counter[tuple[str, str]] = Counter()
    for layout, found, known in files:
        for name in ("title", "published", "source"):
            wrong[name, layout] += getattr(found, name) != getattr(known, name)

    def right(name: str) -> float:
        return 1 - sum(wrong[name, layout] for layout in LAYOUTS) / len(files)

    failures = {key: count for key, count in wrong.items() if count}
    invented = [
        (layout, found.published)
        for layout, found, known in files
        if found.published not in (None, known.published)
    ]
    assert right("published") >= 0.95, failures
    assert right("title") >= 0.95, failures
    assert right("source") >= 0.90, failures
    assert len(invented) <= 0.01 * len(files), invented


@pytest.mark.parametrize(
    ("line", "published", "source", "author"),
    [
        ("By Jane Doe | Reuters", None, "Reuters", "Jane Doe"),
        ("By JANE DOE, Associated Press", None, "Associated Press", "JANE DOE"),
        ("By Jane Doe and John Roe, The Tarn Post", None, "The Tarn Post", "Jane Doe, John Roe"),
        ("By Jane Doe, BBC News, Cardiff", None, "BBC News", "Jane Doe"),
        ("Analysis by Zachary B. Wolf, CNN", None, "CNN", "Zachary B. Wolf"),
        ("Jane Doe, Special to the Tarn Post", None, "Tarn Post", "Jane Doe"),
        ("Jane Doe, Staff Writer", None, None, "Jane Doe"),
        ("By Reuters", None, "Reuters", None),
        ("Updated 3:12 PM EST, Mon January 6, 2025", SIXTH, None, None),
        ("Published Jan. 6, 2025", SIXTH, None, None),
        ("Jan. 6, 2025 / 4:10 PM EST / CBS News", SIXTH, "CBS News", None),
        ("Published Mon, Jan 6 2025 5:30 AM EST Updated Tue, Jan 7 2025", SIXTH, None, None),
        ("UPDATED: 7 January 2025 | PUBLISHED: 12:30 GMT, 6 January 2025", SIXTH, None, None),
        ("06 Jan 2025 09:30AM (Updated: 07 Jan 2025 10:00AM)", SIXTH, None, None),
        ("Monday, January 6th, 2025", SIXTH, None, None),
        ("Mon 6 Jan 2025 12.00 GMT", SIXTH, None, None),
        ("2025-01-06 10:12:00", SIXTH, None, None),
        ("USA TODAY, January 6, 2025", SIXTH, "USA TODAY", None),
        ("Jane Doe / Tarn Gazette / 6 January 2025", SIXTH, "Tarn Gazette", "Jane Doe"),
        ("by Jane Doe · January 6, 2025 · 3 min read", SIXTH, None, "Jane Doe"),
        ("Kyiv, Ukraine – 6 January 2025", SIXTH, None, None),
        ("Source: TDI", None, "TDI", None),
        ("TARN, Jan. 6, 2025 /PRNewswire/ -- Acme said", SIXTH, "PRNewswire", None),
        ("(CNN) The keeper left.", None, "CNN", None),
        ("New York CNN Business —", None, "CNN", None),
    ],
)
def test_a_line_above_the_text_says_who_when_and_where(
    line: str, published: date | None, source: str | None, author: str | None
) -> None:
    found = below(line)
    assert found.title == TITLE
    assert (found.published, found.source, found.author) == (published, source, author)


@pytest.mark.parametrize(
    "lines",
    [
        ["The keeper, who started on June 3, 2001, has left."],
        ["By 2030, all lights will be automatic."],
        ["By the sea, on June 6, 2020"],
        ["Correction, April 28, 2025: an earlier version named another keeper."],
        ["Photo: Jane Doe, Reuters, Jan. 5, 2020"],
        ["Contributing: Jane Doe, Reuters"],
        ["Born: May 3, 1950"],
        ["Day 59: June 13, 1997"],
        ["10. Nov. 28, 1963: Illinois 13, Michigan 0"],
        ["A long story began long ago, as such stories do.", "January 6, 2021"],
        ["06/01/2025"],
        ["January 6, 2099"],
        ["January 6, 1500"],
        ["© 2025 The Tarn Gazette"],
        ["8 hours ago"],
    ],
)
def test_a_date_that_is_not_that_of_publication_is_left_alone(lines: list[str]) -> None:
    found = below(*lines)
    assert (found.title, found.published, found.source) == (TITLE, None, None)


@pytest.mark.parametrize(
    "headline",
    [
        "US Mint presses final penny.",
        "US Mint presses final penny. What happens now?",
        "St. Louis mayor meets U.S. Rep. Doe at 4 p.m. on Jan. 6",
        "Doe v. Roe: Court rules 6-3. Here’s why",
        "Share prices fall as the Sun sets over Tarn",
        "BBC",
        "June 6, 1944",
        "Antony Blinken",
    ],
)
def test_a_headline_is_taken_whole(headline: str) -> None:
    found = below(title=headline)
    assert (found.title, found.published, found.source) == (headline, None, None)


@pytest.mark.parametrize(
    "line", ["OPINION", "World news", "Advertisement", "2025-01-06", "Reuters"]
)
def test_a_line_above_the_headline_is_not_the_headline(line: str) -> None:
    assert gathered(Metadata(), f"{line}\n\n{TITLE}\n\n{BODY}").title == TITLE


@pytest.mark.parametrize(
    ("title", "expected", "source"),
    [
        (f"{TITLE} - USA Today", TITLE, "USA Today"),
        (f"{TITLE} | CNN Politics", TITLE, "CNN"),
        (f"{TITLE} | World | The Guardian", TITLE, "The Guardian"),
        (f"{TITLE} - Tarn Voice", f"{TITLE} - Tarn Voice", None),
        ("Keeper of the ...", TITLE, None),
        ("Keeper of the… - BBC News", TITLE, "BBC News"),
        ("Another story, cut off ...", "Another story, cut off ...", None),
    ],
)
def test_a_title_from_a_search_result_is_cleaned_and_completed(
    title: str, expected: str, source: str | None
) -> None:
    found = gathered(Metadata(title=title), f"{TITLE}\n\n{BODY}")
    assert (found.title, found.source) == (expected, source)


@pytest.mark.parametrize(
    ("url", "published", "source"),
    [
        ("https://www.bbc.co.uk/news/world-europe-20250612", None, "bbc.co.uk"),
        ("https://edition.example.com/2025/01/06/world/keeper/", SIXTH, "edition.example.com"),
        ("https://www.theguardian.com/world/2025/jan/06/keeper", SIXTH, "theguardian.com"),
        ("https://www.reuters.com/world/keeper-2025-01-06/", SIXTH, "reuters.com"),
        ("https://m.example.com/20250106/keeper", SIXTH, "example.com"),
        ("https://example.com/2025/01/keeper", None, "example.com"),
        ("https://example.com/the-2011-03-11-quake/", None, "example.com"),
        ("http://127.0.0.1/keeper", None, None),
    ],
)
def test_an_address_says_when_and_where(
    url: str, published: date | None, source: str | None
) -> None:
    declared = gathered(Metadata(url=url), BODY)
    named = below(url)
    page = gathered(Metadata(url="https://other.example/2001/01/01/x"), BODY, uri=url)
    for found in (declared, named, page):
        assert (found.published, found.source) == (published, source)


@pytest.mark.parametrize(
    ("path", "published"),
    [
        ("2025-01-06-keeper.txt", SIXTH),
        ("20250106_keeper.txt", SIXTH),
        ("keeper-2025-01-06.txt", SIXTH),
        ("2025/01/06/keeper.txt", SIXTH),
        ("2025-01-06/keeper.txt", SIXTH),
        ("2025-01-06-keeper/index.md", SIXTH),
        ("2025/01/keeper.txt", None),
        ("backup/2025/01/06/articles/keeper.txt", None),
        ("world-europe-20250106.txt", None),
        ("20251399_keeper.txt", None),
        ("2030-01-06-keeper.txt", None),
        ("000_c8d3f57aef7e8dc7.txt", None),
    ],
)
def test_a_file_name_or_its_folders_tell_the_day(path: str, published: date | None) -> None:
    uri = f"file:///articles/{path}"
    assert gathered(Metadata(), BODY, uri=uri, latest=TODAY).published == published
    together = gathered(Metadata(), BODY, uri=uri, is_alone=False, latest=TODAY)
    assert together.published is None, "a file of many articles is dated when it was made"


def test_the_most_trusted_date_wins_and_an_update_is_the_last_resort() -> None:
    declared = Metadata(published=SIXTH)
    uri = "file:///2025-02-01-keeper.txt"
    url = "https://tarn.example/2025/01/08/keeper"
    text = f"{TITLE}\n\nPublished 9 January 2025\n\n{BODY}"
    assert gathered(declared, text, uri=uri).published == SIXTH
    assert gathered(Metadata(url=url), text, uri=uri).published == date(2025, 1, 8)
    assert gathered(Metadata(), text, uri=uri).published == date(2025, 1, 9)
    updated = text.replace("Published", "Updated")
    assert gathered(Metadata(), updated, uri=uri).published == date(2025, 2, 1)
    assert gathered(Metadata(), updated).published == date(2025, 1, 9)
    future = Metadata(published=date(2031, 1, 1))
    assert gathered(future, text, latest=TODAY).published == date(2025, 1, 9)


def test_words_in_a_time_element_stay_in_the_text_and_are_not_the_day() -> None:
    paragraphs = "".join(f"<p>{story.text}</p>" for story in STORIES)
    page = (
        f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>"
        "<p>The storm of <time datetime='1953-01-31'>31 January</time> broke the lamp. "
        f"{BODY}</p>{paragraphs}</article></body></html>"
    )
    (loaded,) = load(Path("a.html"), page.encode())
    assert "The storm of 31 January broke the lamp." in loaded.text
    assert loaded.metadata.published is None
