"""PDF: the text layer, page by page."""

from __future__ import annotations

import io
import math
import re
import time
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ingest.formats.documents import described
from ingest.formats.pages import Line, flow, largest
from ingest.formats.text import LONGEST, Loaded, Skipped, clean
from ingest.metadata import as_line
from rag.errors import LoadError

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

SLOWEST = 120.0  # seconds that the pages of a document may take
MOST_OPERATIONS = 1_000_000  # on a page, some seconds' work; a page of text has a few thousand
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_PROPERTIES = ("/Title", "/Author")


def load_pdf(data: bytes) -> Iterator[Loaded | Skipped]:
    """Yield the text layer of a PDF as one article; pages that cannot be read are skipped.

    Raises LoadError when it is encrypted or has no text layer.
    """
    from pypdf import PdfReader, apply_configuration
    from pypdf.errors import DependencyError, FileNotDecryptedError

    try:
        with apply_configuration(stream_parsing_work_maximum_count=MOST_OPERATIONS):
            reader = PdfReader(io.BytesIO(data))
            pages, skipped = _pages(reader)
        known: Mapping[str, object] = reader.metadata or {}
        title, author, language = map(
            as_line, (*map(known.get, _PROPERTIES), reader.root_object.get("/Lang"))
        )
    except FileNotDecryptedError:
        raise LoadError("it is encrypted; save it without its password first") from None
    except DependencyError:
        raise LoadError(
            "it is encrypted; if it opens without a password, it can be read after: "
            "pip install cryptography"
        ) from None
    text, offsets = flow(pages)
    if not text and not skipped:
        raise LoadError("it has no text layer; run OCR first")
    metadata = described(
        title=title,
        heading=largest(pages[0]) if pages else "",
        author=author,
        language=language,
    )
    yield Loaded(text, metadata, offsets)
    yield from skipped


def _pages(reader: PdfReader) -> tuple[list[list[Line]], list[Skipped]]:
    """Return the lines of each page, and the pages that are broken."""
    from pypdf.errors import DependencyError, FileNotDecryptedError

    started = time.monotonic()
    pages: list[list[Line]] = []
    broken = []
    length = 0
    for number, page in enumerate(reader.pages, start=1):
        try:
            pages.append(_lines(page))
        except (FileNotDecryptedError, DependencyError):
            raise
        except Exception as error:  # pages can be broken in any number of ways
            pages.append([])
            broken.append(Skipped(f"page {number}", as_line(error) or type(error).__name__))
        length += sum(len(line.text) for line in pages[-1])
        if length > LONGEST:
            raise LoadError(f"it has more than {LONGEST:,} characters, which are the most")
        if time.monotonic() - started > SLOWEST:
            raise LoadError(f"its first {number} pages took longer than {SLOWEST:.0f} seconds")
    return pages, broken


def _lines(page: PageObject) -> list[Line]:
    """Return the lines of a page in the order of the file, which is mostly reading order."""
    lines: list[Line] = []
    pieces: list[Line] = []

    def end_line() -> None:
        text = _line("".join(piece.text for piece in pieces))
        if text:
            first = next(piece for piece in pieces if piece.text.strip())
            most = max(pieces, key=lambda piece: len(piece.text.strip()))
            lines.append(Line(text, first.x, most.y, most.size))
        pieces.clear()

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        up = tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3]
        for number, part in enumerate(text.split("\n")):
            if number:
                end_line()
            pieces.append(Line(part, x, y, size * math.hypot(*up)))

    page.extract_text(visitor_text=visit)
    end_line()
    return lines


def _line(text: str) -> str:
    """Return a line without ligatures and wide gaps; a soft hyphen at its end is kept."""
    plain = _LIGATURES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text).rstrip()
    hyphen = "\u00ad" if plain.endswith("\u00ad") else ""
    return " ".join(clean(plain).split()) + hyphen
