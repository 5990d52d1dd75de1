"""Files of records, one article each: JSON, JSON Lines and CSV."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import UTC, date, datetime
from typing import Self

from ingest.formats.markup import parse_html, words
from ingest.formats.text import Loaded, Skipped, clean, decode
from ingest.metadata import as_date, as_line, from_mapping
from ingest.metadata.fields import USUAL as USUAL_NAMES
from ingest.metadata.fields import folded
from rag.errors import IngestError, LoadError

_INSIDE = ("rendered", "name", "value", "#text", "text", "html")  # where objects have their words
_HTML = re.compile(r"\s*<(?:!--|!doctype\b|[a-z][a-z0-9]*[\s/>])", re.IGNORECASE)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Fields:
    """What the records of a file call the text, the title and so on; None: one of the usual names.

    A name with dots leads into an object: "fields.bodyText".
    """

    text: str | None = None
    title: str | None = None
    date: str | None = None
    updated: str | None = None
    url: str | None = None
    author: str | None = None
    source: str | None = None
    place: str | None = None
    language: str | None = None
    key: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse "text=body,title=headline". Raises IngestError for anything else."""
        known = [field.name for field in fields_of(cls)]
        named: dict[str, str] = {}
        for pair in filter(str.strip, text.split(",")):
            name, _, value = map(str.strip, pair.partition("="))
            if name not in known or name in named or not value:
                raise IngestError(
                    f"{pair.strip()!r} names no field; write text=body,title=headline and so on, "
                    f"with any of {', '.join(known)}, each once"
                )
            named[name] = value
        return cls(**named)


USUAL = Fields()


def load_json(data: bytes, fields: Fields) -> Iterator[Loaded | Skipped]:
    """Yield the records of a JSON file: a list, a list inside an object, or a single object.

    Several values one after another are read as JSON Lines.
    """
    text = decode(data)
    try:
        value = _parsed(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise LoadError(f"it is not JSON: {error}") from None
        yield from _json_lines(text, fields)
        return
    except ValueError as error:
        raise LoadError(f"it is not JSON that can be read: {error}") from None
    records = _records(value, fields) or (value if isinstance(value, list) else [value])
    for number, record in enumerate(records, start=1):
        yield _article(record, f"record {number}", fields)


def load_jsonl(data: bytes, fields: Fields) -> Iterator[Loaded | Skipped]:
    """Yield one record per line; lines that are not JSON are skipped."""
    return _json_lines(decode(data), fields)


def load_csv(data: bytes, fields: Fields) -> Iterator[Loaded | Skipped]:
    """Yield one record per row below a header row; the delimiter is detected."""
    text = decode(data).lstrip("\r\n")
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    names = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=names.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), restkey="", delimiter=delimiter)
    begins = 2
    try:
        for row in rows:
            yield _article(row, f"line {begins}", fields)
            begins = rows.line_num + 1
    except csv.Error as error:
        yield Skipped(f"line {begins} and what follows", str(error))


def _json_lines(text: str, fields: Fields) -> Iterator[Loaded | Skipped]:
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if line.strip():
            try:
                record = _parsed(line)
            except ValueError as error:
                yield Skipped(f"line {number}", f"it is not JSON: {error}")
            else:
                yield _article(record, f"line {number}", fields)


def _parsed(text: str) -> object:
    """Parse JSON, with NaN and infinities as null. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def _records(value: object, fields: Fields) -> list[object]:
    """Yield the records in a value: objects with a text, alone or in lists."""
    if isinstance(value, list):
        found = any(isinstance(each, dict) and _Record(each, fields).text for each in value)
        return value if found else []
    if not isinstance(value, dict):
        return []
    if _Record(value, fields).text:
        return [value]
    return [record for each in value.values() for record in _records(each, fields)]


def _article(values: object, where: str, fields: Fields) -> Loaded | Skipped:
    if not isinstance(values, dict):
        return Skipped(where, "it is no object with named fields")
    record = _Record(values, fields)
    if not record.text:
        return Skipped(where, record.why_no_text())
    metadata = from_mapping(
        {
            "title": html.unescape(as_line(record.find("title"))),
            "date": _date(record.find("date")),
            "updated": _date(record.find("updated")),
            **{
                name: record.find(name) for name in ("url", "author", "source", "place", "language")
            },
        }
    )
    return Loaded(_words(record.text), metadata, key=as_line(record.find("key")) or None)


class _Record:
    """The fields of a record by their meaning."""

    def __init__(self, values: Mapping[str, object], fields: Fields) -> None:
        self._values = values
        self._folded = {folded(name): value for name, value in values.items()}
        self._fields = fields
        text = self.find("text")
        self.text = text if isinstance(text, str) else ""

    def find(self, what: str) -> str | float | None:
        """Return the value of the given field, or of the first of the usual ones."""
        name = getattr(self._fields, what)
        found = [self._at(name)] if name else map(self._folded.get, USUAL_NAMES[what])
        between = "\n\n" if what == "text" else ", "
        plain = (_plain(value, between) for value in found)
        return next((value for value in plain if value is not None), None)

    def why_no_text(self) -> str:
        names = [self._fields.text] if self._fields.text else USUAL_NAMES["text"][:4]
        if any(folded(name) in self._folded or self._at(name) is not None for name in names):
            return "it has no text"
        others = ", ".join(map(as_line, list(self._values)[:8]))
        return (
            f"it has no field {' or '.join(names)}, but {others[:200]}; "
            "say which is the text with --fields text=NAME"
        )

    def _at(self, path: str) -> object:
        if folded(path) in self._folded:
            return self._folded[folded(path)]
        value: object = self._values
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value


def _plain(value: object, between: str) -> str | float | None:
    """Return a value as text or number; lists are joined, and objects replaced by their text."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        found = filter(None, (_plain(each, between) for each in value))
        return between.join(map(str, found)) or None
    if isinstance(value, dict):
        inside = (_plain(value.get(name), between) for name in _INSIDE)
        return next((found for found in inside if found is not None), None)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _words(text: str) -> str:
    """Return the text of a field; it is treated as HTML if it begins with a tag."""
    return words(parse_html(text)) if _HTML.match(text) else clean(text)


def _date(value: str | float | None) -> date | None:
    """Parse a date as programs write it, also as seconds or milliseconds since 1970."""
    line = as_line(value)
    if not _EPOCH.fullmatch(line):
        return as_date(line)
    seconds = float(line[:10])
    return datetime.fromtimestamp(seconds, UTC).date()


RECORDS: dict[str, Callable[[bytes, Fields], Iterator[Loaded | Skipped]]] = {
    ".json": load_json,
    ".jsonl": load_jsonl,
    ".ndjson": load_jsonl,
    ".csv": load_csv,
    ".tsv": load_csv,
}
