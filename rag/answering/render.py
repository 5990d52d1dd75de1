"""Answers as plain text, Markdown and plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from rag.answering.citations import as_of, verdict
from rag.text.dates import day
from rag.text.words import in_one_line
from rag.types import Answer, ArticleInfo, Citation, Nearest, Scope, Searched, Sentence

REFUSAL = "The articles do not answer this question."
WEAK = "The articles may not answer this; the closest passages say:"
CLOSEST = "The closest passages, which are no answer:"
NO_DATE = "no date"
_MARKUP = re.compile(r"([\\`*_\[\]<>!|~&$#])")
_LIST = re.compile(r"^(\d{0,9})([-+.)])(?=\s|$)")
WEB = ("http://", "https://")  # the prefixes of web addresses


def reference(cited: Citation | Nearest | ArticleInfo) -> str:
    """Return the title, the source, the date and the web address, as far as they are known."""
    parts = [
        in_one_line(cited.title),
        in_one_line(cited.source or ""),
        day(cited.published) if cited.published else NO_DATE,
        cited.url if cited.url.startswith(WEB) else "",
    ]
    return ", ".join(part for part in parts if part)


def limits(scope: Scope) -> str:
    """Return a scope in words, such as "TDI or NHK, from 4 October 2022"; empty for all articles."""
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
    """Return how much was searched, such as "69 passages of 17 articles"."""
    return f"{counted(searched.passages, 'passage')} of {counted(searched.articles, 'article')}"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun in the singular or plural."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def refusal(closest: Sequence[Citation]) -> str:
    """Return the text of a refusal, with the closest passages word for word."""
    return " ".join([REFUSAL, *([CLOSEST] if closest else []), *map(_near, closest)])


def _near(cited: Citation) -> str:
    return f"“{in_one_line(cited.quote)}” ({reference(cited)})"


def showing(corrected: str) -> str:
    """Return the notice that a question was corrected."""
    return f"Showing results for “{corrected}”."


def understood(answer: Answer) -> str | None:
    """Return the question that was asked in place of another; None if a notice shows it."""
    asked = answer.rewritten_question
    return None if asked and showing(asked) in answer.notices else asked


def _place(cited: Citation) -> str:
    """Return the location of a quotation, and the copies that contain it."""
    page = f"p. {cited.page}, " if cited.page else ""
    also = f"; also in {'; '.join(map(reference, cited.also))}" if cited.also else ""
    return f"({page}characters {cited.start}–{cited.end}){also}"


def to_text(answer: Answer) -> str:
    """Return an answer with its references, for a terminal."""
    if answer.refused:
        near = [f"  - {_near(cited)}" for cited in answer.closest]
        body = "\n".join([REFUSAL, *([CLOSEST] if near else []), *near])
    else:
        body = answer.text
    notes = [f"[{cited.number}] {reference(cited)} {_place(cited)}" for cited in answer.citations]
    blocks = ["\n".join(_before(answer)), body, "\n".join(_after(answer)), "\n".join(notes)]
    return "\n\n".join(block for block in blocks if block)


def to_markdown(answer: Answer, prefix: str = "") -> str:
    """Return an answer as Markdown with footnotes. Text from articles is escaped.

    `prefix` distinguishes its footnotes from those of other answers in the same text.
    """
    if answer.refused:
        near = [f"- {escaped(_near(cited))}" for cited in answer.closest]
        body = "\n".join([REFUSAL, *(["", CLOSEST, ""] if near else []), *near])
    else:
        body = _body(answer, prefix)
    notes = [
        f"[^{prefix}{cited.number}]: “{escaped(in_one_line(cited.quote))}”"
        f" {escaped(reference(cited))} {escaped(_place(cited))}"
        for cited in answer.citations
    ]
    before, after = map(escaped, _before(answer)), map(escaped, _after(answer))
    return "\n\n".join(block for block in (*before, body, *after, "\n".join(notes)) if block)


def _body(answer: Answer, prefix: str) -> str:
    """Return the product's own words and the sentences; in a list, one below the other."""
    sentences = [_footnoted(sentence, prefix) for sentence in answer.sentences]
    if answer.kind != "list":
        return " ".join(filter(None, [escaped(answer.reply), *sentences]))
    titles = {cited.number: escaped(in_one_line(cited.title)) for cited in answer.citations}
    items = [
        f"- **{', '.join(titles[number] for number in sentence.citations)}**: {text}"
        for sentence, text in zip(answer.sentences, sentences, strict=True)
    ]
    return "\n".join([escaped(answer.reply), "", *items])


def _footnoted(sentence: Sentence, prefix: str) -> str:
    marks = "".join(f"[^{prefix}{number}]" for number in sentence.citations)
    return (
        as_of(sentence)
        + escaped(sentence.text)
        + (marks or f" *{escaped(f'[{verdict(sentence)}]')}*")
    )


def _before(answer: Answer) -> list[str]:
    """Return the question as it was understood, and its scope."""
    asked, only = understood(answer), limits(answer.scope)
    lines = [f"Asked: {in_one_line(asked)}" if asked else "", f"Only: {only}" if only else ""]
    return [line for line in lines if line]


def _after(answer: Answer) -> list[str]:
    """Return how much was searched, the notices and the byline."""
    author, searched = byline(answer), answer.searched
    basis = [f"Searched: {extent(searched)}."] if searched else []
    if answer.strength and answer.kind == "answer":
        basis.append(f"Evidence: {answer.strength}.")
    return [*basis, *map(in_one_line, answer.notices), *([f"{author}."] if author else [])]


def byline(answer: Answer) -> str:
    """Return which language model wrote an answer; empty if it was quoted or refused."""
    if answer.refused or answer.is_quoted:
        return ""
    return f"Written by {answer.model}; every sentence was checked against the passages"


def to_dict(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values, without its evidence. Dates are ISO 8601."""
    names = [field.name for field in fields(answer) if field.name != "evidence"]
    return {name: plain(getattr(answer, name)) for name in names}


def plain(value: Any) -> Any:
    """Convert dataclasses, tuples and dates to what `json.dumps` accepts. Dates are ISO 8601."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return plain(asdict(value))
    return value


def escaped(text: str) -> str:
    """Escape text so that none of it is Markdown or HTML."""
    return _LIST.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))
