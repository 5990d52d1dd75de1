"""Many visitors at once, and more than the window accepts."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from gradio_client import Client

from evals.load import Asked, all_at_once, answers, differing, faults
from evals.seeds import load
from rag.answering.quoting import QuotingAnswerer
from rag.langchain import ArticleQA
from tests.browsing import Visit, chromium, expect, served

QUESTION = "Who condemned the missile launch?"


@pytest.mark.slow
def test_twelve_visitors_at_once_each_get_the_answers_to_their_own_questions(qa):
    questions = [question.text for question in load()]
    pairs = [questions[2 * n :][:2] for n in range(12)]
    with served(qa) as url:
        asked = all_at_once(url, pairs)
    assert [[turn.question for turn in own] for own in asked] == pairs
    assert list(faults(asked, answers(qa, asked))) == []


def test_an_answer_in_the_wrong_conversation_would_be_noticed(qa):
    questions = [question.text for question in load()][:2]
    with served(qa) as url:
        (first,), (second,) = all_at_once(url, [questions[:1], questions[1:]])
    asked = [[replace(first, received=second.received)], [second]]
    (fault, strange) = faults(asked, answers(qa, asked))
    assert "its answer lacks" in fault
    assert "another's question" in strange


def test_an_answer_with_another_quotation_is_counted(qa):
    (alone,) = answers(qa, [[Asked(QUESTION, 0, 0, 0, 0, "")]])
    quotes = [citation.quote for citation in alone[0].citations]
    assert len(quotes) > 1
    whole, short = (
        Asked(QUESTION, 0, 0, 0, 0, " ".join(received)) for received in (quotes, quotes[:-1])
    )
    assert differing([[whole], [short]], [alone, alone]) == 1
    assert list(faults([[short]], [alone])) == []


def test_a_visitor_of_a_busy_window_sees_a_message_and_keeps_the_question(qa):
    may_answer = threading.Event()

    class Slow:
        language_model = None
        passages = None

        def answer(self, ranking, call=None):
            may_answer.wait(60)
            return QuotingAnswerer(3).answer(ranking)

    slow = ArticleQA(replace(qa.assistant, answerer=Slow()))
    with chromium() as browser, served(slow, concurrency=1, queue_size=1) as url:
        visitor = Visit(browser.new_page())
        visitor.open(url)
        client = Client(url, verbose=False)
        answered = client.submit(QUESTION, api_name="/ask")
        while answered.status().code.name != "PROCESSING":
            time.sleep(0.01)
        waiting = client.submit(QUESTION, api_name="/ask")
        while waiting.status().code.name != "IN_QUEUE":
            time.sleep(0.01)
        visitor.submit(QUESTION)
        expect(visitor.page.get_by_text("currently busy").first).to_be_visible(timeout=10_000)
        expect(visitor.page.locator("#question textarea")).to_have_value(QUESTION)
        may_answer.set()
        assert answered.result()["text"] == waiting.result()["text"] == qa.ask(QUESTION).text
        visitor.page.press("#question textarea", "Enter")
        visitor.settle(1)
        assert "Both ministers condemned" in visitor.last
