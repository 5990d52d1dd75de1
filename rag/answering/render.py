"""An answer in the forms in which it leaves the product: plain text, Markdown, plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from rag.answering.citations import verdict
from rag.text.words import in_one_line
from rag.types import Answer, ArticleInfo, Citation, Nearest, Scope, Searched, Sentence

REFUSAL = "The articles do not answer this question."
NO_DATE = "no date"
_MARKUP = re.compile(r"([\\`*_\[\]<>!|~&$#])")
_LIST = re.compile(r"^(\d{0,9})([-+.)])(?=\s|$)")
WEB = ("http://", "https://")  # how addresses of the web begin


def day(published: date) -> str:
    """A date as people write it: 4 October 2022."""
    return f"{published.day} {published:%B %Y}"


def reference(cited: Citation | Nearest | ArticleInfo) -> str:
    """Title, source, date and web address; only of the date is it said that it is not known."""
    parts = [
        in_one_line(cited.title),
        in_one_line(cited.source or ""),
        day(cited.published) if cited.published else NO_DATE,
        cited.url if cited.url.startswith(WEB) else "",
    ]
    return ", ".join(part for part in parts if part)


def limits(scope: Scope) -> str:
    """Which articles alone were asked: TDI or NHK, from 4 October 2022. Empty where all were."""
    parts = [
        " or ".join(map(in_one_line, scope.sources)),
        " ".join(
            f"{word} {day(limit)}"
            for word, limit in (("from", scope.after), ("up to", scope.before))
            if limit
        ),
    ]
    return ", ".join(part for part in parts if part)


def extent(searched: Searched) -> str:
    """69 passages of 17 articles."""
    return f"{counted(searched.passages, 'passage')} of {counted(searched.articles, 'article')}"


def counted(count: int, noun: str) -> str:
    """A number of things, with the noun in its number."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


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
        said = "\n".join([REFUSAL, *(["The nearest articles:"] if near else []), *near])
    else:
        said = answer.text
    notes = [f"[{cited.number}] {reference(cited)} {_place(cited)}" for cited in answer.citations]
    blocks = ["\n".join(_before(answer)), said, "\n".join(_after(answer)), "\n".join(notes)]
    return "\n\n".join(block for block in blocks if block)


def to_markdown(answer: Answer, prefix: str = "") -> str:
    """The answer with footnotes; every character that Markdown or HTML would act on is escaped.

    `prefix` sets its footnotes apart from those of other answers in one text.
    """
    if answer.refused:
        near = [f"- {escaped(reference(near))}" for near in answer.nearest]
        said = "\n".join([REFUSAL, *(["", "The nearest articles:", ""] if near else []), *near])
    else:
        said = " ".join(_footnoted(each, prefix) for each in answer.sentences)
    notes = [
        f"[^{prefix}{cited.number}]: “{escaped(in_one_line(cited.quote))}”"
        f" {escaped(reference(cited))} {escaped(_place(cited))}"
        for cited in answer.citations
    ]
    before, after = map(escaped, _before(answer)), map(escaped, _after(answer))
    return "\n\n".join(block for block in (*before, said, *after, "\n".join(notes)) if block)


def _footnoted(sentence: Sentence, prefix: str) -> str:
    marks = "".join(f"[^{prefix}{number}]" for number in sentence.citations)
    return escaped(sentence.text) + (marks or f" *{escaped(f'[{verdict(sentence)}]')}*")


def _before(answer: Answer) -> list[str]:
    """The question as it was understood, and which articles it was put to."""
    asked, only = answer.rewritten_question, limits(answer.scope)
    lines = [f"Asked: {in_one_line(asked)}" if asked else "", f"Only: {only}" if only else ""]
    return [line for line in lines if line]


def _after(answer: Answer) -> list[str]:
    """What a reader should know besides, and who it is that speaks."""
    worded, searched = byline(answer), answer.searched
    rests = [f"Searched: {extent(searched)}."] if searched else []
    return [*rests, *map(in_one_line, answer.notices), *([f"{worded}."] if worded else [])]


def byline(answer: Answer) -> str:
    """Who worded an answer; nothing for a quoted one or for a refusal."""
    if answer.refused or answer.is_quoted:
        return ""
    return f"Worded by {answer.model}; every sentence was checked against the passages"


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


def escaped(text: str) -> str:
    """Text of which nothing acts as Markdown or HTML."""
    return _LIST.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))
