"""The questions that the window begins with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.inputs.sources import discover
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.library import Library
from tests.libraries import over, sync
from ui.window import examples
from ui.window.examples import Examples

FOUND = (
    "Found: {0}. Visitors to {0} come from all over the country. The keepers say that {0} is old."
)


def test_every_question_about_the_seeds_is_answered(qa: ArticleQA) -> None:
    questions = Examples(qa).questions()
    assert questions == list(examples.SAMPLE_QUESTIONS)
    assert not any(qa.ask(question).refused for question in questions)


def test_any_articles_are_asked_about_by_what_they_name_and_answer_it(
    library: Library, write: Callable[[str, str], Path]
) -> None:
    qa = over(library, Settings())
    made = Examples(qa)
    assert made.questions() == []
    write("why.txt", "Why did the Varnholm dam fail?\n\nThe Varnholm dam failed in a flood.")
    for name in ("Lake Orrin", "Castle Meverell"):
        folder = write(f"{name}.txt", f"A day out\n\n{FOUND.format(name)}").parent
    assert not sync(library, discover([folder])).failures
    questions = made.questions()
    assert questions[0] == "Why did the Varnholm dam fail?"
    assert {"What is said about Lake Orrin?", "What is said about Castle Meverell?"} < set(
        questions
    )
    assert not any(qa.ask(question).refused for question in questions)


def test_names_are_what_a_text_writes_large_within_its_sentences() -> None:
    text = (
        "In May the Bank of New Ghent rose. New Ghent did, too. So in May did the mayor of May. "
        "They saw the Quad of New Ghent, and the Quad saw the Quad. A man, a Man."
    )
    assert examples.names(text) == {"New Ghent": 2, "the Quad": 3}
    assert examples.names("昨日は晴れでした。今日も晴れです。") == {}
