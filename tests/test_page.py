"""The window's HTML, without a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import lxml.html

from rag.types import Answer, Article, Citation, Scope, Searched, Sentence, Span, Support
from ui.window import cards, greeting, messages
from ui.window.reader import reader
from ui.window.templates import age


def test_only_a_web_address_becomes_a_link():
    article = Article(id="a", text="Words.", title="T", url="https://news.example/a?b=1", origin="")
    link = reader(article, (Span(0, 6), "Words."))
    assert 'href="https://news.example/a?b=1" target="_blank" rel="noopener noreferrer no' in link
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "http://["):
        assert "<a" not in reader(replace(article, url=url), (Span(0, 6), "Words."))


def test_an_article_that_changed_since_the_answer_is_not_marked_in_the_wrong_place():
    article = Article(id="a", text="Other words now.", title="T", url="", origin="")
    shown = reader(article, (Span(0, 6), "Words."))
    assert "has changed since" in shown
    assert "<mark>" not in shown
    assert "no longer in the library" in reader(None, (Span(0, 6), "Words."))


def test_the_other_words_that_an_answer_cites_are_marked_more_weakly_and_never_twice():
    text = "One is <here>. Two is there.\n\nThree is\nnowhere. Four."
    article = Article(id="a", text=text, title="T", url="", origin="")

    def place(words: str) -> tuple[Span, str]:
        start = text.index(words)
        return Span(start, start + len(words)), words

    others = [
        place("Three is\nnowhere."),
        place("<here>"),
        place("is there."),
        (Span(0, 3), "gone"),
    ]
    shown = lxml.html.fromstring(f"<div>{reader(article, place('Two is there.'), others)}</div>")
    marks = [(each.get("class"), each.text_content()) for each in shown.iter("mark")]
    assert marks == [
        ("other", "<here>"),
        (None, "Two is there."),
        ("other", "Three is\nnowhere."),
    ]
    assert shown.find(".//div").text_content() == text.replace("\n\n", "")


def test_words_are_found_in_a_copy_whose_lines_break_elsewhere():
    copy = Article(id="b", text="Before. All of\nit is said. After.", title="T", url="", origin="")
    shown = reader(copy, (Span(0, 0), "All of it is said."))
    assert "<mark>All of\nit is said.</mark>" in shown
    assert "has changed" not in shown
    assert "<mark" not in reader(copy)


def test_a_date_says_how_long_ago_it_was():
    today = date(2026, 3, 1)
    for published, words in (
        (date(2026, 3, 1), "today"),
        (date(2026, 2, 28), "1 day ago"),
        (date(2026, 1, 31), "1 month ago"),
        (date(2025, 3, 2), "11 months ago"),
        (date(2025, 3, 1), "1 year ago"),
        (date(1900, 3, 2), "125 years ago"),
        (date(2027, 1, 1), "in the future"),
    ):
        assert age(published, today) == words


HOSTILE = (
    '<img src=x onerror="hack()"> ![x](http://x.example/i.png) [x](javascript:hack()) </p> \x1b[2J'
)
CITED = Citation(
    number=1,
    article_id="a",
    title="A title",
    url="",
    quote="Words.",
    start=0,
    end=6,
    published=None,
    source=None,
    author=None,
    place=None,
    score=1.0,
)
WRITTEN = Answer(
    question="Who?",
    text="",
    sentences=(
        Sentence("It is so.", (1,)),
        Sentence("It was so.", (1,), Support("corrected", 0.9)),
        Sentence("It will be so.", (), Support("unsupported", 0.4, ("2099", "Ruritania"))),
    ),
    citations=(CITED,),
    notices=("The sources disagree.",),
    model="writer",
    rewritten_question="Who is it?",
    scope=Scope(after=date(2022, 10, 4), sources=("TDI", "NHK")),
    timings={"total": 3.21},
)


def said(html: str) -> str:
    """What a reader sees of it, paragraphs as one line."""
    spaced = html.replace("</p>", "</p> ")
    return " ".join(lxml.html.fromstring(f"<div>{spaced}</div>").text_content().split())


def test_what_the_check_found_is_said_at_each_sentence():
    shown = messages.answer(WRITTEN, 1)
    assert said(shown) == (
        "Understood as: Who is it? It is so. [1] It was so. [1] citation corrected It will be so. "
        "not found in the sources: “2099”, “Ruritania” The sources disagree. "
        "Only: TDI or NHK, from 4 October 2022 · "
        "Written by writer; every sentence was checked against the passages · 3.2 s 1 source"
    )
    assert '<span class="unfound">It will be so.</span>' in shown
    assert 'title="The model cited another passage, or none' in shown
    assert "no date" in said(cards.sources(WRITTEN, 1))


def test_a_quoted_answer_says_nothing_of_a_model():
    quoted = replace(WRITTEN, model="quote", scope=Scope(), rewritten_question=None, notices=())
    assert said(messages.answer(quoted, 1)).endswith("“Ruritania” 1 source")


def test_a_refusal_and_an_answer_without_sources_say_what_else_is_to_be_known():
    refused = replace(
        WRITTEN, sentences=(), citations=(), refused=True, searched=Searched(1_069, 1)
    )
    assert said(messages.answer(refused, 1)) == (
        "Understood as: Who is it? The articles do not answer this question. "
        "Searched: 1,069 passages of 1 article. The sources disagree. "
        "Only: TDI or NHK, from 4 October 2022 "
        "Search all articles, or add articles in the Corpus tab. No sources"
    )
    everywhere = messages.answer(replace(refused, scope=Scope()), 1)
    assert "To get an answer, add articles in the Corpus tab." in said(everywhere)
    alone = replace(WRITTEN, sentences=WRITTEN.sentences[2:], citations=())
    assert said(cards.sources(alone, 1)).startswith("No sources")


def test_what_a_model_says_is_no_markup():
    hostile = replace(
        WRITTEN,
        sentences=(Sentence(HOSTILE, (), Support("unsupported", 0.1, (HOSTILE,))),),
        citations=(),
        notices=(HOSTILE,),
        model=HOSTILE,
        rewritten_question=HOSTILE,
        scope=Scope(sources=(HOSTILE,)),
    )
    for html in (
        messages.answer(hostile, 1),
        cards.sources(hostile, 1),
        messages.draft(HOSTILE, "writer"),
        messages.stopped(HOSTILE, "writer"),
        greeting.masthead(1, HOSTILE),
    ):
        tags = {each.tag for each in lxml.html.fromstring(f"<div>{html}</div>").iter()}
        assert tags <= {*"div p span section h1 h2 b textarea button details summary".split()}
        assert "<img" in said(html)


def test_a_draft_shows_no_marks_and_says_that_it_is_one():
    assert said(messages.draft("It is so [3", "writer")).startswith("It is so Draft:")
    assert said(messages.draft("It is so. [3][4] And", "writer")).startswith("It is so. And Draft:")
    assert said(messages.draft("<think>Hm [1]", "writer")).startswith("Draft:")
    assert said(messages.draft("It is so. [1]", None)) == "It is so. [1]"


def test_what_was_stopped_is_never_an_empty_bubble():
    assert said(messages.stopped("", "writer")) == said(messages.stopped("", None)) == "Stopped."
    assert (
        said(messages.stopped("It is [", "writer"))
        == "It is Stopped. This draft has not been checked."
    )
    assert said(messages.stopped("It is so. [1]", None)) == "It is so. [1] Stopped."
