"""What readers say of answers: written by the window, asked again by the command line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from ingest.inputs.sources import discover
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.errors import StoreError
from rag.feedback import cases, record, replay
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.embedded.files import FeedbackFile
from tests.browsing import Visit, chromium, expect, served
from tests.conftest import USERS_ARTICLE
from tests.libraries import create, home_of, over, sync
from ui.cli import main
from ui.window.conversation import Conversation, Turn
from ui.window.feedback import judging

QUESTION = "Who condemned the missile launch?"
ANOTHER = "What is the alliance based on?"
UNANSWERABLE = "What is the capital of Peru?"


@pytest.fixture
def own(tmp_path: Path, encoder: SentenceTransformerEncoder) -> Iterator[ArticleQA]:
    library = create(tmp_path / "home", encoder)
    sync(library, discover([USERS_ARTICLE]))
    with over(library, Settings()) as qa:
        yield qa


def test_a_record_holds_the_question_the_answer_its_citations_and_what_was_said(own):
    library = own.library
    answer = own.ask(QUESTION, after="2022", source="tdi")
    record(library, answer, "wrong citation", number=2, reason="another\nlaunch " + "x" * 1000)
    (noted,) = library.feedback()
    assert noted["question"] == QUESTION
    assert noted["scope"]["sources"] == ["TDI"]
    cited = noted["citations"][1]
    text = own.article(cited["article_id"]).text
    assert text[cited["start"] : cited["end"]] == cited["quote"] == answer.citations[1].quote
    assert (noted["opinion"], noted["citation"]) == ("wrong citation", 2)
    assert noted["reason"].startswith("another launch xxx")
    assert len(noted["reason"]) == 500
    assert noted["time"].endswith("+00:00")


def test_many_who_speak_at_once_leave_whole_lines(own):
    library = own.library
    answer = own.ask(QUESTION)
    odd = replace(answer, question="\ud800 \u2028 \x85 \n \0 “quoted”")
    threads = [threading.Thread(target=record, args=(library, odd, "good")) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cases(library)) == 30
    assert len(set(map(str, cases(library)))) == 1


def test_what_was_right_stays_right_and_what_was_wrong_is_noticed(own):
    library = own.library
    answer, refusal = own.ask(QUESTION), own.ask(UNANSWERABLE)
    for each in (answer, refusal):
        record(library, each, "good")
        record(library, each, "bad")
    record(library, answer, "wrong citation", number=1)
    now = [(each.is_satisfied, each.finding) for each in replay(own.assistant, cases(library))]
    assert now == [
        (True, "cites the same words"),
        (False, "answered as before"),
        (True, "still refused"),
        (False, "answered as before"),
        (False, "still cited"),
    ]


def test_after_a_change_a_good_answer_may_be_lost_and_a_bad_one_be_mended(own):
    library = own.library
    answer = own.ask(QUESTION, source="TDI")
    lost = replace(answer.citations[0], quote="Words that nobody wrote.")
    before = replace(answer, citations=(lost, *answer.citations[1:]))
    for opinion in ("good", "bad"):
        record(library, before, opinion)
    record(library, before, "wrong citation", number=1)
    record(library, replace(answer, scope=replace(answer.scope, sources=("Gone",))), "good")
    assert [
        (each.is_satisfied, each.finding[:14]) for each in replay(own.assistant, cases(library))
    ] == [
        (False, "cites other wo"),
        (True, "answered diffe"),
        (True, "no longer cite"),
        (False, "no article is "),
    ]


def test_a_line_that_is_no_feedback_is_named(own):
    library = own.library
    record(library, own.ask(QUESTION), "good")
    library.add_feedback({})
    with pytest.raises(StoreError, match="record 2 of the feedback is not valid"):
        cases(library)
    with (home_of(library) / "feedback.jsonl").open("a") as file:
        file.write("[]\n")
    with pytest.raises(StoreError, match=r"line 3 of .* is not feedback"):
        cases(library)


def test_a_full_file_of_feedback_is_left_alone(own, tmp_path):
    file = FeedbackFile(tmp_path / "feedback.jsonl", limit=100)
    file.append({"question": QUESTION})
    with pytest.raises(StoreError, match="is full"):
        file.append({"question": "x" * 100})
    assert len(file.records()) == 1


def test_the_command_prints_a_table_and_tells_by_its_status(own, capsys):
    home = home_of(own.library)
    assert main(["eval", "--home", str(home)]) == 0
    assert capsys.readouterr().out == "no feedback yet\n"
    record(own.library, own.ask(QUESTION), "good")
    assert main(["eval", "--home", str(home)]) == 0
    record(own.library, own.ask(QUESTION), "wrong citation", number=1)
    capsys.readouterr()
    assert main(["eval", "--home", str(home)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"ok    good            cites the same words  {QUESTION}",
        f"FAIL  wrong citation  still cited           {QUESTION}",
        "1 of 2 are as readers want them",
    ]


def test_each_answer_and_each_citation_of_a_chat_is_judged_in_the_window(own):
    noted = "Thank you, your feedback was saved."
    with chromium() as browser, served(own) as url:
        visitor = Visit(browser.new_page())
        page = visitor.page
        button = lambda name: page.get_by_role("button", name=name, exact=True)  # noqa: E731
        dialog, why = page.locator("#feedback dialog"), page.get_by_label("Why?")
        visitor.open(url)
        visitor.ask(QUESTION)
        visitor.ask(UNANSWERABLE)
        button("Answer 1 is right").press("Enter")
        expect(page.get_by_text(noted)).to_have_count(1)
        page.locator("a.cite").first.click()
        button("Wrong citation 2").press("Enter")
        expect(dialog.locator("blockquote")).to_have_text(own.ask(QUESTION).citations[1].quote)
        expect(why).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(button("Wrong citation 2")).to_be_focused()
        page.keyboard.press("Enter")
        why.fill("<b>another</b> launch")
        button("Send").click()
        expect(page.get_by_text(noted)).to_have_count(2)
        button("Answer 2 is wrong").click()
        expect(why).to_have_value("")
        expect(dialog.locator("blockquote")).to_be_hidden()
        why.press("Control+Enter")
        expect(page.get_by_text(noted)).to_have_count(3)
        other = Visit(browser.new_context().new_page())
        other.open(url)
        other.ask(ANOTHER)
        other.page.get_by_role("button", name="Answer 1 is right").click()
        expect(other.page.get_by_text(noted)).to_have_count(1)
        other.finish()
        visitor.finish()
    good, wrong, bad, others = cases(own.library)
    assert (good.opinion, good.question, good.blamed) == ("good", QUESTION, None)
    assert wrong.opinion == "wrong citation"
    assert wrong.blamed == own.ask(QUESTION).citations[1].quote
    assert wrong.reason == "<b>another</b> launch"
    assert (bad.opinion, bad.question, bad.blamed) == ("bad", UNANSWERABLE, None)
    assert others.question == ANOTHER


def said(**wanted: object) -> gr.EventData:
    """What the page sends; `wanted` is what somebody wrote into it."""
    return gr.EventData(None, {"opinion": "good", "turn": 1, "number": None, **wanted})


@pytest.mark.parametrize(
    "wanted",
    [
        {"opinion": "splendid"},
        {"opinion": ["good"]},
        {"turn": 0},
        {"turn": 3},
        {"turn": "1"},
        {"opinion": "wrong citation", "number": 99},
        {"opinion": "wrong citation"},
        {"opinion": "wrong citation", "number": [1]},
    ],
)
def test_what_no_page_of_ours_would_send_is_not_noted(own, wanted):
    now = Conversation((Turn(QUESTION, "", answer=own.ask(QUESTION)), Turn("?", "", problem="!")))
    judging(own)(now, said(reason="", **wanted))
    judging(own)(now, said(reason="", turn=2))
    assert cases(own.library) == []


def test_only_the_librarys_own_words_are_noted(own):
    """A chat that a browser kept may claim any citation."""
    answer = own.ask(QUESTION)
    claimed = replace(answer.citations[0], quote="Words that nobody wrote.")
    planted = replace(answer, citations=(claimed, *answer.citations[1:]))
    judge = judging(own)
    judge(Conversation((Turn(QUESTION, "", answer=planted),)), said(reason=""))
    assert cases(own.library) == []
    judge(Conversation((Turn(QUESTION, "", answer=answer),)), said(reason=12))
    assert [each.reason for each in cases(own.library)] == ["12"]
