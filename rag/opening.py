"""Settings -> a library, an encoder, an assistant. The only place where the parts are wired."""

from __future__ import annotations

import logging
from contextlib import suppress

from rag.answering.quoting import QuotingAnswerer
from rag.answering.writing import WritingAnswerer
from rag.assistant import Assistant
from rag.checking.checker import Checker
from rag.encoders.export import ExportedEncoder
from rag.encoders.onnx_encoder import FOLDER
from rag.encoders.protocols import Encoder
from rag.encoders.sentence_transformer import BUNDLED, SentenceTransformerEncoder
from rag.errors import ModelError, NoLibraryError
from rag.followups.standalone import Followups
from rag.llm.chat import ChatModel
from rag.llm.models import chat_model, display_name
from rag.retrieval.ranking import Ranker
from rag.retrieval.retriever import Retriever
from rag.retrieval.spelling import Speller
from rag.settings import Settings
from rag.store.embedded.library import EmbeddedLibrary
from rag.store.library import Library


def open_encoder(settings: Settings) -> ExportedEncoder:
    """Return the encoder that the settings name. Its model is loaded when it is first needed."""
    original = SentenceTransformerEncoder(settings.encoder, settings.precision, settings.device)
    return ExportedEncoder(original, settings.home / FOLDER)


def open_library(settings: Settings, encoder: Encoder) -> Library:
    """Open the library that the settings name.

    Raises NoLibraryError if there is none, ModelMismatchError if another encoder built it.
    """
    return EmbeddedLibrary.open(settings.home, encoder.name)


def create_library(settings: Settings, encoder: Encoder) -> Library:
    """Open the library that the settings name, or create an empty one.

    Raises ModelError if the encoder cannot be loaded; no library is created then.
    """
    with suppress(NoLibraryError):
        return open_library(settings, encoder)
    if encoder.token_limit < 1:
        raise ModelError(f"the encoder {encoder.name} reads no text at all")
    return EmbeddedLibrary.create(settings.home, encoder.name)


def build_assistant(
    settings: Settings, library: Library, encoder: Encoder, chat: ChatModel | None = None
) -> Assistant:
    """Wire an assistant; `chat` writes the answers in place of the model that the settings name.

    Raises ModelError or SettingsError if the model cannot be used.
    """
    if "threshold" not in settings.model_fields_set and not encoder.name.startswith(BUNDLED):
        logging.getLogger(__name__).warning(
            "The threshold for refusals, %g, was chosen for %s. For %s, set ARTICLE_QA_THRESHOLD.",
            settings.threshold,
            BUNDLED,
            settings.encoder,
        )
    chat = chat or _chat_model(settings)
    checker = Checker(encoder)
    quoting = QuotingAnswerer(settings.sentences)
    return Assistant(
        library=library,
        retriever=Retriever(encoder, Ranker.load(), settings.candidates, settings.rerank),
        answerer=(
            WritingAnswerer(chat, checker, settings.passages, settings.context) if chat else quoting
        ),
        quoting=quoting,
        checker=checker,
        followups=Followups(chat),
        speller=Speller(encoder),
        threshold=settings.threshold,
        strict=settings.strict,
    )


def _chat_model(settings: Settings) -> ChatModel | None:
    name = settings.language_model
    if name is None:
        return None
    model = chat_model(
        name,
        settings.base_url,
        context=settings.context,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        seed=settings.seed,
    )
    return ChatModel(model, display_name(name), settings.timeout)
