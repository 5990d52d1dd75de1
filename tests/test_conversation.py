"""A conversation in the window, without the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rag.followups.standalone import Followups
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.types import Answer
from tests.libraries import over
from tests.test_page import said
from tests.writing import CORRECTED, DRAFT, QUESTION, SUPPORTED, UNSUPPORTED, Writer, worded
from ui.window.conversation import Conversation, Filters, reply

PERU = "What is the capital of Peru?"


def last(conversations: Iterator[Conversation]) -> Conversation:
    *_, conversation = conversations
    return conversation


def shown(conversation: Conversation) -> str:
    return said(conversation.turns[-1].content)


def test_a_draft_comes_before_the_checked_answer(qa: ArticleQA) -> None:
    now = [shown(each) for each in reply(worded(qa, DRAFT), QUESTION, Conversation())]
    assert now[0] == "Searching the articles…"
    assert now[-2].startswith(f"{SUPPORTED} {UNSUPPORTED} {CORRECTED} Draft:")
    assert all("[" not in each for each in now[:-1])
    assert now[-1].startswith(f"{SUPPORTED} [1] {UNSUPPORTED} not found in the sources: “2099”")


def test_the_answers_so_far_are_given_along_and_hold_no_articles(qa: ArticleQA) -> None:
    heard: list[tuple[str, ...]] = []

    class Listening(Followups):
        def standalone(self, question, history, **_):  # type: ignore[no-untyped-def]
            heard.append(tuple(answer.question for answer in history))
            assert not any(answer.evidence for answer in history)
            return "What is the capital of Ecuador?" if "it" in question.split() else question

    listening = ArticleQA(replace(qa.assistant, followups=Listening()))
    one = last(reply(listening, QUESTION, Conversation()))
    two = last(reply(listening, PERU, one))
    three = last(reply(listening, "And what is it like?", two))
    last(reply(listening, "And what is it like?", three.before_last()))
    assert heard == [(), (QUESTION,), (QUESTION, PERU), (QUESTION, PERU)]
    assert shown(three).startswith("Understood as: What is the capital of Ecuador? The articles do")
    assert isinstance(three.turns[-1].answer, Answer)


def test_a_model_that_fails_or_is_too_slow_ends_in_the_quoted_answer_and_says_so(
    qa: ArticleQA,
) -> None:
    for broken, reason in (
        (worded(qa, DRAFT, error_on_chunk_number=30), "Writer gave no answer: it failed"),
        (
            worded(qa, "Wait", rest=30, settings=Settings(timeout=0.2)),
            "it did not finish within 0.2 seconds",
        ),
        (worded(qa, " "), "Writer gave no answer: it wrote nothing"),
    ):
        answered = last(reply(broken, QUESTION, Conversation()))
        assert shown(answered).startswith(qa.ask(QUESTION, k=24).sentences[0].text)
        assert reason in shown(answered)
        assert "The articles are quoted instead." in shown(answered)
        assert "Written by" not in shown(answered)


def test_stopping_ends_the_model_and_keeps_the_draft_marked_as_one(qa: ArticleQA) -> None:
    model = Writer(responses=[DRAFT], rest=30)
    conversations = reply(over(qa.library, Settings(), model), QUESTION, Conversation())
    for now in conversations:
        if CORRECTED in shown(now):
            assert now.stop
            now.stop.set()
    assert shown(now).endswith(f"{CORRECTED} Stopped. This draft has not been checked.")
    assert model.closed.wait(3)
    assert now.history() == []


def test_leaving_ends_the_model_too(qa: ArticleQA) -> None:
    model = Writer(responses=[DRAFT], rest=30)
    conversations = reply(over(qa.library, Settings(), model), QUESTION, Conversation())
    assert any("Draft:" in shown(now) for now in conversations)
    conversations.close()  # type: ignore[attr-defined]
    assert model.closed.wait(3)


def test_only_the_articles_that_are_wanted_are_asked(qa: ArticleQA) -> None:
    asked = last(reply(qa, QUESTION, Conversation(), Filters("2022-10", "2022-10-04", ("tdi",))))
    assert "Only: TDI, from 1 October 2022 up to 4 October 2022" in shown(asked)
    answer = asked.turns[-1].answer
    assert answer
    assert {citation.source for citation in answer.citations} == {"TDI"}


def test_a_day_that_is_none_and_a_source_that_is_none_are_said_in_one_line(qa: ArticleQA) -> None:
    for only, line in (
        (Filters(after="soon"), "'soon' is not a date; write a day like 2022-10-04"),
        (Filters(before="2022-13"), "'2022-13' is not a date"),
        (Filters(after="2023", before="2022"), "No day is after 2023-01-01 and before 2022-12-31"),
        (Filters(sources=("Nobody",)), "No article is from 'Nobody'; the sources are: "),
    ):
        assert line in shown(last(reply(qa, QUESTION, Conversation(), only)))


def test_a_topic_that_the_articles_cover_stands_alone(qa: ArticleQA) -> None:
    history = [qa.ask("Who condemned the missile launch?")]
    answer = qa.ask("Tell me about the armistice", history=history)
    assert answer.rewritten_question is None
    assert "armistice of 27 July 1953" in answer.text


def test_to_be_told_about_it_is_to_be_told_more(qa: ArticleQA) -> None:
    history = [qa.ask("Who condemned the missile launch?")]
    answer = qa.ask("Tell me about it", history=history)
    assert answer.rewritten_question == history[0].question
    assert not answer.refused
