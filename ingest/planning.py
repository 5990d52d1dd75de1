"""What has changed since the last run, by comparing digests."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ingest.formats.records import RECORDS, USUAL, Fields
from ingest.inputs.sources import Failure, Sources
from ingest.passages import digest
from rag.errors import LoadError
from rag.types import Origin

# Part of every origin's digest. Increase it when files are read or split differently.
RECIPE = "3"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do, as URIs of origins.

    `left_out` counts the articles of unchanged origins that stay out: they were removed by hand.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    left_out: int = 0

    @property
    def to_read(self) -> tuple[str, ...]:
        return self.added + self.changed

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Inspection:
    """The digest of each readable file by URI, and the failures of the others."""

    digests: Mapping[str, str]
    failures: tuple[Failure, ...]


def plan(
    digests: Mapping[str, str],
    origins: Mapping[str, Origin],
    missing: Iterable[str],
    *,
    removed: Mapping[str, int] = MappingProxyType({}),
    named: Container[str] = (),
) -> Plan:
    """Compare the digests of files with those of the library's `origins`.

    `missing` lists the URIs whose files have disappeared, and `removed` counts the articles of
    each origin that were removed by hand. Such an origin counts as changed if it is `named`, so
    that they return.
    """
    changed = {
        uri
        for uri in digests.keys() & origins.keys()
        if origins[uri].digest != digests[uri] or (uri in removed and uri in named)
    }
    unchanged = tuple(uri for uri in digests if uri in origins and uri not in changed)
    return Plan(
        added=tuple(uri for uri in digests if uri not in origins),
        changed=tuple(uri for uri in digests if uri in changed),
        removed=tuple(uri for uri in missing if uri in origins),
        unchanged=unchanged,
        left_out=sum(removed.get(uri, 0) for uri in unchanged),
    )


def inspect(sources: Sources, fields: Fields = USUAL) -> Inspection:
    """Compute the digest of every file. That of records also depends on the `fields`."""
    digests = dict(sources.unchanged)
    failures = list(sources.failures)
    for uri, item in sources.items.items():
        try:
            digests[uri] = _digest(item.path, fields)
        except OSError as error:
            failures.append(Failure(item.name, error.strerror or str(error)))
        except LoadError as error:
            failures.append(Failure(item.name, str(error)))
    return Inspection(digests, tuple(failures))


def _digest(path: Path, fields: Fields) -> str:
    if not stat.S_ISREG(path.stat().st_mode):
        raise LoadError("it is not a regular file")
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "blake2b").hexdigest()
    named = [repr(fields)] if path.suffix.lower() in RECORDS and fields != USUAL else []
    return digest(RECIPE, *named, content)
