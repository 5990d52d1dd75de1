"""All vectors computed again from the catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

from rag.store.embedded.schema import (
    INFO,
    PASSAGE,
    PASSAGE_TEXT,
    PASSAGES_OF_ARTICLES,
    to_retrieved,
)
from rag.store.embedded.vectors import VectorIndex
from rag.store.library import Embedder, Progress, Unembedded

_BATCH = 128  # texts


def rebuild(
    db: sqlite3.Connection, index: VectorIndex, embedder: Embedder, progress: Progress | None
) -> dict[str, int]:
    """Embed every text that some passage uses into an empty index; return the row of each key."""
    total = db.execute("SELECT count(DISTINCT key) FROM passages").fetchone()[0]
    rows: dict[str, int] = {}
    with closing(embedder.map(_batches(db))) as results:
        for batch, vectors in results:
            first = index.add([text.key for text in batch], vectors)
            rows.update((text.key, first + at) for at, text in enumerate(batch))
            if progress:
                progress(len(rows), total)
    return rows


def _batches(db: sqlite3.Connection) -> Iterator[Sequence[Unembedded]]:
    cursor = db.execute(
        f"SELECT {PASSAGE}, {PASSAGE_TEXT}, {INFO} FROM"
        " (SELECT min(number) AS number FROM passages GROUP BY key) first"
        f" JOIN {PASSAGES_OF_ARTICLES} AND p.number = first.number"
    )
    while rows := cursor.fetchmany(_BATCH):
        passages = map(to_retrieved, rows)
        yield [Unembedded(p.passage.key, p.text_with_heading) for p in passages]
