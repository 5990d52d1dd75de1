"""Over whole SQuAD-format files: every quotable sentence and every citation is a verbatim range."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals import squad
from evals.corpus import library_of
from ingest.passages import split
from rag.encoders.export import ExportedEncoder
from rag.encoders.onnx_encoder import FOLDER
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.types import Answer
from tests.conftest import SQUAD_FILES

MOST_ASKED = 240  # questions


@pytest.fixture(scope="module", params=SQUAD_FILES)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def data(path: Path) -> squad.Dataset:
    return squad.load(path)


@pytest.fixture(scope="module")
def answers(
    data: squad.Dataset, encoder: SentenceTransformerEncoder, seeds_home: Path
) -> dict[squad.Question, Answer]:
    """Ask the questions of the file, or as many, evenly spread."""
    questions = data.questions[:: -(-len(data.questions) // MOST_ASKED)]
    with library_of(data.articles, ExportedEncoder(encoder, seeds_home / FOLDER)) as qa:
        return {question: qa.ask(question.text) for question in questions}


def test_questions_are_read_with_their_answers_and_without_the_impossible(
    path: Path, data: squad.Dataset
) -> None:
    texts = {article.id: article.text for article in data.articles}
    for question in data.questions:
        quotes = [texts[question.article_id][span.start : span.end] for span in question.spans]
        assert tuple(dict.fromkeys(quotes)) == question.answers
    entries = [
        entry
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for entry in paragraph["qas"]
    ]
    answerable = [entry for entry in entries if not entry.get("is_impossible")]
    assert [question.text for question in data.questions] == [e["question"] for e in answerable]


def test_passages_keep_every_character_and_every_sentence_inside(
    data: squad.Dataset, encoder: SentenceTransformerEncoder
) -> None:
    for article in data.articles:
        passages = split(article, encoder)
        kept = "".join(article.text[passage.start : passage.end] for passage in passages)
        assert "".join(kept.split()) == "".join(article.text.split())
        for passage in passages:
            for span in passage.sentences:
                assert passage.start <= span.start < span.end <= passage.end
                sentence = article.text[span.start : span.end]
                assert sentence == sentence.strip()


def test_every_citation_is_exact(
    data: squad.Dataset, answers: dict[squad.Question, Answer]
) -> None:
    texts = {article.id: article.text for article in data.articles}
    citations = [citation for answer in answers.values() for citation in answer.citations]
    for citation in citations:
        assert texts[citation.article_id][citation.start : citation.end] == citation.quote
    assert len(citations) > len(answers)


def test_most_answers_quote_what_was_asked_for(answers: dict[squad.Question, Answer]) -> None:
    missed = [question.text for question, answer in answers.items() if not quotes(answer, question)]
    assert len(missed) < 0.2 * len(answers), missed


def quotes(answer: Answer, question: squad.Question) -> bool:
    """Return whether a citation contains an accepted answer in its place."""
    return any(
        citation.start <= span.start and span.end <= citation.end
        for citation in answer.citations
        if citation.article_id == question.article_id
        for span in question.spans
    )
