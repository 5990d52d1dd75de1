"""Questions about part of the library: filters by date and source, and the number of passages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from rag.errors import QuestionError
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.library import Library
from rag.types import Scope
from tests.libraries import over, sync

QUESTION = "How many people work at the harbour of Tarn?"


@pytest.fixture
def tarn(library: Library, write: Callable[[str, str], Path]) -> Iterator[ArticleQA]:
    """Four reports about a harbour from three newspapers and three years; the last one has no date."""
    for year, source, people in (
        (2019, "Gazette", 40),
        (2020, "Herald", 52),
        (2021, "Gazette", 60),
    ):
        write(
            f"{year}.md",
            f"---\ntitle: The harbour in {year}\ndate: {year}-05-04\nsource: {source}\n---\n"
            f"At the harbour of Tarn work {people} people. The mayor of Tarn visited them.\n",
        )
    folder = write(
        "undated.md",
        "---\ntitle: The harbour\nsource: Almanac\n---\nMany people work at the harbour of Tarn.\n",
    ).parent
    assert not sync(library, discover([folder])).failures
    with over(library, Settings()) as qa:
        yield qa


@pytest.mark.parametrize(
    ("scope", "years"),
    [
        ({}, {2019, 2020, 2021, None}),
        ({"after": "2020"}, {2020, 2021}),
        ({"after": "2020-05-05"}, {2021}),
        ({"after": date(2020, 5, 4)}, {2020, 2021}),
        ({"before": "2020"}, {2019, 2020}),
        ({"before": "2020-05-03"}, {2019}),
        ({"after": "2020-05", "before": "2020-05"}, {2020}),
        ({"source": "Gazette"}, {2019, 2021}),
        ({"source": " gazette "}, {2019, 2021}),
        ({"source": ["Herald", "Almanac"]}, {2020, None}),
        ({"source": "Gazette", "after": "2020"}, {2021}),
        ({"source": "", "after": "", "before": None}, {2019, 2020, 2021, None}),
    ],
)
def test_only_articles_within_the_scope_are_read(
    tarn: ArticleQA, scope: dict[str, object], years: set[int | None]
) -> None:
    answer = tarn.ask(QUESTION, **scope)  # type: ignore[arg-type]
    published = {evidence.article.published for evidence in answer.evidence}
    assert {day and day.year for day in published} == years
    assert not answer.refused


def test_an_answer_contains_its_scope(tarn: ArticleQA) -> None:
    answer = tarn.ask(QUESTION, after="2020-05", source="gazette")
    assert answer.scope == Scope(after=date(2020, 5, 1), sources=("Gazette",))
    assert answer.to_dict()["scope"] == {
        "after": "2020-05-01",
        "before": None,
        "sources": ["Gazette"],
    }


def test_an_empty_scope_leads_to_a_refusal(tarn: ArticleQA) -> None:
    answer = tarn.ask(QUESTION, after="2030")
    assert answer.refused
    assert answer.evidence == answer.nearest == ()


def test_k_passages_are_read(tarn: ArticleQA) -> None:
    assert [len(tarn.ask(QUESTION, k=k).evidence) for k in (1, 2, 100)] == [1, 2, 4]


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ({"after": "soon"}, "soon"),
        ({"before": "2020-13"}, "2020-13"),
        ({"after": "2021", "before": "2019"}, "no day is after"),
        ({"source": "Times"}, "the sources are: Almanac, Gazette, Herald"),
        ({"k": 0}, "1 to 100"),
        ({"k": True}, "1 to 100"),
    ],
)
def test_an_invalid_scope_is_an_error_in_one_line(
    tarn: ArticleQA, scope: dict[str, object], reason: str
) -> None:
    with pytest.raises(QuestionError, match=reason) as caught:
        tarn.ask(QUESTION, **scope)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_disagreeing_sources_are_named_with_their_dates_newest_last(tarn: ArticleQA) -> None:
    answer = tarn.ask(QUESTION, before="2020")
    assert {"40", "52"} <= set(answer.text.replace(".", "").split())
    (notice,) = [notice for notice in answer.notices if "disagree" in notice]
    assert notice.startswith("Sources disagree: “40 people” in “The harbour in 2019” (Gazette, 4 May 2019)")  # fmt: skip
    assert "“52 people” in “The harbour in 2020” (Herald, 4 May 2020), which is newer" in notice


def test_one_source_does_not_disagree_with_itself(tarn: ArticleQA) -> None:
    assert not tarn.ask(QUESTION, after="2021").notices


def test_an_old_source_is_noticed_if_most_articles_are_newer(
    library: Library, write: Callable[[str, str], Path]
) -> None:
    write("old.md", "---\ntitle: The mill\ndate: 1999-01-02\n---\nThe mill of Tarn grinds rye.\n")
    for year in (2020, 2021):
        path = write(
            f"{year}.md",
            f"---\ntitle: The market\ndate: {year}-01-02\n---\nThe market was rainy in {year}.\n",
        )
    sync(library, discover([path.parent]))
    with over(library, Settings()) as qa:
        assert qa.ask("What does the mill of Tarn grind?").notices == (
            "The newest source is from 2 January 1999; the latest article is from 2 January 2021.",
        )
        assert qa.ask("When was the market rainy?").notices == ()
        assert qa.ask("What does the mill of Tarn grind?", before="1999").notices == ()
