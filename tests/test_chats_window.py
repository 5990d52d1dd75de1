"""Chats in a real browser: kept there, found again, edited, saved; and what a screen reader meets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browsing import Visit, expect
from tests.test_page import HOSTILE

QUESTION = "Who condemned the missile launch?"
ANOTHER = "What is the alliance based on?"
PERU = "What is the capital of Peru?"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


def opened(visitor: Visit, answers: int) -> None:
    """Reload the page; that it cuts off what still came is no complaint."""
    complaints = list(visitor.complaints)
    visitor.page.reload()
    visitor.complaints[:] = complaints
    visitor.settle(answers)


def past(visitor: Visit) -> list[str]:
    """The past chats that are listed, by their first questions."""
    visitor.page.get_by_role("button", name="Past chats").click()
    expect(visitor.page.get_by_role("dialog", name="Past chats")).to_be_visible()
    return listed(visitor)


def listed(visitor: Visit) -> list[str]:
    return visitor.page.locator("dialog li > button").all_inner_texts()


def downloaded(visitor: Visit, selector: str) -> tuple[str, str]:
    with visitor.page.expect_download() as download:
        visitor.page.locator(selector).locator("visible=true").first.click()
    return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8")


def test_a_reload_keeps_the_conversation_which_goes_on(window, visit):
    visitor = visit(window)
    visitor.ask(QUESTION)
    said, cards = visitor.last, visitor.page.locator(".card").all_inner_texts()
    opened(visitor, 1)
    assert visitor.questions == [QUESTION]
    assert visitor.last == said
    assert visitor.page.locator(".card").all_inner_texts() == cards
    visitor.ask("When was it?")
    assert visitor.last.startswith("Understood as: ")
    visitor.page.locator("a.cite").first.click()
    expect(visitor.page.locator("#source-1-1")).to_be_in_viewport()


def test_whoever_leaves_before_the_answer_finds_the_question_again(window, visit):
    visitor = visit(window)
    visitor.submit(QUESTION)
    expect(visitor.page.locator(".user-row")).to_be_visible()
    visitor.page.wait_for_function("Object.keys(localStorage).some((key) => key.includes('chat.'))")
    opened(visitor, 1)
    assert visitor.questions == [QUESTION]
    visitor.page.click("#retry")
    expect(visitor.page.locator("a.cite").first).to_be_visible(timeout=20_000)


def test_past_chats_are_searched_opened_and_deleted_and_nobody_else_sees_them(window, visit):
    visitor = visit(window)
    visitor.page.get_by_role("button", name="Past chats").click()
    expect(visitor.page.get_by_text("No chats yet")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    visitor.ask(QUESTION)
    visitor.page.click("#clear")
    expect(visitor.page.locator(".message-row")).to_have_count(0)
    visitor.ask(PERU)
    assert past(visitor) == [PERU, QUESTION]
    visitor.page.fill("dialog input", "MINISTERS five")
    assert listed(visitor) == [QUESTION]
    visitor.page.get_by_role("button", name=QUESTION, exact=True).click()
    visitor.settle(1)
    expect(visitor.page.locator("#source-1-1 mark")).to_be_visible()
    assert visitor.questions == [QUESTION]
    past(visitor)
    visitor.page.get_by_role("button", name=f"Delete: {PERU}").click()
    assert listed(visitor) == [QUESTION]
    for words in ("Delete all", "Delete all permanently?"):
        visitor.page.get_by_role("button", name=words, exact=True).click()
    assert listed(visitor) == []
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator(".message-row")).to_have_count(0)
    stored = visitor.page.evaluate("JSON.stringify(localStorage)")
    assert "article-qa" not in stored
    assert past(visit(window)) == []


def test_an_edited_question_replaces_what_followed(window, visit):
    visitor = visit(window)
    visitor.ask(QUESTION)
    visitor.ask(PERU)
    box = visitor.page.locator("#question textarea")
    visitor.page.get_by_role("link", name="Edit").first.click()
    expect(box).to_have_value(QUESTION)
    expect(box).to_be_focused()
    expect(visitor.page.get_by_text("this replaces question 1 and the 1 question")).to_be_visible()
    visitor.page.click("#cancel")
    expect(box).to_have_value("")
    expect(visitor.page.locator("#editing")).to_be_hidden()
    visitor.page.get_by_role("link", name="Edit").first.press("Enter")
    expect(box).to_have_value(QUESTION)
    visitor.submit(ANOTHER)
    expect(visitor.page.locator(".user-row")).to_have_count(1)
    visitor.settle(1)
    assert visitor.questions == [ANOTHER]
    assert "shared vital interests" in visitor.last
    expect(visitor.page.locator("#editing")).to_be_hidden()
    opened(visitor, 1)
    assert visitor.questions == [ANOTHER]


def test_a_chat_and_an_answer_are_saved_with_the_scope_they_were_asked_in(window, visit):
    visitor = visit(window)
    visitor.page.click("#limits > button")
    visitor.page.get_by_label("From").fill("2022-10")
    visitor.ask(QUESTION)
    visitor.ask(PERU)
    name, chat = downloaded(visitor, "#save")
    assert name == "article-qa-who-condemned-the-missile-launch.md"
    assert f"## {QUESTION}\n\nOnly: from 1 October 2022\n\nBoth ministers" in chat
    assert "[^1-1]: “" in chat
    assert f"## {PERU}" in chat
    name, answer = downloaded(visitor, ".take button:has-text('JSON')")
    assert name == "article-qa-what-is-the-capital-of-peru.json"
    assert json.loads(answer)["scope"]["after"] == "2022-10-01"
    past(visitor)
    assert len(json.loads(downloaded(visitor, "dialog .tools button >> nth=1")[1])["turns"]) == 2


def test_what_was_planted_in_the_browser_becomes_no_markup_and_stops_nothing(window, visit):
    visitor = visit(window)
    visitor.ask(QUESTION)
    plant = """([hostile]) => {
      const key = Object.keys(localStorage).find((key) => key.startsWith("article-qa.chat."));
      const chat = JSON.parse(localStorage.getItem(key));
      const [{ answer }] = chat.turns;
      chat.turns[0].question = answer.text = hostile;
      answer.sentences[0].text = answer.citations[0].title = answer.citations[0].quote = hostile;
      answer.citations[1].url = "javascript:window.hacked=1";
      localStorage.setItem(key, JSON.stringify(chat));
      localStorage.setItem("article-qa.chat.none", "{");
      localStorage.setItem("article-qa.chat.odd", '{"turns": [{"question": {"a": 1}}]}');
    }"""
    visitor.page.evaluate(plant, [HOSTILE])
    opened(visitor, 1)
    assert "<img src=x" in visitor.last
    expect(visitor.page.get_by_text("no longer in an article")).to_be_visible()
    assert len(past(visitor)) == 1
    assert visitor.page.locator("img, [onerror], [href^=javascript]").count() == 0
    visitor.page.keyboard.press("Escape")
    visitor.page.evaluate("""() => {
      sessionStorage.setItem("article-qa.current", "bad");
      const turns = [{ question: "?", answer: { sentences: 1 } }];
      localStorage.setItem("article-qa.chat.bad", JSON.stringify({ changed: 1, turns }));
    }""")
    visitor.page.reload()
    expect(visitor.page.locator(".example").first).to_be_visible(timeout=20_000)
    visitor.ask(QUESTION)
    assert "Both ministers" in visitor.last


def test_the_oldest_chats_go_when_there_are_too_many(window, visit):
    visitor = visit(window)
    visitor.page.evaluate("""() => {
      for (let n = 0; n < 60; n++) {
        const chat = { changed: n, turns: [{ question: `Question ${n}` }] };
        localStorage.setItem(`article-qa.chat.${n}`, JSON.stringify(chat));
      }
    }""")
    visitor.ask(PERU)
    chats = past(visitor)
    assert len(chats) == 50
    assert chats[:2] == [PERU, "Question 59"]


def serious(visitor: Visit) -> list[str]:
    """What axe-core finds that is serious or critical."""
    visitor.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = visitor.page.evaluate("axe.run()")["violations"]
    return [
        f"{each['id']}: {node['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_reader_meets_no_serious_obstacle(window, visit, scheme):
    visitor = visit(f"{window}/?__theme={scheme}")
    assert serious(visitor) == []
    visitor.ask(QUESTION)
    assert serious(visitor) == []
    visitor.page.locator(".card .open").first.click()
    expect(visitor.page.locator(".reader mark").first).to_be_visible()
    assert serious(visitor) == []
    visitor.page.keyboard.press("Escape")
    visitor.ask(PERU)
    visitor.page.get_by_role("link", name="Edit").first.click()
    expect(visitor.page.locator("#cancel")).to_be_visible()
    assert serious(visitor) == []
    past(visitor)
    assert serious(visitor) == []
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name="Answer 1 is wrong").click()
    expect(visitor.page.get_by_label("Why?")).to_be_focused()
    assert serious(visitor) == []
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("tab", name="Corpus").click()
    expect(visitor.page.locator("#corpus svg")).to_be_visible()
    assert serious(visitor) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_reader_meets_no_serious_obstacle_on_a_phone(window, visit, scheme):
    visitor = visit(f"{window}/?__theme={scheme}", width=390, height=844)
    visitor.ask(QUESTION)
    visitor.ask(PERU)
    assert serious(visitor) == []
    visitor.page.locator("a.cite").first.click()
    expect(visitor.page.locator(".card").first).to_be_visible()
    assert serious(visitor) == []
