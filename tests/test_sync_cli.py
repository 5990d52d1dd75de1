"""The ingest command as people and cron run it."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.cli import main
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from tests.libraries import open_library
from tests.processes import running

Write = Callable[[str, str | bytes], Path]
Run = Callable[..., int]

COAST = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson."
TOWER = "The water tower of Mannheim was finished in 1889 and is 60 meters high."


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ingest(home: Path, monkeypatch: pytest.MonkeyPatch, encoder: SentenceTransformerEncoder) -> Run:
    monkeypatch.setattr("rag.opening.SentenceTransformerEncoder", lambda *_: encoder)
    return lambda *arguments: main([*map(str, arguments), "--home", str(home)])


def titles(home: Path, encoder: SentenceTransformerEncoder) -> set[str]:
    with open_library(home, encoder).snapshot() as snapshot:
        return {entry.title for entry in snapshot.listing()}


def remove(title: str, home: Path, encoder: SentenceTransformerEncoder) -> None:
    """Remove an article by hand, as the window does."""
    library = open_library(home, encoder)
    with library.snapshot() as snapshot:
        (entry,) = (entry for entry in snapshot.listing() if entry.title == title)
    with library.update() as update:
        update.remove_article(entry.id)
    library.close()


def contents(home: Path) -> dict[Path, bytes]:
    """Read the files of a library, except two that are also written by readers."""
    written_by_readers = (".lock", "chroma.sqlite3")
    paths = (path for path in home.rglob("*") if not path.name.endswith(written_by_readers))
    return {path: path.read_bytes() for path in paths if path.is_file()}


def test_a_dry_run_prints_the_plan_and_changes_nothing(
    ingest: Run, home: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write("coast.txt", COAST).parent
    assert ingest(folder, "--dry-run") == 0
    line = "1 file to add, 0 changed, 0 to remove, 0 unchanged, 0 failed; nothing was written"
    assert line in capsys.readouterr().out
    assert not home.exists()
    ingest(folder)
    write("tower.txt", TOWER)
    write("coast.txt", COAST + " It is white.")
    capsys.readouterr()
    before = contents(home)
    assert ingest(folder, "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    counts = {name: len(plan[name]) for name in ("added", "changed", "removed", "unchanged")}
    assert counts == {"added": 1, "changed": 1, "removed": 0, "unchanged": 0}
    assert plan["added"][0].endswith("/tower.txt")
    assert contents(home) == before


def test_the_report_is_available_as_json(
    ingest: Run, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write("coast.txt", COAST).parent
    write("empty.txt", "")
    assert ingest(folder, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["articles"], report["embedded"]) == (1, 1, 1)
    assert report["failures"][0]["path"].endswith("empty.txt")
    assert report["failures"][0]["reason"] == "it holds no text"


def test_the_report_counts_files_and_the_articles_in_them(
    ingest: Run, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [{"title": f"Tower {number}", "text": TOWER} for number in range(3)]
    folder = write("towers.jsonl", "\n".join(map(json.dumps, records))).parent
    write("coast.txt", COAST)
    assert ingest(folder) == 0
    assert capsys.readouterr().out.startswith(
        "2 files added, 0 changed, 0 removed, 0 unchanged, 0 failed; "
        "4 articles read, 4 passages embedded in "
    )
    (folder / "towers.jsonl").unlink()
    write("coast.txt", f"{COAST} It is white.")
    assert ingest(folder) == 0
    assert capsys.readouterr().out.startswith(
        "0 files added, 1 changed, 1 removed, 0 unchanged, 0 failed; "
        "1 article read, 1 passage embedded in "
    )


def test_the_report_and_the_plan_count_articles_that_were_removed_by_hand(
    ingest: Run,
    home: Path,
    write: Write,
    encoder: SentenceTransformerEncoder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write("coast.txt", COAST)
    write("tower.txt", TOWER)
    ingest(path.parent)
    assert "left out" not in capsys.readouterr().out
    remove(COAST, home, encoder)
    for options in ([], ["--dry-run"]):
        assert ingest(path.parent, *options) == 0
        assert "1 article left out, because removed by hand (" in capsys.readouterr().out
        assert ingest(path.parent, "--json", *options) == 0
        assert json.loads(capsys.readouterr().out)["left_out"] == 1
    assert titles(home, encoder) == {TOWER}
    assert ingest(path, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["changed"] == [path.as_uri()]
    assert ingest(path) == 0
    assert "0 files added, 1 changed" in capsys.readouterr().out
    assert titles(home, encoder) == {COAST, TOWER}


def test_a_watched_file_that_was_removed_by_hand_stays_removed(
    ingest: Run,
    home: Path,
    write: Write,
    encoder: SentenceTransformerEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coast, tower = write("coast.txt", COAST), write("tower.txt", TOWER)

    def changes(*_: object, **__: object) -> Iterator[None]:
        remove(COAST, home, encoder)
        write("tower.txt", "The tower was torn down.")
        yield

    monkeypatch.setattr("watchfiles.watch", changes)
    assert ingest(coast, tower, "--watch") == 0
    assert titles(home, encoder) == {"The tower was torn down."}


def test_articles_of_missing_files_are_removed_or_kept(
    ingest: Run, home: Path, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    tower = write("tower.txt", TOWER)
    elsewhere = write("../elsewhere/coast.txt", COAST)
    ingest(tower.parent, elsewhere.parent)
    write("third.txt", "A third article is here to stay.")
    tower.unlink()
    assert ingest(tower.parent, "--keep-missing") == 0
    assert len(titles(home, encoder)) == 3
    elsewhere.unlink()
    assert ingest(tower.parent) == 0
    assert titles(home, encoder) == {"A third article is here to stay.", COAST}, (
        "articles from another folder stay"
    )


def test_an_empty_folder_removes_its_articles_only_with_prune_all(
    ingest: Run,
    home: Path,
    write: Write,
    encoder: SentenceTransformerEncoder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write("coast.txt", COAST)
    ingest(path.parent)
    path.unlink()
    assert ingest(path.parent) == 2
    assert "--prune-all" in capsys.readouterr().err
    assert titles(home, encoder) == {COAST}
    assert ingest(path.parent, "--prune-all") == 0
    assert titles(home, encoder) == set()


def test_a_missing_folder_removes_nothing(
    ingest: Run, home: Path, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    path = write("coast.txt", COAST)
    ingest(path.parent)
    path.unlink()
    path.parent.rmdir()
    assert ingest(path.parent) == 2
    assert ingest(path.parent, "--prune-all") == 2
    assert titles(home, encoder) == {COAST}


def test_a_second_ingest_waits_only_with_wait(
    ingest: Run, home: Path, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    folder = write("coast.txt", COAST).parent
    ingest(folder)
    write("tower.txt", TOWER)
    free = threading.Event()
    busy = threading.Event()

    def occupy() -> None:
        with open_library(home, encoder).update():
            busy.set()
            free.wait(20)

    holder = threading.Thread(target=occupy)
    holder.start()
    busy.wait(20)
    assert ingest(folder) == 2
    threading.Timer(0.5, free.set).start()
    assert ingest(folder, "--wait") == 0
    holder.join()
    assert len(titles(home, encoder)) == 2


def test_a_name_with_a_line_break_is_reported_in_one_line(
    ingest: Run, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write("two\nlines.txt", "").parent
    write("good.txt", COAST)
    assert ingest(folder) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("two\\nlines.txt: it holds no text")


def test_watching_follows_a_folder_until_interrupted(
    home: Path, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    folder = write("coast.txt", COAST).parent
    with running("-m", "ingest", folder, "--watch", "--home", home, cwd=home.parent) as watcher:
        assert watcher.stdout
        assert watcher.stderr
        assert watcher.stdout.readline().startswith("1 file added")
        assert "watching" in watcher.stderr.readline()
        time.sleep(1)  # until watchfiles has read the folder
        write("tower.txt", TOWER)
        assert watcher.stdout.readline().startswith("1 file added")
        (folder / "coast.txt").unlink()
        assert watcher.stdout.readline().startswith("0 files added, 0 changed, 1 removed")
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(20) == 0
    assert titles(home, encoder) == {TOWER}
