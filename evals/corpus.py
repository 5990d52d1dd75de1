"""A library for a measurement: real Chroma and SQLite in a folder that goes when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.passages import split
from rag.assistant import ArticleQA
from rag.encoders.sentence_transformer import Encoder
from rag.settings import Settings
from rag.store.embedded.library import Library
from rag.types import Article, Origin


@contextmanager
def library_of(articles: Iterable[Article], encoder: Encoder) -> Iterator[ArticleQA]:
    """The articles, ingested as the product ingests them, ready to be asked with its defaults."""
    with TemporaryDirectory(prefix="article-qa-eval-") as home:
        library = Library.create(Path(home), encoder)
        with library.writing() as edition:
            for article in articles:
                edition.put(Origin(article.origin, ""), [(article, split(article, encoder))])
        with ArticleQA.over(library, Settings.load()) as qa:
            yield qa
