"""Changes to the catalog, inside one write transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np

from rag.store.embedded.corrections import About, Correction, as_read, save
from rag.store.embedded.full_text import FullText
from rag.store.embedded.queries import articles, select_in
from rag.store.embedded.schema import PASSAGE_TEXT, PASSAGES_OF_ARTICLES
from rag.store.near_duplicates import MIN_SIMILARITY, Signature, bands, similarity
from rag.types import Article, Origin, Passage


class CatalogWriter:
    """Writes through a connection in a write transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.full_text = FullText(connection, {})

    def add_origin(self, origin: Origin, ingested: str) -> None:
        row = (*astuple(origin), ingested)
        self._db.execute("INSERT INTO origins VALUES (?, ?, ?, ?, ?, ?)", row)

    def add_article(
        self,
        article: Article,
        passages: Sequence[Passage],
        signature: Signature | None,
        rows: Mapping[str, int],
    ) -> None:
        """Write an article with its passages; `rows` maps their keys to rows of the vector matrix.

        Its origin must have been written.
        """
        values = (
            article.id,
            article.title,
            article.url,
            article.origin,
            article.published.isoformat() if article.published else None,
            article.source,
            article.author,
            article.place,
            article.language,
            json.dumps(article.pages),
            article.story,
            len(passages),
            article.text,
        )
        marks = ", ".join("?" * len(values))
        self._db.execute(f"INSERT INTO articles VALUES ({marks})", values)
        if signature is not None:
            self._db.execute(
                "INSERT INTO signatures VALUES (?, ?)", (article.id, signature.tobytes())
            )
            banded = [(band, article.id) for band in bands(signature)]
            self._db.executemany("INSERT INTO bands VALUES (?, ?)", banded)
        for passage in passages:
            self._add_passage(article, passage, rows[passage.key])

    def remove_origin(self, uri: str) -> dict[str, int]:
        """Remove an origin and its articles; return the keys and rows that their passages used."""
        rows = self._db.execute(
            "SELECT p.key, p.row FROM passages p JOIN articles a ON p.article_id = a.id"
            " WHERE a.origin = ?",
            (uri,),
        ).fetchall()
        self.full_text.remove("a.origin = ?", uri)
        self._db.execute("DELETE FROM origins WHERE uri = ?", (uri,))
        return dict(rows)

    def remove_article(self, article_id: str) -> dict[str, int]:
        """Remove an article, but not its origin; return the keys and rows that it used."""
        query = "SELECT key, row FROM passages WHERE article_id = ?"
        rows = self._db.execute(query, (article_id,)).fetchall()
        self.full_text.remove("a.id = ?", article_id)
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        return dict(rows)

    def correct(self, article_id: str, said: About) -> None:
        """Set what is known of an article, and remember what was read."""
        article = articles(self._db, [article_id]).get(article_id)
        if article is None:  # removed earlier in the same update
            return
        read = About.of(as_read(self._db, article))
        save(self._db, article_id, Correction(said, read))
        self.full_text.remove("a.id = ?", article_id)
        self._db.execute(
            "UPDATE articles SET title = ?, published = ?, source = ? WHERE id = ?",
            (*said.row(), article_id),
        )
        query = f"SELECT p.number, {PASSAGE_TEXT} FROM {PASSAGES_OF_ARTICLES} WHERE a.id = ?"
        for number, body in self._db.execute(query, (article_id,)).fetchall():
            self.full_text.add(number, said.title, body)

    def note_removed(self, uri: str, content: str) -> None:
        """Record that an article with this content digest is to stay out."""
        self._db.execute("INSERT INTO removed VALUES (?, ?)", (uri, content))

    def forget_removed(self, uri: str) -> None:
        self._db.execute("DELETE FROM removed WHERE origin = ?", (uri,))

    def story_like(self, signature: Signature) -> str | None:
        """Return the story of the most similar article, if one is a near duplicate."""
        candidates = select_in(
            self._db, "SELECT article_id FROM bands WHERE band IN", bands(signature)
        )
        query = (
            "SELECT s.signature, a.story FROM signatures s JOIN articles a ON a.id = s.article_id"
            " WHERE s.article_id IN"
        )
        similarities = [
            (similarity(signature, np.frombuffer(blob, dtype=np.uint32)), story)
            for blob, story in select_in(self._db, query, {row[0] for row in candidates})
        ]
        best, story = max(similarities, default=(0.0, None))
        return story if best >= MIN_SIMILARITY else None

    def advance(self, vectors: str) -> None:
        """Make a generation of vectors the current one."""
        self._db.execute("UPDATE library SET generation = generation + 1, vectors = ?", (vectors,))

    def rebuild(self, rows: Mapping[str, int], vectors: str) -> None:
        """Record the matrix row of each key in a new generation, and index all words again."""
        query = "UPDATE passages SET row = ? WHERE key = ?"
        self._db.executemany(query, ((row, key) for key, row in rows.items()))
        self.full_text.rebuild()
        self.advance(vectors)

    def _add_passage(self, article: Article, passage: Passage, row: int) -> None:
        spans = json.dumps([[span.start, span.end] for span in passage.sentences])
        number = self._db.execute(
            'INSERT INTO passages (id, article_id, key, start, "end", sentences, row)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (passage.id, article.id, passage.key, passage.start, passage.end, spans, row),
        ).lastrowid
        assert number is not None
        self.full_text.add(number, article.title, article.text[passage.start : passage.end])
