"""Pages and feeds into a library, from a real server on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.cli import main
from ingest.uploads import UploadService
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.settings import Settings
from tests.libraries import open_library, over

PAGE = """<html lang="en"><head><title>{title}</title>
<meta property="article:published_time" content="2022-10-04"></head>
<body><nav>Menu</nav><article><h1>{title}</h1><p>{text}</p></article></body></html>"""
LIGHTHOUSE = (
    "The lighthouse at Cape Wrath was built in 1828 by Robert Stevenson. It is 20 meters high."
)
TOWER = (
    "The water tower of Mannheim was finished in 1889. It is 60 meters high and stands in a park."
)


class Site:
    """Pages that can be changed, and what was asked of them."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[tuple[str, int]] = []
        self.url = ""

    def put(self, path: str, text: str, title: str) -> None:
        self.pages[path] = PAGE.format(title=title, text=text)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = site.pages.get(self.path, "").encode()
            etag = f'"{hash(content)}"'
            fresh = self.headers["If-None-Match"] == etag
            status = 304 if fresh and content else 200 if content else 404
            site.asked.append((self.path, status))
            self.send_response(status)
            self.send_header("ETag", etag)
            kind = "application/rss+xml" if self.path.endswith(".xml") else "text/html"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", "0" if status == 304 else str(len(content)))
            self.end_headers()
            if status == 200:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ingest(
    home: Path, monkeypatch: pytest.MonkeyPatch, encoder: SentenceTransformerEncoder
) -> Callable[..., int]:
    monkeypatch.setattr("rag.encoders.export.SentenceTransformerEncoder", lambda *_: encoder)
    return lambda *arguments: main([*arguments, "--home", str(home)])


def test_a_page_is_read_once_and_again_only_when_it_changed(
    ingest: Callable[..., int],
    site: Site,
    home: Path,
    encoder: SentenceTransformerEncoder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site.put("/light", LIGHTHOUSE, "Lights of the north")
    address = f"{site.url}/light"
    assert ingest(address, "--allow-private") == 0
    assert ingest(address, "--allow-private") == 0
    assert [status for path, status in site.asked if path == "/light"] == [200, 304]
    assert "1 unchanged" in capsys.readouterr().out.splitlines()[-1]
    with over(open_library(home, encoder), Settings()) as qa:
        cited = qa.ask("Who built the lighthouse at Cape Wrath?").citations[0]
        assert (cited.url, cited.title) == (address, "Lights of the north")
        assert str(cited.published) == "2022-10-04"
        site.put("/light", LIGHTHOUSE.replace("Robert", "Alan"), "Lights of the north")
        assert ingest(address, "--allow-private") == 0
        assert "Alan" in qa.ask("Who built the lighthouse at Cape Wrath?").text


def test_a_feed_brings_its_entries_and_says_which_failed(
    ingest: Callable[..., int],
    site: Site,
    home: Path,
    encoder: SentenceTransformerEncoder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site.put("/light", LIGHTHOUSE, "Lights")
    site.put("/tower", TOWER, "Towers")
    links = "".join(f"<item><link>{path}</link></item>" for path in ("/light", "/gone", "/tower"))
    site.pages["/feed.xml"] = f"<rss version='2.0'><channel><title>N</title>{links}</channel></rss>"
    assert ingest(f"{site.url}/feed.xml", "--allow-private") == 1
    output = capsys.readouterr()
    assert output.out.startswith("2 pages added")
    assert output.err.count("\n") == 1
    assert "/gone: " in output.err
    with over(open_library(home, encoder), Settings()) as qa:
        assert "60 meters" in qa.ask("How high is the water tower of Mannheim?").text


def test_a_page_that_was_removed_stays_out_until_its_address_is_given_in_the_window(
    ingest: Callable[..., int],
    site: Site,
    home: Path,
    encoder: SentenceTransformerEncoder,
) -> None:
    site.put("/light", LIGHTHOUSE, "Lights")
    address = f"{site.url}/light"
    ingest(address, "--allow-private")
    library = open_library(home, encoder)
    intake = UploadService(library, encoder, allow_private=True)
    with over(library, Settings()) as qa:
        (light,) = qa.articles()
        intake.remove(light.id)
        assert ingest(address, "--allow-private") == 0
        assert qa.articles() == []
        for fate in ("changed", "unchanged"):
            intake.add([], [address])
            while intake.state().is_running:
                time.sleep(0.01)
            run = intake.state().run
            assert getattr(run and run.outcome, fate) == (address,)
            assert [entry.id for entry in qa.articles()] == [light.id]
    assert [status for path, status in site.asked if path == "/light"] == [200, 304, 200, 304]


def test_a_page_that_cannot_be_had_keeps_what_was_there(
    ingest: Callable[..., int], site: Site, home: Path, encoder: SentenceTransformerEncoder
) -> None:
    site.put("/light", LIGHTHOUSE, "Lights")
    assert ingest(f"{site.url}/light", "--allow-private") == 0
    site.pages.clear()
    assert ingest(f"{site.url}/light", "--allow-private") == 1
    with over(open_library(home, encoder), Settings()) as qa:
        assert LIGHTHOUSE.startswith(qa.ask("Who built the lighthouse?").citations[0].quote)


def test_the_private_network_is_left_alone_unless_told(
    ingest: Callable[..., int], site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.put("/light", LIGHTHOUSE, "Lights")
    assert ingest(f"{site.url}/light") == 1
    assert "--allow-private" in capsys.readouterr().err
    assert site.asked == []


def test_a_url_is_not_watched(
    ingest: Callable[..., int], site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(f"{site.url}/light", "--watch") == 2
    assert "cannot be watched" in capsys.readouterr().err
