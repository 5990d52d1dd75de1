"""Messages that are no ordinary questions, over the sample articles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from rag.answering.render import escaped, to_markdown, to_text
from rag.langchain import ArticleQA
from rag.store.library import Library
from rag.types import Answer, Delta, Found
from tests.libraries import over, sync

CONDEMNED = "Who condemned the missile launch?"
ARTICLES = 17


def check_quotations(qa: ArticleQA, answer: Answer) -> None:
    for citation in answer.citations:
        article = qa.article(citation.article_id)
        assert article
        assert article.text[citation.start : citation.end] == citation.quote
    numbers = [number for sentence in answer.sentences for number in sentence.citations]
    assert numbers == [citation.number for citation in answer.citations]


def test_a_greeting_is_returned_without_a_citation(qa: ArticleQA) -> None:
    answer = qa.ask("Hello!")
    assert (answer.kind, answer.refused, answer.citations) == ("reply", False, ())
    assert answer.text == answer.reply == "Hello! Ask the articles a question."
    assert answer.suggestions
    assert all(not qa.ask(suggestion).refused for suggestion in answer.suggestions)


@pytest.mark.parametrize("message", ["thanks", "What can you do?", "more", "in one sentence"])
def test_small_talk_is_answered_without_searching(qa: ArticleQA, message: str) -> None:
    answer = qa.ask(message)
    assert answer.kind == "reply"
    assert answer.evidence == ()


def test_a_stream_of_a_reply_has_the_same_events_as_any_other(qa: ArticleQA) -> None:
    found, delta, answer = qa.stream("hello")
    assert isinstance(found, Found)
    assert isinstance(delta, Delta)
    assert isinstance(answer, Answer)
    assert delta.text == answer.text


def test_articles_are_counted_by_topic_source_and_time(qa: ArticleQA) -> None:
    assert qa.ask("How many articles are there?").reply.startswith(f"There are {ARTICLES} articles")
    from_tdi = qa.ask("How many articles from TDI?")
    assert from_tdi.scope.sources == ("TDI",)
    assert from_tdi.reply.startswith("There is 1 article, published from 4 October 2022")
    about = qa.ask("How many articles are there about the armistice?")
    assert "mention “the armistice”" in about.reply
    assert about.suggestions == ("List the articles about the armistice",)
    assert qa.ask("How many articles about penguins?").reply.startswith("No article mentions")


def test_articles_that_were_counted_can_be_listed(qa: ArticleQA) -> None:
    count = qa.ask("How many articles are there about the armistise?")
    assert count.reply.startswith("2 articles mention “the armistice”")
    listed = qa.ask("list them", history=[count, qa.ask("thanks")])
    assert (listed.kind, len(listed.citations)) == ("list", 2)
    assert qa.ask("list them").kind == "answer"


def test_the_filters_of_the_window_limit_lists_and_counts(qa: ArticleQA) -> None:
    assert qa.ask("How many articles are there?", source="TDI").reply.startswith("There is 1 ")
    listed = qa.ask("latest articles", source="TDI")
    assert [citation.source for citation in listed.citations] == ["TDI"]


def test_the_sources_are_named_with_their_numbers(qa: ArticleQA) -> None:
    answer = qa.ask("Which sources do you have?")
    assert all(source in answer.reply for source in qa.sources())


def test_a_list_quotes_one_sentence_of_each_article_and_goes_on_with_more(qa: ArticleQA) -> None:
    history: list[Answer] = []
    for message in ["latest articles", "more", "more", "more"]:
        history.append(qa.ask(message, history=history))
        check_quotations(qa, history[-1])
    listed = [citation.article_id for answer in history for citation in answer.citations]
    assert len(listed) == len(set(listed)) == ARTICLES
    assert history[-1].rewritten_question == "latest articles"
    end = qa.ask("more", history=history)
    assert (end.kind, end.reply) == ("reply", "The articles say no more about this.")


def test_a_topic_is_a_list_of_the_articles_about_it(qa: ArticleQA) -> None:
    answer = qa.ask("Tell me about the armistice")
    assert answer.kind == "list"
    assert not answer.refused
    assert "armistice" in answer.citations[0].title
    assert all("armistice" in citation.quote.lower() for citation in answer.citations[:1])
    check_quotations(qa, answer)


def test_a_bare_name_is_a_list_and_any_other_word_a_question(qa: ArticleQA) -> None:
    assert qa.ask("Blinken").kind == "list"
    assert qa.ask("blinken").kind == "list"
    assert qa.ask("missiles").kind == "answer"
    assert qa.ask("Zanzibar").refused


def test_a_name_with_a_slip_is_listed_as_the_articles_spell_it(qa: ArticleQA) -> None:
    answer = qa.ask("antony blinkn")
    assert answer.rewritten_question == "antony blinken"
    assert answer.notices == ("Showing results for “antony blinken”.",)
    assert answer.kind == "list"


def test_an_article_is_summarized_in_its_own_words_in_reading_order(qa: ArticleQA) -> None:
    answer = qa.ask("Summarise the article about the armistice")
    assert answer.kind == "summary"
    assert len({citation.article_id for citation in answer.citations}) == 1
    starts = [citation.start for citation in answer.citations]
    assert len(starts) == 5
    assert starts == sorted(starts)
    check_quotations(qa, answer)

    short = qa.ask("in one sentence", history=[answer])
    assert len(short.sentences) == 1
    assert short.citations[0].article_id == answer.citations[0].article_id
    check_quotations(qa, short)

    more = qa.ask("more", history=[answer])
    assert not {citation.quote for citation in more.citations} & {
        citation.quote for citation in answer.citations
    }
    check_quotations(qa, more)


def test_summarise_it_means_the_article_that_was_cited_last(qa: ArticleQA) -> None:
    asked = qa.ask(CONDEMNED)
    answer = qa.ask("Summarise it", history=[asked, qa.ask("thanks")])
    assert answer.kind == "summary"
    assert {c.article_id for c in answer.citations} == {asked.citations[0].article_id}
    assert qa.ask("Summarise it").kind == "reply"


def test_a_request_to_summarize_what_no_article_is_about_is_refused(qa: ArticleQA) -> None:
    assert qa.ask("Summarise the article about penguins").refused


def test_more_quotes_what_was_not_shown_yet(qa: ArticleQA) -> None:
    first = qa.ask("What did North Korea test?")
    more = qa.ask("more", history=[first])
    assert more.rewritten_question == first.question
    shown = {(citation.article_id, citation.start) for citation in first.citations}
    new = {(citation.article_id, citation.start) for citation in more.citations}
    assert new
    assert not shown & new
    check_quotations(qa, more)


def test_in_one_sentence_is_the_best_quotation_of_an_answer(qa: ArticleQA) -> None:
    first = qa.ask(CONDEMNED)
    short = qa.ask("in one sentence", history=[first])
    assert [citation.quote for citation in short.citations] == [first.citations[0].quote]


def test_what_about_names_a_new_subject_within_the_story(qa: ArticleQA) -> None:
    first = qa.ask("When was the Korean armistice signed?")
    answer = qa.ask("What about the prisoners?", history=[first])
    assert answer.rewritten_question
    assert answer.rewritten_question.startswith("The prisoners? (")


def test_small_talk_does_not_change_what_a_follow_up_is_about(qa: ArticleQA) -> None:
    first = qa.ask("When was the Korean armistice signed?")
    history = [first, qa.ask("thanks"), qa.ask("How many articles are there?")]
    with_talk = qa.ask("Who signed it?", history=history)
    assert (
        with_talk.rewritten_question == qa.ask("Who signed it?", history=[first]).rewritten_question
    )


def test_a_list_is_the_subject_of_the_next_question(qa: ArticleQA) -> None:
    history = [qa.ask("Tell me about Hayashi Yoshimasa")]
    answer = qa.ask("What about his father?", history=history)
    assert answer.rewritten_question == "His father? (Hayashi Yoshimasa)"


def test_a_mere_noun_is_answered_and_its_readings_are_offered(qa: ArticleQA) -> None:
    answer = qa.ask("the missile")
    assert answer.kind == "answer"
    assert len(answer.suggestions) == 2
    assert all(reading.startswith("The missile (") for reading in answer.suggestions)
    chosen = qa.ask(answer.suggestions[0], history=[answer])
    assert not chosen.refused
    assert chosen.rewritten_question is None


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wer hat den Raketenstart verurteilt?", "German"),
        ("Qui a condamné le tir de missile ?", "French"),
        ("¿Quién condenó el lanzamiento del misil?", "Spanish"),
        ("Кто осудил запуск ракеты и почему?", "Russian"),
        ("誰がミサイル発射を非難したのか", "another language"),
    ],
)
def test_a_question_in_another_language_is_told_so(
    qa: ArticleQA, question: str, language: str
) -> None:
    answer = qa.ask(question)
    assert (answer.kind, answer.refused) == ("reply", False)
    assert answer.reply.startswith(f"This question seems to be in {language}, but the articles are")


def test_a_question_in_the_language_of_the_articles_is_answered(
    library: Library, write: Callable[[str, str], Path]
) -> None:
    path = write(
        "turm.md",
        "---\nlanguage: de\ntitle: Der Wasserturm von Mannheim\n---\n\n"
        "Der Wasserturm von Mannheim wurde von 1886 bis 1889 nach Plänen von Gustav Halmhuber"
        " gebaut.\n",
    )
    assert not sync(library, discover([path])).failures
    answer = over(library).ask("Wer hat den Wasserturm von Mannheim gebaut?")
    assert answer.kind == "answer"


def test_a_noun_in_a_conversation_is_understood_with_it(
    qa: ArticleQA,
) -> None:
    first = qa.ask("When was the Korean armistice signed?")
    answer = qa.ask("the talks", history=[first])
    assert answer.rewritten_question == "The talks (The Korean armistice of 1953 and the DMZ)"
    assert answer.rewritten_question not in answer.suggestions


@pytest.mark.parametrize("followup", ["Who survived?", "What did he say about the deal?"])
def test_a_question_that_is_hardly_complete_leans_on_the_conversation(
    qa: ArticleQA, followup: str
) -> None:
    first = qa.ask("Tell me about Hayashi Yoshimasa")
    answer = qa.ask(followup, history=[first])
    assert answer.rewritten_question == f"{followup} (Hayashi Yoshimasa)"


def test_a_corrected_question_is_the_subject_of_the_next_one(qa: ArticleQA) -> None:
    first = qa.ask("When was the armistise signed?")
    meant = qa.ask("When was the armistice signed?")
    followup = "Who signed it?"
    assert (
        qa.ask(followup, history=[first]).rewritten_question
        == qa.ask(followup, history=[meant]).rewritten_question
        != followup
    )


def test_a_list_is_rendered_as_one(qa: ArticleQA) -> None:
    answer = qa.ask("Tell me about the armistice")
    title = answer.citations[0].title
    assert to_text(answer).startswith(f"{answer.reply}\n- {title}: ")
    assert f"\n- **{title}**: {answer.sentences[0].text}[^1]" in to_markdown(answer)
    values = answer.to_dict()
    assert (values["kind"], values["reply"]) == ("list", answer.reply)


def test_a_reply_is_rendered_as_it_is(qa: ArticleQA) -> None:
    answer = qa.ask("hello")
    assert to_text(answer) == answer.reply
    assert to_markdown(answer) == escaped(answer.reply)
