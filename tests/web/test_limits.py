"""Limits of time and size."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from ingest.web.client import PoliteClient
from tests.web.servers import (
    STORY,
    Answering,
    Patience,
    Site,
    answer,
    raw,
    read,
    reason,
    redirect,
    reset,
)


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
