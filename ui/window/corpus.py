"""The Corpus tab: articles to browse, read, add and remove."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, cast, get_args

import gradio as gr
from gradio.utils import get_upload_folder

from ingest.formats.loaders import LOADERS
from ingest.inputs.uploads import MEGABYTE, Upload
from ingest.uploads import UploadService
from rag.errors import ArticleQAError
from rag.langchain import ArticleQA
from rag.store.library import Order
from rag.text.words import words
from rag.types import Entry
from ui.window import articles_table, greeting, ingest_status
from ui.window.messages import problem
from ui.window.reader import reader
from ui.window.templates import render, static
from ui.window.timeline import timeline

PAGE_SIZE = 50  # articles that are listed at a time
MAX_FILTER = 200  # characters
_COLUMNS = [
    ("title", "Title"),
    ("source", "Source"),
    ("date", "Date"),
    ("passages", "Passages"),
    ("ingested", "Ingested"),
]

Reply = dict[str, Any]
"""What a function returns to the page's script: HTML, text and numbers."""
_GONE: Reply = {"problem": problem("this article is no longer in the library")}


def lay_out(qa: ArticleQA, uploads: UploadService) -> gr.HTML:
    """Return the tab. Its `input` event is triggered when the library has changed."""
    return gr.HTML(
        elem_id="corpus",
        html_template=render(
            "corpus_tab.html",
            columns=_COLUMNS,
            suffixes=",".join(LOADERS),
            max_bytes=uploads.largest,
            max_megabytes=uploads.largest // MEGABYTE,
            max_filter=MAX_FILTER,
        ),
        js_on_load=static("corpus.js"),
        apply_default_css=False,
        server_functions=list(map(_with_problems, CorpusFunctions(qa, uploads).all())),
    )


@dataclass(frozen=True, slots=True)
class CorpusFunctions:
    """The functions that the tab's script calls, each with one value that a visitor may forge."""

    qa: ArticleQA
    uploads: UploadService

    def all(self) -> list[Callable[[Any], Reply]]:
        reading = [self.list_articles, self.read_article, self.draw_timeline]
        asking = [self.ask_removal, self.ask_correction]
        changing = [self.add, self.add_samples, self.remove_article, self.correct_article]
        return [*reading, *asking, self.status, *changing]

    def list_articles(self, request: Mapping[str, Any]) -> Reply:
        """Return a part of the list: filter `words`, `order`, `descending`, the `first` row."""
        terms = words(str(request["words"])[:MAX_FILTER])
        order, first = str(request["order"]), max(0, int(request["first"]))
        if order not in get_args(Order):
            raise ValueError(order)
        with self.qa.library.snapshot() as snapshot:
            matches, total = snapshot.count(terms), snapshot.count()
            entries = snapshot.listing(
                terms,
                order=cast(Order, order),
                descending=bool(request["descending"]),
                limit=PAGE_SIZE,
                offset=first,
            )
        has_samples = bool(self.uploads.samples)
        return {
            "rows": articles_table.rows(entries),
            "count": articles_table.summary(matches, total, is_filtered=bool(terms)),
            "more": max(0, matches - first - len(entries)),
            "nothing": "" if total else greeting.empty_library(has_samples=has_samples),
        }

    def read_article(self, article_id: Any) -> Reply:
        """Return an article as HTML."""
        return {"html": reader(self.qa.article(str(article_id)))}

    def draw_timeline(self, _: Any) -> Reply:
        """Return the chart of the articles over time."""
        with self.qa.library.snapshot() as snapshot:
            return {"html": timeline(snapshot.months())}

    def ask_removal(self, article_id: Any) -> Reply:
        """Return the question to confirm before an article is removed."""
        entry = self._entry(article_id)
        if entry is None:
            return _GONE
        is_upload = self.uploads.is_upload(entry.origin)
        return {"html": articles_table.removal(entry, is_upload=is_upload)}

    def ask_correction(self, article_id: Any) -> Reply:
        """Return the form in which an article is corrected."""
        entry = self._entry(article_id)
        return {"html": articles_table.correction(entry)} if entry else _GONE

    def status(self, _: Any = None) -> Reply:
        """Return the state of the library and of an ingest."""
        state = self.uploads.state()
        return {
            "html": ingest_status.status(state),
            "version": state.version,
            "running": state.is_running,
            "busy": state.is_busy_elsewhere,
        }

    def add(self, request: Mapping[str, Any]) -> Reply:
        """Begin to ingest uploaded `files` and `addresses`, which are separated by white space."""
        uploads = [
            Upload(str(file["name"]), int(file["size"]), received_file(file.get("path")))
            for file in request["files"]
        ]
        self.uploads.add(uploads, str(request["addresses"]).split())
        return self.status()

    def add_samples(self, _: Any) -> Reply:
        """Begin to ingest the sample articles."""
        self.uploads.add_samples()
        return self.status()

    def remove_article(self, article_id: Any) -> Reply:
        """Remove an article."""
        self.uploads.remove(str(article_id))
        return self.status()

    def correct_article(self, request: Mapping[str, Any]) -> Reply:
        """Correct the `title`, the day `published` and the `source` of an `article`."""
        if self._entry(request["article"]) is None:
            return _GONE
        said = {name: str(request[name]) for name in ("title", "published", "source")}
        self.uploads.correct(str(request["article"]), **said)
        return self.status()

    def _entry(self, article_id: Any) -> Entry | None:
        with self.qa.library.snapshot() as snapshot:
            return snapshot.entry(str(article_id))


def _with_problems(function: Callable[[Any], Reply]) -> Callable[[Any], Reply]:
    """Return a function that replies with a `problem` in place of an error."""

    @wraps(function)
    def replying(request: Any) -> Reply:
        try:
            return function(request)
        except ArticleQAError as error:
            return {"problem": problem(str(error))}
        except (TypeError, ValueError, KeyError, AttributeError):  # not a request of our page
            logging.getLogger(__name__).debug("an invalid request", exc_info=True)
            return {"problem": problem("this request is not valid")}

    return replying


def received_file(path: Any) -> Path | None:
    """Return the path of a file that Gradio has received; None for any other file."""
    if not path:
        return None
    resolved = Path(str(path)).resolve()
    is_inside = resolved.is_relative_to(Path(get_upload_folder()).resolve())
    return resolved if is_inside and resolved.is_file() else None
