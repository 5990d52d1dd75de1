"""The head of a text: its headline, byline and dateline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ingest.metadata.bylines import byline, is_name, says_when
from ingest.metadata.datelines import after_dateline, dateline
from ingest.metadata.values import Metadata, shorten
from ingest.paragraphs import paragraphs
from rag.text.sentences import SENTENCE_END, sentences
from rag.types import Span

_BEGINNING = 4_000  # characters in which all of it is looked for
_LINES = 15
_LONGEST_HEADLINE = 160
_LONG = 320  # characters; such a line can only be text
_SHORT = 0.6  # of the longest line below it: such a line was not wrapped
_ADDRESS = re.compile(r"<?(https?://[^\s<>]{4,2000})>?")
# Lines above a headline, or between it and the text, that are neither.
_NOTE = re.compile(
    r"editor[’']?s?[’']? note\b.*|(?:correction|clarification)s?[:,].*|advertisement"
    r"|(?:a version of )?this (?:story|article|post|page) (?:contains|first|has|is|originally|was)\b.*"
    r"|(?:subscribe|share|listen|watch|sign up)(?: (?:here|live|now|on|to this|for our)\b.*)?"
    r"|skip to .*|for subscribers.*|(?:photo|image)s?(?::| by\b| credits?\b).*"
    r"|(?:from )?[\w ]*\b(?:wire|staff) reports?"
    r"|(?:(?:breaking|local|national|uk|us|world) )?(?:news|politics)"
    r"|analysis|business|exclusive|explainer|live|opinion|sports?|world",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    text: str
    about: Metadata | None
    is_alone: bool  # between blank lines
    is_short: bool  # far shorter than the longest of the lines below it


def from_text(text: str) -> Metadata:
    """Return what the beginning of a text says about it."""
    lines = list(_lines(text[:_BEGINNING]))
    about, headline = _head(lines)
    for span in islice(paragraphs(text[:_BEGINNING]), 4):
        about = about.or_else(dateline(text[span.start : span.end]) or Metadata())
    if headline is None:
        return about
    title = headline.text if _is_headline(headline, text) else _first_sentence(text, headline)
    return about.or_else(Metadata(title=shorten(title) or None))


def headlines(text: str) -> Iterator[str]:
    """Yield the first lines of a text, one of which may be its headline."""
    for line in islice(_lines(text[:_BEGINNING]), 3):
        yield line.text


def _head(lines: list[_Line]) -> tuple[Metadata, _Line | None]:
    """Return what the lines above the text say, and the line that has the headline."""
    about = Metadata()
    headline: _Line | None = None
    below = 0  # lines of text since the headline
    is_near = True  # to the headline or another such line
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        if _NOTE.fullmatch(line.text):
            continue
        if address := _ADDRESS.fullmatch(line.text):
            about = about.or_else(Metadata(url=address[1]))
        elif line.about and (number or not _is_name(line, following)):
            if (is_near and below < 2) or _is_stated(line.text):
                about = about.or_else(line.about)
                is_near = True
        elif _is_author(line, following, headline):
            about = about.or_else(Metadata(author=line.text))
        elif not _is_mere_dateline(line.text):
            below += headline is not None
            is_near = headline is None
            headline = headline or line
            if below > 2:
                break
    return about, headline


def _is_stated(text: str) -> bool:
    """Return whether a line is about the article wherever it stands: it says by whom, or when."""
    return bool(re.match(r"by\b", text, re.IGNORECASE)) or says_when(text)


def _is_name(line: _Line, following: _Line | None) -> bool:
    """Return whether the first line is a headline that looks like a byline: "BBC", "6 June 1944"."""
    assert line.about
    if _is_stated(line.text) or re.match(r"\w+:", line.text):
        return False
    return following is None or not (following.about or _looks_like_headline(following))


def _is_author(line: _Line, following: _Line | None, headline: _Line | None) -> bool:
    """Return whether a line is only a name, between the headline or nothing and a byline."""
    if following is None or following.about is None or not is_name(line.text):
        return False
    return headline is not None or (following.about == Metadata(source=following.about.source))


def _looks_like_headline(line: _Line) -> bool:
    is_statement = SENTENCE_END.search(line.text) and not line.text.endswith(("?", "!"))
    return len(line.text) <= _LONGEST_HEADLINE and not is_statement


def _is_mere_dateline(text: str) -> bool:
    return after_dateline(text) == len(text) > 0


def _is_headline(line: _Line, text: str) -> bool:
    """Return whether a line is the whole headline, whatever it ends in."""
    is_last = not text[line.start + len(line.text) :].strip()
    if after_dateline(line.text) or is_last or len(line.text) > _LONGEST_HEADLINE:
        return False
    below = text[line.start + len(line.text) :].lstrip().partition("\n")[0]
    return line.is_alone or line.is_short or byline(below) is not None


def _first_sentence(text: str, line: _Line) -> str:
    start = line.start + after_dateline(text[line.start :])
    blocks = (span for span in paragraphs(text[:_BEGINNING]) if span.end > start)
    block = next(blocks, Span(start, start))
    within = Span(start, block.end)
    first = next(sentences(text, within), within)
    return text[first.start : first.end]


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines that are not empty, up to the first that can only be text."""
    spans = [match.span() for match in islice(re.finditer(r"[^\n]*\S[^\n]*", text), _LINES + 3)]
    for number, (start, end) in enumerate(spans[:_LINES]):
        raw = text[start:end]
        follows = spans[number + 1 : number + 4]
        longest = max((last - first for first, last in follows), default=0)
        yield _Line(
            start=start + len(raw) - len(raw.lstrip()),
            text=raw.strip(),
            about=byline(raw),
            is_alone=not follows or text.count("\n", end, follows[0][0]) > 1,
            is_short=len(raw) < _SHORT * longest,
        )
        if len(raw) > _LONG:
            return
