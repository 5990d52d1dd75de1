"""Quoted answers about the sample articles, their citations and their refusals."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from markdown_it import MarkdownIt

from rag.answering.quoting import QuotingAnswerer
from rag.checking.claims import Quotation
from rag.errors import QuestionError
from rag.langchain import ArticleQA
from rag.retrieval.question import MAX_QUESTION
from rag.retrieval.retriever import Ranking
from rag.store.library import WordCounts
from rag.text.words import in_one_line
from rag.types import Answer, ArticleInfo, Evidence, Passage, Scope, Sentence, Span
from tests.conftest import USERS_ARTICLE

BLINKEN_AND_HAYASHI = (
    "Antoney Blinken held a telephone meeting with Foreign Minister of Japan Hayashi Yoshimasa"
)

SECOND_BEST = pytest.mark.xfail(reason="another sentence than the answer is quoted first")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who spoke with whom on the telephone?", BLINKEN_AND_HAYASHI),
        ("Who did Hayashi Yoshimasa hold a telephone meeting with?", BLINKEN_AND_HAYASHI),
        pytest.param(
            "When and where was the call between Blinken and Hayashi reported?",
            "Tokyo, 4 October 2022",
            marks=SECOND_BEST,
        ),
        ("When and where was the telephone meeting reported?", "Tokyo, 4 October 2022"),
        ("What did the two ministers condemn?", "condemned North Korea’s missile launch"),
        (
            "What did Blinken and Hayashi condemn?",
            "condemned North Korea’s missile launch",
        ),
        (
            "Why was North Korea's missile launch unusual?",
            "over Japan for the first time in five years",
        ),
        (
            "What was unusual about the missile launch over Japan?",
            "for the first time in five years",
        ),
        (
            "What do the military exercises exemplify?",
            "expanding the scope of the trilateral cooperation",
        ),
        (
            "What are the bilateral exercises an example of?",
            "expanding the scope of the trilateral",
        ),
        (
            "What is the alliance based on?",
            "The Alliance is based on shared vital interests and values.",
        ),
    ],
)
def test_questions_about_the_sample_article_are_answered(
    qa: ArticleQA, question: str, words: str
) -> None:
    answer = qa.ask(question)
    first = answer.citations[0]
    assert words in first.quote
    assert first.url.endswith(USERS_ARTICLE.name)
    assert first.published == date(2022, 10, 4)
    assert first.source == "TDI"
    assert not answer.refused


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Peru?",
        "Who won the 2022 World Cup?",
        "who won the 2022 world cup",
        "How tall is Mount Fuji?",
        "What is the best recipe for pancakes?",
        "Who wrote Don Quixote?",
    ],
)
def test_questions_that_no_article_answers_are_refused(qa: ArticleQA, question: str) -> None:
    answer = qa.ask(question)
    assert answer.refused
    assert answer.citations == ()
    assert answer.sentences == ()
    assert 1 <= len(answer.nearest) <= 3
    assert answer.text.startswith("The articles do not answer this question.")
    assert all(in_one_line(cited.quote) in answer.text for cited in answer.closest)


def test_every_citation_is_a_verbatim_range_of_its_article(qa: ArticleQA) -> None:
    checked = 0
    for summary in qa.articles():
        article = qa.article(summary.id)
        assert article is not None
        for question in (f"What is said about {article.title}?", article.text[:300]):
            for cited in qa.ask(question).citations:
                text = qa.article(cited.article_id).text  # type: ignore[union-attr]
                assert text[cited.start : cited.end] == cited.quote
                checked += 1
    assert checked > 2 * len(qa.articles())


def test_an_answer_has_at_most_three_sentences_with_the_best_first(qa: ArticleQA) -> None:
    answer = qa.ask("How many nuclear tests has North Korea carried out?")
    relevance = {
        (passage.article.id, span): score
        for passage in answer.evidence
        for span, score in zip(passage.passage.sentences, passage.sentence_relevance, strict=True)
    }
    scores = [relevance[c.article_id, Span(c.start, c.end)] for c in answer.citations]
    assert scores == sorted(scores, reverse=True)
    assert 1 <= len(scores) <= 3
    assert [cited.number for cited in answer.citations] == list(range(1, len(scores) + 1))
    assert "[1]" in answer.text


def test_white_space_does_not_change_the_answer(qa: ArticleQA) -> None:
    plain = qa.ask("Who condemned the missile launch?")
    assert qa.ask("  Who condemned \n the missile   launch? ").citations == plain.citations


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 100_000, "why? " * 20_000])
def test_an_empty_or_oversized_question_is_an_error_in_one_line(
    qa: ArticleQA, question: str
) -> None:
    with pytest.raises(QuestionError) as caught:
        qa.ask(question)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "question",
    [
        '"',
        "NOT AND OR",
        "a* OR (b",
        "?",
        "--",
        "'; DROP TABLE articles; --",
        "🚀",
        "何ですか",
        "\x00x",
        "caf\udce9 where",
        "w " * (MAX_QUESTION // 2),
    ],
)
def test_no_question_breaks_the_search(qa: ArticleQA, question: str) -> None:
    assert isinstance(qa.ask(question), Answer)


def test_a_question_must_be_text(qa: ArticleQA) -> None:
    with pytest.raises(QuestionError, match="not dict"):
        qa.invoke({"question": "Who?"})  # type: ignore[arg-type]


def test_near_repeats_are_quoted_once() -> None:
    texts = ["The missile flew over Japan on Tuesday.", "On Tuesday, the missile flew over Japan."]
    evidence = [
        Evidence(
            ArticleInfo(str(n), f"T{n}", "u", "o"),
            Passage(str(n), str(n), str(n), 0, len(text), (Span(0, len(text)),)),
            text,
            0.9,
            (0.9 - n / 100,),
            (2.0 - n / 100,),
        )
        for n, text in enumerate([*texts, "Japan protested strongly in Beijing."])
    ]
    ranking = Ranking(
        "?", Scope(), tuple(evidence), 0.8, False, 3, lambda words: WordCounts({}, 3), {}
    )
    quoted = [sentence.text for sentence in QuotingAnswerer(3).answer(ranking)]
    assert quoted == [texts[0], "Japan protested strongly in Beijing."]


def test_an_answer_in_markdown_has_footnotes(qa: ArticleQA) -> None:
    markdown = qa.ask("Who condemned the missile launch?").to_markdown()
    assert "five years.[^1]" in markdown
    assert "[^1]: “Both ministers condemned" in markdown
    assert "TDI, 4 October 2022 (characters 160–268)" in markdown


def test_an_answer_can_be_written_as_json(qa: ArticleQA) -> None:
    answer = qa.ask("Who condemned the missile launch?")
    values = json.loads(json.dumps(answer.to_dict()))
    assert values["text"] == answer.text
    assert values["citations"][0]["published"] == "2022-10-04"
    assert values["citations"][0]["quote"] == answer.citations[0].quote
    assert values["refused"] is False
    assert set(values["timings"]) == {
        "rewrite",
        "embed",
        "search",
        "read",
        "write",
        "check",
        "compare",
        "total",
    }


def test_text_from_an_article_is_escaped_in_markdown(qa: ArticleQA) -> None:
    from rag.answering.citations import cite
    from rag.answering.render import to_markdown

    text = "See ![x](http://evil.example/x.png) <img src=x> [a](javascript:b) `c` *d* # e."
    cited = cite(
        Quotation(
            ArticleInfo("1", "<b>T</b>\n# x", "javascript:x", "o"), Span(0, len(text)), text, 1
        ),
        1,
    )
    markdown = to_markdown(Answer("?", text, (Sentence(text, (1,)),), (cited,)))
    html = MarkdownIt("commonmark", {"html": True}).render(markdown)
    assert set(re.findall(r"<\w+", html)) == {"<p"}
    assert "javascript:x" not in html
