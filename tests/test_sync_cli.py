"""The ingest script as cron and people run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.cli import main
from ingest.uploads import UploadService
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from tests.conftest import ROOT
from tests.libraries import open_library

Write = Callable[[str, str | bytes], Path]
Run = Callable[..., int]

COAST = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson."
TOWER = "The water tower of Mannheim was finished in 1889 and is 60 meters high."


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ingest(home: Path, monkeypatch: pytest.MonkeyPatch, encoder: SentenceTransformerEncoder) -> Run:
    monkeypatch.setattr("rag.encoders.export.SentenceTransformerEncoder", lambda *_: encoder)
    return lambda *arguments: main([*map(str, arguments), "--home", str(home)])


def titles(home: Path, encoder: SentenceTransformerEncoder) -> set[str]:
    with open_library(home, encoder).snapshot() as snapshot:
        return {summary.title for summary in snapshot.listing()}


def test_a_dry_run_prints_the_plan_and_touches_nothing(
    ingest: Run, home: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write("coast.txt", COAST).parent
    assert ingest(folder, "--dry-run") == 0
    assert "1 to add, 0 changed, 0 to remove, 0 unchanged" in capsys.readouterr().out
    assert not home.exists()
    ingest(folder)
    write("tower.txt", TOWER)
    write("coast.txt", COAST + " It is white.")
    capsys.readouterr()
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    assert ingest(folder, "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert [len(plan[what]) for what in ("added", "changed", "removed", "unchanged")] == [
        1,
        1,
        0,
        0,
    ]
    assert plan["added"][0].endswith("/tower.txt")
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_the_report_is_to_be_had_as_json(
    ingest: Run, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write("coast.txt", COAST).parent
    write("empty.txt", "")
    assert ingest(folder, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["embedded"]) == (1, 1)
    assert report["failures"][0]["path"].endswith("empty.txt")
    assert report["failures"][0]["reason"] == "it holds no text"


def test_the_report_and_the_plan_say_how_many_are_left_out(
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
    library = open_library(home, encoder)
    with library.snapshot() as snapshot:
        (entry,) = (each for each in snapshot.listing() if each.title == COAST)
    UploadService(library).remove(entry.id)
    library.close()
    for how in ([], ["--dry-run"]):
        assert ingest(path.parent, *how) == 0
        assert "left out, since removed by hand: 1 article (" in capsys.readouterr().out
        assert ingest(path.parent, "--json", *how) == 0
        assert json.loads(capsys.readouterr().out)["left_out"] == 1
    assert titles(home, encoder) == {TOWER}
    assert ingest(path, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["changed"] == [path.as_uri()]
    assert ingest(path) == 0
    assert "0 added, 1 changed" in capsys.readouterr().out
    assert titles(home, encoder) == {COAST, TOWER}


def test_a_file_that_is_watched_is_named_only_once(
    ingest: Run,
    home: Path,
    write: Write,
    encoder: SentenceTransformerEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coast, tower = write("coast.txt", COAST), write("tower.txt", TOWER)

    def changes(*_: object, **__: object) -> Iterator[None]:
        library = open_library(home, encoder)
        with library.snapshot() as snapshot:
            (entry,) = (each for each in snapshot.listing() if each.title == COAST)
        UploadService(library).remove(entry.id)
        library.close()
        write("tower.txt", "The tower was torn down.")
        yield

    monkeypatch.setattr("watchfiles.watch", changes)
    assert ingest(coast, tower, "--watch") == 0
    assert titles(home, encoder) == {"The tower was torn down."}


def test_what_vanished_goes_or_is_kept(
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
        "what came from another folder stays"
    )


def test_an_empty_folder_removes_its_articles_only_when_told(
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


def test_a_folder_that_vanished_empties_nothing(
    ingest: Run, home: Path, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    path = write("coast.txt", COAST)
    ingest(path.parent)
    path.unlink()
    path.parent.rmdir()
    assert ingest(path.parent) == 2
    assert ingest(path.parent, "--prune-all") == 2
    assert titles(home, encoder) == {COAST}


def test_a_second_ingest_waits_when_told(
    ingest: Run, home: Path, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    folder = write("coast.txt", COAST).parent
    ingest(folder)
    write("tower.txt", TOWER)
    free = threading.Event()
    busy = threading.Event()

    def occupy() -> None:
        with open_library(home, encoder).writing():
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
    command = [sys.executable, "-m", "ingest", str(folder), "--watch", "--home", str(home)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watcher:
        assert watcher.stdout is not None
        assert watcher.stderr is not None
        assert watcher.stdout.readline().startswith("1 added")
        assert "watching" in watcher.stderr.readline()
        time.sleep(1)  # until the watch stands
        write("tower.txt", TOWER)
        assert watcher.stdout.readline().startswith("1 added")
        (folder / "coast.txt").unlink()
        assert watcher.stdout.readline().startswith("0 added, 0 changed, 1 removed")
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(20) == 0
    assert titles(home, encoder) == {TOWER}
