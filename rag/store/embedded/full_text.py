"""Which passages hold which words: SQLite's full-text index, with BM25."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import accumulate

from rag.store.embedded.tables import within
from rag.types import Scope

# A title counts, but less than what the passage itself says.
_BM25 = "bm25(words, 0.5, 1.0)"
_WORDS = (
    'p.number, a.title, substr(a.text, p.start + 1, p."end" - p.start)'
    " FROM passages p JOIN articles a ON p.article_id = a.id"
)
# Among more passages than these, BM25 is computed for fewer: it takes most of a search. Words that
# more than a third have add next to nothing to it, and from one half on a millionth of a point; and
# next to none of the best has only words that together make up more than a tenth.
_LARGE = 10_000
_COMMON, _RARE = 1 / 3, 1 / 10
_ENOUGH = 10  # times as many passages as are wanted
_COUNTED = 10_000  # words whose frequency is remembered
_NO_WORD = ""  # which every passage has


class Frequencies:
    """How often words occur, as long as nothing is written: every question has the common ones."""

    def __init__(self) -> None:
        self._last: tuple[int, dict[str, int]] = (-1, {})

    def of(self, generation: int) -> dict[str, int]:
        """What is known of a generation, to be added to."""
        last = self._last  # other threads may ask about another generation
        if last[0] != generation or len(last[1]) > _COUNTED:
            last = self._last = (generation, {})
        return last[1]


class FullText:
    """The words of every passage, at one moment; `known` is how often some of them occur."""

    def __init__(self, connection: sqlite3.Connection, known: dict[str, int]) -> None:
        self._db = connection
        self._known = known

    def search(
        self, words: Sequence[str], limit: int, scope: Scope = Scope()
    ) -> list[tuple[str, float]]:
        """Passages that hold any of the words, best first, with their BM25 score (higher is better)."""
        if not words:
            return []
        decisive = words
        if (passages := self.count()) > _LARGE:
            frequencies = self.document_frequency(words)
            words, rarest = _worth_scoring(words, frequencies, passages, _ENOUGH * limit)
            decisive = words if scope else rarest
        condition, values = within(scope)
        among = (
            " AND rowid IN (SELECT p.number FROM passages p JOIN articles a ON p.article_id = a.id"
            f" WHERE {condition})"
        )
        # The plus has SQLite go through the passages with those words once, not once for each row.
        rows = self._db.execute(
            f"SELECT p.id, -score FROM (SELECT rowid AS number, {_BM25} AS score FROM words"
            " WHERE words MATCH ? AND +rowid IN (SELECT rowid FROM words WHERE words MATCH ?)"
            f"{among if scope else ''} ORDER BY score LIMIT ?)"
            " JOIN passages p USING (number) ORDER BY score, p.id",
            (_any_of(words), _any_of(decisive), *values, limit),
        )
        return [(row[0], row[1]) for row in rows]

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """In how many passages each word occurs, in any of its inflections."""
        query = "SELECT count(*) FROM words WHERE words MATCH ?"
        return {word: self._counted(word, query, f'"{word}"') for word in words}

    def count(self) -> int:
        """How many passages there are."""
        return self._counted(_NO_WORD, "SELECT count(*) FROM passages")

    def numbers(self) -> set[int]:
        """The numbers of all passages whose words are known."""
        return {row[0] for row in self._db.execute("SELECT rowid FROM words")}

    def holds(self, number: int, words: Sequence[str]) -> bool:
        """Whether all these words are known to be in a passage."""
        query = " AND ".join(f'"{word}"' for word in words)
        return not words or bool(
            self._db.execute(
                "SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?", (query, number)
            ).fetchone()
        )

    def add(self, number: int, title: str, body: str) -> None:
        """Write the words of a passage."""
        values = (number, title, body)
        self._db.execute("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", values)

    def forget(self, condition: str, value: str) -> None:
        """Take out the words of the articles `a` that a condition holds for, while these are there.

        The index has no text of its own, so it is told what to forget.
        """
        self._db.execute(
            f"INSERT INTO words (words, rowid, title, body) SELECT 'delete', {_WORDS}"
            f" WHERE {condition}",
            (value,),
        )

    def rebuild(self) -> None:
        """Write the words of all passages again."""
        self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        self._db.execute(f"INSERT INTO words (rowid, title, body) SELECT {_WORDS}")

    def _counted(self, word: str, query: str, *values: str) -> int:
        if word not in self._known:
            self._known[word] = int(self._db.execute(query, values).fetchone()[0])
        return self._known[word]


def _worth_scoring(
    words: Sequence[str], frequencies: dict[str, int], passages: int, enough: int
) -> tuple[list[str], list[str]]:
    """The words that count for BM25, and those of which a passage has to have one to be scored.

    These are the rarest: as many as together make up a tenth, and more where that is not enough.
    """
    rarest = sorted((word for word in words if frequencies[word]), key=frequencies.__getitem__)
    counting = [word for word in rarest if frequencies[word] <= passages * _COMMON] or rarest
    before = accumulate((frequencies[word] for word in counting), initial=0)
    decisive = [
        word
        for word, held in zip(counting, before, strict=False)
        if held < enough or held + frequencies[word] <= passages * _RARE
    ]
    return counting or list(words), decisive or list(words)


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)
