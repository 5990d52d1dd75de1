"""Embedding during an ingest: in step with reading, without a lock, and all or nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from ingest.embedding import Batch, ThreadEmbedder, embed
from ingest.inputs.sources import discover
from ingest.sync import Report, sync
from rag.encoders.protocols import Vectors
from rag.errors import LibraryBusyError, StoreError
from rag.store.library import Library, Unembedded
from tests import stores
from tests.encoders import WordEncoder
from tests.libraries import create, home_of, open_library

Write = Callable[[str, str | bytes], Path]
Ingest = Callable[..., Report]

COAST = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson."
TOWER = "The water tower of Mannheim was finished in 1889 and is 60 meters high."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(create(tmp_path / "library", WordEncoder())) as library:
        yield library
        assert list(library.problems()) == []


@pytest.fixture
def folder(write: Write) -> Path:
    """Twenty files, each with a text of its own."""
    for number in range(20):
        path = write(f"{number:02}.txt", f"Article {number}.\n\n{COAST} It has number {number}.")
    return path.parent


@pytest.fixture
def ingest(library: Library) -> Ingest:
    def ingest(folder: Path, encoder: WordEncoder | None = None, **options: object) -> Report:
        return sync(library, discover([folder]), encoder or WordEncoder(), **options)  # type: ignore[arg-type]

    return ingest


def texts(count: int, prefix: str = "text") -> list[Unembedded]:
    return [Unembedded(f"{prefix} {number}", f"{prefix} {number}") for number in range(count)]


def titles(library: Library) -> set[str]:
    with library.snapshot() as snapshot:
        return {entry.title for entry in snapshot.listing()}


def generations(library: Library) -> list[str]:
    return sorted(path.name for path in (home_of(library) / "vectors").glob("*/"))


def embedding_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("embedding")]


@contextmanager
def unchanged(library: Library) -> Iterator[None]:
    """What happens inside changes nothing, and leaves no draft and no thread behind."""
    before = library.version(), titles(library), generations(library)
    yield
    assert (library.version(), titles(library), generations(library)) == before
    assert embedding_threads() == []
    assert not library.is_being_written()


class FailingEncoder(WordEncoder):
    """Embeds `good` batches, then raises."""

    def __init__(self, good: int, error: BaseException) -> None:
        super().__init__()
        self._good = good
        self._error = error

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self.batches) == self._good:
            raise self._error
        return super().embed(texts)


class InterruptedEmbedder:
    """Embeds one batch; while the update adds it, the user presses Ctrl-C."""

    def map(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Vectors]]:
        yield from ThreadEmbedder(WordEncoder()).map([next(iter(batches))])
        raise KeyboardInterrupt


class BlockedEmbedder(stores.Embedder):
    """Waits in the middle of an ingest until it may `go_on`."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def map(
        self, batches: Iterable[Sequence[Unembedded]]
    ) -> Iterator[tuple[Sequence[Unembedded], Vectors]]:
        for number, embedded in enumerate(super().map(batches)):
            yield embedded
            if number == 0:
                self.reached.set()
                assert self.go_on.wait(30)


@pytest.mark.parametrize(("reading", "embedding"), [(0.01, 0), (0, 0.01), (0, 0)])
def test_batches_return_in_order_with_their_vectors_whoever_is_slower(
    reading: float, embedding: float
) -> None:
    batches = [texts(3, f"batch {number}") for number in range(12)]

    def read() -> Iterator[Batch]:
        for batch in batches:
            time.sleep(reading)
            yield batch

    results = list(ThreadEmbedder(WordEncoder(embedding)).map(read()))
    assert [batch for batch, _ in results] == batches
    for batch, vectors in results:
        assert np.array_equal(vectors, [stores.vector(each.text) for each in batch])
    assert embedding_threads() == []


def test_reading_never_runs_far_ahead_of_embedding() -> None:
    encoder = WordEncoder(0.005)
    ahead: list[int] = []

    def read() -> Iterator[Batch]:
        for number in range(30):
            ahead.append(number - len(encoder.batches))
            yield texts(1, f"batch {number}")

    list(ThreadEmbedder(encoder, threads=2).map(read()))
    assert max(ahead) <= 2


@pytest.mark.parametrize("error", [StoreError("it broke"), MemoryError(), KeyboardInterrupt()])
def test_an_encoder_that_fails_ends_the_embedding_and_its_threads(error: BaseException) -> None:
    encoder = FailingEncoder(3, error)
    with pytest.raises(type(error)):
        list(ThreadEmbedder(encoder, threads=1).map(texts(1, f"batch {n}") for n in range(99)))
    assert len(encoder.batches) == 3
    assert embedding_threads() == []


