"""The router: it recognizes requests, and leaves every ordinary question alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date

import pytest

from evals import followups, seeds, squad
from rag.intents.filters import Filters, filters, topic_words
from rag.intents.router import route
from rag.text.phrases import is_phrase
from rag.types import Scope
from tests.conftest import ROOT, SAMPLE, XQUAD

SHARED = XQUAD.parent
SOURCES = ["TDI", "www.usatoday.com", "The Week"]
OTHERS = {"test_intents_router.py", "test_intents.py", "test_suggestions.py"}
TODAY = date(2025, 11, 13)


@pytest.mark.parametrize(
    ("message", "intent", "about"),
    [
        ("hello", "greeting", ""),
        ("Good morning!", "greeting", ""),
        ("Thank you very much.", "thanks", ""),
        ("What can you do?", "help", ""),
        ("How many articles are there?", "count", ""),
        ("how many articles do you have about tariffs", "count", "about tariffs"),
        ("How many stories from TDI since May 2025?", "count", "from TDI since May 2025"),
        ("Which sources do you have?", "sources", ""),
        ("Please list all sources", "sources", ""),
        ("latest articles", "list", ""),
        ("Can you show me the latest news about Gaza?", "list", "about Gaza"),
        ("List the articles that mention tariffs", "list", "that mention tariffs"),
        ("What's new?", "list", ""),
        ("articles about penguins", "list", "about penguins"),
        ("Summarise it", "summary", "it"),
        ("Summarize the article about the water leak", "summary", "the article about the water leak"),
        ("in one sentence", "sentence", ""),
        ("tl;dr", "sentence", ""),
        ("Tell me about it", "more", ""),
        ("More", "more", ""),
        ("next", "more", ""),
        ("Show them", "them", ""),
        ("tell me more about it", "more", ""),
        ("Tell me about Trump", "topic", "Trump"),
        ("What's the latest on the TikTok ban?", "topic", "the TikTok ban"),
        ("Trump", "name", "Trump"),
        ("clay higins", "name", "clay higins"),
    ],
)  # fmt: skip
def test_a_request_is_recognized(message: str, intent: str, about: str) -> None:
    request = route(message)
    assert request
    assert (request.intent, request.about) == (intent, about)


@pytest.mark.parametrize(
    "question",
    [
        "Who is Trump?",
        "Tell me about the reasons why the deal between the two countries failed",
        "How many articles did the treaty have?",
        "What is more important than the alliance?",
        "Which articles of the constitution were changed?",
        "Thanks to whom did the talks succeed?",
        "Hi-tech exports of Japan in 2022?",
        "Summarise the three reasons why the talks between both countries failed in 1994",
        "Articles of Confederation",
        "Articles on which treaty were changed?",
        "Casualties?",
        "Any damage?",
        "And why?",
        "What about the water leak?",
        "the plane that crashed",
        "",
    ],
)
def test_an_ordinary_question_is_left_alone(question: str) -> None:
    assert route(question) is None


def own_questions() -> Iterator[str]:
    yield from (question.text for question in seeds.load())
    yield from (turn.question for turns in followups.load() for turn in turns)
    yield from (question.text for question in squad.load(SAMPLE).questions)
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        if path.name not in OTHERS:
            yield from re.findall(r'"([A-Z][^"\\\n]{12,}\?)"', path.read_text(encoding="utf-8"))


def unseen_questions() -> Iterator[str]:
    if XQUAD.exists():
        yield from (question.text for question in squad.load(XQUAD).questions)
    for path in sorted((SHARED / "realtimeqa").glob("*_qa.jsonl")):
        yield from (json.loads(line)["question_sentence"] for line in path.open(encoding="utf-8"))
    for path in sorted((SHARED / "clapnq").glob("*.jsonl")):
        yield from (json.loads(line)["input"] for line in path.open(encoding="utf-8"))
    for path in sorted((SHARED / "selqa").glob("*.json")):
        yield from (entry["question"] for entry in json.loads(path.read_text(encoding="utf-8")))


def test_no_question_of_the_project_is_routed_away() -> None:
    questions = list(own_questions())
    assert len(questions) > 500
    assert [question for question in questions if route(question)] == []


@pytest.mark.skipif(not XQUAD.exists(), reason="needs the shared evaluation data")
def test_no_question_of_the_shared_data_is_routed_away() -> None:
    questions = list(unseen_questions())
    assert len(questions) > 4_000
    assert [question for question in questions if route(question)] == []


@pytest.mark.parametrize(
    ("about", "topic", "scope"),
    [
        ("", "", Scope()),
        ("about the war in Ukraine", "the war in Ukraine", Scope()),
        ("from USA Today", "", Scope(sources=("www.usatoday.com",))),
        ("from the week since May 2025", "", Scope(date(2025, 5, 1), None, ("The Week",))),
        ("about tariffs in 2024", "tariffs", Scope(date(2024, 1, 1), date(2024, 12, 31))),
        ("on tariffs before 4 March 2025", "tariffs", Scope(None, date(2025, 3, 3))),
        ("that mention tariffs after March", "tariffs", Scope(date(2025, 4, 1))),
        ("from yesterday", "", Scope(date(2025, 11, 12))),
        ("in this month", "", Scope(date(2025, 11, 1), date(2025, 11, 30))),
        ("in the library", "", Scope()),
        ("from Mars", "Mars", Scope()),
    ],
)
def test_filters_are_read_from_the_words_of_a_request(about: str, topic: str, scope: Scope) -> None:
    assert filters(about, Scope(), SOURCES, today=TODAY) == Filters(topic, scope)


def test_filters_only_narrow_the_scope_of_the_window() -> None:
    scope = Scope(date(2025, 6, 1), date(2025, 6, 30))
    wanted = filters("since May 2025", scope, SOURCES, today=TODAY)
    assert wanted
    assert wanted.scope == scope


def test_words_that_are_no_filter_are_not_guessed_at() -> None:
    assert filters("in the constitution", Scope(), SOURCES, today=TODAY) is None


def test_the_words_of_a_topic_are_those_that_matter() -> None:
    assert topic_words("the war in Ukraine") == ["war", "ukraine"]
    assert topic_words("the it") == ["the", "it"]


@pytest.mark.parametrize("text", ["the plane", "Casualties?", "water leak", "a new trade deal"])
def test_a_text_that_only_names_something_is_a_phrase(text: str) -> None:
    assert is_phrase(text)


@pytest.mark.parametrize("text", ["", "the", "write me a poem", "Any damage?", "who survived"])
def test_any_other_text_is_none(text: str) -> None:
    assert not is_phrase(text)
