"""Pages and feeds, from servers on this machine that misbehave in every way a server can.

No test sends anything to another machine: whatever address a connection is for, it is noted, and
made to this one.
"""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingest.formats import feeds
from ingest.web.addresses import is_public
from ingest.web.client import Known, PoliteClient
from ingest.web.pages import FEED, Failed, Page, Unchanged, pages, visit
from rag.errors import LoadError

PUBLIC = "93.184.215.14"
METADATA = "169.254.169.254"
HTML = "text/html; charset=utf-8"
STORY = b"<html><head><title>Story</title></head><body><p>Rain fell.</p></body></html>"

Answering = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A server on a free port of this machine; what it was asked for is in `asked`."""

    def __init__(self) -> None:
        site = self
        self.routes: dict[str, list[Answering]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                answers = site.routes.get(self.path, [answer(b"nothing here", status=404)])
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True).start()

    def at(self, path: str, *answers: Answering) -> str:
        """Answer like this at a path, one after another and the last for good; its address."""
        self.routes[path] = list(answers)
        return self.url(path)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def pages(self) -> list[str]:
        return [path for path in self.paths() if path != "/robots.txt"]

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class Patience:
    """A clock that runs as clocks do, but on which nobody has to wait out a pause."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> float:
        return time.monotonic() + sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def answer(
    body: bytes = STORY, type: str | None = HTML, status: int = 200, **headers: str
) -> Answering:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if type:
            handler.send_header("Content-Type", type)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def redirect(to: str, status: int = 302) -> Answering:
    return answer(b"", status=status, Location=to)


