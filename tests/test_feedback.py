"""What readers say of answers: written by the window, asked again by the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sources import discover
from ingest.sync import sync
from rag import feedback
from rag.assistant import ArticleQA
from rag.encoder import SentenceTransformerEncoder
from rag.errors import StoreError
from rag.feedback import cases, note, replay
from rag.library import Library
from rag.settings import Settings
from tests.browsing import Visit, chromium, expect, served
from tests.conftest import USERS_ARTICLE
from ui.cli import main

QUESTION = "Who condemned the missile launch?"
UNANSWERABLE = "What is the capital of Peru?"


@pytest.fixture
def own(tmp_path: Path, encoder: SentenceTransformerEncoder) -> Iterator[ArticleQA]:
    library = Library.create(tmp_path / "home", encoder)
    sync(library, discover([USERS_ARTICLE]))
    with ArticleQA.over(library, Settings()) as qa:
        yield qa


def test_a_record_holds_the_question_the_answer_its_citations_and_what_was_said(own, tmp_path):
    answer = own.ask(QUESTION, after="2022", source="tdi")
    note(tmp_path, answer, "wrong citation", number=2, reason="another\nlaunch " + "x" * 1000)
    (line,) = (tmp_path / "feedback.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(line)
    assert record["question"] == QUESTION
    assert record["scope"]["sources"] == ["TDI"]
    cited = record["citations"][1]
    text = own.article(cited["article_id"]).text
    assert text[cited["start"] : cited["end"]] == cited["quote"] == answer.citations[1].quote
    assert (record["opinion"], record["citation"]) == ("wrong citation", 2)
    assert record["reason"].startswith("another launch xxx")
    assert len(record["reason"]) == 500
    assert record["time"].endswith("+00:00")


def test_many_who_speak_at_once_leave_whole_lines(own, tmp_path):
    answer = own.ask(QUESTION)
    odd = replace(answer, question="\ud800 \u2028 \x85 \n \0 “quoted”")
    threads = [threading.Thread(target=note, args=(tmp_path, odd, "good")) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cases(tmp_path)) == 30
    assert len(set(map(str, cases(tmp_path)))) == 1


def test_what_was_right_stays_right_and_what_was_wrong_is_noticed(own, tmp_path):
    answer, refusal = own.ask(QUESTION), own.ask(UNANSWERABLE)
    for each in (answer, refusal):
        note(tmp_path, each, "good")
        note(tmp_path, each, "bad")
    note(tmp_path, answer, "wrong citation", number=1)
    now = [(each.is_well, each.found) for each in replay(own, cases(tmp_path))]
    assert now == [
        (True, "cites the same words"),
        (False, "answered as before"),
        (True, "still refused"),
        (False, "answered as before"),
        (False, "still cited"),
    ]


def test_after_a_change_a_good_answer_may_be_lost_and_a_bad_one_be_mended(own, tmp_path):
    answer = own.ask(QUESTION, source="TDI")
    lost = replace(answer.citations[0], quote="Words that nobody wrote.")
    before = replace(answer, citations=(lost, *answer.citations[1:]))
    for opinion in ("good", "bad"):
        note(tmp_path, before, opinion)
    note(tmp_path, before, "wrong citation", number=1)
    note(tmp_path, replace(answer, scope=replace(answer.scope, sources=("Gone",))), "good")
    assert [(each.is_well, each.found[:14]) for each in replay(own, cases(tmp_path))] == [
        (False, "cites other wo"),
        (True, "answered other"),
        (True, "no longer cite"),
        (False, "no article is "),
    ]


def test_a_line_that_is_no_feedback_is_named_and_a_full_file_is_left_alone(
    own, tmp_path, monkeypatch
):
    note(tmp_path, own.ask(QUESTION), "good")
    with (tmp_path / "feedback.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(StoreError, match=r"line 2 of .* is no feedback"):
        cases(tmp_path)
    monkeypatch.setattr(feedback, "LARGEST_FILE", 100)
    with pytest.raises(StoreError, match="is full"):
        note(tmp_path, own.ask(QUESTION), "good")


def test_the_command_prints_a_table_and_tells_by_its_status(own, capsys):
    home = own.retriever.library.home
    assert main(["eval", "--home", str(home)]) == 0
    assert capsys.readouterr().out == "no feedback yet\n"
    note(home, own.ask(QUESTION), "good")
    assert main(["eval", "--home", str(home)]) == 0
    note(home, own.ask(QUESTION), "wrong citation", number=1)
    capsys.readouterr()
    assert main(["eval", "--home", str(home)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"ok    good            cites the same words  {QUESTION}",
        f"FAIL  wrong citation  still cited           {QUESTION}",
        "1 of 2 are as their readers want them",
    ]


def test_a_visitor_says_in_the_window_what_was_right_and_which_citation_was_wrong(own):
    with chromium() as browser, served(own) as url:
        visitor = Visit(browser.new_page())
        visitor.open(url)
        expect(visitor.page.locator("#feedback")).to_be_hidden()
        visitor.ask(QUESTION)
        press = lambda name: visitor.page.get_by_role("button", name=name, exact=True).click()  # noqa: E731
        press("Yes")
        expect(visitor.page.get_by_text("Noted, thank you.")).to_be_visible()
        press("A citation is wrong")
        press("Send")
        expect(visitor.page.get_by_text("Say which citation is wrong.")).to_be_visible()
        visitor.page.get_by_role("radio").nth(1).check()
        visitor.page.get_by_label("Why?").fill("<b>another</b> launch")
        press("Send")
        expect(visitor.page.locator("#reason")).to_be_hidden()
        visitor.ask(UNANSWERABLE)
        press("No")
        press("Cancel")
        expect(visitor.page.locator("#reason")).to_be_hidden()
        press("A citation is wrong")
        expect(visitor.page.get_by_text("This answer cites nothing.")).to_be_visible()
        visitor.finish()
    good, wrong = cases(own.retriever.library.home)
    assert (good.opinion, good.question, good.blamed) == ("good", QUESTION, None)
    assert wrong.blamed == own.ask(QUESTION).citations[1].quote
    assert wrong.reason == "<b>another</b> launch"
