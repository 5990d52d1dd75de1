"""Words of the full-text index that are spelt like a given one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from rag.store.embedded.schema import PASSAGE_TEXT, PASSAGES_OF_ARTICLES
from rag.text.words import WORD

_ENDING = 3  # letters that a word may have more than its stem, which is what the index holds
_MAX_STEMS = 30  # the most alike of those that are near enough
_MAX_PASSAGES = 3  # that are read to find how a stem is spelt
_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, row)"
_PLACES = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.places USING fts5vocab(main, words, instance)"


def similar_words(db: sqlite3.Connection, word: str, distance: int) -> dict[str, str]:
    """Return how articles write the words within a distance of `word`; see Snapshot.spellings.

    The keys are in lower case. A word that is also written without a capital is no name.
    """
    from rapidfuzz.distance import OSA  # Damerau's distance: two neighbours swapped are one edit

    written: dict[str, str] = {}
    for stem in _similar_stems(db, word, distance):
        for form in _forms(db, stem):
            lower = form.lower()
            if OSA.distance(word, lower) <= distance:
                written[lower] = lower if form == lower else written.get(lower, form)
    return written


def _similar_stems(db: sqlite3.Connection, word: str, distance: int) -> list[str]:
    """Return stems that are like a word or like its beginning, the most alike first.

    Only stems with the same first letter are read: all of them would take too long.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if not word:
        return []
    db.execute(_VOCABULARY)
    rows = db.execute(
        "SELECT term, doc FROM vocabulary WHERE term >= ? AND term < ?"
        " AND length(term) BETWEEN ? AND ?",
        (word[0], chr(ord(word[0]) + 1), len(word) - _ENDING - distance, len(word) + distance),
    )
    frequencies: dict[str, int] = dict(rows.fetchall())
    apart: dict[str, float] = {}
    for cut in range(_ENDING + 1):
        beginning = word[: len(word) - cut]
        near = process.extract(
            beginning, list(frequencies), scorer=OSA.distance, score_cutoff=distance, limit=None
        )
        for stem, edits, _ in near:
            apart[stem] = min(edits + cut / 2, apart.get(stem, len(word)))
    return sorted(apart, key=lambda stem: (apart[stem], -frequencies[stem]))[:_MAX_STEMS]


def _forms(db: sqlite3.Connection, stem: str) -> Iterator[str]:
    """Yield the words of some passages with a stem. Those with this stem are among them."""
    db.execute(_PLACES)
    rows = db.execute(
        f"SELECT a.title || ' ' || {PASSAGE_TEXT} FROM {PASSAGES_OF_ARTICLES} WHERE p.number IN"
        f" (SELECT doc FROM places WHERE term = ? LIMIT {_MAX_PASSAGES})",
        (stem,),
    )
    for (text,) in rows:
        yield from (form for form in WORD.findall(text) if form[0].lower() == stem[0])