def raw(*parts: bytes, pause: float = 0, times: int = 1) -> Answering:
    """The bytes of an answer as they stand; the last part as often as is asked for."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        with suppress(OSError):
            for part in (*parts[:-1], *parts[-1:] * times):
                handler.wfile.write(part)
                handler.wfile.flush()
                time.sleep(pause)

    return send


def reset(handler: BaseHTTPRequestHandler) -> None:
    """End the connection as a crashing server does."""
    handler.close_connection = True
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.shutdown(socket.SHUT_RD)
    handler.rfile.close()
    handler.connection.close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that connections were opened to, each of them in truth to this machine."""
    opened: list[str] = []
    real = socket.create_connection

    def open_here(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        opened.append(address[0])
        return real(("127.0.0.1", address[1]), *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", open_here)
    return opened


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def make(patience: Patience) -> Iterator[Callable[..., PoliteClient]]:
    """Make a visitor that may read this machine and need not wait, unless told otherwise."""
    made: list[PoliteClient] = []

    def make(**options: Any) -> PoliteClient:
        usual = {"allow_private": True, "pace": 0, "timeout": 5}
        made.append(
            PoliteClient(**{**usual, "clock": patience.now, "sleep": patience.sleep, **options})
        )
        return made[-1]

    yield make
    for visitor in made:
        visitor.__exit__(None, None, None)


@pytest.fixture
def visitor(make: Callable[..., PoliteClient]) -> PoliteClient:
    return make()


def read(visitor: PoliteClient, url: str) -> Page:
    page = visit(visitor, url)
    assert isinstance(page, Page)
    return page


def reason(visitor: PoliteClient, url: str) -> str:
    """Why an address cannot be read, in one line of printable characters."""
    with pytest.raises(LoadError) as caught:
        visit(visitor, url)
    said = str(caught.value)
    assert said.isprintable(), said
    assert said
    return said


# Pages


def test_a_page_is_its_bytes_with_what_the_server_says_of_them(
    site: Site, visitor: PoliteClient
) -> None:
    url = site.at("/story", answer(ETag='W/"7"', Last_Modified="Tue, 04 Oct 2022 10:00:00 GMT"))
    page = read(visitor, url + "#part")
    assert page == Page(
        url=url,
        address=url,
        content=STORY,
        suffix=".html",
        charset="utf-8",
        etag='W/"7"',
        last_modified="Tue, 04 Oct 2022 10:00:00 GMT",
    )
    assert site.asked[-1][1]["user-agent"].startswith("article-qa/")
    assert site.asked[-1][1]["host"] == f"127.0.0.1:{site.port}"


@pytest.mark.parametrize(
    ("type", "body", "suffix"),
    [
        ("application/xhtml+xml", STORY, ".html"),
        ("application/xml", b'<?xml version="1.0"?><!-- x --><html></html>', ".html"),
        ("text/plain; charset=utf-16", b"Rain fell.", ".txt"),
        ("text/markdown", b"# Rain", ".md"),
        ("application/pdf", b"%PDF-1.7 ...", ".pdf"),
        ("application/octet-stream", b"%PDF-1.7 ...", ".pdf"),
        (None, b"\xef\xbb\xbf <!DOCTYPE html>\n" + STORY, ".html"),
        (None, b"Rain fell.", ".txt"),
        ("text/plain", b'<?xml version="1.0"?>\n<rss></rss>', FEED),
        ("application/rss+xml", STORY, ".html"),
    ],
)
def test_what_a_page_is_shows_in_its_content_or_its_type(
    type: str | None, body: bytes, suffix: str, site: Site, visitor: PoliteClient
) -> None:
    assert read(visitor, site.at("/x", answer(body, type))).suffix == suffix


@pytest.mark.parametrize("type", ["image/png", "application/json", "video/mp4", "\x1b[31m/x", "x"])
def test_what_is_no_text_is_refused(type: str, site: Site, visitor: PoliteClient) -> None:
    said = reason(visitor, site.at("/x", answer(b"\x89PNG", type)))
    assert "neither a page" in said


def test_a_page_without_content_is_refused(site: Site, visitor: PoliteClient) -> None:
    assert reason(visitor, site.at("/x", answer(b" \n"))) == "it is empty"


@pytest.mark.parametrize("charset", ["utf-16", "klingon", "base64", "utf-8;;;", '"iso-8859-2"', ""])
def test_a_wrong_charset_changes_no_byte(charset: str, site: Site, visitor: PoliteClient) -> None:
    body = "<p>žluťoučký kůň</p>".encode("cp1250")
    page = read(visitor, site.at("/x", answer(body, f"text/html; charset={charset}")))
    assert page.content == body
    assert page.charset in (None, "utf-16", "utf-8", "iso-8859-2")


@pytest.mark.parametrize(
    ("link", "known_as"),
    [
        ('<link rel="canonical" href="/true?a=1#part">', "/true?a=1"),
        ('<LINK href="true" REL="Canonical">', "/true"),
        ('<link rel="canonical" href="http://elsewhere.example/true">', "/story?utm=1"),
        ('<link rel="canonical" href="http://127.0.0.1:1/true">', "/story?utm=1"),
        ('<link rel="canonical" href="http://user@127.0.0.1/">', "/story?utm=1"),
        ('<link rel="canonical" href="javascript:alert(1)">', "/story?utm=1"),
        ('<link rel="canonical" href="http://[">', "/story?utm=1"),
        ('<link rel="canonical" href="/">', "/story?utm=1"),
        ("</head><body><link rel='canonical' href='/comment'>", "/story?utm=1"),
        ("<link rel='canonical'><b" * 1000, "/story?utm=1"),
        ("<div>" * 100_000, "/story?utm=1"),
    ],
)
def test_a_page_is_known_by_the_name_it_gives_itself_on_its_own_site(
    link: str, known_as: str, site: Site, visitor: PoliteClient
) -> None:
    url = site.at("/story?utm=1", answer(f"<html><head>{link}</head>rain</html>".encode()))
    page = read(visitor, url)
    assert (page.url, page.address) == (site.url(known_as), url)


def test_a_page_of_absurd_elements_does_not_take_long(site: Site, visitor: PoliteClient) -> None:
    attributes = " ".join(f"a{number}=1" for number in range(200_000))  # a tree takes over a minute
    url = site.at("/x", answer(f"<html><head><link {attributes}></head>".encode()))
    started = time.monotonic()
    assert read(visitor, url).url == url
    assert time.monotonic() - started < 20


def test_a_page_that_did_not_change_is_not_sent_again(site: Site, visitor: PoliteClient) -> None:
    def conditional(handler: BaseHTTPRequestHandler) -> None:
        same = handler.headers["If-None-Match"] == '"1"'
        same = same and handler.headers["If-Modified-Since"] == "Tue, 04 Oct 2022 10:00:00 GMT"
        headers = {"ETag": '"1"', "Last_Modified": "Tue, 04 Oct 2022 10:00:00 GMT"}
        answer(b"" if same else STORY, status=304 if same else 200, **headers)(handler)

    url = site.at("/story", conditional)
    moved = site.at("/moved", redirect("/story", 301))
    page = read(visitor, moved)
    known = {page.address: Known(page.etag, page.last_modified)}
    assert visit(visitor, moved, known) == Unchanged(url)
    assert visit(visitor, url, known) == Unchanged(url)
    assert "if-none-match" not in site.asked[-3][1]  # what is known of one is not told to another


def test_not_modified_without_having_been_asked_is_a_failure(
    site: Site, visitor: PoliteClient
) -> None:
    assert "304" in reason(visitor, site.at("/x", answer(b"", status=304)))


def test_a_validator_that_could_not_be_sent_back_is_forgotten(
    site: Site, visitor: PoliteClient
) -> None:
    page = read(visitor, site.at("/x", answer(ETag='"é"', Last_Modified="9" * 600)))
    assert (page.etag, page.last_modified) == (None, None)


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("192.0.0.192", "192.88.99.1", "168.63.129.16", "203.0.113.9", "198.51.100.1"),
        *(
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fe80::1%2",
        ),
        *("fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1"),
        *("2002:a00:1::1", "5f00::1", "4000::1"),
    ],
)
def test_an_address_of_no_public_network_is_known_as_such(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(PUBLIC, "8.8.8.8", "100.63.255.255", "2606:4700::1111", "::ffff:8.8.8.8"),
        *("64:ff9b::808:808", "2002:808:808::1"),
    ],
)
def test_an_address_of_the_public_internet_is_known_as_such(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1"),
        *("[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", METADATA, "[64:ff9b::a9fe:a9fe]"),
    ],
)
def test_this_machine_is_refused_however_it_is_spelled(
    host: str, site: Site, make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    said = reason(make(allow_private=False), site.url("/", host))
    assert "no address of the public internet" in said
    assert "--allow-private" in said
    assert not connections
    assert not site.asked


def test_one_private_address_among_public_ones_refuses_the_name(
    make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    visitor = make(allow_private=False, resolve=lambda host, port: [PUBLIC, "10.0.0.1"])
    assert reason(visitor, "http://news.example/").startswith("news.example is at 10.0.0.1")
    assert not connections


def test_the_address_that_was_checked_is_the_one_connected_to(
    site: Site, make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]  # a name that changes its mind between check and use
    site.at("/", raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + STORY))
    site.at("/robots.txt", raw(b"HTTP/1.0 404 Not Found\r\n\r\n"))
    visitor = make(allow_private=False, resolve=lambda host, port: answers.pop(0))
    assert "is at 127.0.0.1" in reason(visitor, site.url("/", "rebinding.example"))
    assert connections == [PUBLIC]
    assert site.paths() == ["/robots.txt"]
    assert not answers


def test_a_second_address_is_tried_when_the_first_does_not_answer(
    site: Site, make: Callable[..., PoliteClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = socket.create_connection

    def refusing(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        if address[0] == "8.8.8.8":
            raise ConnectionRefusedError("refused")
        return here(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", refusing)
    site.at("/", answer())
    visitor = make(allow_private=False, resolve=lambda host, port: ["8.8.8.8", PUBLIC])
    assert read(visitor, site.url("/", "news.example")).content == STORY
    assert site.asked[-1][1]["host"] == f"news.example:{site.port}"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "only addresses with http"),
        ("ftp://news.example/", "only addresses with http"),
        ("news.example", "only addresses with http"),
        ("http://user:secret@news.example/", "name or password"),
        ("http://news.example\\@evil.example/", "name or password"),
        ("http://", "no address"),
        ("http://[::1", "no address"),
        ("http://0177.0.0.1/", "no address"),
        ("http://%6eews.example/", "no address"),
        ("http://news.example:99999/", "no address"),
        ("http://news.example/\x1b[31m", "no address"),
        (f"http://{'a' * 70}.example/", "has no address"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(
    url: str, said: str, visitor: PoliteClient, connections: list[str]
) -> None:
    told = reason(visitor, url)
    assert said in told
    assert "secret" not in told
    assert not connections


def test_a_name_that_does_not_exist_says_so(make: Callable[..., PoliteClient]) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    said = reason(make(resolve=unknown), "http://nowhere.example/")
    assert said == "nowhere.example has no address: Name or service not known"


def test_a_resolver_that_does_not_answer_is_not_waited_for(
    make: Callable[..., PoliteClient],
) -> None:
    release = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        release.wait(20)
        return []

    started = time.monotonic()
    assert "longer than 0.2 seconds" in reason(
        make(resolve=slow, timeout=0.2), "http://slow.example/"
    )
    assert time.monotonic() - started < 5
    release.set()


def test_proxies_of_the_environment_are_not_used(
    site: Site, visitor: PoliteClient, monkeypatch: pytest.MonkeyPatch, connections: list[str]
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://198.51.100.1:3128")
    read(visitor, site.at("/x", answer()))
    assert set(connections) == {"127.0.0.1"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_a_certificate_is_checked_against_the_name_though_the_connection_is_to_an_address(
    site: Site,
    make: Callable[..., PoliteClient],
    connections: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    named: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.at("/", answer())
    site.at("/down", redirect(f"http://news.example:{site.port}/"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    visitor = make(allow_private=False, resolve=lambda host, port: [PUBLIC])
    root = f"https://news.example:{site.port}"

    assert read(visitor, f"{root}/").content == STORY
    assert set(named) == {"news.example"}
    assert set(connections) == {PUBLIC}
    assert "from https to http" in reason(visitor, f"{root}/down")
    assert "CERTIFICATE_VERIFY_FAILED" in reason(visitor, f"https://evil.example:{site.port}/")


# Redirects


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (f"http://{METADATA}/latest/meta-data", "no address of the public internet"),
        ("//localhost/", "no address of the public internet"),
        ("file:///etc/passwd", "it redirects elsewhere: only addresses with http"),
        ("http://user:secret@news.example/", "name or password"),
        ("http://[", "it redirects elsewhere"),
    ],
)
def test_a_redirect_is_checked_like_what_was_asked_for(
    to: str, said: str, site: Site, make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return [{"news.example": PUBLIC, "localhost": "127.0.0.1"}.get(host, host)]

    site.at("/", redirect(to))
    visitor = make(allow_private=False, resolve=resolve)
    assert said in reason(visitor, site.url("/", "news.example"))
    assert set(connections) == {PUBLIC}


def test_a_redirect_is_followed_to_the_page(site: Site, visitor: PoliteClient) -> None:
    target = site.at("/b", answer())
    page = read(visitor, site.at("/a", redirect("b", 308)))
    assert page.url == page.address == target


def test_a_loop_of_redirects_ends(site: Site, visitor: PoliteClient) -> None:
    assert "more than 5 times" in reason(visitor, site.at("/loop", redirect("/loop")))
    assert site.pages() == ["/loop"] * 6


# Limits


def test_a_page_that_drips_is_given_up_in_time(
    site: Site, make: Callable[..., PoliteClient]
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n"
    body = site.at("/body", raw(head, b"x", pause=0.05, times=400))
    headers = site.at("/headers", raw(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause=0.05, times=400))
    silent = site.at("/silent", raw(b"", pause=20))
    for url in (body, headers, silent):
        started = time.monotonic()
        assert "longer than 0.4 seconds" in reason(make(timeout=0.4), url)
        assert time.monotonic() - started < 5


def test_redirects_that_drag_on_share_one_deadline(
    site: Site, make: Callable[..., PoliteClient]
) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        redirect("/slow")(handler)

    assert "longer than 0.5 seconds" in reason(make(timeout=0.5), site.at("/slow", slow))
    assert len(site.pages()) <= 3


def test_an_endless_body_is_cut_off_at_the_largest_size(
    site: Site, make: Callable[..., PoliteClient]
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    url = site.at("/endless", raw(head, b"x" * 10_000, times=10_000))
    assert "more than 300,000 bytes" in reason(make(largest=300_000), url)


def test_a_page_of_exactly_the_largest_size_is_read(
    site: Site, make: Callable[..., PoliteClient]
) -> None:
    plain = site.at("/plain", answer(b"x" * 1000))
    packed = site.at("/packed", answer(gzip.compress(b"x" * 1000), Content_Encoding="gzip"))
    over = site.at("/over", answer(gzip.compress(b"x" * 1001), Content_Encoding="gzip"))
    visitor = make(largest=1000)
    assert read(visitor, plain).content == read(visitor, packed).content == b"x" * 1000
    assert "more than 1,000 bytes" in reason(visitor, over)


def test_a_gzip_bomb_is_not_unpacked(site: Site, make: Callable[..., PoliteClient]) -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    url = site.at("/bomb", answer(bomb, Content_Encoding="gzip"))
    tracemalloc.start()
    try:
        assert "more than 1,000,000 bytes" in reason(make(largest=1_000_000), url)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (b"no gzip", "gzip", "compression is broken"),
        (gzip.compress(STORY, mtime=0)[:-12], "gzip", "its end is missing"),
        (STORY, "br", "not asked for"),
        (gzip.compress(STORY, mtime=0), "gzip, gzip", "not asked for"),
    ],
    ids=["no gzip", "cut gzip", "brotli", "twice"],
)
def test_compression_that_cannot_be_undone_is_refused(
    body: bytes, encoding: str, said: str, site: Site, visitor: PoliteClient
) -> None:
    assert said in reason(visitor, site.at("/x", answer(body, Content_Encoding=encoding)))


@pytest.mark.parametrize(
    "broken",
    [
        raw(b"HTTP/1.1 200 OK\r\n", b"X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", times=100_000),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<html"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"),
        raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
        raw(b""),
        reset,
    ],
    ids=["header bomb", "cut off", "cut chunk", "no chunk", "no HTTP", "silence", "reset"],
)
def test_an_answer_that_breaks_off_is_asked_for_again_and_then_given_up(
    broken: Answering, site: Site, visitor: PoliteClient, patience: Patience
) -> None:
    url = site.at("/x", broken)
    assert "broke off" in reason(visitor, url)
    assert site.pages() == ["/x"] * 3
    assert patience.pauses == [1, 2]
    site.at("/x", broken, answer())
    assert read(visitor, url).content == STORY


def test_a_server_that_is_not_there_says_so(site: Site, visitor: PoliteClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert "cannot be reached" in reason(visitor, f"http://127.0.0.1:{port}/")


# Politeness


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418, 599 - 100])
def test_a_page_that_is_refused_is_not_asked_for_again(
    status: int, site: Site, visitor: PoliteClient
) -> None:
    said = reason(visitor, site.at("/x", answer(status=status)))
    assert said.startswith(f"the server answers {status}")
    assert site.pages() == ["/x"]


def test_a_server_that_fails_is_asked_again_and_then_given_up(
    site: Site, visitor: PoliteClient, patience: Patience
) -> None:
    url = site.at("/x", answer(status=500))
    assert reason(visitor, url) == "the server answers 500 Internal Server Error"
    assert site.pages() == ["/x"] * 3
    assert patience.pauses == [1, 2]
    site.at("/x", answer(status=502), answer(status=503), answer())
    assert read(visitor, url).content == STORY


def test_a_server_that_asks_to_wait_is_waited_for_once(
    site: Site, visitor: PoliteClient, patience: Patience
) -> None:
    busy = answer(status=429, Retry_After="40")
    url = site.at("/x", busy, answer())
    assert read(visitor, url).content == STORY
    assert patience.pauses == [40]  # longer than the timeout, which waiting does not count for
    site.at("/x", busy)
    assert "429 Too Many Requests and asks to come back in 40 s" in reason(visitor, url)
    assert patience.pauses == [40, 40]


@pytest.mark.parametrize(
    "value",
    [
        "3600",
        "9" * 5000,
        "04 Oct 10:00:00 99999999999",
        format_datetime(datetime.now(UTC) + timedelta(days=9)),
    ],
    ids=["an hour", "no number", "no date", "days"],
)
def test_a_server_that_asks_to_wait_for_long_is_given_up(
    value: str, site: Site, visitor: PoliteClient, patience: Patience
) -> None:
    said = reason(visitor, site.at("/x", answer(status=503, Retry_After=value)))
    assert said.startswith("the server answers 503")
    assert sum(patience.pauses) <= 3


def test_a_date_to_come_back_is_waited_for(
    site: Site, visitor: PoliteClient, patience: Patience
) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30))
    read(visitor, site.at("/x", answer(status=503, Retry_After=until), answer()))
    assert 20 < patience.pauses[0] <= 30
    past = format_datetime(datetime.now(UTC) - timedelta(days=30))
    read(visitor, site.at("/y", answer(status=503, Retry_After=past), answer()))


def test_a_host_is_asked_no_faster_than_the_pace_and_another_at_once(
    site: Site, make: Callable[..., PoliteClient], patience: Patience
) -> None:
    visitor = make(pace=2, resolve=lambda host, port: ["127.0.0.1"])
    site.at("/", answer())
    read(visitor, site.url("/", "one.example"))  # robots.txt, then the page
    assert len(patience.pauses) == 1
    read(visitor, site.url("/", "one.example"))
    assert len(patience.pauses) == 2
    assert all(1.5 < pause <= 2 for pause in patience.pauses)
    read(visitor, site.url("/", "two.example"))
    assert len(patience.pauses) == 3


@pytest.mark.parametrize(("asked", "kept"), [("7", 7), ("9000", 30), ("0.1", 1), ("-5", 1)])
def test_the_delay_that_robots_txt_asks_for_is_kept_within_reason(
    asked: str, kept: float, site: Site, make: Callable[..., PoliteClient], patience: Patience
) -> None:
    site.at("/robots.txt", answer(f"User-agent: *\nCrawl-delay: {asked}".encode(), "text/plain"))
    read(make(pace=1), site.at("/x", answer()))
    assert patience.pauses == [pytest.approx(kept, abs=0.5)]


def test_robots_txt_is_obeyed_and_read_once(site: Site, visitor: PoliteClient) -> None:
    rules = b"User-agent: other\nDisallow:\n\nUser-agent: article-qa\nDisallow: /private\n"
    site.at("/robots.txt", answer(b"\xef\xbb\xbf" + rules, "text/plain"))
    closed = site.at("/private/x", answer())
    assert reason(visitor, closed) == "robots.txt of 127.0.0.1 forbids it"
    assert "forbids" in reason(visitor, site.at("/way", redirect("/private/x")))
    read(visitor, site.at("/open", answer()))
    assert site.paths() == ["/robots.txt", "/way", "/open"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_site_without_robots_txt_may_be_read(
    status: int, site: Site, visitor: PoliteClient
) -> None:
    site.at("/robots.txt", answer(b"User-agent: *\nDisallow: /", "text/plain", status=status))
    assert read(visitor, site.at("/x", answer())).content == STORY


@pytest.mark.parametrize(
    "broken",
    [answer(status=500), answer(status=429), redirect("/robots.txt"), raw(b""), raw(b"", pause=1)],
)
def test_a_site_whose_robots_txt_cannot_be_read_is_left_alone(
    broken: Answering, site: Site, make: Callable[..., PoliteClient]
) -> None:
    site.at("/robots.txt", broken)
    visitor = make(timeout=0.5)
    said = reason(visitor, site.at("/x", answer()))
    assert said.startswith("robots.txt of 127.0.0.1 cannot be read: ")
    asked = len(site.asked)
    assert reason(visitor, site.at("/y", answer())) == said
    assert (len(site.asked), site.pages()) == (asked, [])


def test_robots_txt_has_a_deadline_of_its_own(
    site: Site, make: Callable[..., PoliteClient]
) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        answer(b"" if handler.path == "/robots.txt" else STORY)(handler)

    site.at("/robots.txt", slow)
    assert read(make(timeout=1), site.at("/x", slow)).content == STORY


def test_robots_txt_may_be_long_and_ill_written(site: Site, visitor: PoliteClient) -> None:
    rules = b"User-agent: *\nDisallow: /private\nDisallow: /*" + b"a*" * 10_000 + b"\n"
    filler = b"\xff\x00 : nonsense\n" * 50_000
    site.at("/robots.txt", answer(rules + filler + b"Disallow: /\n", "text/plain"))
    assert "forbids" in reason(visitor, site.at("/private", answer()))
    read(visitor, site.at("/" + "a" * 1000, answer()))


# Feeds

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>News</title><link>/</link>
<item><title>First &amp;amp; &lt;b&gt;best&lt;/b&gt;</title><link>one</link>
<pubDate>Tue, 04 Oct 2022 23:30:00 -0500</pubDate></item>
<item><title>Second</title><link>/news/two#part</link></item>
<item><link>two</link></item><item><title>No link</title></item>
</channel></rss>"""
RSS_091 = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>
<item><title>First</title><link>one</link></item><item><link>two</link></item></channel></rss>"""
RSS_1 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/"><item rdf:about="1"><title>First</title><link>one</link></item>
<item rdf:about="2"><link>two</link></item></rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>First</title>
<link rel="enclosure" href="sound.mp3"/><link rel="alternate" href="one"/>
<published>2022-10-04T23:30:00Z</published></entry><entry><link href="two"/></entry></feed>"""
BROKEN = """<rss version="2.0"><channel><item><title>First & best &nbsp;</title>
<link>one</link></item><item><title><b>Second</title><link>two</link></item><item><ti"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"title": "First", "url": "one", "date_published": "2022-10-04T23:30:00-05:00"},
            {"title": 7, "url": "/news/two"},
            {"url": None},
            "nonsense",
        ],
    }
)


@pytest.mark.parametrize("feed", [RSS, RSS_091, RSS_1, ATOM, BROKEN, JSON])
def test_a_feed_of_any_kind_is_the_links_of_its_entries(feed: str) -> None:
    content = feed.encode()
    assert feeds.is_feed(content)
    found = feeds.links(content, "http://news.example/news/feed")
    links = [entry.url.partition("#")[0] for entry in found]
    assert links == ["http://news.example/news/one", "http://news.example/news/two"]
    assert (found[0].title or "").startswith("First")
    if "2022" in feed:
        assert found[0].published == date(2022, 10, 4)


@pytest.mark.parametrize(
    ("item", "link"),
    [
        ("<link>http://e.example/?a=1&b=2&copy=3</link>", "http://e.example/?a=1&b=2&copy=3"),
        ("<link><![CDATA[ http://e.example/?a=1&b=2 ]]></link>&", "http://e.example/?a=1&b=2"),
        ("<link>http://e.example/?a=1&amp;b=2</link>", "http://e.example/?a=1&b=2"),
        ("<atom:link rel='self' href='/feed'/><link>/one</link>", "http://news.example/one"),
        ("<guid>http://e.example/id</guid><link>/one</link>", "http://news.example/one"),
        ("<guid isPermaLink='true'>http://e.example/id</guid>", "http://e.example/id"),
        (
            "<!-- c --><title>\x0b caf\xe9 </title><link xml:base='/b/'>one</link>",
            "http://news.example/one",
        ),
        (
            "<title>&#xD800; &#55555; &a;</title><link>/one?a&#038;b</link>",
            "http://news.example/one?a&b",
        ),
        ("<guid isPermaLink='false'>http://e.example/id</guid><link/>", None),
        ("<link href='one' rel='enclosure'/><?php x ?>", None),
    ],
)
def test_the_link_of_an_entry_is_found_where_it_stands(item: str, link: str | None) -> None:
    content = f"\n<rss><channel><item>{item}</item><item><link>/last</link></item>".encode("cp1252")
    found = [entry.url for entry in feeds.links(content, "http://news.example/feed")]
    assert found == ([link] if link else []) + ["http://news.example/last"]


def test_a_feed_may_be_in_any_encoding_and_have_a_base_of_its_own() -> None:
    feed = """<?xml version="1.0" encoding="utf-16"?><feed xmlns="http://www.w3.org/2005/Atom"
    xml:base="http://e.example/base/"><entry><title>Č</title><link href="one"/></entry></feed>"""
    for content in (feed.encode("utf-16"), feed.encode("utf-8")):  # the second is not what it says
        assert feeds.is_feed(content)
        (entry,) = feeds.links(content, "http://news.example/feed")
        assert (entry.url, entry.title) == ("http://e.example/base/one", "Č")


def test_a_feed_opens_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret words")
    content = f"""<!DOCTYPE x [<!ENTITY f SYSTEM "{secret.as_uri()}">]>
    <rss><channel><item><title>&f;</title><link>one</link></item></channel></rss>"""
    (entry,) = feeds.links(content.encode(), "http://news.example/")
    assert "secret words" not in (entry.title or "")


def test_a_feed_does_not_grow() -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    content = f"""<!DOCTYPE x [<!ENTITY a0 "grow">{levels}]>
    <rss><channel><item><title>&a11;</title><link>one</link></item></channel></rss>"""
    (entry,) = feeds.links(content.encode(), "http://news.example/")
    assert len(entry.title or "") < 1000


@pytest.mark.parametrize(
    "content",
    [
        *(b"<rss></rss>", b"<rss><channel><item>", b"<feed", b'{"version": "https://jsonfeed.org/'),
        b'{"items": 7, "version": "https://jsonfeed.org/version/1"}',
        b'{"a":' * 100_000 + b'"https://jsonfeed.org/version/1"',
    ],
)
def test_a_feed_in_which_nothing_can_be_read_says_so(content: bytes) -> None:
    with pytest.raises(LoadError, match="feed"):
        feeds.links(content, "http://news.example/")


def test_the_pages_of_a_feed_come_one_after_another_and_a_failure_stops_none(
    site: Site, make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    canonical = STORY.replace(b"<title>", b'<link rel="canonical" href="/news/one"><title>')
    site.at("/news/one", answer())
    site.at("/news/again", answer(canonical))
    site.at("/news/feed2", answer(RSS.encode(), "application/rss+xml"))
    site.at("/news/last", answer())
    links = ["one", "gone", f"http://{METADATA}/", "file:///etc/passwd", "again", "feed2", "last"]
    items = "".join(f"<item><title>T</title><link>{link}</link></item>" for link in links)
    site.at("/news/feed", answer(f"<rss><channel>{items}".encode(), "text/xml"))

    def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC if host == "news.example" else host]

    visitor = make(allow_private=False, resolve=resolve)
    root = site.url("/news/", "news.example")
    found = list(pages(visitor, root + "feed"))
    assert [page.url for page in found if isinstance(page, Page)] == [root + "one", root + "last"]
    assert [page.title for page in found if isinstance(page, Page)] == ["T", "T"]
    failed = {failure.url: failure.reason for failure in found if isinstance(failure, Failed)}
    assert "404" in failed[root + "gone"]
    assert "public internet" in failed[f"http://{METADATA}/"]
    assert "only addresses with http" in failed.pop(next(url for url in failed if "passwd" in url))
    assert "a feed that is listed in a feed" in failed[root + "feed2"]
    assert len(failed) == 3
    assert set(connections) == {PUBLIC}


def test_the_pages_of_a_feed_that_did_not_change_are_not_sent_again(
    site: Site, visitor: PoliteClient
) -> None:
    def conditional(handler: BaseHTTPRequestHandler) -> None:
        same = handler.headers["If-None-Match"] == '"1"'
        answer(b"" if same else STORY, status=304 if same else 200, ETag='"1"')(handler)

    one, two = site.at("/news/one", conditional), site.at("/news/two", conditional)
    feed = site.at("/news/feed", answer(RSS.encode(), "application/rss+xml"))
    first = [page for page in pages(visitor, feed) if isinstance(page, Page)]
    known = {page.address: Known(page.etag, page.last_modified) for page in first}
    assert list(pages(visitor, feed, known)) == [Unchanged(one), Unchanged(two)]


def test_a_feed_lists_no_more_than_its_first_hundred_entries(visitor: PoliteClient) -> None:
    items = "".join(f"<item><link>/{number}</link></item>" for number in range(1000))
    found = feeds.links(f"<rss><channel>{items}".encode(), "http://news.example/")
    assert [found[0].url, found[-1].url] == ["http://news.example/0", "http://news.example/99"]


def test_a_page_is_yielded_alone_and_a_failure_too(site: Site, visitor: PoliteClient) -> None:
    url = site.at("/x", answer())
    assert [page.url for page in pages(visitor, url) if isinstance(page, Page)] == [url]
    assert list(pages(visitor, url, {url: Known()}))  # nothing to compare with: it is read
    gone = site.url("/gone")
    assert list(pages(visitor, gone)) == [Failed(gone, "the server answers 404 Not Found")]
    empty = site.at("/feed", answer(b"<rss></rss>", "text/xml"))
    (failed,) = pages(visitor, empty)
    assert isinstance(failed, Failed)
