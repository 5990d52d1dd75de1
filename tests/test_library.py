from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from ingest.planning import Plan, plan
from ingest.sync import Report
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.errors import (
    IngestError,
    LibraryBusyError,
    ModelMismatchError,
    NoLibraryError,
    StoreError,
)
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.library import Library
from rag.types import Origin
from tests.libraries import home_of, open_library, over, shared_encoder, sync

Write = Callable[[str, str | bytes], Path]

COAST = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson."
TOWER = "The water tower of Mannheim was finished in 1889 and is 60 meters high."


def ingest(library: Library, folder: Path) -> Report:
    return sync(library, discover([folder]))


def generation(library: Library) -> str:
    return library.version()


def check(library: Library) -> None:
    assert list(library.problems()) == []


def test_a_plan_compares_what_is_found_with_what_is_known() -> None:
    known = {uri: Origin(uri, "1") for uri in ("same", "edited", "gone")}
    made = plan({"same": "1", "edited": "2", "new": "1"}, known, ["gone", "never known"])
    assert made == Plan(added=("new",), changed=("edited",), removed=("gone",), unchanged=("same",))


def test_a_plan_leaves_out_what_was_removed_by_hand_unless_it_is_named() -> None:
    known = {uri: Origin(uri, "1") for uri in ("one", "two")}
    found = {"one": "1", "two": "1"}
    made = plan(found, known, [], removed={"one": 2, "two": 1}, named=["two"])
    assert made == Plan(added=(), changed=("two",), removed=(), unchanged=("one",), left_out=2)


def test_adding_editing_and_removing_reach_the_next_question(
    library: Library, write: Write
) -> None:
    folder = write("coast.txt", COAST).parent
    assert ingest(library, folder).added == 1
    with over(library, Settings()) as qa:
        assert COAST in qa.ask("Who built the lighthouse at Cape Wrath?").text

        write("tower.md", TOWER)
        write("coast.txt", COAST.replace("Stevenson", "Smith"))
        report = ingest(library, folder)
        assert (report.added, report.changed, report.embedded) == (1, 1, 2)
        assert "60 meters" in qa.ask("How high is the water tower of Mannheim?").text
        assert "Robert Smith" in qa.ask("Who built the lighthouse at Cape Wrath?").text
        check(library)

        (folder / "coast.txt").unlink()
        assert ingest(library, folder).removed == 1
        assert qa.ask("Who built the lighthouse at Cape Wrath?").refused
        check(library)


def test_a_one_word_edit_embeds_only_the_passage_that_it_touches(
    library: Library, write: Write
) -> None:
    paragraph = "Sentence number {} of this long paragraph has its own words and some more. " * 12
    text = "\n\n".join(paragraph.format(*range(n, n + 12)) for n in (100, 200, 300))
    folder = write("long.txt", text).parent
    assert ingest(library, folder).embedded >= 3
    write("long.txt", text.replace("205", "999"))
    assert ingest(library, folder).embedded == 1
    check(library)


def test_a_second_run_writes_nothing(library: Library, write: Write) -> None:
    folder = write("coast.txt", COAST).parent
    write("empty.txt", "")
    ingest(library, folder)
    before = generation(library)
    report = ingest(library, folder)
    assert (report.added, report.changed, report.unchanged, report.embedded) == (0, 0, 1, 0)
    assert generation(library) == before


def test_a_moved_file_embeds_nothing_and_a_copy_shares_its_vector(
    library: Library, write: Write
) -> None:
    path = write("coast.txt", COAST)
    ingest(library, path.parent)
    path.rename(path.with_name("renamed.txt"))
    report = ingest(library, path.parent)
    assert (report.added, report.removed, report.embedded) == (1, 1, 0)
    write("copy.txt", COAST)
    assert ingest(library, path.parent).embedded == 0
    check(library)


def test_a_file_that_cannot_be_read_is_reported_and_its_old_text_stays(
    library: Library, write: Write
) -> None:
    folder = write("coast.md", COAST).parent
    write("tower.txt", TOWER)
    ingest(library, folder)
    write("coast.md", "---\ntitle: [\n---\n" + COAST)
    report = ingest(library, folder)
    assert report.changed == 0
    assert [Path(each.path).name for each in report.failures] == ["coast.md"]
    with over(library, Settings()) as qa:
        assert COAST in qa.ask("Who built the lighthouse at Cape Wrath?").text


