"""An answer in the forms in which it leaves the product: plain text, Markdown, plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from rag.types import Answer, Article, Citation, Nearest
from rag.words import in_one_line

REFUSAL = "The articles do not answer this question."
_MARKUP = re.compile(r"([\\`*_\[\]<>!|~&$#])")
_WEB = ("http://", "https://")


def day(published: date) -> str:
    """A date as people write it: 4 October 2022."""
    return f"{published.day} {published:%B %Y}"


def reference(cited: Citation | Nearest | Article) -> str:
    """Title, source, date and web address, as far as they are known."""
    parts = [
        in_one_line(cited.title),
        in_one_line(cited.source or ""),
        day(cited.published) if cited.published else "",
        cited.url if cited.url.startswith(_WEB) else "",
    ]
    return ", ".join(part for part in parts if part)


def refusal(nearest: Sequence[Nearest]) -> str:
    """What is said where there is no answer, with the titles of the articles that came closest."""
    titles = ", ".join(f"“{in_one_line(near.title)}”" for near in nearest)
    return f"{REFUSAL} The nearest: {titles}." if titles else REFUSAL


def _place(cited: Citation) -> str:
    """Where in its article a quotation stands, and which copies hold it, too."""
    page = f"p. {cited.page}, " if cited.page else ""
    also = f"; also in {'; '.join(map(reference, cited.also))}" if cited.also else ""
    return f"({page}characters {cited.start}–{cited.end}){also}"


def to_text(answer: Answer) -> str:
    """The answer with its references, for a terminal."""
    if answer.refused:
        near = [f"  - {reference(near)}" for near in answer.nearest]
        return "\n".join([REFUSAL, *(["The nearest articles:"] if near else []), *near])
    notes = [f"[{cited.number}] {reference(cited)} {_place(cited)}" for cited in answer.citations]
    return "\n".join([answer.text, "", *notes])


def to_markdown(answer: Answer) -> str:
    """The answer with footnotes; every character that Markdown or HTML would act on is escaped."""
    if answer.refused:
        near = [f"- {_escape(reference(near))}" for near in answer.nearest]
        return "\n".join([REFUSAL, *(["", "The nearest articles:", ""] if near else []), *near])
    text = " ".join(
        _escape(sentence.text) + "".join(f"[^{number}]" for number in sentence.citations)
        for sentence in answer.sentences
    )
    notes = [
        f"[^{cited.number}]: “{_escape(in_one_line(cited.quote))}”"
        f" {_escape(reference(cited))} {_escape(_place(cited))}"
        for cited in answer.citations
    ]
    return "\n".join([text, "", *notes])


def to_dict(answer: Answer) -> dict[str, Any]:
    """Plain values; dates are ISO 8601. The evidence holds whole articles, so it stays behind."""
    kept = {field.name: getattr(answer, field.name) for field in fields(answer)}
    del kept["evidence"]
    return {name: plain(value) for name, value in kept.items()}


def plain(value: Any) -> Any:
    """Dataclasses, tuples and dates as what `json.dumps` takes; dates are ISO 8601."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return plain(asdict(value))
    return value


def _escape(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
