"""Follow-up questions: which lean on the conversation, and how they are understood with it."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from rag.followups.gate import may_need_context
from rag.followups.standalone import MAX_QUESTION, Followups
from rag.langchain import ArticleQA
from rag.llm.chat import Call, ChatModel
from rag.types import Answer, Found

SUMMIT = Answer(
    "Which city hosted the Hanoi summit of Trump and Kim?",
    "Trump and Kim met in Hanoi in February 2019. [1]",
)
CALL = "Who held a telephone meeting with Hayashi?"


@pytest.mark.parametrize(
    "question",
    [
        "And what did Japan say?",
        "But is it true that it flew over Japan?",
        "So who decided?",
        "Also, where was it signed?",
        "What about South Korea?",
        "How about the second clause?",
        "Who is he?",
        "What's his name?",
        "Who was his predecessor?",
        "Is he married?",
        "What did they agree on?",
        "Who replaced him?",
        "Did Japan try to shoot it down?",
        "Did China veto it too?",
        "Which of them resigned?",
        "What is its range?",
        "What was their answer to the offer?",
        "How long did it last?",
        "Is it dangerous?",
        "Why is that?",
        "Who proposed that idea?",
        "Did Japan shoot that missile down?",
        "How was that received in Seoul?",
        "What were these measures called?",
        "Which of these is the oldest?",
        "What happened there?",
        "Who else signed?",
        "Which ones?",
        "What did the latter say?",
        "Has Russia done so?",
        "Why?",
        "Why not?",
        "Since when?",
        "By whom?",
        "How many?",
        "To which country?",
        "Any survivors?",
        "Who voted against?",
        "What happened next?",
        "Was anyone hurt?",
        "For example?",
        "Tell me more",
    ],
)
def test_a_question_that_refers_to_something_said_before_passes_the_gate(question: str) -> None:
    assert may_need_context(question)


@pytest.mark.parametrize(
    "question",
    [
        "What did Blinken say after his call with Hayashi?",
        "Who condemned the missile launch over Japan?",
        "Which countries make up the Quad and when did their leaders first meet?",
        "Is it true that North Korea has nuclear weapons?",
        "How many nuclear tests has North Korea carried out?",
    ],
)
def test_a_question_that_the_articles_answer_as_it_is_stands_alone(
    qa: ArticleQA, question: str
) -> None:
    assert qa.ask(question, history=[qa.ask(CALL)]).rewritten_question is None


@pytest.mark.parametrize(
    "question",
    [
        "North Korea nuclear tests",
        "Kishida",
        "In Japan, who runs J-Alert?",
        "For how long has North Korea had nuclear weapons?",
        'What does "that\'s one small step" mean in English?',
        "Was ist das?",
        "Warum hat er das gesagt?",
        "So heißt der Vertrag?",
        "¿Qué ha dicho él?",
        "Wat zei hij?",
    ],
)
def test_a_question_without_any_reference_or_in_another_language_is_never_changed(
    question: str,
) -> None:
    assert not may_need_context(question)


def test_where_the_words_leave_it_open_the_evidence_decides() -> None:
    question = "Is it true that both leaders signed a treaty?"
    scores = {question: 0.7}
    followups = Followups()
    kept = followups.standalone(question, [SUMMIT], score=lambda q: scores.get(q, 0.75))
    assert kept == question
    carried = followups.standalone(question, [SUMMIT], score=lambda q: scores.get(q, 0.9))
    assert carried == f"{question} (city hosted the Hanoi summit of Trump and Kim)"
    weak = followups.standalone(question, [SUMMIT], score=lambda q: 0.4)
    assert weak == carried


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who survived?", "Who survived?"),
        ("What did he say about the oil?", "What did he say about the oil?"),
        ("And what about the water leak?", "The water leak?"),
    ],
)
def test_a_question_that_is_hardly_complete_must_be_covered_better_to_stand_alone(
    question: str, asked: str
) -> None:
    scores = {question: 0.7}
    followups = Followups()
    carried = followups.standalone(question, [SUMMIT], score=lambda q: scores.get(q, 0.65))
    assert carried == f"{asked} (city hosted the Hanoi summit of Trump and Kim)"
    alone = followups.standalone(question, [SUMMIT], score=lambda q: scores.get(q, 0.6))
    assert alone == question


def test_a_follow_up_is_answered_from_what_the_conversation_is_about(qa: ArticleQA) -> None:
    first = qa.ask(CALL)
    second = qa.ask("And what did they condemn?", history=[first])
    assert second.question == "And what did they condemn?"
    assert second.rewritten_question
    assert second.rewritten_question.startswith("What did they condemn? (")
    assert second.citations[0].source == "TDI"


def test_the_subject_lasts_over_several_turns(qa: ArticleQA) -> None:
    history = [qa.ask("How did the Hanoi summit end?")]
    for question in ("Why?", "And where was it held?"):
        history.append(qa.ask(question, history=history))
    assert [each.rewritten_question is not None for each in history] == [False, True, True]
    assert all("singapore-and-hanoi" in each.citations[0].url for each in history)


def test_a_stream_tells_the_question_that_was_asked_instead(qa: ArticleQA) -> None:
    found, *_, answer = qa.stream("How high?", history=[qa.ask("How far flew the Hwasong-12?")])
    assert isinstance(found, Found)
    assert isinstance(answer, Answer)
    assert found.rewritten_question == answer.rewritten_question
    assert "Hwasong-12" in (answer.rewritten_question or "")


def test_a_question_that_stands_alone_is_asked_as_it_is(qa: ArticleQA) -> None:
    history = [qa.ask(CALL)]
    assert qa.ask("Who runs J-Alert?", history=history).rewritten_question is None


@pytest.mark.parametrize("history", [(), (Answer("And why?", "No answer", refused=True),)])
def test_without_anything_to_carry_a_question_stays(history: tuple[Answer, ...]) -> None:
    assert Followups().standalone("And what about it?", history) == "And what about it?"


def test_a_question_that_was_refused_still_gives_the_subject() -> None:
    refused = Answer("When did Denmark join the Quad?", "No answer", refused=True)
    asked = Followups().standalone("Did they apply?", [refused])
    assert asked == "Did they apply? (Denmark join the Quad)"


def test_a_carried_subject_is_never_longer_than_a_question_may_be() -> None:
    long = Answer("What is " + "a veto in the council " * 80 + "?", "No answer", refused=True)
    assert len(Followups().standalone("Why " + "not?", [long])) < MAX_QUESTION


@pytest.mark.parametrize(
    "written",
    [
        "Why did the Hanoi summit end early?",
        "Rewritten question: Why did the Hanoi summit end early?\n",
        '"Why did the Hanoi summit end early?"',
        "<think>Kim, or\nTrump?</think>\nWhy did the Hanoi summit end early?",
    ],
)
def test_a_language_model_rewrites_a_question_that_needs_its_conversation(written: str) -> None:
    followups = Followups(ChatModel(FakeListChatModel(responses=[written]), "fake", 60))
    assert followups.standalone("Why did it end early?", [SUMMIT]) == (
        "Why did the Hanoi summit end early?"
    )


@pytest.mark.parametrize(
    "written",
    [
        "Why did Macron leave Hanoi early?",
        "Why did the Hanoi summit end after 3 hours?",
        "Why did the Hanoi summit\nend early?",
        "The Hanoi summit ended early over sanctions.",
        "Why did it end early?",
        "",
        "Why did the Hanoi summit end early, " + "and end early, " * 40 + "in Hanoi?",
    ],
    ids=["a name", "a number", "lines", "an answer", "unchanged", "empty", "endless"],
)
def test_what_a_model_makes_up_is_not_asked(written: str) -> None:
    followups = Followups(ChatModel(FakeListChatModel(responses=[written]), "fake", 60))
    question = "Why did it end early?"
    assert followups.standalone(question, [SUMMIT]) == Followups().standalone(question, [SUMMIT])


def test_a_model_is_not_asked_about_a_question_that_stands_alone() -> None:
    followups = Followups(ChatModel(_Waiting(fails=True), "waiting", 60))
    assert followups.standalone("Who runs J-Alert?", [SUMMIT]) == "Who runs J-Alert?"


def test_a_model_that_fails_leaves_the_carried_question() -> None:
    asked = Followups(ChatModel(_Waiting(fails=True), "waiting", 60)).standalone(
        "Why there?", [SUMMIT]
    )
    assert asked == Followups().standalone("Why there?", [SUMMIT])


def test_a_stop_ends_the_rewriting() -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    started = time.monotonic()
    Followups(ChatModel(_Waiting(), "waiting", 60)).standalone(
        "Why there?", [SUMMIT], call=Call(stop)
    )
    assert time.monotonic() - started < 2


def test_a_slow_model_does_not_use_up_the_patience() -> None:
    asked = Followups(ChatModel(_Waiting(), "waiting", 0.2)).standalone("Why there?", [SUMMIT])
    assert asked == Followups().standalone("Why there?", [SUMMIT])


class _Waiting(BaseChatModel):
    """Says nothing for a minute, or fails at once."""

    fails: bool = False

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        import asyncio

        if self.fails:
            raise RuntimeError("no such model")
        await asyncio.sleep(60)
        yield ChatGenerationChunk(message=None)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    @property
    def _llm_type(self) -> str:
        return "waiting"
