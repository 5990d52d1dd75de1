"""A library for a measurement: real Chroma and SQLite in a folder that is deleted at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.embedding import ThreadEmbedder, embed
from ingest.passages import split
from rag.encoders.protocols import Encoder
from rag.errors import NoLibraryError
from rag.langchain import ArticleQA
from rag.opening import build_assistant, create_library, open_encoder, open_library
from rag.settings import Settings
from rag.store.library import Library
from rag.types import Article, Origin


@contextmanager
def library_of(articles: Iterable[Article], encoder: Encoder) -> Iterator[ArticleQA]:
    """Ingest the articles as the product does, and open them with its default settings."""
    with TemporaryDirectory(prefix="article-qa-eval-") as home:
        settings = Settings.load(home=Path(home))
        library = create_library(settings, encoder)
        put(library, articles, encoder)
        with ArticleQA(build_assistant(settings, library, encoder)) as qa:
            yield qa


def put(library: Library, articles: Iterable[Article], encoder: Encoder) -> int:
    """Split, embed and store articles, each as its own origin; return the number of vectors."""
    with library.update() as update:
        texts = (
            update.put(Origin(article.origin, ""), [(article, split(article, encoder))])
            for article in articles
        )
        return embed(update, texts, ThreadEmbedder(encoder))


def library_in(settings: Settings, articles: Sequence[Article]) -> Library:
    """Open the library that the settings name; if there is none, build it of these articles."""
    encoder = open_encoder(settings)
    try:
        return open_library(settings, encoder)
    except NoLibraryError:
        library = create_library(settings, encoder)
        put(library, articles, encoder)
        return library
