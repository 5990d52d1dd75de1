"""Repeated requests, pace and robots.txt."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
)


def test_a_server_that_is_not_there_says_so(site: Site, visitor: PoliteClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert "cannot be reached" in reason(visitor, f"http://127.0.0.1:{port}/")


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
