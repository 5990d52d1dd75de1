"""Dates, titles and sources of a mixed folder: almost all right, and hardly a date wrong."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from ingest.formats.loaders import load
from ingest.metadata import Metadata
from tests.layouts import LAYOUTS, STORIES, write

TODAY = date(2026, 3, 1)


def read(path: Path) -> Metadata:
    (loaded,) = load(path, path.read_bytes(), uri=path.as_uri(), latest=TODAY)
    return loaded.metadata


def test_a_mixed_folder_is_read_with_its_dates_titles_and_sources(tmp_path: Path) -> None:
    files = [(layout, read(path), known) for layout, path, known in write(tmp_path)]
    assert len(files) == len(LAYOUTS) * len(STORIES) >= 20 * 5
    wrong: Counter[tuple[str, str]] = Counter()
    for layout, found, known in files:
        for name in ("title", "published", "source"):
            wrong[name, layout] += getattr(found, name) != getattr(known, name)

    def right(name: str) -> float:
        return 1 - sum(wrong[name, layout] for layout in LAYOUTS) / len(files)

    failures = {key: count for key, count in wrong.items() if count}
    invented = [
        (layout, found.published)
        for layout, found, known in files
        if found.published not in (None, known.published)
    ]
    assert right("published") >= 0.95, failures
    assert right("title") >= 0.95, failures
    assert right("source") >= 0.90, failures
    assert len(invented) <= 0.01 * len(files), invented
