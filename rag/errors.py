"""What can go wrong, said in one line that tells what to do next."""

from __future__ import annotations


class ArticleQAError(Exception):
    """The root of every error that this product raises on purpose."""


class SettingsError(ArticleQAError):
    """A setting is unknown, or its value cannot be used."""


class NoLibraryError(ArticleQAError):
    """Nothing has been ingested yet at the place that was named."""


class ModelMismatchError(ArticleQAError):
    """The library was built with another encoder than the one that is set."""


class ModelError(ArticleQAError):
    """The encoder's model is missing, broken, or not what it claims to be."""


class LibraryBusyError(ArticleQAError):
    """Another process is writing to the library."""


class StoreError(ArticleQAError):
    """The library cannot be read or written where it lies."""


class QuestionError(ArticleQAError):
    """The question is empty or too long to be one."""


class LoadError(ArticleQAError):
    """A file cannot be read as an article."""


class IngestError(ArticleQAError):
    """A run of the ingestion cannot start."""
