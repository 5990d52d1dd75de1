"""The window's functions for programs, over HTTP: ask, articles and ingest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

import gradio as gr
from gradio.events import api
from pydantic import ValidationError, validate_call

from ingest.remote import ingest_remotely
from ingest.uploads import UploadService
from rag.answering.render import plain
from rag.errors import ArticleQAError
from rag.langchain import ArticleQA
from rag.text.words import in_one_line


def add_functions(qa: ArticleQA, uploads: UploadService, *, queue: str) -> None:
    """Add the functions to the page that is being built.

    `queue` names the queue of the window's own questions, in which those of programs wait too.
    """

    def ask(
        question: str,
        after: str | None = None,
        before: str | None = None,
        source: list[str] | None = None,
        k: int | None = None,
    ) -> dict[str, Any]:
        """Answer a question; every sentence comes with the citations that support it.
        after and before are the first and the last day of publication, source is a list of names
        of sources, k is the number of passages to read.
        """
        return qa.ask(question, after=after, before=before, source=source, k=k).to_dict()

    def articles() -> list[dict[str, Any]]:
        """List the articles in the library, newest first."""
        return list(plain(tuple(qa.articles())))

    def ingest(paths: list[str]) -> dict[str, Any]:
        """Add or update pages and feeds by their URLs, and files and folders by their paths.
        URLs must be on the public internet. Files and folders must be inside folders that were
        ingested on the server itself.
        """
        uploads.refuse_strangers()
        report = ingest_remotely(qa.library, qa.assistant.retriever.encoder, paths)
        # Gradio's client takes anything that has a "path" for a file to download.
        failures = [{"name": failure.path, "reason": failure.reason} for failure in report.failures]
        return {**asdict(report), "failures": failures}

    api(_with_one_line_errors(ask), concurrency_id=queue)
    api(_with_one_line_errors(articles), concurrency_id="articles")
    api(_with_one_line_errors(ingest), concurrency_limit=1)


def _with_one_line_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose errors reach the client as one line, without a traceback."""
    validated = validate_call(function)

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return validated(*arguments)
        except ValidationError as error:
            first = error.errors()[0]
            place = first["loc"][0] if first["loc"] else ""
            name = function.__code__.co_varnames[place] if isinstance(place, int) else place
            raise gr.Error(f"{name}: {first['msg']}", print_exception=False) from None
        except ArticleQAError as error:
            raise gr.Error(in_one_line(str(error)), print_exception=False) from None

    return call
