"""Errors. Each message is one line that says what to do next."""

from __future__ import annotations


class ArticleQAError(Exception):
    """The base class of all errors that article-qa raises."""


class SettingsError(ArticleQAError):
    """A setting is unknown, or its value is not valid."""


class NoLibraryError(ArticleQAError):
    """There is no library at this location yet."""


class ModelMismatchError(ArticleQAError):
    """The library was built with a different encoder."""


class ModelError(ArticleQAError):
    """A model is missing or broken, or it failed."""


class LibraryBusyError(ArticleQAError):
    """Another process is writing to the library."""


class StoreError(ArticleQAError):
    """The library cannot be read or written."""


class QuestionError(ArticleQAError):
    """The question or one of its options is not valid."""


class CorrectionError(ArticleQAError):
    """There is no such article, or what is said about it is not valid."""


class LoadError(ArticleQAError):
    """A file cannot be read as an article."""


class IngestError(ArticleQAError):
    """An ingest cannot start."""
