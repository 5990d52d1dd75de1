"""Uploaded files -> sources, under names that are safe to keep."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.formats.loaders import LOADERS
from ingest.inputs.sources import Failure, Item, Sources, formats
from rag.store.library import Uploads

MEGABYTE = 1_000_000
_MAX_NAME = 200  # bytes; file systems allow 255
_INVISIBLE = ("C", "Zl", "Zp")  # Unicode categories of control characters and line separators


@dataclass(frozen=True, slots=True)
class Upload:
    """A file from a browser, which claims its `name` and `size`.

    `path` is where its content was received, or None if it was not transferred.
    """

    name: str
    size: int
    path: Path | None = None


def accept(
    uploads: Sequence[Upload], folder: Path, kept: Uploads, *, max_size: int, max_total: int
) -> Sources:
    """Move the files that can be read into `folder`; the others become failures.

    Their URIs are those under which `kept` will keep them. `max_size` is in bytes per file, and
    `max_total` in bytes for all kept files, without those that are replaced.
    """
    sizes = kept.sizes()
    room = max_total - sum(sizes.values())
    items: dict[str, Item] = {}
    failures: list[Failure] = []
    for upload in uploads:
        name = plain_name(upload.name)
        growth = _size(upload) - sizes.get(name, 0)
        reason = _refusal(upload, name, max_size)
        if name and kept.uri(name) in items:
            reason = "another file with this name was uploaded with it"
        elif not reason and growth > room:
            reason = (
                f"the uploaded files may have {max_total // MEGABYTE:,} MB in total; "
                "remove uploaded articles, or raise ARTICLE_QA_UPLOAD_TOTAL"
            )
        if reason or upload.path is None:
            failures.append(Failure(name or upload.name, reason))
            continue
        path = Path(shutil.move(upload.path, folder / name))
        items[kept.uri(name)] = Item(path, name, shown=name)
        room -= growth
    return Sources(items=items, failures=tuple(failures))


def plain_name(claimed: str) -> str:
    """Return a file name without folders, invisible characters or leading dots; "" if none is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", claimed))[-1]
    visible = "".join(c for c in last if not unicodedata.category(c).startswith(_INVISIBLE))
    name = " ".join(visible.split()).lstrip(". ")
    suffix = Path(name).suffix
    stem = name.removesuffix(suffix).encode()[: _MAX_NAME - len(suffix.encode())]
    return stem.decode(errors="ignore") + suffix if stem else ""


def _refusal(upload: Upload, name: str, max_size: int) -> str:
    """Return why a file is not accepted, or ""."""
    if not name:
        return "the file name cannot be used"
    if Path(name).suffix.lower() not in LOADERS:
        return f"unsupported format; supported: {formats()}"
    if (size := _size(upload)) > max_size:
        return f"the file has {size / MEGABYTE:,.1f} MB; the limit is {max_size // MEGABYTE} MB"
    return "" if upload.path else "the upload failed; try again"


def _size(upload: Upload) -> int:
    return upload.path.stat().st_size if upload.path else upload.size
