"""Statements of different dates and sources: which one is newer, and where they disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.library import Library
from rag.types import Answer
from tests.libraries import over, sync

Write = Callable[[str, str], Path]


@pytest.fixture
def reports(library: Library, write: Write) -> Callable[..., object]:
    """Ask about reports: each is a day, a source and a text below the same title."""

    @contextmanager
    def asking(title: str, *articles: tuple[str, str, str]) -> Iterator[ArticleQA]:
        for day, source, text in articles:
            head = f"---\ntitle: {title}\ndate: {day}\nsource: {source}\n---\n"
            folder = write(f"{day}-{source}.md", f"{head}{text}\n").parent
        assert not sync(library, discover([folder])).failures
        with over(library, Settings()) as qa:
            yield qa

    return asking


def disagreements(answer: Answer) -> list[str]:
    return [notice for notice in answer.notices if "disagree" in notice]


UPS = "UPS cargo plane crashes near the airport of Louisville"


def test_tolls_of_one_event_disagree_in_any_wording(reports) -> None:
    with reports(
        UPS,
        ("2025-11-04", "Herald", "A UPS cargo plane crashed on take-off in Louisville, killing at "
         "least seven people and injuring 11, said the governor of Kentucky."),
        ("2025-11-07", "Gazette", "The death toll from the crash of the UPS plane in Louisville has "
         "risen to 13, the mayor said. Kentucky mourns."),
    ) as qa:  # fmt: skip
        (notice,) = disagreements(qa.ask("How many people died in the UPS plane crash?"))
    assert "“seven people”" in notice
    assert "risen to 13”" in notice
    assert notice.index("Herald, 4 November 2025") < notice.index("Gazette, 7 November 2025")
    assert notice.endswith("which is newer.")


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "How many people died in the flood of Tarn?",
            "The flood of Tarn killed 23 people in the Lower Vale, said Mayor Nora Falk.",
            "After the flood of Tarn 12 people are missing in the Lower Vale, said Mayor Nora Falk.",
        ),
        (
            "What does a gallon of gas cost in Tarn?",
            "In Tarn a gallon of gas costs $3.69 on average, said the Motor Club.",
            "In Tarn a gallon of gas costs $3.7 on average, said the Motor Club.",
        ),
        (
            "How long was the siege of Tarn?",
            "The siege of Tarn lasted nine weeks, said the historian Nora Falk.",
            "The siege of Tarn lasted 63 days, said the historian Nora Falk.",
        ),
    ],
)
def test_other_quantities_and_rounded_numbers_do_not_disagree(
    reports, question: str, one: str, other: str
) -> None:
    with reports("News of Tarn", ("2025-03-01", "Herald", one), ("2025-03-02", "Gazette", other)) as qa:  # fmt: skip
        assert not disagreements(qa.ask(question))


def test_events_far_apart_do_not_disagree(reports) -> None:
    text = "An earthquake in the Vale of Tarn killed {} people, said Mayor Nora Falk."
    with reports(
        "Earthquake in Tarn",
        ("2021-03-01", "Herald", text.format(40)),
        ("2025-03-02", "Gazette", text.format(12).replace("An earthquake", "Another earthquake")),
    ) as qa:
        assert "40 people" in qa.ask("How many people did the earthquake in Tarn kill?").text


def test_the_newer_statement_comes_first_and_the_older_one_is_marked(reports) -> None:
    with reports(
        "The museum of Tarn",
        ("2025-11-07", "Herald", "When the new museum of Tarn will open is not yet public."),
        ("2025-11-12", "Gazette", "The new museum of Tarn will open at 11 a.m. on 20 November."),
    ) as qa:
        answer = qa.ask("When will the new museum of Tarn open?")
        first, second = answer.sentences
        assert first.text == "The new museum of Tarn will open at 11 a.m. on 20 November."
        assert (first.as_of, second.as_of) == (None, date(2025, 11, 7))
        older = "As of 7 November 2025: When the new museum of Tarn will open is not yet public."
        assert older in answer.text
        assert older in answer.to_markdown()
        assert answer.to_dict()["sentences"][1]["as_of"] == "2025-11-07"
        past = qa.ask("What was public about the opening of the museum?")
        assert all(sentence.as_of is None for sentence in past.sentences)
