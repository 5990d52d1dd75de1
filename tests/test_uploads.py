"""Uploads: files under hostile names, pages, samples, removals, and one run at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest.inputs.sources import Failure, discover
from ingest.inputs.uploads import Upload, plain_name
from ingest.runs import Outcome
from ingest.sync import Report
from ingest.uploads import UploadService
from rag.encoders.protocols import Vectors
from rag.errors import IngestError, LibraryBusyError
from rag.store.library import Library
from rag.types import Entry
from tests.conftest import ROOT
from tests.encoders import WordEncoder
from tests.libraries import embedder, home_of, shared_encoder, sync

COAST = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson."
TOWER = "The water tower of Mannheim was finished in 1889 and is 60 meters high."
RECORDS = f"""{{"id": 1, "title": "One", "text": "{COAST}"}}
{{"id": 2, "title": "Two", "text": "{TOWER}"}}"""

Hand = Callable[[str, str | bytes], Upload]
Write = Callable[[str, str | bytes], Path]
Remove = Callable[[str], None]


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    """A file as a browser hands it in: it lies somewhere, under some name."""
    number = iter(range(1000))

    def hand(name: str, content: str | bytes) -> Upload:
        path = tmp_path / f"received-{next(number)}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Upload(name, path.stat().st_size, path)

    return hand


@pytest.fixture
def remove(library: Library) -> Remove:
    """Remove an article by its title, as in the corpus tab."""

    def remove(title: str) -> None:
        (entry,) = entries(library, title)
        assert service_of(library).remove(entry.id) == entry

    return remove


def service_of(library: Library, **options: Any) -> UploadService:
    return UploadService(library, shared_encoder(), **options)


def entries(library: Library, title: str) -> list[Entry]:
    with library.snapshot() as snapshot:
        return [entry for entry in snapshot.listing() if entry.title == title]


def outcome(service: UploadService) -> Outcome:
    while service.state().is_running:
        time.sleep(0.01)
    run = service.state().run
    assert run is not None
    assert run.outcome is not None, run.problem
    return run.outcome


def kept(library: Library) -> list[str]:
    return sorted(path.name for path in (home_of(library) / "uploads").iterdir())


def titles(library: Library) -> list[str]:
    with library.snapshot() as snapshot:
        return [entry.title for entry in snapshot.listing(order="title", descending=False)]


def test_files_are_added_changed_and_left_as_they_are(library: Library, hand: Hand) -> None:
    service = service_of(library)
    service.add([hand("coast.txt", COAST), hand("tower.txt", TOWER)])
    assert outcome(service).added == ("coast.txt", "tower.txt")
    service.add(
        [hand("coast.txt", COAST), hand("tower.txt", TOWER + " It stands."), hand("x.md", "")]
    )
    done = outcome(service)
    assert (done.added, done.changed, done.unchanged) == ((), ("tower.txt",), ("coast.txt",))
    assert [failure.path for failure in done.failures] == ["x.md"]
    assert done.summary == "1 file changed, 1 unchanged, 1 failed; 1 article read"
    assert kept(library) == ["coast.txt", "tower.txt"]
    assert (home_of(library) / "uploads" / "tower.txt").read_text() == TOWER + " It stands."
    with library.snapshot() as snapshot:
        assert {entry.url for entry in snapshot.listing()} == {"coast.txt", "tower.txt"}
    again = sync(library, discover([home_of(library) / "uploads"]))
    assert (again.unchanged, again.added, again.changed) == (2, 0, 0)


@pytest.mark.parametrize(
    ("outcome", "summary"),
    [
        (Outcome(("a.txt",), (), (), (), 1), "1 file added; 1 article read"),
        (Outcome((), ("a.csv", "b.csv"), ("c.txt",), (), 2_955), "2 files changed, 1 unchanged; 2,955 articles read"),
        (Outcome((), (), ("a.txt",), (Failure("b.exe", "unsupported"),)), "1 file unchanged, 1 failed"),
        (Outcome((), (), (), (Failure("b.exe", "unsupported"),)), "1 failed"),
        (Outcome(("https://a.example/1", "https://a.example/2"), (), (), (), 2), "2 pages added; 2 articles read"),
        (Outcome((), (), (), ()), "Nothing was found there"),
    ],
)  # fmt: skip
def test_an_outcome_is_told_in_files_and_articles(outcome: Outcome, summary: str) -> None:
    assert outcome.summary == summary


def test_a_run_that_fails_unexpectedly_ends_with_a_line_for_the_visitor(
    library: Library, hand: Hand
) -> None:
    class Broken(WordEncoder):
        name = shared_encoder().name

        def embed(self, texts: Sequence[str]) -> Vectors:
            raise RuntimeError("a secret of the server")

    service = UploadService(library, Broken())
    service.add([hand("coast.txt", COAST)])
    while service.state().is_running:
        time.sleep(0.01)
    run = service.state().run
    assert run is not None
    assert run.problem == "the ingest failed unexpectedly; see the server’s log"
    assert (titles(library), kept(library)) == ([], [])
    again = service_of(library)
    again.add([hand("coast.txt", COAST)])
    assert outcome(again).added == ("coast.txt",)


def test_strangers_change_nothing(library: Library, hand: Hand) -> None:
    closed = service_of(library, is_closed=True)
    for change in (
        lambda: closed.add([hand("coast.txt", COAST)]),
        lambda: closed.add([], ["https://example.org/"]),
        closed.add_samples,
        lambda: closed.remove("any"),
    ):
        with pytest.raises(IngestError, match="open to everyone"):
            change()
    assert not home_of(library).joinpath("uploads").exists()


def test_a_broken_file_does_not_take_the_place_of_a_good_one(library: Library, hand: Hand) -> None:
    service = service_of(library)
    service.add([hand("coast.txt", COAST)])
    outcome(service)
    service.add([hand("coast.txt", b"\x00\x01\x02" * 99)])
    (failure,) = outcome(service).failures
    assert failure.path == "coast.txt"
    assert (home_of(library) / "uploads" / "coast.txt").read_text() == COAST
    assert titles(library) == [COAST]


@pytest.mark.parametrize(
    ("claimed", "name"),
    [
        ("../../etc/cron.txt", "cron.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("/etc/passwd.txt", "passwd.txt"),
        (".hidden.txt", "hidden.txt"),
        ("two\nlines\x00.txt", "twolines.txt"),
        ("evil\u202etxt.md", "eviltxt.md"),
        ("Zürich news.txt", "Zürich news.txt"),
        ("../..", ""),
        ("...", ""),
        ("", ""),
        ("é" * 300 + ".txt", "é" * 98 + ".txt"),
    ],
)
def test_a_name_leads_nowhere_else(claimed: str, name: str) -> None:
    assert plain_name(claimed) == name


def test_hostile_files_are_refused_with_reasons_and_nothing_is_written_elsewhere(
    library: Library, hand: Hand
) -> None:
    before = {path for path in home_of(library).parent.rglob("*") if path.is_file()}
    service = service_of(library, limit=1)
    handed = [
        hand("../../out.txt", COAST),
        hand("out.txt", TOWER),
        hand("..", COAST),
        hand("program.exe", b"MZ"),
        hand("big.txt", b"a " * 600_000),
        Upload("vast.txt", 5_000_000),
        Upload("lost.txt", 10),
    ]
    service.add(handed)
    done = outcome(service)
    assert done.added == ("out.txt",)
    reasons = {failure.path: failure.reason for failure in done.failures}
    assert reasons["out.txt"] == "another file with this name was uploaded with it"
    assert reasons[".."] == "the file name cannot be used"
    assert reasons["program.exe"].startswith("unsupported format; supported: .txt,")
    assert reasons["big.txt"] == "the file has 1.2 MB; the limit is 1 MB"
    assert reasons["vast.txt"] == "the file has 5.0 MB; the limit is 1 MB"
    assert reasons["lost.txt"] == "the upload failed; try again"
    after = {path for path in home_of(library).parent.rglob("*") if path.is_file()}
    new = {path for path in after - before if "received" not in path.name}
    outside = {path for path in new if not path.is_relative_to(home_of(library))}
    assert not outside
    assert kept(library) == ["out.txt"]


def test_more_than_all_uploads_may_have_together_is_refused_before_it_is_kept(
    library: Library, hand: Hand, remove: Remove
) -> None:
    service = service_of(library, total=1)

    def file(name: str, says: str) -> Upload:
        return hand(name, f'{{"text": "{says}"}}'.ljust(450_000))

    service.add([file("one.json", "One."), file("two.json", "Two."), file("three.json", "Three.")])
    done = outcome(service)
    assert done.added == ("one.json", "two.json")
    (failure,) = done.failures
    assert failure.path == "three.json"
    assert "the uploaded files may have 1 MB in total; remove uploaded articles" in failure.reason
    assert "ARTICLE_QA_UPLOAD_TOTAL" in failure.reason
    service.add([file("one.json", "One more."), hand("coast.txt", COAST)])
    assert outcome(service).changed == ("one.json",), "what it replaces does not count"
    service.add([file("three.json", "Three.")])
    assert outcome(service).failures
    assert kept(library) == ["coast.txt", "one.json", "two.json"]
    remove("One more.")
    service.add([file("three.json", "Three.")])
    assert outcome(service).added == ("three.json",)
    assert kept(library) == ["coast.txt", "three.json", "two.json"]


def test_what_a_killed_process_left_is_swept_and_what_another_is_using_is_not(
    library: Library, hand: Hand
) -> None:
    use = (
        "import sys, time; from rag.store.embedded.library import EmbeddedLibrary\n"
        "from pathlib import Path\n"
        "library = EmbeddedLibrary.open(Path(sys.argv[1]), sys.argv[2])\n"
        "with library.uploads.staging() as folder:\n"
        "    (folder / 'half.txt').write_text('half'); print(folder, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", use, str(home_of(library)), shared_encoder().name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        service = service_of(library)
        service.add([hand("coast.txt", COAST)])
        while not (run := service.state().run) or not run.is_over:
            time.sleep(0.01)
        assert "an ingest is already running" in run.problem
        assert (folder / "half.txt").exists()
        process.kill()
    assert (folder / "half.txt").exists()
    service.add([hand("coast.txt", COAST)])
    assert outcome(service).added == ("coast.txt",)
    assert kept(library) == ["coast.txt"]


def test_a_page_of_a_private_network_is_not_fetched(library: Library) -> None:
    asked: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    site = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    service = service_of(library)
    service.add([], [f"http://127.0.0.1:{site.server_port}/secret", "file:///etc/passwd"])
    failures = outcome(service).failures
    site.shutdown()
    assert "127.0.0.1 is no address of the public internet" in failures[0].reason
    assert failures[1].reason == "only addresses with http and https are read"
    assert asked == []


def test_one_run_at_a_time_here_and_elsewhere(library: Library, hand: Hand) -> None:
    service = service_of(library)
    with library.update():
        assert service.state().is_busy_elsewhere
        with pytest.raises(LibraryBusyError, match="an ingest is already running"):
            service.add([hand("coast.txt", COAST)])
    assert not service.state().is_busy_elsewhere
    with pytest.raises(IngestError, match="name a file or an address"):
        service.add([])
    with pytest.raises(IngestError, match="up to 50 at a time"):
        service.add([], ["http://x.example"] * 51)


def test_a_removed_article_is_gone_until_its_file_comes_again(library: Library, hand: Hand) -> None:
    service = service_of(library)
    service.add([hand("records.jsonl", RECORDS), hand("coast.txt", COAST)])
    outcome(service)

    def remove(title: str) -> None:
        (entry,) = entries(library, title)
        assert service.remove(entry.id) == entry
        assert service.remove(entry.id) is None
        assert list(library.problems()) == []

    remove(COAST)
    assert titles(library) == ["One", "Two"]
    assert kept(library) == ["records.jsonl"]
    remove("One")
    assert titles(library) == ["Two"]
    assert kept(library) == ["records.jsonl"]
    service.add([hand("records.jsonl", RECORDS)])
    assert outcome(service).changed == ("records.jsonl",)
    assert titles(library) == ["One", "Two"]
    assert list(library.problems()) == []


def test_what_was_removed_stays_out_of_the_next_ingests_of_its_folder(
    library: Library, write: Write, remove: Remove
) -> None:
    folder = write("coast.txt", COAST).parent
    write("tower.txt", TOWER)
    sync(library, discover([folder]))
    remove(COAST)
    before = library.version()
    for _ in range(2):
        again = sync(library, discover([folder]))
        assert (again.added, again.changed, again.unchanged, again.left_out) == (0, 0, 2, 1)
    assert library.version() == before, "nothing is written"
    write("third.txt", "A third article makes the library be written.")
    assert sync(library, discover([folder])).left_out == 1
    assert COAST not in titles(library)
    library.rebuild(embedder())
    assert sync(library, discover([folder])).left_out == 1
    assert list(library.problems()) == []


def test_what_was_removed_comes_back_when_its_file_has_changed(
    library: Library, write: Write, remove: Remove
) -> None:
    folder = write("coast.md", f"---\ndate: 2020-01-01\ntitle: Coast\n---\n{COAST}").parent
    sync(library, discover([folder]))
    remove("Coast")
    write("coast.md", f"---\ndate: 2020-01-02\ntitle: Coast\n---\n{COAST}")
    again = sync(library, discover([folder]))
    assert (again.changed, again.left_out) == (1, 0)
    assert titles(library) == ["Coast"]
    assert sync(library, discover([folder])).left_out == 0
    assert list(library.problems()) == []


def test_what_was_removed_comes_back_when_its_file_is_named_itself(
    library: Library, write: Write, remove: Remove
) -> None:
    path = write("coast.txt", COAST)
    write("tower.txt", TOWER)
    sync(library, discover([path.parent]))
    remove(COAST)
    remove(TOWER)
    again = sync(library, discover([path.parent, path]))
    assert (again.changed, again.unchanged, again.left_out) == (1, 1, 1)
    assert titles(library) == [COAST]
    assert sync(library, discover([path])).unchanged == 1
    assert list(library.problems()) == []


def test_of_a_file_of_many_articles_the_removed_one_alone_stays_out(
    library: Library, write: Write, remove: Remove
) -> None:
    # Nothing but its place tells one record from another here, and each run moves it.
    records = [f"{title},2021-01-01,{COAST}" for title in ("One", "Two", "Two", "Three")]

    def ingest(*rows: str) -> Report:
        path = write("records.csv", "\n".join(["title,date,text", *rows]))
        return sync(library, discover([path.parent]))

    def remove_first(title: str) -> None:
        assert service_of(library).remove(entries(library, title)[0].id)

    ingest(*records)
    remove("One")
    remove_first("Two")
    new = f"New,2021-01-02,{TOWER}"
    again = ingest(new, *records)
    assert (again.changed, again.left_out) == (1, 2)
    assert titles(library) == ["New", "Three", "Two"]
    assert ingest(*records).left_out == 2
    assert titles(library) == ["Three", "Two"]
    changed = records[0].replace("2021", "2022")
    assert ingest(changed, *records[1:]).left_out == 1
    assert titles(library) == ["One", "Three", "Two"]
    assert list(library.problems()) == []


def test_a_file_that_vanished_is_forgotten_with_what_was_removed_of_it(
    library: Library, write: Write, remove: Remove
) -> None:
    path = write("coast.txt", COAST)
    write("tower.txt", TOWER)
    sync(library, discover([path.parent]))
    remove(COAST)
    path.unlink()
    kept = sync(library, discover([path.parent]), keep_missing=True)
    assert (kept.removed, kept.left_out) == (0, 0)
    gone = sync(library, discover([path.parent]))
    assert (gone.removed, gone.left_out) == (1, 0)
    write("coast.txt", COAST)
    assert sync(library, discover([path.parent])).added == 1
    assert titles(library) == [COAST, TOWER]


def test_an_upload_that_is_removed_comes_back_when_it_is_handed_in_again(
    library: Library, hand: Hand, remove: Remove
) -> None:
    service = service_of(library)
    service.add([hand("coast.txt", COAST), hand("records.jsonl", RECORDS)])
    outcome(service)
    remove("One")
    again = sync(library, discover([home_of(library) / "uploads"]))
    assert (again.unchanged, again.left_out) == (2, 1)
    remove(COAST)
    service.add([hand("coast.txt", COAST), hand("records.jsonl", RECORDS)])
    done = outcome(service)
    assert (done.added, done.changed) == (("coast.txt",), ("records.jsonl",))
    assert titles(library) == ["One", COAST, "Two"]
    assert kept(library) == ["coast.txt", "records.jsonl"]


def test_samples_that_were_removed_come_back_when_they_are_asked_for(
    library: Library, write: Write, remove: Remove
) -> None:
    service = service_of(library)
    service.samples = write("coast.txt", COAST).parent
    service.add_samples()
    outcome(service)
    remove(COAST)
    assert titles(library) == []
    service.add_samples()
    assert outcome(service).changed == ("coast.txt",)
    assert titles(library) == [COAST]


def test_a_removal_that_fails_is_not_remembered(library: Library, write: Write) -> None:
    path = write("coast.txt", COAST)
    sync(library, discover([path]))
    with library.snapshot() as snapshot:
        (entry,) = snapshot.listing()

    def interrupted() -> None:
        with library.update() as update:
            update.remove_article(entry.id)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert titles(library) == [COAST]
    assert sync(library, discover([path.parent])).left_out == 0
    assert list(library.problems()) == []


def test_the_list_is_sorted_filtered_and_given_in_parts(library: Library, hand: Hand) -> None:
    articles = [
        ("Älpine huts", "Zeit", "2021-05-01"),
        ("alps in snow", "NZZ", "2023-01-01"),
        ("Boats", "", ""),
    ]
    files = [
        hand(f"{number}.md", f"---\ntitle: {title}\nsource: {source}\ndate: {day}\n---\n{COAST}")
        for number, (title, source, day) in enumerate(articles)
    ]
    service = service_of(library)
    service.add(files)
    outcome(service)
    with library.snapshot() as snapshot:

        def listed(**how: object) -> list[str]:
            return [entry.title for entry in snapshot.listing(**how)]  # type: ignore[arg-type]

        assert listed(order="title", descending=False) == ["Älpine huts", "alps in snow", "Boats"]
        assert listed(order="date") == ["alps in snow", "Älpine huts", "Boats"]
        assert listed(order="date", descending=False) == ["Älpine huts", "alps in snow", "Boats"]
        assert listed(order="source", descending=False)[-1] == "Boats"
        assert listed(words=["ALPINE"]) == ["Älpine huts"]
        assert listed(words=["alp", "nzz"]) == ["alps in snow"]
        assert listed(words=["%"]) == []
        assert snapshot.count(["alp"]) == 2
        assert listed(order="title", descending=False, limit=1, offset=1) == ["alps in snow"]
        assert snapshot.months() == [(None, None, 1), ("2021-05", "Zeit", 1), ("2023-01", "NZZ", 1)]
