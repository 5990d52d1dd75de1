"""The tab of the corpus: its articles to look through, to read, to remove and to add to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from importlib.resources import files
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
from rag.types import Span
from ui.window import page, shelf
from ui.window.timeline import timeline

AT_ONCE = 50  # articles that are listed before more are asked for
_LONGEST_FILTER = 200  # characters
_HEADS = {
    "title": "Title",
    "source": "Source",
    "date": "Date",
    "passages": "Passages",
    "ingested": "Ingested",
}

Reply = dict[str, Any]
"""What the page's script is told: pieces of HTML, and numbers."""


def lay_out(qa: ArticleQA, intake: UploadService) -> gr.HTML:
    """The corpus; its `input` event says that other articles are in it now."""
    return gr.HTML(
        elem_id="corpus",
        html_template=_template(intake),
        js_on_load=files("ui").joinpath("static", "corpus.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        server_functions=[_told(each) for each in (*_reading(qa, intake), *_writing(intake))],
    )


def _template(intake: UploadService) -> str:
    heads = "".join(
        f'<th role="columnheader" scope="col" class="{order}" aria-sort="none">'
        f'<button type="button" data-order="{order}">{words}</button></th>'
        for order, words in _HEADS.items()
    )
    values = {
        "HEADS": heads,
        "KINDS": ",".join(LOADERS),
        "LARGEST": str(intake.largest),
        "MEGABYTES": str(intake.largest // MEGABYTE),
    }
    text = files("ui").joinpath("templates", "corpus.html").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"[{name}]", value)
    return text


def _told(function: Callable[[Any], Reply]) -> Callable[[Any], Reply]:
    """What goes wrong is told in a line instead of failing."""

    @wraps(function)
    def told(wanted: Any) -> Reply:
        try:
            return function(wanted)
        except ArticleQAError as error:
            return {"problem": shelf.problem(str(error))}
        except (TypeError, ValueError, KeyError, AttributeError):  # no request of this page's
            logging.getLogger(__name__).debug("a request that cannot be", exc_info=True)
            return {"problem": shelf.problem("that cannot be understood")}

    return told


def _reading(qa: ArticleQA, intake: UploadService) -> list[Callable[[Any], Reply]]:
    library = qa.library

    def list_articles(wanted: Mapping[str, Any]) -> Reply:
        """A part of the list: `words` to filter by, `order`, `descending`, and `first` to show."""
        named = words(str(wanted["words"])[:_LONGEST_FILTER])
        order, first = str(wanted["order"]), max(0, int(wanted["first"]))
        if order not in get_args(Order):
            raise ValueError(order)
        with library.snapshot() as snapshot:
            found, among = snapshot.count(named), snapshot.count()
            entries = snapshot.listing(
                named,
                order=cast(Order, order),
                descending=bool(wanted["descending"]),
                limit=AT_ONCE,
                offset=first,
            )
        return {
            "rows": shelf.rows(entries),
            "count": shelf.count(found, among, is_filtered=bool(named)),
            "more": max(0, found - first - len(entries)),
            "nothing": "" if among else shelf.nothing_yet(has_samples=bool(intake.samples)),
        }

    def read_article(article_id: Any) -> Reply:
        """An article as HTML, with nothing marked."""
        article = qa.article(str(article_id))
        end = len(article.text) if article else 0
        return {"html": page.reader(article, Span(end, end), "")}

    def draw_timeline(_: Any) -> Reply:
        """The picture of the corpus over time."""
        with library.snapshot() as snapshot:
            return {"html": timeline(snapshot.months())}

    def ask_removal(article_id: Any) -> Reply:
        """The question before an article is removed."""
        with library.snapshot() as snapshot:
            entry = snapshot.entry(str(article_id))
        if entry is None:
            return {"problem": shelf.problem("this article is no longer in the library")}
        return {"html": shelf.removal(entry, is_upload=intake.is_upload(entry.origin))}

    return [list_articles, read_article, draw_timeline, ask_removal]


def _writing(intake: UploadService) -> list[Callable[[Any], Reply]]:
    def look(_: Any) -> Reply:
        """How an ingest goes."""
        state = intake.state()
        return {
            "html": shelf.progress(state),
            "generation": state.version,
            "running": state.is_running,
            "busy": state.is_busy_elsewhere,
        }

    def add(wanted: Mapping[str, Any]) -> Reply:
        """Begin to ingest uploaded `files` and `addresses`, one a line."""
        uploads = [
            Upload(str(each["name"]), int(each["size"]), _transferred(each.get("path")))
            for each in wanted["files"]
        ]
        intake.add(uploads, str(wanted["addresses"]).split())
        return look(None)

    def add_samples(_: Any) -> Reply:
        """Begin to ingest the sample articles."""
        intake.add_samples()
        return look(None)

    def remove_article(article_id: Any) -> Reply:
        """Take an article out."""
        intake.remove(str(article_id))
        return look(None)

    return [look, add, add_samples, remove_article]


def _transferred(path: Any) -> Path | None:
    """A file that Gradio has received; no other file can be named."""
    if not path:
        return None
    found = Path(str(path)).resolve()
    is_received = found.is_relative_to(Path(get_upload_folder()).resolve())
    return found if is_received and found.is_file() else None
