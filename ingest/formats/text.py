"""Text as it is stored and cited: decoded, cleaned, and with what is known about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.metadata import Metadata
from rag.errors import LoadError

LONGEST = 5_000_000  # characters of one article; more than any book, and minutes to embed
_SAMPLE = 100_000  # as much of a file as is needed to tell what it is
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x7f-\x84\x86-\x9f\ufffd]")
_LINE_BREAK = re.compile(r"\r\n?|\u2028|\u2029|\x85")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# Soft hyphens, marks of byte order, word joiners and turns of the writing direction are never
# seen, but they tear words apart and can make a line read backwards. A zero-width space is left
# where a script has no other between its words: in Thai, Lao, Tibetan, Burmese and Khmer.
_UNSEEN = re.compile(
    r"\u00ad\n?|[\u2060\u202a-\u202e\u2066-\u2069\ufeff]"
    r"|(?<![\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff])\u200b"
)
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]+")
_ASCII = bytes(range(128))


@dataclass(frozen=True, slots=True)
class Loaded:
    """The text of an article, as it will be stored and cited, and what is known about it.

    `pages` are the offsets in the text at which page 1, page 2 and so on begin, so that
    `bisect.bisect_right(pages, offset)` is the number of the page. `key` names the article among
    those of its file whatever their order; None where only its position does.
    """

    text: str
    metadata: Metadata
    pages: tuple[int, ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of a file that was left out, such as "line 17", and why."""

    where: str
    reason: str


def decode(data: bytes) -> str:
    """Text in whatever encoding it was written; raises LoadError for what is not text."""
    text = _utf8(data)
    if text is None:
        import chardet

        encoding = chardet.detect(data[:_SAMPLE])["encoding"]
        if encoding is None:
            raise LoadError("it is binary data, or text in no known encoding")
        text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    if len(_BINARY.findall(text, 0, _SAMPLE)) > max(2, min(len(text), _SAMPLE) / 50):
        raise LoadError("it is not text but binary data")
    return text


def clean(text: str) -> str:
    """Text as it is stored: one kind of line break, nothing unseen in it, else unchanged."""
    return _CONTROL.sub(" ", _UNSEEN.sub("", _LINE_BREAK.sub("\n", text)))


def _utf8(data: bytes) -> str | None:
    """UTF-8, also with a few bytes of Windows-1252 in it; None for every other encoding."""
    if data.count(0) > len(data) / 10:  # UTF-16
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        beyond_ascii = len(data.translate(None, _ASCII))
        wrong = len(data) - len(data.decode("utf-8", errors="ignore").encode())
        if wrong * 8 > beyond_ascii:
            return None
    text = data.decode("utf-8-sig", errors="surrogateescape")
    return _NOT_UTF8.sub(_windows, text)


def _windows(bytes_in_text: re.Match[str]) -> str:
    data = bytes_in_text[0].encode("utf-8", errors="surrogateescape")
    return data.decode("cp1252", errors="replace")