def test_a_reader_that_fails_ends_the_embedding_and_its_threads() -> None:
    def read() -> Iterator[Batch]:
        yield from (texts(1, "one"), texts(1, "two"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(ThreadEmbedder(WordEncoder(0.01)).map(read()))
    assert embedding_threads() == []


def test_embedding_that_is_given_up_halfway_leaves_no_thread() -> None:
    encoder = WordEncoder(0.01)
    results = ThreadEmbedder(encoder).map(texts(1, f"batch {number}") for number in range(99))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert embedding_threads() == []
    assert len(encoder.batches) < 10


def test_texts_are_embedded_in_batches_of_an_efficient_size(library: Library) -> None:
    embedder = SizedEmbedder()
    of_origins = [texts(2, "first"), [], *(texts(10, f"origin {n}") for n in range(60))]
    of_origins.append(texts(1_300, "large"))
    everything = [unembedded.text for origin in of_origins for unembedded in origin]
    with library.update() as update:
        assert embed(update, iter(of_origins), embedder) == len(everything)
    assert embedder.texts == everything
    assert embedder.sizes[0] == 2, "the first is embedded at once"
    assert all(128 <= size <= 512 for size in embedder.sizes[1:-1])


class SizedEmbedder(stores.Embedder):
    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def map(
        self, batches: Iterable[Sequence[Unembedded]]
    ) -> Iterator[tuple[Sequence[Unembedded], Vectors]]:
        for batch, vectors in super().map(batches):
            self.sizes.append(len(batch))
            yield batch, vectors


def test_nothing_to_embed_embeds_nothing(library: Library) -> None:
    encoder = WordEncoder()
    with library.update() as update:
        assert embed(update, [], ThreadEmbedder(encoder)) == 0
        assert embed(update, [[], []], ThreadEmbedder(encoder)) == 0
    assert encoder.batches == []


def test_a_file_that_fails_in_the_middle_does_not_stop_the_others(
    library: Library, ingest: Ingest, folder: Path, write: Write
) -> None:
    write("10.txt", b"\x00\x01\x02" * 99)
    write("11.md", "---\ntitle: [\n---\nNo front matter that can be read.")
    report = ingest(folder)
    assert (report.added, report.articles, report.embedded) == (19, 19, 19)
    assert [Path(failure.path).name for failure in report.failures] == ["10.txt", "11.md"]
    assert len(titles(library)) == 19


def test_a_file_that_vanishes_while_others_are_read_is_reported(
    library: Library, ingest: Ingest, folder: Path
) -> None:
    def delete_last(done: int, total: int) -> None:
        (folder / "19.txt").unlink(missing_ok=True)

    report = ingest(folder, progress=delete_last)
    assert (report.added, report.articles) == (19, 19)
    assert [failure.reason for failure in report.failures] == ["No such file or directory"]


@pytest.mark.parametrize("good", [0, 1])
def test_a_model_that_fails_leaves_the_library_as_it_was(
    library: Library, ingest: Ingest, folder: Path, write: Write, good: int
) -> None:
    ingest(write("../others/tower.txt", TOWER).parent)
    with unchanged(library), pytest.raises(RuntimeError):
        ingest(folder, FailingEncoder(good, RuntimeError("the model broke")))
    assert ingest(folder).added == 20, "the next run does it all"


def test_ctrl_c_while_vectors_are_added_leaves_the_library_as_it_was(
    library: Library, ingest: Ingest, folder: Path, write: Write
) -> None:
    ingest(write("../others/tower.txt", TOWER).parent)
    with unchanged(library), pytest.raises(KeyboardInterrupt):
        ingest(folder, embedder=InterruptedEmbedder())
    assert ingest(folder).added == 20


@pytest.mark.parametrize("at", [0, 10, 20])
def test_ctrl_c_while_files_are_read_leaves_the_library_as_it_was(
    library: Library, ingest: Ingest, folder: Path, write: Write, at: int
) -> None:
    ingest(write("../others/tower.txt", TOWER).parent)

    def interrupt(done: int, total: int) -> None:
        assert total == 20
        if done == at:
            raise KeyboardInterrupt

    with unchanged(library), pytest.raises(KeyboardInterrupt):
        ingest(folder, progress=interrupt)
    assert ingest(folder).added == 20


@pytest.mark.parametrize(("reading", "embedding"), [(0.01, 0), (0, 0.01)])
def test_a_run_ends_well_whether_reading_or_embedding_is_slower(
    library: Library, ingest: Ingest, folder: Path, reading: float, embedding: float
) -> None:
    report = ingest(folder, WordEncoder(embedding), progress=lambda *_: time.sleep(reading))
    assert (report.added, report.articles, report.embedded) == (20, 20, 20)


def test_the_same_text_is_embedded_once_in_a_run(
    library: Library, ingest: Ingest, write: Write
) -> None:
    folder = write("one.md", f"---\ntitle: Coast\n---\n{COAST}").parent
    write("two.md", f"---\ntitle: Coast\nsource: TDI\n---\n{COAST}")
    records = [{"id": number, "title": "Coast", "text": COAST} for number in range(3)]
    write("records.jsonl", "\n".join(map(json.dumps, records)))
    encoder = WordEncoder()
    report = ingest(folder, encoder)
    assert (report.articles, report.embedded) == (5, 1)
    assert encoder.texts == [f"Coast\n{COAST}"]
    with library.snapshot() as snapshot:
        assert len(snapshot.search(stores.vector(f"Coast\n{COAST}"), [], limit=10)) == 5


def test_a_text_whose_file_is_replaced_in_the_same_run_is_not_embedded_again(
    library: Library, ingest: Ingest, write: Write
) -> None:
    write("one.md", f"---\ntitle: Coast\n---\n{COAST}")
    folder = write("two.md", f"---\ntitle: Tower\n---\n{TOWER}").parent
    ingest(folder)
    write("one.md", f"---\ntitle: Tower\n---\n{TOWER}")
    write("two.md", f"---\ntitle: Coast\n---\n{COAST}")
    report = ingest(folder)
    assert (report.changed, report.articles, report.embedded) == (2, 2, 0)


def test_a_folder_whose_files_moved_embeds_nothing(
    library: Library, ingest: Ingest, folder: Path
) -> None:
    ingest(folder)
    moved = folder / "moved"
    moved.mkdir()
    for path in list(folder.glob("*.txt")):
        path.rename(moved / path.name)
    encoder = WordEncoder()
    report = ingest(folder, encoder)
    assert (report.added, report.removed, report.articles, report.embedded) == (20, 20, 20, 0)
    assert encoder.batches == []


def test_an_article_that_was_removed_by_hand_is_not_embedded_again(
    library: Library, ingest: Ingest, write: Write
) -> None:
    records = [
        {"id": n, "title": title, "text": f"{title}. {COAST}"} for n, title in enumerate("ABC")
    ]
    folder = write("records.jsonl", "\n".join(map(json.dumps, records))).parent
    ingest(folder)
    with library.snapshot() as snapshot:
        (removed,) = (entry for entry in snapshot.listing() if entry.title == "B")
    with library.update() as update:
        update.remove_article(removed.id)
    new = {"id": 9, "title": "D", "text": f"D. {TOWER}"}
    write("records.jsonl", "\n".join(map(json.dumps, [*records, new])))
    encoder = WordEncoder()
    report = ingest(folder, encoder)
    assert (report.changed, report.articles, report.left_out) == (1, 3, 1)
    assert encoder.texts == [f"D\nD. {TOWER}"]
    assert titles(library) == {"A", "C", "D"}


def test_a_run_that_waited_for_another_does_not_repeat_its_work(
    library: Library, ingest: Ingest, folder: Path
) -> None:
    embedder = BlockedEmbedder()
    reports: list[Report] = []
    first = threading.Thread(target=lambda: reports.append(ingest(folder, embedder=embedder)))
    first.start()
    assert embedder.reached.wait(30)
    encoder = WordEncoder()
    second = threading.Thread(target=lambda: reports.append(ingest(folder, encoder, wait=True)))
    second.start()
    time.sleep(0.2)
    embedder.go_on.set()
    first.join(30)
    second.join(30)
    assert [(report.added, report.unchanged) for report in reports] == [(20, 0), (0, 20)]
    assert encoder.batches == []


def test_an_ingest_does_not_hold_a_write_transaction_open_while_it_embeds(
    library: Library, ingest: Ingest, folder: Path, write: Write
) -> None:
    ingest(write("../others/tower.txt", TOWER).parent)
    before = library.version(), titles(library)
    embedder = BlockedEmbedder()
    run = threading.Thread(target=ingest, args=(folder,), kwargs={"embedder": embedder})
    run.start()
    try:
        assert embedder.reached.wait(30)
        assert library.is_being_written()
        catalog = home_of(library) / "catalog.sqlite"
        with closing(sqlite3.connect(catalog, timeout=0, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE library SET generation = generation")
            connection.execute("COMMIT")
        library.add_feedback({"question": "Who?"})
        assert len(library.feedback()) == 1
        with closing(open_library(home_of(library), WordEncoder())) as other:
            assert (other.version(), titles(other)) == before
            with other.snapshot() as snapshot:
                assert snapshot.search(stores.vector("x"), ["tower"], limit=5)
            with pytest.raises(LibraryBusyError), other.update():
                pass
    finally:
        embedder.go_on.set()
        run.join(30)
    assert len(titles(library)) == 21


def test_memory_does_not_grow_with_the_number_of_articles(
    library: Library, ingest: Ingest, write: Write
) -> None:
    """The texts of a run lie on disk until it ends; only a few are in memory at a time."""

    sentence = " ".join(["pneumonoultramicroscopic"] * 80) + ". "

    def ingest_many(count: int) -> None:
        for number in range(count):
            text = f"Number {number} of {count}. {sentence * 25}"
            folder = write(f"../{count}/{number}.txt", text).parent
        assert ingest(folder).articles == count

    def peak(count: int) -> int:
        tracemalloc.start()
        ingest_many(count)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    ingest_many(3)  # what is imported at the first run does not count
    few, many = peak(8), peak(28)
    assert many - few < 20 * 50_000 / 2, "the texts of 20 articles have 1 MB"