def test_a_run_that_fails_changes_nothing(library: Library, write: Write) -> None:
    ingest(library, write("coast.txt", COAST).parent)
    before = generation(library)

    def fail() -> None:
        with library.update() as update:
            update.remove(next(iter(update.origins())))
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        fail()
    assert generation(library) == before
    check(library)


def test_a_run_may_read_more_slowly_than_it_embeds(library: Library, write: Write) -> None:
    write("coast.txt", COAST)
    sources = discover([write("tower.txt", TOWER).parent])
    assert sync(library, sources, progress=lambda *_: time.sleep(0.3)).embedded == 2
    check(library)


def test_readers_see_nothing_of_a_run_that_is_going_on(library: Library, write: Write) -> None:
    ingest(library, write("coast.txt", COAST).parent)
    with over(library, Settings()) as qa, library.update() as update:
        update.remove(next(iter(update.origins())))
        assert COAST in qa.ask("Who built the lighthouse at Cape Wrath?").text


def test_a_question_that_began_before_a_run_ends_on_the_old_articles(
    library: Library, write: Write
) -> None:
    path = write("coast.txt", COAST)
    ingest(library, path.parent)
    vector = shared_encoder().embed([COAST])[0]
    with library.snapshot() as snapshot:
        write("coast.txt", TOWER)
        ingest(library, path.parent)
        (found,) = snapshot.search(vector, ["lighthouse"], limit=10)
        assert found.bm25 is not None
        assert found.passage_id in snapshot.passages([found.passage_id])
    check(library)


def test_old_generations_go_when_nobody_reads_them(library: Library, write: Write) -> None:
    for number in range(4):
        ingest(library, write("coast.txt", f"{COAST} Number {number}.").parent)
        check(library)
    library.close()
    folder = write("coast.txt", COAST).parent
    ingest(library, folder)
    assert len(list((home_of(library) / "vectors").glob("*/"))) == 1


def test_a_second_writer_is_told_to_wait(
    library: Library, write: Write, encoder: SentenceTransformerEncoder
) -> None:
    ingest(library, write("coast.txt", COAST).parent)
    other = open_library(home_of(library), encoder)
    with library.update(), pytest.raises(LibraryBusyError), other.update():
        pass


def test_questions_from_many_threads_during_a_run_all_succeed(
    library: Library, write: Write
) -> None:
    folder = write("coast.txt", COAST).parent
    ingest(library, folder)
    answers: list[str] = []

    def ask(qa: ArticleQA) -> None:
        answers.extend(qa.ask("Who built the lighthouse at Cape Wrath?").text for _ in range(8))

    with over(library, Settings()) as qa:
        threads = [threading.Thread(target=ask, args=(qa,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(5):
            write("tower.txt", f"{TOWER} Number {number}.")
            ingest(library, folder)
        for thread in threads:
            thread.join()
    assert len(answers) == 32
    assert all(COAST in answer for answer in answers)


def test_an_empty_folder_is_an_error_and_empties_nothing(library: Library, write: Write) -> None:
    path = write("coast.txt", COAST)
    ingest(library, path.parent)
    path.unlink()
    with pytest.raises(IngestError, match="contains no articles"):
        ingest(library, path.parent)
    with library.snapshot() as snapshot:
        assert snapshot.count() == 1


def test_a_library_of_another_model_is_not_opened(library: Library) -> None:
    with pytest.raises(ModelMismatchError, match="ARTICLE_QA_ENCODER"):
        open_library(home_of(library), SentenceTransformerEncoder("another/model"))


def test_no_library_is_said_with_what_to_run(
    tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    with pytest.raises(NoLibraryError, match="article-qa ingest"):
        open_library(tmp_path / "nothing", encoder)
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "catalog.sqlite").touch()
    with pytest.raises(NoLibraryError):
        open_library(tmp_path / "half", encoder)


def test_missing_or_broken_vectors_end_in_a_clear_message(library: Library, write: Write) -> None:
    ingest(library, write("coast.txt", COAST).parent)
    library.close()
    (vectors,) = (home_of(library) / "vectors").glob("*/")
    (vectors / "chroma.sqlite3").write_bytes(b"this is no database" * 100)
    with over(library) as qa, pytest.raises(StoreError):
        qa.ask("Who built the lighthouse?")
    shutil.rmtree(vectors)
    with pytest.raises(StoreError, match="article-qa rebuild"), library.snapshot():
        pass


def test_a_broken_catalog_ends_in_a_clear_message(
    tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_library(tmp_path, encoder)
