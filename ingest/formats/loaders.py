"""Files -> articles: one function per format, chosen by the file's suffix."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingest.formats.documents import load_docx, load_epub
from ingest.formats.feeds import load_feed
from ingest.formats.markdown import load_markdown
from ingest.formats.markup import watch
from ingest.formats.pdf import load_pdf
from ingest.formats.records import RECORDS, USUAL, Fields
from ingest.formats.text import LONGEST, Loaded, Skipped, clean, decode
from ingest.metadata import Metadata, as_date, gathered, shorten
from ingest.metadata.pages import from_page
from rag.errors import LoadError

__all__ = ["LOADERS", "RECORDS", "Fields", "Loaded", "Skipped", "decode", "load", "summary"]

LARGEST = 50_000_000  # bytes of a file
MOST = 200_000  # articles in a file
_LONGEST_LINE = 500  # characters of a title, of an author and so on
_LONGEST_REASON = 300
_LETTER = re.compile(r"[^\W\d_]")
_ADDRESS = re.compile(r"https?://\S{1,2000}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
_TALKATIVE = ("pypdf", "trafilatura", "htmldate", "courlan")


def load(
    path: Path,
    data: bytes,
    *,
    fields: Fields = USUAL,
    skipped: list[Skipped] | None = None,
    uri: str = "",
    latest: date | None = None,
) -> list[Loaded]:
    """Return the articles in a file. Raises LoadError if there are none.

    `fields` are the names that its records use, if it has records. What had to be left out of a
    file is added to `skipped`. `uri` is where the file was found, which may say when it was
    published; no date after `latest` is believed.
    """
    if len(data) > LARGEST:
        raise LoadError(f"it has {len(data):,} bytes; {LARGEST:,} are the most")
    if not data.strip():
        raise LoadError("it holds no text")
    articles, left_out = _read(path.suffix.lower(), data, fields)
    if skipped is not None:
        skipped += left_out
    seen: dict[str, int] = {}
    is_alone = len(articles) == 1 and not left_out

    def known(part: Loaded) -> Metadata:
        return gathered(part.metadata, part.text, uri=uri, is_alone=is_alone, latest=latest)

    return [_finished(part, seen, known(part)) for part in articles]


def _read(suffix: str, data: bytes, fields: Fields) -> tuple[list[Loaded], list[Skipped]]:
    """Return the articles in a file, at least one, and what had to be left out."""
    articles: list[Loaded] = []
    left_out: list[Skipped] = []
    with _reasons(suffix):
        for part in LOADERS[suffix](data, fields):
            if isinstance(part, Skipped):
                left_out.append(part)
            elif len(part.text) > LONGEST:
                left_out.append(_too_long(part))
            elif _LETTER.search(part.text):
                articles.append(part)
            if len(articles) + len(left_out) > MOST:
                raise LoadError(f"it holds more than {MOST:,} records, which are the most")
        if not articles:
            raise LoadError(summary(left_out) or "it holds no text")
    return articles, left_out


def summary(skipped: Sequence[Skipped]) -> str:
    """Summarize what was skipped in one line: each reason with where it occurred, and how often."""
    places: dict[str, list[str]] = {}
    for part in skipped:
        places.setdefault(part.reason, []).append(part.where)
    told = [
        ", ".join(where[:3]) + f" and {len(where) - 3:,} more" * (len(where) > 3) + f": {reason}"
        for reason, where in list(places.items())[:3]
    ]
    return "; ".join(told).removeprefix(": ") + "; and others" * (len(places) > 3)


def load_text(data: bytes) -> list[Loaded]:
    return [Loaded(clean(decode(data)), Metadata())]


def load_html(data: bytes) -> list[Loaded]:
    """Return the main text of a page, without navigation and the like, and its metadata."""
    import trafilatura
    from lxml import etree
    from trafilatura.settings import Document
    from trafilatura.utils import load_html as parse

    watch(data)
    tree = parse(data)
    declared = from_page(tree) if tree is not None else Metadata()
    if tree is not None:
        # trafilatura leaves out what is in them, and takes the oldest for the day of publication.
        etree.strip_tags(tree, "time")
    page = trafilatura.bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        # A date in the text is not the date of publication.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if tree is None or not isinstance(page, Document) or not page.text:
        raise LoadError("no main text was found in the page")
    # trafilatura guesses the source from the title, so only what names it is used.
    metadata = declared.or_else(
        Metadata(
            title=page.title,
            published=None if declared.updated else as_date(page.date),
            author=page.author,
            url=page.url,
            language=(tree.get("lang") or "").split("-")[0] or None,
        )
    )
    # trafilatura puts each paragraph on a line of its own.
    return [Loaded(clean(re.sub(r"\n+", "\n\n", page.text)), metadata)]


@contextmanager
def _reasons(suffix: str) -> Iterator[None]:
    """Turn every error of a parser into a LoadError of one line, and silence its logging."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    except LoadError as error:
        raise LoadError(_line(str(error), _LONGEST_REASON)) from error.__cause__
    except RecursionError:
        raise LoadError("it nests too deeply") from None
    except Exception as error:  # files can be broken in any number of ways
        reason = _line(f"{type(error).__name__}: {error}", _LONGEST_REASON)
        raise LoadError(f"it is broken, or no {suffix} file ({reason})") from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _finished(loaded: Loaded, seen: dict[str, int], known: Metadata) -> Loaded:
    """Return an article with what is known about it, in clean lines, and a unique key."""
    url = _line(known.url or "")
    language = known.language or ""
    metadata = Metadata(
        title=_line(known.title or "") or None,
        published=known.published,
        source=_line(known.source or "") or None,
        author=_line(known.author or "") or None,
        place=_line(known.place or "") or None,
        url=url if _ADDRESS.fullmatch(url) else None,
        language=language if _LANGUAGE.fullmatch(language) else None,
    )
    key = _distinct(_line(loaded.key), seen) if loaded.key else None
    return replace(loaded, metadata=metadata, key=key)


def _distinct(key: str, seen: dict[str, int]) -> str:
    seen[key] = seen.get(key, 0) + 1
    return key if seen[key] == 1 else _distinct(f"{key}#{seen[key]}", seen)


def _too_long(loaded: Loaded) -> Skipped:
    reason = f"it has {len(loaded.text):,} characters; {LONGEST:,} are the most"
    return Skipped(_line(loaded.key or loaded.metadata.title or "", 80), reason)


def _line(text: str, longest: int = _LONGEST_LINE) -> str:
    return shorten(clean(text), longest)


def _plain(read: Callable[[bytes], Iterable[Loaded | Skipped]]) -> Loader:
    """Adapt a loader of a format without fields."""
    return lambda data, fields: read(data)


Loader = Callable[[bytes, Fields], Iterable[Loaded | Skipped]]
LOADERS: dict[str, Loader] = {
    ".txt": _plain(load_text),
    ".text": _plain(load_text),
    ".md": _plain(load_markdown),
    ".markdown": _plain(load_markdown),
    ".html": _plain(load_html),
    ".htm": _plain(load_html),
    ".xhtml": _plain(load_html),
    ".pdf": _plain(load_pdf),
    ".docx": _plain(load_docx),
    ".epub": _plain(load_epub),
    ".xml": _plain(load_feed),
    ".rss": _plain(load_feed),
    ".atom": _plain(load_feed),
    **RECORDS,
}
