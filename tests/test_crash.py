"""Kills, full disks and damage: the library is unchanged, or it reports what is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evals import crash
from ingest.inputs.sources import discover
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.errors import StoreError
from rag.settings import Settings
from rag.store.embedded.catalog import Catalog
from rag.store.embedded.vectors import VectorIndex
from rag.store.library import Library
from tests.conftest import SEEDS
from tests.libraries import create, embedder, open_library, over, sync

Write = Callable[[str, str | bytes], Path]

COAST = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson."
QUESTION = "Who built the lighthouse at Cape Wrath?"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 2 MB; skip where that is impossible."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_library_before_or_after(
    encoder: SentenceTransformerEncoder,
) -> None:
    outcome = crash.run(3, seed=7, real=encoder, on_progress=lambda _: None)
    assert outcome["before"] + outcome["after"] == 3


def test_a_full_disk_is_an_error_and_changes_nothing(
    small_disk: Path, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    library = create(small_disk / "library", encoder)
    path = write("coast.txt", COAST)
    sync(library, discover([path]))
    for number in range(15):
        text = " ".join(f"Word{number}x{n} stands here." for n in range(1_000))
        write(f"many/{number}.txt", text)
    with pytest.raises(StoreError) as caught:
        sync(library, discover([path.parent]))
    assert "\n" not in str(caught.value)
    with over(library, Settings()) as qa:
        assert COAST in qa.ask(QUESTION).text
    assert list(library.problems()) == []
    shutil.rmtree(path.parent / "many")
    assert sync(library, discover([path.parent])).unchanged == 1


@pytest.mark.parametrize(
    ("name", "keep"),
    [("chroma.sqlite3", 0.5), ("data_level0.bin", 0.98), ("length.bin", 0.0)],
)
def test_truncated_vectors_are_reported_and_rebuilt(
    seeds_home: Path, tmp_path: Path, encoder: SentenceTransformerEncoder, name: str, keep: float
) -> None:
    home = shutil.copytree(seeds_home, tmp_path / "copy")
    (file,) = (home / "vectors").rglob(name)
    os.truncate(file, int(file.stat().st_size * keep))
    library = open_library(home, encoder)
    (problem,) = library.problems()
    assert "article-qa rebuild" in problem
    with pytest.raises(StoreError, match="article-qa rebuild"):
        over(library).ask("Who condemned the missile launch?")
    assert library.rebuild(embedder()) == 34
    assert list(library.problems()) == []
    with over(library, Settings()) as qa:
        assert qa.ask("Who condemned the missile launch?").citations


def test_check_reports_damage_from_outside(
    seeds_home: Path, tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    home = shutil.copytree(seeds_home, tmp_path / "copy")
    library = open_library(home, encoder)
    assert list(library.problems()) == []
    (generation,) = (home / "vectors").glob("*/")
    with closing(VectorIndex.open(generation)) as index:
        index.delete([next(iter(library_keys(library)))])
        index.add(["stray"], encoder.embed(["nobody wrote this"]))
    problems = list(library.problems())
    assert "1 passage has no vector" in problems
    assert "1 vector belongs to no passage" in problems
    with Catalog(home / "catalog.sqlite").writing() as connection:
        connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
    assert any("not found by its words" in problem for problem in library.problems())
    library.rebuild(embedder())
    assert list(library.problems()) == []


def library_keys(library: Library) -> set[str]:
    with library.snapshot() as snapshot:
        return {
            passage.passage.key
            for entry in snapshot.listing()
            for passage in snapshot.passages_of(entry.id)
        }


def test_an_interrupted_run_changes_nothing(library: Library, write: Write) -> None:
    folder = write("coast.txt", COAST).parent
    sync(library, discover([folder]))
    write("tower.txt", "The water tower of Mannheim was finished in 1889.")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync(library, discover([folder]), progress=interrupt)
    assert list(library.problems()) == []
    with library.snapshot() as snapshot:
        assert len(snapshot.listing()) == 1
    assert sync(library, discover([folder])).added == 1


def test_the_seeds_are_whole(seeds_home: Path, encoder: SentenceTransformerEncoder) -> None:
    library = open_library(seeds_home, encoder)
    assert list(library.problems()) == []
    assert sync(library, discover([SEEDS])).unchanged == 17
