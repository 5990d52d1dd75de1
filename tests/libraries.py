"""Libraries and assistants for tests, all with the one model that the tests share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ingest.embedding import ThreadEmbedder
from ingest.inputs.sources import Sources
from ingest.sync import Report
from ingest.sync import sync as sync_with
from rag.encoders.protocols import Encoder
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.llm.chat import ChatModel
from rag.opening import build_assistant
from rag.settings import Settings
from rag.store.embedded.library import EmbeddedLibrary
from rag.store.library import Library

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


_homes: WeakKeyDictionary[Library, Path] = WeakKeyDictionary()


@cache
def shared_encoder() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder()


def create(home: Path, encoder: Encoder | None = None) -> EmbeddedLibrary:
    library = EmbeddedLibrary.create(home, (encoder or shared_encoder()).name)
    _homes[library] = home
    return library


def open_library(home: Path, encoder: Encoder | None = None) -> EmbeddedLibrary:
    library = EmbeddedLibrary.open(home, (encoder or shared_encoder()).name)
    _homes[library] = home
    return library


def home_of(library: Library) -> Path:
    """The folder in which a library of the tests lies, which the product tells nobody."""
    return _homes[library]


def sync(
    library: Library, sources: Sources, encoder: Encoder | None = None, **options: Any
) -> Report:
    return sync_with(library, sources, encoder or shared_encoder(), **options)


def embedder() -> ThreadEmbedder:
    return ThreadEmbedder(shared_encoder())


def over(
    library: Library,
    settings: Settings | None = None,
    model: BaseChatModel | None = None,
    *,
    encoder: Encoder | None = None,
) -> ArticleQA:
    """An assistant over a library that is open."""
    settings = settings or Settings()
    chat = ChatModel.of(model, settings.timeout) if model else None
    return ArticleQA(build_assistant(settings, library, encoder or shared_encoder(), chat))
