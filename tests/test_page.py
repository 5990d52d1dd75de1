"""The window's HTML, without a browser."""

from __future__ import annotations

from dataclasses import replace

from rag.types import Article, Span
from ui import page


def test_only_a_web_address_becomes_a_link():
    article = Article(id="a", text="Words.", title="T", url="https://news.example/a?b=1", origin="")
    link = page.reader(article, Span(0, 6), "Words.")
    assert 'href="https://news.example/a?b=1" target="_blank" rel="noopener noreferrer no' in link
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "http://["):
        assert "<a" not in page.reader(replace(article, url=url), Span(0, 6), "Words.")


def test_an_article_that_changed_since_the_answer_is_not_marked_in_the_wrong_place():
    article = Article(id="a", text="Other words now.", title="T", url="", origin="")
    shown = page.reader(article, Span(0, 6), "Words.")
    assert "has changed since" in shown
    assert "<mark>" not in shown
    assert "no longer in the library" in page.reader(None, Span(0, 6), "Words.")
