"""Chats as the browser keeps them, and the forms in which they are saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt

from rag.langchain import ArticleQA
from tests.test_conversation import PERU, last
from tests.test_page import HOSTILE, said
from ui.window.chats import MAX_CHARACTERS, exported, restored, stored
from ui.window.conversation import Conversation, Filters, Turn, reply

QUESTION = "Who condemned the missile launch?"


@pytest.fixture(scope="module")
def talked(qa: ArticleQA) -> Conversation:
    """An answer within a scope, a refusal, a problem, and a draft that was stopped."""
    now = last(reply(qa, QUESTION, Conversation(), Filters(after="2022-10", sources=("TDI",))))
    now = last(reply(qa, PERU, now))
    now = last(reply(qa, QUESTION, now, Filters(after="soon")))
    return Conversation((*now.turns, Turn("And then?", "", draft="It is so")))


def test_a_chat_comes_back_as_it_was_with_its_sources_in_context(
    qa: ArticleQA, talked: Conversation
) -> None:
    back = restored(stored(talked), qa)
    assert back
    assert back.turns[:3] == talked.turns[:3]
    assert said(back.turns[3].content) == "It is so Stopped."
    assert back.history() == talked.history()
    assert stored(back) == stored(talked)
    assert stored(Conversation()) == ""


def forged(written: str, change: Callable[[dict[str, Any]], object]) -> str:
    turns = json.loads(written)
    change(turns[0])
    return json.dumps(turns)


def test_what_is_no_chat_is_none(qa: ArticleQA, talked: Conversation) -> None:
    written = stored(talked)
    [cited, *_] = json.loads(written)[0]["answer"]["citations"]
    many = [{**cited, "number": number} for number in range(1, 200)]
    for bad in (
        None,
        "",
        "{",
        "null",
        "[1]",
        '[{"question": null}]',
        json.dumps([{"question": "?"}] * 201),
        json.dumps([{"question": "w" * MAX_CHARACTERS}]),
        '[{"question": "\\ud800"}]',
        forged(written, lambda turn: turn["answer"].update(citations=many)),
        forged(written, lambda turn: turn["answer"].pop("question")),
        forged(written, lambda turn: turn["answer"]["sentences"][0].update(citations=[9])),
        forged(written, lambda turn: turn["answer"]["citations"][0].update(number="one")),
    ):
        assert restored(bad, qa) is None
        assert exported(bad, "markdown") is None


def test_a_quotation_that_nobody_published_is_shown_in_no_article(
    qa: ArticleQA, talked: Conversation
) -> None:
    def change(turn: dict[str, Any]) -> None:
        turn["answer"]["citations"][0]["quote"] = "They never met."

    back = restored(forged(stored(talked), change), qa)
    assert back
    assert "<p><mark>They never met.</mark></p>" in back.turns[0].sources
    assert "no longer in an article" in said(back.turns[0].sources)


def test_nothing_that_was_kept_becomes_markup(qa: ArticleQA, talked: Conversation) -> None:
    def spoiled(value: Any) -> Any:
        if isinstance(value, dict):
            held = ("published", "verdict", "after", "before", "kind")
            return {k: v if k in held else spoiled(v) for k, v in value.items()}
        if isinstance(value, list):
            return [spoiled(each) for each in value]
        return HOSTILE if isinstance(value, str) else value

    written = json.dumps(spoiled(json.loads(stored(talked))))
    back = restored(written, qa)
    assert back
    html = back.sources() + "".join(message["content"] for message in back.messages())
    assert "<img" not in html
    assert 'href="javascript' not in html
    markdown = exported(written, "markdown")
    assert markdown
    shown = MarkdownIt("commonmark", {"html": True}).render(markdown)
    tags = {piece.split(">")[0] for piece in shown.split("<")[1:]}
    assert tags <= {"p", "/p", "em", "/em", "h2", "/h2", "ul", "/ul", "li", "/li"}


def test_a_chat_is_saved_with_footnotes_of_its_own_and_with_the_scope_of_each_answer(
    talked: Conversation,
) -> None:
    written = stored(talked)
    markdown = exported(written, "markdown")
    assert markdown
    assert f"## {QUESTION}\n\nOnly: TDI, from 1 October 2022\n\nBoth ministers" in markdown
    assert "five years.[^1-1]" in markdown
    assert "\n[^1-1]: “Both ministers" in markdown
    assert "Searched: 34 passages of 17 articles." in markdown
    assert "*It is so (stopped)*" in markdown
    values = json.loads(exported(written, "json") or "")
    assert [turn["question"] for turn in values["turns"]] == [t.question for t in talked.turns]
    assert values["turns"][0]["scope"]["sources"] == ["TDI"]
    assert values["turns"][2]["problem"].startswith("'soon' is not a date")


def test_one_answer_is_saved_alone(talked: Conversation) -> None:
    written = stored(Conversation(talked.turns[:1]))
    assert "five years.[^1]" in (exported(written, "markdown") or "")
    assert json.loads(exported(written, "json") or "")["question"] == QUESTION


def test_of_a_chat_that_is_too_long_the_end_is_stored(qa: ArticleQA) -> None:
    turns = tuple(Turn(f"{n} {'w' * 2_000}", "", draft="d" * 2_000) for n in range(300))
    back = restored(stored(Conversation(turns)), qa)
    assert back
    assert len(back.turns) == 200
    assert back.turns[-1].question == turns[-1].question
