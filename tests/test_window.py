"""The chat window in a real browser, over a real library and, where it matters, a real process."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ingest.inputs.sources import discover
from rag.answering.quoting import QuotingAnswerer
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.errors import SettingsError
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.library import Library
from tests.browsing import expect, served, words
from tests.conftest import USERS_ARTICLE
from tests.libraries import create, over, sync
from tests.writing import CORRECTED, DRAFT, SUPPORTED, UNSUPPORTED, Writer, worded
from tests.writing import HOSTILE as WRITTEN_HOSTILE
from tests.writing import QUESTION as WRITTEN
from ui.settings import WindowSettings
from ui.window.server import serve

QUESTION = "Who condemned the missile launch?"
UNANSWERABLE = "What is the capital of Peru?"
ANOTHER_PASSAGE = "The model cited another passage, or none. This passage supports the sentence."
HOSTILE = "<img src=http://x.example/i.png onerror=window.hacked=1>"
HOSTILE_ARTICLE = f"""---
title: "{HOSTILE} treaty"
source: "<script>window.hacked=2</script>"
url: "javascript:window.hacked=3"
date: 2024-05-01
---
The Zorbian treaty was signed in Quell by &lt;script&gt;window.hacked=4&lt;/script&gt;
&lt;img src=http://x.example/a.png onerror=window.hacked=5&gt; &lt;/textarea&gt;&lt;/p&gt;&lt;svg
onload=window.hacked=6&gt; \\!\\[x\\]\\(http://x.example/b.png\\) \\[x\\]\\(javascript:window.hacked=7\\)
$\\{{window.hacked=8\\}} {{{{window.hacked=9}}}} $$\\\\href{{javascript:window.hacked=10}}{{x}}$$ ministers.
"""


@pytest.fixture(scope="module")
def hostile_library(
    tmp_path_factory: pytest.TempPathFactory, encoder: SentenceTransformerEncoder
) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile.md").write_text(HOSTILE_ARTICLE, encoding="utf-8")
    library = create(folder / "library", encoder)
    assert not sync(library, discover([folder / "hostile.md"])).failures
    yield library
    library.close()


def test_an_answer_shows_its_marks_and_a_card_for_each_citation(window, visit, qa):
    answer = qa.ask(QUESTION)
    visitor = visit(window)
    visitor.ask(QUESTION)
    assert visitor.page.title() == "article-qa"
    assert visitor.last == f"{answer.text} Evidence: {answer.strength}"
    assert visitor.page.locator("a.cite").first.inner_text() == "[1]"
    assert visitor.page.locator(".card").count() == len(answer.citations)
    card = visitor.page.locator(".card").first
    expect(card.locator("h3")).to_have_text(words(answer.citations[0].title))
    expect(card.locator("time")).to_have_text("4 October 2022")
    expect(card.locator(".about")).to_contain_text("TDI")
    marked = [each.inner_text() for each in visitor.page.locator(".card mark").all()]
    assert marked == [citation.quote for citation in answer.citations]


def test_a_mark_brings_its_source_into_view_by_mouse_and_by_keyboard(window, visit):
    visitor = visit(window, height=500)
    visitor.ask(QUESTION)
    card = visitor.page.locator("#source-1-2")
    expect(card.locator("footer")).not_to_be_in_viewport()
    visitor.page.locator("a.cite").nth(1).click()
    expect(card.locator("mark")).to_be_in_viewport()
    expect(card).to_be_focused()
    visitor.page.locator("a.cite").first.focus()
    expect(visitor.page.locator("#source-1-1 mark")).to_be_in_viewport()
    expect(visitor.page.locator("#source-1-1")).to_have_class("card called")
    expect(visitor.page.locator("a.cite").first).to_be_focused()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("#source-1-1")).to_be_focused()
    visitor.page.locator("#source-1-1 .number").click()
    expect(visitor.page.locator("a.cite").first).to_be_focused()


def test_a_mark_of_an_earlier_answer_shows_the_sources_of_that_answer(window, visit):
    visitor = visit(window)
    visitor.ask(QUESTION)
    visitor.ask("How many nuclear tests has North Korea carried out?")
    expect(visitor.page.locator("#turn-1")).to_be_hidden()
    visitor.page.locator("a.cite").first.click()
    expect(visitor.page.locator("#source-1-1")).to_be_in_viewport()
    expect(visitor.page.locator("#turn-2")).to_be_hidden()


def test_an_article_opens_whole_at_the_cited_words_and_closes_again(window, visit, qa):
    citation, *citations = qa.ask("What is the alliance based on?").citations
    visitor = visit(window)
    visitor.ask("What is the alliance based on?")
    visitor.page.locator(".card .open").first.click()
    reader = visitor.page.locator(".reader")
    chosen, others = reader.locator("mark:not(.other)"), reader.locator("mark.other")
    expect(chosen.first).to_be_in_viewport()
    # A quotation of two paragraphs has a mark in each.
    assert words(" ".join(chosen.all_inner_texts())) == words(citation.quote)
    cited = [other.quote for other in citations if other.article_id == citation.article_id]
    marked = words(" ".join(others.all_inner_texts()))
    assert sorted(marked.split()) == sorted(words(" ".join(cited)).split())
    assert words(reader.locator(".text").inner_text()) == words(
        qa.article(citation.article_id).text
    )
    visitor.page.keyboard.press("Escape")
    expect(reader).to_be_hidden()
    expect(visitor.page.locator(".card .open").first).to_be_focused()


def test_a_refusal_says_so_and_lists_the_nearest_articles_which_open(window, visit, qa):
    nearest = qa.ask(UNANSWERABLE).nearest
    visitor = visit(window)
    visitor.ask(UNANSWERABLE)
    assert "The articles do not answer this question." in visitor.last
    assert visitor.page.locator(".card, a.cite, #sources mark").count() == 0
    titles = visitor.page.locator(".near .open").all_inner_texts()
    assert titles == [near.title for near in nearest]
    visitor.page.locator(".near .open").first.click()
    expect(visitor.page.locator(".reader h2")).to_have_text(nearest[0].title)


def test_a_story_that_two_outlets_print_is_one_card_that_names_and_opens_the_other(
    library, write, visit
):
    story = USERS_ARTICLE.read_text(encoding="utf-8")
    for outlet in ("Herald", "<i>Times</i>"):
        head = f"---\ntitle: Ministers speak\nsource: {outlet}\ndate: 2022-10-04\n---\n"
        folder = write(f"{len(outlet)}.md", f"{head}{story}").parent
    assert not sync(library, discover([folder])).failures
    with served(over(library, Settings())) as url:
        visitor = visit(url)
        visitor.ask(QUESTION)
        card = visitor.page.locator(".card").first
        outlets = {"Herald", "<i>Times</i>"}
        (other,) = card.locator(".also .open").all_inner_texts()
        assert other in outlets
        expect(card.locator(".also")).to_have_text(f"Also in {other}")
        expect(card.locator(".about")).to_contain_text(*(outlets - {other}))
        card.locator(".also .open").press("Enter")
        reader = visitor.page.locator(".reader")
        expect(reader.locator(".about")).to_contain_text(other)
        expect(reader.locator("mark:not(.other)")).to_have_text(
            card.locator("blockquote").get_attribute("data-quote")
        )


def test_an_example_question_is_asked_with_one_click(window, visit):
    visitor = visit(window)
    visitor.page.get_by_role("button", name=QUESTION).click()
    visitor.settle(1)
    assert "Both ministers condemned" in visitor.last


def test_retry_asks_the_last_question_again_and_a_new_chat_is_empty(window, visit):
    visitor = visit(window)
    visitor.ask(QUESTION)
    visitor.ask(UNANSWERABLE)
    visitor.page.fill("#question textarea", "half a quest")
    with visitor.page.expect_response(lambda response: "/queue/join" in response.url):
        visitor.page.click("#retry")
    visitor.settle(2)
    expect(visitor.page.locator("#question textarea")).to_have_value("half a quest")
    assert visitor.questions == [QUESTION, UNANSWERABLE]
    visitor.page.click("#clear")
    expect(visitor.page.locator(".example").first).to_be_visible()
    assert visitor.page.locator(".message-row, .card").count() == 0
    expect(visitor.page.locator("#tools")).to_be_hidden()


def test_copy_gives_the_plain_answer_with_its_references(window, visit, qa):
    visitor = visit(window, permissions=["clipboard-read", "clipboard-write"])
    visitor.ask(QUESTION)
    visitor.page.click("#copy")
    expect(visitor.page.locator("#sources .status")).to_have_text("Copied with its sources")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(qa.ask(QUESTION).text + "\n\n")
    assert "\n\n[1] " in copied
    assert "TDI, 4 October 2022" in copied


def test_an_empty_question_does_nothing_and_a_far_too_long_one_gets_one_clear_line(window, visit):
    visitor = visit(window)
    for empty in ("", "   \n "):
        visitor.page.fill("#question textarea", empty)
        visitor.page.click(".submit-button")
    visitor.page.wait_for_timeout(300)
    assert visitor.page.locator(".message-row").count() == 0
    visitor.ask("why " * 1250)
    assert visitor.last == "The question has 4,999 characters; the limit is 2,000"
    visitor.ask(QUESTION)
    assert "Both ministers condemned" in visitor.last


def test_two_visitors_at_once_have_a_conversation_each(window, visit):
    one, other = visit(window), visit(window)
    for visitor, question in ((one, QUESTION), (other, UNANSWERABLE)):
        visitor.submit(question)
    for visitor, question in ((one, QUESTION), (other, UNANSWERABLE)):
        visitor.settle(1)
        assert visitor.questions == [question]


def test_on_a_phone_the_sources_fold_under_their_answer_and_a_mark_opens_them(window, visit):
    visitor = visit(window, width=390, height=844, is_mobile=True, has_touch=True)
    page = visitor.page
    visitor.ask(QUESTION)
    first, second = page.locator("#fold-turn-1"), page.locator("#fold-turn-2")
    expect(first.locator("#source-1-1 mark")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    visitor.ask(UNANSWERABLE)
    expect(second.locator(".near").first).to_be_visible()
    expect(first.locator(".card").first).to_be_hidden()
    summary = first.locator("summary")
    expect(summary).to_have_text(re.compile("^[23] sources$"))
    summary.press("Enter")
    expect(first.locator(".card").first).to_be_visible()
    summary.tap()
    page.locator("a.cite").nth(1).tap()
    expect(first.locator("#source-1-2 mark")).to_be_in_viewport()
    page.locator("#source-1-2 .open").tap()
    expect(page.locator(".reader mark:not(.other)").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".reader .back").tap()
    with page.expect_response(lambda response: "/queue/join" in response.url):
        page.click("#retry")
    visitor.settle(2)
    expect(second.locator(".near").first).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator("#sources .near").first).to_be_visible()
    page.locator("a.cite").first.click()
    expect(page.locator("#sources #source-1-1")).to_be_in_viewport()
    expect(page.locator(".fold .turn")).to_have_count(0)


def test_a_refusal_leads_to_the_corpus_tab_where_no_chats_are_offered(window, visit):
    page = (visitor := visit(window)).page
    visitor.ask(UNANSWERABLE)
    page.get_by_role("button", name="add articles in the Corpus tab").press("Enter")
    expect(page.get_by_role("tab", name="Corpus")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("Choose files")).to_be_visible()
    expect(page.get_by_role("button", name="Past chats")).to_be_hidden()
    page.get_by_role("tab", name="Chat").click()
    expect(page.get_by_role("button", name="Past chats")).to_be_visible()


def test_a_stopped_answer_says_so_and_the_next_one_is_not_disturbed(hostile_library, visit):
    goes_on = threading.Event()

    class Hesitant:
        language_model = None
        passages = None

        def answer(self, ranking, call=None):
            yield next(QuotingAnswerer(3).answer(ranking))
            goes_on.wait(30)

    qa = over(hostile_library, Settings())
    with served(ArticleQA(replace(qa.assistant, answerer=Hesitant()))) as url:
        visitor = visit(url)
        visitor.submit("Who signed the Zorbian treaty in Quell?")
        expect(visitor.page.locator(".answer")).to_be_visible(timeout=20_000)
        visitor.page.click(".stop-button")
        expect(visitor.page.locator(".bot-row")).to_contain_text("Stopped.", timeout=3_000)
        goes_on.set()
        visitor.page.click("#retry")
        expect(visitor.page.locator("a.cite")).to_be_visible(timeout=20_000)
        assert "Stopped" not in visitor.last


def test_a_written_answer_is_a_draft_first_and_then_each_sentence_shows_what_its_check_found(
    qa, visit
):
    with served(worded(qa, DRAFT, sleep=0.005)) as url:
        visitor = visit(url)
        expect(visitor.page.locator(".held")).to_contain_text("written by Writer")
        visitor.submit(WRITTEN)
        expect(visitor.page.locator(".draft")).to_contain_text("Both ministers", timeout=20_000)
        assert "[" not in visitor.page.locator(".draft").inner_text()
        visitor.settle(1)
        assert visitor.page.locator(".draft").count() == 0
        assert visitor.last.startswith(
            f"{SUPPORTED} [1] {UNSUPPORTED} not found in the sources: “2099”, “Ruritania” "
            f"{CORRECTED} [2] [3] citation corrected Evidence: "
        )
        assert "Written by Writer; every sentence was checked against the passages" in visitor.last
        unfound = visitor.page.locator(".unfound")
        expect(unfound).to_have_text(UNSUPPORTED)
        expect(unfound).to_have_css("text-decoration-style", "wavy")
        expect(visitor.page.locator(".corrected")).to_have_attribute("title", ANOTHER_PASSAGE)
        assert visitor.page.locator(".card").count() == 3


def test_a_model_stops_when_it_is_told_to_and_when_its_visitor_leaves(qa, visit):
    model = Writer(responses=[DRAFT], sleep=0.05)
    with served(over(qa.library, Settings(), model)) as url:
        visitor = visit(url)
        visitor.submit(WRITTEN)
        expect(visitor.page.locator(".draft")).to_contain_text("Both min", timeout=20_000)
        visitor.page.click(".stop-button")
        expect(visitor.page.locator(".bot-row")).to_contain_text(
            "Stopped. This draft has not been checked"
        )
        assert model.closed.wait(3)
        model.closed.clear()
        visitor.page.click("#retry")
        expect(visitor.page.get_by_text("Draft: sentences are checked")).to_be_visible(
            timeout=20_000
        )
        visitor.page.close()
        assert model.closed.wait(5)


def test_the_articles_to_ask_are_chosen_by_keyboard_and_shown_with_the_answer(window, visit):
    visitor = visit(window, width=390, height=844)
    limits, keyboard = visitor.page.locator("#limits > button"), visitor.page.keyboard
    expect(limits).to_have_attribute("aria-expanded", "false")
    limits.press("Enter")
    expect(limits).to_have_attribute("aria-expanded", "true")
    visitor.page.get_by_role("combobox", name="Source").focus()
    for key in ("ArrowDown", "Enter", "Escape"):
        keyboard.press(key)
    visitor.page.get_by_label("From").fill("soon")
    keyboard.press("Tab")
    expect(limits).to_contain_text("'soon' is not a date")
    visitor.ask(QUESTION)
    assert visitor.last.startswith("'soon' is not a date; write a day like 2022-10-04")
    visitor.page.get_by_label("From").fill("2022-10")
    keyboard.press("Tab")
    expect(limits).to_contain_text("Only: TDI, from 1 October 2022")
    visitor.ask(QUESTION)
    expect(visitor.page.locator(".made")).to_contain_text("Only: TDI, from 1 October 2022")
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == 390


def test_nothing_that_a_model_writes_becomes_markup(qa, visit):
    with served(worded(qa, WRITTEN_HOSTILE, sleep=0.002)) as url:
        visitor = visit(url)
        visitor.submit(WRITTEN)
        expect(visitor.page.locator(".draft")).to_contain_text("<img src=x", timeout=20_000)
        visitor.settle(1)
        assert "window.hacked=3&lt;/script&gt; ${window.hacked=4} {{" in visitor.last
        forbidden = "img, script, iframe, form, object, svg[onload], [onerror], [href^=java]"
        assert visitor.page.locator("#desk").locator(forbidden).count() == 0
        assert visitor.page.evaluate("typeof window.hacked") == "undefined"


def test_nothing_that_an_article_or_a_visitor_says_becomes_markup(hostile_library, visit):
    with served(over(hostile_library, Settings())) as url:
        visitor = visit(url)
        expect(visitor.page.locator(".example").last).to_contain_text(HOSTILE[:20])
        visitor.ask(f"{HOSTILE} Who signed the Zorbian treaty in Quell?")
        assert "<script>window.hacked=4</script>" in visitor.last
        assert "](http://x.example/b.png)" in visitor.last
        assert "${window.hacked=8} {{window.hacked=9}} $$" in visitor.last
        card = visitor.page.locator(".card").first
        assert card.locator("h3").inner_text() == f"{HOSTILE} treaty"
        assert "<script>window.hacked=2</script>" in card.inner_text()
        visitor.page.locator(".card .open").first.click()
        expect(visitor.page.locator(".reader mark")).to_contain_text("<script>window.hacked=4")
        visitor.page.wait_for_timeout(300)
        forbidden = "img, script, iframe, form, object, math, [onerror], [onload], [href^=java]"
        assert visitor.page.locator("#desk").locator(forbidden).count() == 0
        assert visitor.page.locator("#desk svg[onload], #desk a[target]").count() == 0
        assert visitor.page.evaluate("typeof window.hacked") == "undefined"


def test_a_busy_port_is_said_in_one_line(seeds_home):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} is in use; choose another"):
            serve(Settings(home=seeds_home), WindowSettings(port=port))
