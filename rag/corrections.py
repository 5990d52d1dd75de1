"""Corrections by people: the title, the date and the source of an article."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from rag.errors import CorrectionError
from rag.store.library import Library
from rag.text.words import in_one_line
from rag.types import Entry

MAX_LENGTH = 500  # characters of a title or a source
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def correct(
    library: Library,
    article_id: str,
    *,
    title: str | None = None,
    published: date | str | None = None,
    source: str | None = None,
) -> Entry:
    """Correct what is known of an article, and return it as it is listed now.

    `article_id` may be the beginning of an id, if only one article has it. What is None stays, and
    "" means that there is no date or no source. A correction is kept when the article is ingested
    again; to take it back, set what its file says.

    Raises CorrectionError, or LibraryBusyError while something is ingested.
    """
    if title is None and published is None and source is None:
        raise CorrectionError("say what to correct: the title, the date or the source")
    entry = _entry(library, article_id)
    new_title = entry.title if title is None else _line(title)
    if not new_title:
        raise CorrectionError("an article needs a title; write one")
    with library.update() as update:
        update.correct(
            entry.id,
            title=new_title,
            published=entry.published if published is None else _day(published),
            source=entry.source if source is None else _line(source) or None,
        )
    return _entry(library, entry.id)


def _entry(library: Library, article_id: str) -> Entry:
    with library.snapshot() as snapshot:
        entry = snapshot.entry(article_id)
        entries = [entry] if entry else snapshot.listing()
    matches = [entry for entry in entries if article_id and entry.id.startswith(article_id)]
    if len(matches) > 1:
        raise CorrectionError(f"{len(matches)} articles have an id that begins with {article_id}")
    if not matches:
        raise CorrectionError(
            f"no article has the id {article_id!r}; article-qa articles --ids lists them"
        )
    return matches[0]


def _line(text: str) -> str:
    line = in_one_line(text)
    if len(line) > MAX_LENGTH:
        raise CorrectionError(f"a title or a source has at most {MAX_LENGTH} characters")
    return line


def _day(written: date | str) -> date | None:
    if isinstance(written, date):
        day = written.date() if isinstance(written, datetime) else written
    elif not written.strip():
        return None
    else:
        try:
            if not _DAY.fullmatch(written.strip()):
                raise ValueError
            day = date.fromisoformat(written.strip())
        except ValueError:
            raise CorrectionError(f"{written!r} is not a day; write it like 2022-10-04") from None
    if day > date.today() + timedelta(days=1):  # it may be tomorrow elsewhere
        raise CorrectionError(f"{day} is in the future; write the day of publication")
    return day
