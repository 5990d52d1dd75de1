"""article-qa: ask a folder of articles a question, get an answer that can be checked."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.errors import ArticleQAError
    from rag.langchain import ArticleQA, HybridRetriever
    from rag.settings import Settings
    from rag.types import (
        Answer,
        Article,
        Citation,
        Delta,
        Event,
        Evidence,
        Found,
        Passage,
        Sentence,
    )

_HOME = {
    "ArticleQA": "rag.langchain",
    "ArticleQAError": "rag.errors",
    "HybridRetriever": "rag.langchain",
    "Settings": "rag.settings",
    **dict.fromkeys(
        (
            "Answer",
            "Article",
            "Citation",
            "Delta",
            "Event",
            "Evidence",
            "Found",
            "Passage",
            "Sentence",
        ),
        "rag.types",
    ),
}

__all__ = [
    "Answer",
    "Article",
    "ArticleQA",
    "ArticleQAError",
    "Citation",
    "Delta",
    "Event",
    "Evidence",
    "Found",
    "HybridRetriever",
    "Passage",
    "Sentence",
    "Settings",
]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: `import rag` alone costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
