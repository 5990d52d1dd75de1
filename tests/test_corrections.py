"""Corrections of title, date and source: from Python and the command line, kept by later ingests."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from rag.corrections import correct
from rag.errors import CorrectionError
from rag.settings import Settings
from rag.store.library import Library
from tests.libraries import create, home_of, over, shared_encoder, sync
from ui.cli import main

Write = Callable[[str, str | bytes], Path]
TEXT = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson. It is white."


def test_a_correction_changes_answers_filters_and_lists_at_once(
    library: Library, write: Write
) -> None:
    path = write("coast.txt", f"Lights of the north\n\n{TEXT}")
    sync(library, discover([path]))
    question = "Who built the lighthouse at Cape Wrath?"
    with over(library, Settings()) as qa:
        (article,) = qa.articles()
        assert (article.published, article.source) == (None, None)
        assert qa.ask(question, after="2025").refused
        entry = qa.correct(
            article.id, title="Wrath", published="2025-06-12", source=" The  Herald "
        )
        assert (entry.title, entry.published, entry.source) == (
            "Wrath",
            date(2025, 6, 12),
            "The Herald",
        )
        for answer in (qa.ask(question, after="2025"), qa.ask(question, source="The Herald")):
            (citation, *_) = answer.citations
            assert (citation.title, citation.published) == ("Wrath", date(2025, 6, 12))
            assert citation.source == "The Herald"
        assert qa.sources() == ["The Herald"]
        path.write_text(f"Lights of the north\n\n{TEXT} It was automated in 1998.")
        assert sync(library, discover([path])).changed == 1
        (article,) = qa.articles()
        assert (article.title, article.published) == ("Wrath", date(2025, 6, 12))
        assert qa.correct(article.id, published="", source="").published is None
        assert qa.sources() == []
    assert list(library.problems()) == []


def test_a_correction_that_is_not_valid_says_so_in_one_line(library: Library, write: Write) -> None:
    sync(library, discover([write("coast.txt", TEXT), write("tower.txt", TEXT)]))
    with library.snapshot() as snapshot:
        entry = snapshot.listing()[0]
    tomorrow = date.today() + timedelta(days=1)
    assert correct(library, entry.id, published=tomorrow).published == tomorrow
    for day in ("12 June", "2025-02-30", "06/12/2025", "2025"):
        with pytest.raises(CorrectionError, match="write it like 2022-10-04"):
            correct(library, entry.id, published=day)
    with pytest.raises(CorrectionError, match="in the future"):
        correct(library, entry.id, published=tomorrow + timedelta(days=1))
    with pytest.raises(CorrectionError, match="needs a title"):
        correct(library, entry.id, title=" ")
    with pytest.raises(CorrectionError, match="at most 500"):
        correct(library, entry.id, source="x" * 501)
    with pytest.raises(CorrectionError, match="say what to correct"):
        correct(library, entry.id)
    for nobody in ("", "nobody"):
        with pytest.raises(CorrectionError, match="articles --ids"):
            correct(library, nobody, title="x")


def test_the_command_line_lists_articles_without_a_date_and_corrects_them(
    tmp_path: Path,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "rag.encoders.export.SentenceTransformerEncoder", lambda *_: shared_encoder()
    )
    library = create(tmp_path / "home")
    files = [write("coast.txt", TEXT), write("2024-05-06-tower.txt", TEXT.replace("1828", "1829"))]
    sync(library, discover(files))
    home = ["--home", str(home_of(library))]

    def run(*arguments: str) -> str:
        assert main([*arguments, *home]) == 0
        return capsys.readouterr().out

    assert len(json.loads(run("articles", "--json"))) == 2
    (undated,) = json.loads(run("articles", "--json", "--undated"))
    line, total = run("articles", "--ids", "--undated").splitlines()
    assert line.startswith(undated["id"])
    assert total == "1 article"
    corrected = run("correct", undated["id"][:10], "--date", "2025-06-12", "--source", "Herald")
    assert corrected.startswith("2025-06-12  The lighthouse at Cape Wrath was built in 1828")
    assert ", Herald (1 passage)" in corrected
    assert run("articles", "--undated") == "0 articles\n"
    assert main(["correct", undated["id"], "--date", "June", *home]) == 2
    assert capsys.readouterr().err == "error: 'June' is not a day; write it like 2022-10-04\n"
