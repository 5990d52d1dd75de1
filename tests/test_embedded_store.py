"""What is particular to the store on this machine: its full text, vectors and generations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.store.embedded.catalog import Catalog
from rag.store.embedded.full_text import FullText
from rag.store.embedded.generations import Generations
from rag.store.embedded.library import EmbeddedLibrary
from rag.store.embedded.matrix import VectorMatrix
from rag.store.embedded.vectors import VectorIndex
from rag.types import Origin, Scope
from tests.stores import DIMENSION, ENCODER, article, ingest, passages, vector


@pytest.fixture
def library(tmp_path: Path) -> Iterator[EmbeddedLibrary]:
    with closing(EmbeddedLibrary.create(tmp_path / "home", ENCODER)) as library:
        yield library
        assert list(library.problems()) == []


def test_words_are_scored_in_fewer_passages_of_a_large_library(
    library: EmbeddedLibrary, tmp_path: Path
) -> None:
    ingest(
        library,
        *(
            article(
                str(number),
                f"Pier {number} lies on the {'southern' if number % 4 else 'northern'} bank.",
                published=date(2020, 1, 1),
            )
            for number in range(40)
        ),
    )
    with Catalog(tmp_path / "home" / "catalog.sqlite").reading() as connection:
        small, large = FullText(connection, {}), FullText(connection, {}, large=0)

        def found(text: FullText, *words: str, **how: object) -> list[str]:
            return [id_ for id_, _ in text.search(words, 10, **how)]  # type: ignore[arg-type]

        whole = found(small, "northern", "7")
        assert len(whole) == 10
        assert found(large, "northern", "7") == whole  # one passage with the rarest word is too few
        assert found(large, "pier") != []
        assert found(large, "pier", "nowhere") != []
        assert found(large, "nowhere") == []
        assert found(large, "northern", "7", enough=0) == whole[:1]
        everything = Scope(after=date(2019, 1, 1))
        assert found(large, "northern", "7", enough=0, scope=everything) == whole


def test_a_scope_far_from_the_question_is_searched_whole(library: EmbeddedLibrary) -> None:
    far = [article(f"far{n}", f"far {n}", published=date(2025, 1, 1)) for n in range(40)]
    near = [article(f"near{n}", f"near {n}", published=date(2024, 1, 1)) for n in range(500)]
    query = vector("the question")
    with library.update() as update:
        for each in (*far, *near):
            (text,) = update.put(Origin(each.origin, "1"), [(each, passages(each))])
            noise = vector(each.id)
            towards = noise + (3 if each.id.startswith("near") else 0) * query
            update.add_vectors([text.key], (towards / np.linalg.norm(towards))[None, :])
    scope = Scope(after=date(2025, 1, 1))
    with library.snapshot() as snapshot:
        found = snapshot.search(query, [], limit=10, scope=scope)
    exact = sorted(far, key=lambda each: -float(vector(each.id) @ query))[:10]
    assert {candidate.passage_id for candidate in found} == {f"{each.id}:0" for each in exact}


def test_an_index_that_has_grown_finds_what_it_holds(tmp_path: Path) -> None:
    index = VectorIndex.open(tmp_path, create=True, flushes=0.001)
    with closing(index):
        keys = [str(number) for number in range(20)]
        assert index.add(keys[:12], np.array([vector(key) for key in keys[:12]])) == 0
        assert index.add(keys[12:], np.array([vector(key) for key in keys[12:]])) == 12
        batches = list(index.batches(7))
        assert [len(batch) for batch, _ in batches] == [7, 7, 6]
        for key in keys:
            ((nearest, cosine),) = index.search(vector(key), 1)
            assert (nearest, round(cosine, 4)) == (key, 1)
            ((row, _),) = index.nearest_rows(vector(key), np.arange(20), 1)
            assert row == int(key)


def test_a_matrix_finds_the_nearest_of_the_rows_that_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "matrix"
    path.touch()
    matrix = VectorMatrix(path)
    assert matrix.nearest(vector("x"), np.empty(0, dtype=np.int64), 3) == []
    vectors = np.array([vector(str(number)) for number in range(20_000)])
    assert (matrix.append(vectors[:5]), matrix.append(vectors[5:])) == (0, 5)
    assert matrix.read(DIMENSION).shape == (20_000, DIMENSION)
    rows = np.arange(0, 20_000, 2)
    exact = rows[np.argsort(-(vectors[rows] @ vector("x")))][:50]
    found = matrix.nearest(vector("x"), rows, 50)
    assert len(set(exact.tolist()) & {row for row, _ in found}) >= 49
    assert [cosine for _, cosine in found] == sorted((c for _, c in found), reverse=True)
    assert len(matrix.nearest(vector("x"), rows[:3], 50)) == 3


def test_who_opens_one_generation_does_not_keep_others_from_reading(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    for name in ("old", "new"):
        draft = generations.draft(name, after="")
        draft.index.add(["key"], vector(name)[None, :])
        draft.finish()
    entered, go_on = threading.Event(), threading.Event()

    def read_old() -> None:
        with generations.reading("old") as open_vectors:
            entered.set()
            assert go_on.wait(30)
            assert open_vectors().count() == 1

    thread = threading.Thread(target=read_old)
    thread.start()
    assert entered.wait(30)
    with generations.reading("new") as open_vectors:
        assert open_vectors().count() == 1
    generations.sweep(keep="new")
    assert (tmp_path / "old").is_dir(), "somebody is reading it"
    go_on.set()
    thread.join(30)
    generations.sweep(keep="new")
    assert not (tmp_path / "old").exists()
    with pytest.raises(FileNotFoundError), generations.reading("old"):
        pass
    generations.close()


def test_a_failed_update_leaves_no_draft_behind(library: EmbeddedLibrary, tmp_path: Path) -> None:
    ingest(library, article("coast", "The lighthouse."))
    before = sorted(path.name for path in (tmp_path / "home" / "vectors").iterdir())

    def fail() -> None:
        with library.update() as update:
            update.put(Origin("x", "1"), [])
            update.add_vectors(["key"], vector("key")[None, :])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert sorted(path.name for path in (tmp_path / "home" / "vectors").iterdir()) == before


def test_a_vector_that_no_passage_uses_is_dropped(library: EmbeddedLibrary) -> None:
    ingest(library, article("coast", "The lighthouse."), article("tower", "The tower."))
    ingest(library, article("coast", "The old lighthouse."))
    with library.update() as update:
        update.remove("file:///tower")
    # `problems`, which every test here asks, would name a vector without a passage.
    with library.snapshot() as snapshot:
        assert len(snapshot.search(vector("x"), [], limit=10)) == 1
