"""The window's functions for programs: ask, articles and ingest, over HTTP."""

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


def offer(qa: ArticleQA, intake: UploadService, asking: str) -> None:
    """Add the functions to the page that is being built.

    `asking` names the line in which the window's own questions wait, too.
    """

    def ask(
        question: str,
        after: str | None = None,
        before: str | None = None,
        source: list[str] | None = None,
        k: int | None = None,
    ) -> dict[str, Any]:
        """The answer to a question: its sentences, each with the citations that it rests on.
        after and before are the first and the last day of publication, source the names of
        sources, k how many passages are read.
        """
        return qa.ask(question, after=after, before=before, source=source, k=k).to_dict()

    def articles() -> list[dict[str, Any]]:
        """What is in the library, newest first."""
        return list(plain(tuple(qa.articles())))

    def ingest(paths: list[str]) -> dict[str, Any]:
        """Bring pages and feeds by their URLs, and files and folders, into the library or up to
        date. URLs lead to the public internet, files and folders lie in folders that were
        ingested on the machine itself.
        """
        intake.refuse_strangers()
        report = ingest_remotely(qa.library, qa.assistant.retriever.encoder, paths)
        # Gradio's client takes whatever has a "path" for a file to download.
        failures = [{"name": each.path, "reason": each.reason} for each in report.failures]
        return {**asdict(report), "failures": failures}

    for function, line in ((ask, asking), (articles, "articles")):
        api(_told(function), concurrency_id=line)
    api(_told(ingest), concurrency_limit=1)


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose errors are lines that a program may show: no traceback, here or there."""
    checked = validate_call(function)

    @wraps(function)
    def told(*given: Any) -> Any:
        try:
            return checked(*given)
        except ValidationError as error:
            first = error.errors()[0]
            name = first["loc"][0] if first["loc"] else ""
            place = function.__code__.co_varnames[name] if isinstance(name, int) else name
            raise gr.Error(f"{place}: {first['msg']}", print_exception=False) from None
        except ArticleQAError as error:
            raise gr.Error(in_one_line(str(error)), print_exception=False) from None

    return told
