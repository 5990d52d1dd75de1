"""Over all of XQuAD: every quotable sentence and every citation is a verbatim range."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evals import squad
from evals.corpus import library_of
from ingest.passages import split
from rag.encoders.export import ExportedEncoder
from rag.encoders.onnx_encoder import FOLDER
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from tests.conftest import ROOT

XQUAD = Path(os.environ.get("XQUAD", ROOT.parent / "shared" / "evals" / "xquad.en.json"))

pytestmark = pytest.mark.skipif(
    not XQUAD.exists(), reason="no XQuAD file here; name one with the environment variable XQUAD"
)


@pytest.fixture(scope="module")
def data() -> squad.Dataset:
    return squad.load(XQUAD)


def test_passages_keep_every_character_and_every_sentence_inside(
    data: squad.Dataset, encoder: SentenceTransformerEncoder
) -> None:
    for article in data.articles:
        passages = split(article, encoder)
        kept = "".join(article.text[each.start : each.end] for each in passages)
        assert "".join(kept.split()) == "".join(article.text.split())
        for passage in passages:
            for span in passage.sentences:
                assert passage.start <= span.start < span.end <= passage.end
                assert article.text[span.start : span.end].strip() == article.text[span.start : span.end]  # fmt: skip


def test_every_citation_is_exact(
    data: squad.Dataset, encoder: SentenceTransformerEncoder, seeds_home: Path
) -> None:
    texts = {article.id: article.text for article in data.articles}
    cited = 0
    with library_of(data.articles, ExportedEncoder(encoder, seeds_home / FOLDER)) as qa:
        for question in data.questions[::5]:
            for citation in qa.ask(question.text).citations:
                assert texts[citation.article_id][citation.start : citation.end] == citation.quote
                cited += 1
    assert cited > len(data.questions[::5])
