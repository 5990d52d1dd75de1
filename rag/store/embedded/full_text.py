"""SQLite's full-text index over the words of every passage, with BM25."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from rag.store.embedded.schema import PASSAGE_TEXT, PASSAGES_OF_ARTICLES, within
from rag.store.library import WordCounts
from rag.types import Scope

# A title counts, but less than the passage itself.
_BM25 = "bm25(words, 0.5, 1.0)"
_WORDS = f"p.number, a.title, {PASSAGE_TEXT} FROM {PASSAGES_OF_ARTICLES}"
# In larger libraries BM25 is computed for fewer passages, since it takes most of a search. Words
# in more than a third of all passages add next to nothing to a score, and hardly any of the best
# passages contains only words that together occur in more than a tenth.
LARGE = 10_000
_COMMON, _RARE = 1 / 3, 1 / 10
_ENOUGH = 10  # times as many passages as are wanted
# Above this share of the library, the best passages of all are filtered by scope; below it, the
# passages in scope are scored alone.
WIDE = 1 / 20
_SPARE = 2  # times as many passages as would do if the scope were independent of the question
_MAX_REMEMBERED = 10_000  # words


class FrequencyCache:
    """How often words occur, remembered for as long as nothing is written."""

    def __init__(self) -> None:
        self._latest: tuple[int, dict[str, int]] = (-1, {})

    def of(self, generation: int) -> dict[str, int]:
        """Return what is known of a generation, to be added to."""
        latest = self._latest  # other threads may ask about another generation
        if latest[0] != generation or len(latest[1]) > _MAX_REMEMBERED:
            latest = self._latest = (generation, {})
        return latest[1]


class FullText:
    """The index at one moment. `frequencies` remembers how often words occur then.

    In libraries with more than `large` passages, only those with a rare word are scored.
    """

    def __init__(
        self, connection: sqlite3.Connection, frequencies: dict[str, int], *, large: int = LARGE
    ) -> None:
        self._db = connection
        self._frequencies = frequencies
        self._large = large

    def search(
        self,
        words: Sequence[str],
        limit: int,
        scope: Scope = Scope(),
        share: float = 1.0,
        *,
        enough: int = _ENOUGH,
    ) -> list[tuple[str, float]]:
        """Return passages that contain any of the words, best first, with their BM25 score.

        `share` is the share of all passages that lies within the scope (0 to 1). A higher score is
        better; it does not depend on the scope.
        """
        if not words or not share:
            return []
        counting, decisive = self._worth_scoring(words, enough * limit)
        if not scope:
            return self._best(counting, decisive, limit, limit)
        if share >= WIDE:
            read = math.ceil(_SPARE * limit / share)
            if len(best := self._best(counting, decisive, read, limit, scope)) == limit:
                return best
        best = self._best_within(counting, decisive, limit, scope)
        if len(best) < limit and decisive != counting:
            best = self._best_within(counting, counting, limit, scope)
        return best

    def word_counts(self, words: Iterable[str]) -> WordCounts:
        """Return in how many passages each word occurs, in any of its inflections."""
        query = "SELECT count(*) FROM words WHERE words MATCH ?"
        frequencies = self._frequencies
        counts = {}
        for word in words:
            if word not in frequencies:
                frequencies[word] = int(self._db.execute(query, (f'"{word}"',)).fetchone()[0])
            counts[word] = frequencies[word]
        return WordCounts(counts, self.passages())

    def passages(self) -> int:
        """Return how many passages there are."""
        every = ""  # no word, so it is free to stand for all passages
        if every not in self._frequencies:
            total = self._db.execute("SELECT sum(passages) FROM articles").fetchone()[0]
            self._frequencies[every] = int(total or 0)
        return self._frequencies[every]

    def numbers(self) -> set[int]:
        """Return the numbers of all indexed passages."""
        return {row[0] for row in self._db.execute("SELECT rowid FROM words")}

    def contains(self, number: int, words: Sequence[str]) -> bool:
        """Return whether the index finds a passage by all of these words."""
        query = " AND ".join(f'"{word}"' for word in words)
        return not words or bool(
            self._db.execute(
                "SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?", (query, number)
            ).fetchone()
        )

    def add(self, number: int, title: str, body: str) -> None:
        """Index a passage."""
        values = (number, title, body)
        self._db.execute("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", values)

    def remove(self, condition: str, value: str) -> None:
        """Remove the passages of the articles `a` that satisfy a condition, before these go.

        The index keeps no text of its own, so it must be told what to remove.
        """
        self._db.execute(
            f"INSERT INTO words (words, rowid, title, body) SELECT 'delete', {_WORDS}"
            f" WHERE {condition}",
            (value,),
        )

    def rebuild(self) -> None:
        """Index all passages again."""
        self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        self._db.execute(f"INSERT INTO words (rowid, title, body) SELECT {_WORDS}")

    def _best(
        self,
        words: Sequence[str],
        decisive: Sequence[str],
        read: int,
        limit: int,
        scope: Scope = Scope(),
    ) -> list[tuple[str, float]]:
        """Return the best `limit` within a scope of the best `read` passages of all."""
        condition, parameters = within(scope)
        passages = f"{PASSAGES_OF_ARTICLES} AND {condition}" if scope else "passages p"
        # The plus makes SQLite find the passages with a decisive word once, not once for each row.
        rows = self._db.execute(
            f"SELECT p.id, -score FROM (SELECT rowid AS number, {_BM25} AS score FROM words"
            " WHERE words MATCH ? AND +rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
            f" ORDER BY score LIMIT ?) best CROSS JOIN {passages}"
            " WHERE p.number = best.number ORDER BY score, p.id LIMIT ?",
            (_any_of(words), _any_of(decisive), read, *parameters, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def _best_within(
        self, words: Sequence[str], decisive: Sequence[str], limit: int, scope: Scope
    ) -> list[tuple[str, float]]:
        """Return the best passages within a scope, of which alone the scores are computed."""
        condition, parameters = within(scope)
        rows = self._db.execute(
            f"SELECT p.id, -score FROM (SELECT rowid AS number, {_BM25} AS score FROM words"
            " WHERE words MATCH ? AND +rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
            f" AND +rowid IN (SELECT p.number FROM {PASSAGES_OF_ARTICLES} WHERE {condition})"
            " ORDER BY score LIMIT ?) JOIN passages p USING (number) ORDER BY score, p.id",
            (_any_of(words), _any_of(decisive), *parameters, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def _worth_scoring(
        self, words: Sequence[str], enough: int
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Return the words that count for BM25, and those of which a passage must contain one.

        The latter are the rarest: as many as together make up a tenth, and more until at least
        `enough` passages are scored.
        """
        total = self.passages()
        if total <= self._large:
            return words, words
        frequencies: Mapping[str, int] = self.word_counts(words).frequencies
        rarest = sorted((word for word in words if frequencies[word]), key=frequencies.__getitem__)
        counting = [word for word in rarest if frequencies[word] <= total * _COMMON] or rarest
        before = accumulate((frequencies[word] for word in counting), initial=0)
        decisive = [
            word
            for word, scored in zip(counting, before, strict=False)
            if scored < enough or scored + frequencies[word] <= total * _RARE
        ]
        return counting or words, decisive or words


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)
