"""Text as it is stored and cited: decoded, cleaned, and with its metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.metadata import Metadata
from rag.errors import LoadError

LONGEST = 5_000_000  # characters of one article; more than any book, and minutes to embed
_SAMPLE = 100_000  # enough of a file to detect its encoding
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x7f-\x84\x86-\x9f\ufffd]")
_LINE_BREAK = re.compile(r"\r\n?|\u2028|\u2029|\x85")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# Soft hyphens, byte order marks, word joiners and direction marks are invisible, but they split
# words or reverse a line. A zero-width space is kept in scripts that have no other space between
# words: Thai, Lao, Tibetan, Burmese and Khmer.
_UNSEEN = re.compile(
    r"\u00ad\n?|[\u2060\u202a-\u202e\u2066-\u2069\ufeff]"
    r"|(?<![\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff])\u200b"
)
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]+")
_ASCII = bytes(range(128))


@dataclass(frozen=True, slots=True)
class Loaded:
    """The text of an article as it is stored and cited, and its metadata.

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
    """A part of a file that was skipped, such as "line 17", and the reason."""

    where: str
    reason: str


def decode(data: bytes) -> str:
    """Decode text in any encoding. Raises LoadError if the data are not text."""
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
    """Return text with uniform line breaks and without invisible characters."""
    return _CONTROL.sub(" ", _UNSEEN.sub("", _LINE_BREAK.sub("\n", text)))


def _utf8(data: bytes) -> str | None:
    """Decode UTF-8, even with a few bytes of Windows-1252; return None for other encodings."""
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
