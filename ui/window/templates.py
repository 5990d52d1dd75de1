"""The window's templates and static files."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension

from rag.answering.citations import as_of, verdict
from rag.answering.render import (
    CLOSEST,
    NO_DATE,
    REFUSAL,
    counted,
    extent,
    reference,
    understood,
)
from rag.text.dates import day
from rag.text.words import in_one_line

_LINE_BREAK = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")


def render(template: str, **values: Any) -> str:
    """Return the HTML of a template. Every value is escaped."""
    return _environment().get_template(template).render(values)


def load() -> None:
    """Compile all templates, so that the first visitor does not wait for it."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)


def static(name: str) -> str:
    """Return the text of a script or style sheet."""
    return files("ui").joinpath("static", name).read_text(encoding="utf-8")


def age(published: date, today: date) -> str:
    """Return how long ago a day was, for example "3 years ago"."""
    days = (today - published).days
    months = (today.year - published.year) * 12 + today.month - published.month
    months -= today.day < published.day
    for count, unit in ((months // 12, "year"), (months, "month"), (days, "day")):
        if count > 0:
            return f"{counted(count, unit)} ago"
    return "today" if days == 0 else "in the future"


class _CompactLayout(Extension):
    """Drops line breaks next to tags and expressions: some of the styles preserve them.

    Values are not affected, because this happens before a template is compiled.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _LINE_BREAK.sub("", source)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ui"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[_CompactLayout],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "as_of": as_of,
        "age": lambda published: age(published, date.today()),
        "counted": counted,
        "day": day,
        "extent": extent,
        "grouped": "{:,}".format,
        "one_line": in_one_line,
        "reference": reference,
        "short_day": lambda published: f"{published.day} {published:%b %Y}",
        "understood_question": understood,
        "verdict": verdict,
        "web_host": web_host,
    }
    environment.globals |= {"NO_DATE": NO_DATE, "REFUSAL": REFUSAL, "CLOSEST": CLOSEST}
    return environment


def web_host(url: str) -> str:
    """Return the host of an http(s) URL; empty for any other URL."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
