from __future__ import annotations

import pytest

from rag.retrieval.answer_type import AnswerType, content_of, expected_answer


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many people died?", "number"),
        ("What percentage of Americans identify as Christian?", "number"),
        ("Who took office on Monday?", "person"),
        ("When did the strike begin?", "date"),
        ("In what year was it built? Which year?", "date"),
        ("Where did the incident take place?", "place"),
        ("Which Italian city hosts the games?", "place"),
        ("Why was the flight cancelled?", "reason"),
        ("Which company released the chatbot?", "thing"),
        ("Tell me about the strike.", "any"),
    ],
)
def test_the_words_of_a_question_tell_what_it_expects(question: str, kind: AnswerType) -> None:
    assert expected_answer(question) == kind


def test_only_what_the_question_lacks_is_new() -> None:
    asked = frozenset("which company released the chatbot in china".split())
    content = content_of("China's DeepSeek released the chatbot in January for $6 million.", asked)
    assert content.names == {"deepseek"}
    assert content.numbers == {"$6", "million"}
    assert content.money
    assert content.date == 2
    assert not content.percent


def test_the_capital_of_the_first_word_alone_means_no_name() -> None:
    assert content_of("Officials declined to comment.", frozenset()).names == frozenset()
    assert content_of("Jane Doe declined to comment.", frozenset()).names == {"jane", "doe"}
