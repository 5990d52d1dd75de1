"""Questions that an answer suggests, in the window and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.langchain import ArticleQA
from tests.test_conversation import last, shown
from ui import cli
from ui.window.chats import exported, restored, stored
from ui.window.conversation import Conversation, reply


def test_a_reply_is_shown_with_its_suggestions_and_without_a_rating(qa: ArticleQA) -> None:
    conversation = last(reply(qa, "hello", Conversation()))
    turn = conversation.turns[-1]
    assert shown(conversation).startswith("Hello! Ask the articles a question. Latest articles")
    assert 'class="suggestion" value="1-1"' in turn.content
    assert 'class="judge"' not in turn.content


def test_a_list_is_shown_as_one(qa: ArticleQA) -> None:
    turn = last(reply(qa, "Tell me about the armistice", Conversation())).turns[-1]
    assert turn.answer
    assert turn.content.count("<li>") == len(turn.answer.citations)


def test_a_forged_list_from_a_browser_is_shown_without_what_it_lacks(qa: ArticleQA) -> None:
    conversation = last(reply(qa, "Tell me about the armistice", Conversation()))
    turns = json.loads(stored(conversation))
    turns[0]["answer"]["sentences"][0]["citations"] = []
    turns[0]["answer"]["reply"] = "<b>bold</b>"
    turns[0]["answer"]["suggestions"] = ["<img src=x>"]
    forged = restored(json.dumps(turns), qa)
    assert forged
    content = forged.turns[0].content
    assert "<b>bold" not in content
    assert "<img" not in content
    assert exported(json.dumps(turns), "markdown")
    turns[0]["answer"]["kind"] = "anything"
    assert restored(json.dumps(turns), qa) is None


def test_a_suggestion_is_found_by_its_turn_and_number(qa: ArticleQA) -> None:
    conversation = last(reply(qa, "hello", Conversation()))
    assert conversation.suggestion(1, 2) == "Which sources do you have?"
    for turn, number in [(0, 1), (1, 0), (2, 1), (1, 99), (-1, 1)]:
        assert conversation.suggestion(turn, number) is None


def test_a_click_on_a_suggestion_asks_it(window, visit):  # type: ignore[no-untyped-def]
    visitor = visit(window)
    visitor.ask("hello")
    visitor.page.get_by_role("button", name="Which sources do you have?").click()
    visitor.settle(2)
    assert visitor.questions == ["hello", "Which sources do you have?"]
    assert "The articles come from" in visitor.last


def test_the_command_line_lists_suggestions_that_stand_alone(
    seeds_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["ask", "hello", "--home", str(seeds_home)]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("\n  - How many articles are there?\n")
    assert cli.main(["ask", "latest articles", "--home", str(seeds_home)]) == 0
    assert "You can also ask" not in capsys.readouterr().out  # "More" needs the conversation
