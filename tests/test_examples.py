"""The questions that the window begins with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from rag.errors import StoreError
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


def test_visitors_get_the_previous_examples_while_new_ones_are_found(
    library: Library, write: Callable[[str, str], Path]
) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    class Slow(ArticleQA):
        def answerable(self, question: str) -> bool:
            begun.set()
            return goes_on.wait(30) and super().answerable(question)

    found = Examples(Slow(over(library, Settings()).assistant))
    assert found.questions() == []
    path = write("why.txt", "Why did the Varnholm dam fail?\n\nThe Varnholm dam failed in a flood.")
    assert not sync(library, discover([path])).failures
    with ThreadPoolExecutor() as pool:
        first_visitor = pool.submit(found.questions)
        assert begun.wait(30)
        assert found.questions() == []
        goes_on.set()
        questions = first_visitor.result(30)
    assert questions[0] == "Why did the Varnholm dam fail?"
    assert found.questions() == questions


def test_examples_that_cannot_be_found_are_looked_for_again(
    library: Library, write: Callable[[str, str], Path]
) -> None:
    errors = [StoreError("the library cannot be read")]

    class Failing(ArticleQA):
        def answerable(self, question: str) -> bool:
            if errors:
                raise errors.pop()
            return super().answerable(question)

    path = write("why.txt", "Why did the Varnholm dam fail?\n\nThe Varnholm dam failed in a flood.")
    assert not sync(library, discover([path])).failures
    found = Examples(Failing(over(library, Settings()).assistant))
    with pytest.raises(StoreError):
        found.questions()
    assert "Why did the Varnholm dam fail?" in found.questions()


def test_names_are_what_a_text_writes_large_within_its_sentences() -> None:
    text = (
        "In May the Bank of New Ghent rose. New Ghent did, too. So in May did the mayor of May. "
        "They saw the Quad of New Ghent, and the Quad saw the Quad. A man, a Man."
    )
    assert examples.names(text) == {"New Ghent": 2, "the Quad": 3}
    assert examples.names("昨日は晴れでした。今日も晴れです。") == {}
