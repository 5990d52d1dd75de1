"""Pages: content, type, charset, names and validators."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler

import pytest

from ingest.web.client import Known, PoliteClient
from ingest.web.pages import FEED, Page, Unchanged, visit
from tests.web.servers import (
    STORY,
    Site,
    answer,
    read,
    reason,
    redirect,
)


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
