"""Reading is pure: bytes in, articles with passages out, the same on every machine."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from ingest.formats.records import Fields
from ingest.metadata import Metadata
from ingest.read import Document, Reading, read
from rag.errors import LoadError
from tests.conftest import ROOT
from tests.encoders import WordEncoder

COAST = "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson."
TOWER = "The water tower of Mannheim was finished in 1889 and is 60 meters high."
URI = "file:///nowhere/coast.md"


def document(name: str, text: str, **about: object) -> Document:
    """A file that exists nowhere."""
    return Document(f"file:///nowhere/{name}", name, text.encode(), **about)  # type: ignore[arg-type]


def records(*titles: str) -> str:
    rows = [{"id": title, "title": title, "text": f"{title}. {COAST}"} for title in titles]
    return "\n".join(map(json.dumps, rows))


DOCUMENTS = [
    document("coast.txt", f"Lights of the north\n\n{COAST}\n\n{TOWER}"),
    document("coast.md", f"---\ntitle: Coast\ndate: 2020-01-02\nsource: TDI\n---\n{COAST}"),
    document(
        "page.html",
        f"<title>Coast</title><body><article><h1>Coast</h1>{f'<p>{COAST} {TOWER}</p>' * 5}"
        "</article></body>",
    ),
    document("records.jsonl", records("One", "Two", "Three")),
    document("long.txt", " ".join(f"This is sentence number {n} of many." for n in range(200))),
]


@pytest.mark.parametrize("made", DOCUMENTS, ids=lambda made: made.name)
def test_a_document_is_read_from_bytes_alone_and_always_alike(made: Document) -> None:
    first = read(made, WordEncoder())
    assert first == read(made, WordEncoder())
    assert first.articles
    for article, passages in first.articles:
        assert article.origin == made.uri
        assert passages
        for passage in passages:
            assert passage.article_id == article.id
            assert article.text[passage.start : passage.end].strip()


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    script = (
        "import pickle, sys\n"
        "from ingest.read import read\n"
        "from tests.encoders import WordEncoder\n"
        "documents = pickle.load(sys.stdin.buffer)\n"
        "readings = [read(document, WordEncoder()) for document in documents]\n"
        "pickle.dump((documents, readings), sys.stdout.buffer)\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=pickle.dumps(DOCUMENTS),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
    )
    documents, readings = pickle.loads(done.stdout)
    assert documents == DOCUMENTS
    assert readings == [read(document, WordEncoder()) for document in DOCUMENTS]


def test_a_document_and_its_reading_survive_pickling() -> None:
    made = document("coast.md", COAST, metadata=Metadata(title="Coast", published=date(2020, 1, 2)))
    assert pickle.loads(pickle.dumps(made)) == made
    reading = read(made, WordEncoder())
    assert pickle.loads(pickle.dumps(reading)) == reading


def test_metadata_from_elsewhere_overrides_that_of_the_file() -> None:
    text = f"---\ntitle: Coast\nsource: TDI\n---\n{COAST}"
    made = document("coast.md", text, metadata=Metadata(title="Feed", published=date(2020, 1, 2)))
    ((article, _),) = read(made, WordEncoder()).articles
    assert (article.title, article.published, article.source) == ("Feed", date(2020, 1, 2), "TDI")


def test_a_page_is_cited_where_it_was_found_and_a_file_as_it_is_shown() -> None:
    def url(**about: object) -> str:
        ((article, _),) = read(Document(URI, "coast.md", text, **about), WordEncoder()).articles  # type: ignore[arg-type]
        return article.url

    text = COAST.encode()
    assert url() == URI
    assert url(shown="coast.md") == "coast.md"
    text = f"---\nurl: https://news.example/coast\n---\n{COAST}".encode()
    assert url(shown="coast.md") == "https://news.example/coast"
    assert url(address="https://found.example/") == URI


def test_a_record_keeps_its_id_when_others_come_and_go() -> None:
    def ids(*titles: str) -> dict[str, str]:
        reading = read(document("records.jsonl", records(*titles)), WordEncoder())
        return {article.title: article.id for article, _ in reading.articles}

    before, after = ids("One", "Two"), ids("New", "Two", "One")
    assert after.items() >= before.items()
    assert len(set(after.values())) == 3


def test_records_are_read_by_the_fields_that_are_named() -> None:
    made = document("records.jsonl", json.dumps({"body": COAST, "headline": "Coast"}))
    with pytest.raises(LoadError):
        read(document("records.jsonl", json.dumps({"story": COAST})), WordEncoder())
    ((article, _),) = read(made, WordEncoder(), Fields.parse("text=body,title=headline")).articles
    assert (article.title, article.text) == ("Coast", COAST)


def test_what_cannot_be_read_of_a_document_is_told_beside_its_articles() -> None:
    made = document("records.jsonl", f"{records('One')}\nthis is no record\n{records('Two')}")
    reading = read(made, WordEncoder())
    assert [article.title for article, _ in reading.articles] == ["One", "Two"]
    assert "line 2" in reading.skipped


@pytest.mark.parametrize(
    "data", [b"", b"  \n\n ", b"---\ntitle: Only\n---\n", b"\x00\x01\x02" * 99]
)
def test_a_document_without_an_article_is_an_error(data: bytes) -> None:
    with pytest.raises(LoadError):
        read(Document(URI, "coast.md", data), WordEncoder())


def test_a_reading_has_nothing_to_tell_if_all_could_be_read() -> None:
    reading = read(document("coast.txt", COAST), WordEncoder())
    assert reading == Reading(reading.articles, skipped="")
