"""The window's functions over HTTP, called as programs call them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from ingest.cli import main
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.settings import Settings
from tests.browsing import served
from tests.libraries import open_library, over
from ui.access import Access

QUESTION = "Who condemned the missile launch?"


@pytest.fixture(scope="module")
def client(qa: ArticleQA) -> Iterator[Client]:
    with served(qa) as url:
        client = Client(url, verbose=False)
        yield client
        client.close()


@pytest.fixture
def grown(tmp_path: Path, encoder: SentenceTransformerEncoder) -> Iterator[ArticleQA]:
    """A library of one folder, as the command line makes it."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "one.txt").write_text("The lighthouse at Cape Wrath was built in 1828.")
    assert main([str(folder), "--home", str(tmp_path / "home")]) == 0
    with over(open_library(tmp_path / "home", encoder), Settings()) as qa:
        yield qa


def test_only_the_three_functions_are_offered(client):
    offered = client.view_api(return_format="dict", print_info=False)
    assert set(offered["named_endpoints"]) == {"/ask", "/articles", "/ingest"}
    assert not offered["unnamed_endpoints"]


def test_an_answer_over_http_is_the_answer(client, qa):
    given = client.predict(QUESTION, api_name="/ask")
    expected = qa.ask(QUESTION).to_dict()
    del given["timings"], expected["timings"]
    assert given == expected
    limited = client.predict(QUESTION, after="2022-10", source=["TDI"], k=3, api_name="/ask")
    assert limited["scope"] == {"after": "2022-10-01", "before": None, "sources": ["TDI"]}


def test_the_articles_are_listed(client, qa):
    listed = client.predict(api_name="/articles")
    assert [each["id"] for each in listed] == [each.id for each in qa.articles()]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ((" ",), "the question is empty; ask something"),
        ((5,), "question: Input should be a valid string"),
        (("why?", "soon"), "'soon' is not a date"),
        (("why?", None, None, ["Nobody"]), "no article is from 'Nobody'"),
        (("why?", None, None, [{"path": "/etc/passwd"}]), "source: Input should be a valid string"),
        (("why?", None, None, None, "many"), "k: Input should be a valid integer"),
    ],
)
def test_what_goes_wrong_is_one_clear_line(client, capfd, asked, line):
    with pytest.raises(AppError) as error:
        client.predict(*asked, api_name="/ask")
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
    assert "Traceback" not in capfd.readouterr().err


def test_a_file_of_a_folder_that_was_ingested_is_ingested_again(grown, tmp_path):
    with served(grown) as url:
        client = Client(url, verbose=False)
        (tmp_path / "articles" / "two.txt").write_text("The water tower was finished in 1889.")
        report = client.predict([str(tmp_path / "articles" / "two.txt")], api_name="/ingest")
        assert (report["added"], report["removed"], report["failures"]) == (1, 0, [])
        assert (
            "1889" in client.predict("When was the water tower finished?", api_name="/ask")["text"]
        )
        (tmp_path / "articles" / "one.txt").unlink()
        assert client.predict([str(tmp_path / "articles")], api_name="/ingest")["removed"] == 1
        assert len(client.predict(api_name="/articles")) == 1


def test_no_other_file_and_no_private_network_is_read(grown, tmp_path):
    (tmp_path / "secret.txt").write_text("The secret is 42.")
    (tmp_path / "articles" / "way.txt").symlink_to(tmp_path / "secret.txt")
    outside = [
        "/etc/passwd", "/", "", ".", "~", "\0", str(tmp_path), str(tmp_path / "none.txt"),
        str(tmp_path / "secret.txt"), str(tmp_path / "articles" / ".." / "secret.txt"),
        str(tmp_path / "articles" / "way.txt"), str(tmp_path / "articles2"), "file:///etc/passwd",
    ]  # fmt: skip
    with served(grown) as url:
        client = Client(url, verbose=False)
        for path in outside:
            with pytest.raises(AppError, match="is not inside a folder that was ingested"):
                client.predict([path], api_name="/ingest")
        for address in ("http://127.0.0.1:1/", "http://169.254.169.254/", "http://[::1]/"):
            (failure,) = client.predict([address], api_name="/ingest")["failures"]
            assert "is no address of the public internet" in failure["reason"]
        assert len(client.predict(api_name="/articles")) == 1


def test_strangers_ingest_nothing(grown, tmp_path):
    with served(grown, Access(everyone=True)) as url:
        client = Client(url, verbose=False)
        with pytest.raises(AppError, match="open to everyone, so nothing can be ingested"):
            client.predict([str(tmp_path / "articles")], api_name="/ingest")


def test_the_window_says_what_it_needs_before_it_opens_to_others(seeds_home):
    command = [sys.executable, "-m", "ui", "--home", str(seeds_home), "--host", "0.0.0.0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: other machines can reach 0.0.0.0: require a sign-in")
    assert len(done.stderr.splitlines()) == 1
