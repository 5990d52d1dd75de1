"""Feeds of the web."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ingest.formats import feeds
from ingest.web.client import Known, PoliteClient
from ingest.web.pages import Failed, Page, Unchanged, pages
from rag.errors import LoadError
from tests.web.servers import (
    METADATA,
    PUBLIC,
    STORY,
    Site,
    answer,
)

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
