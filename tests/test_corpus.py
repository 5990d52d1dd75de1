"""The corpus tab in a real browser: looked through, read, removed from and added to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.inputs.sources import discover
from rag.encoders.protocols import Vectors
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.settings import Settings
from rag.store.library import Library
from tests.browsing import Visit, chromium, expect, playwright, served, started, words
from tests.conftest import SEEDS
from tests.libraries import create, home_of, open_library, over, shared_encoder, sync

HOSTILE = "<img src=http://x.example/i.png onerror=window.hacked=1>"
HARBOUR = f"""---
title: "{HOSTILE} harbour"
source: "<script>window.hacked=2</script>"
date: 2022-11-02
---
The harbour of Quell was opened in 1931 by Mayor Odd.
"""
ROWS = "#corpus .holdings tbody tr"
TYPES = {".md": "text/markdown"}


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    expect.set_options(timeout=15_000)
    with chromium() as browser:
        yield browser


@pytest.fixture
def enter(browser: playwright.Browser) -> Iterator[Callable[..., Visit]]:
    """Opens the corpus of a library as a new visitor, who leaves before the window is closed."""
    with ExitStack() as windows:
        visits: list[Visit] = []

        def enter(library: Library, *, width: int = 1280) -> Visit:
            qa = over(library, Settings())
            url = windows.enter_context(served(qa, limit=1))
            size = {"width": width, "height": 800}
            context = browser.new_context(viewport=size, reduced_motion="reduce")
            visits.append(Visit(context.new_page()))
            visits[-1].open(url)
            page = visits[-1].page
            assert page.locator(ROWS).count() == 0, "nothing is sent before it is wanted"
            page.get_by_role("tab", name="Corpus").click()
            return visits[-1]

        yield enter
        for each in visits:
            each.finish()


@pytest.fixture
def shelves(library: Library) -> Library:
    """A library of a few seeds, to be changed."""
    sync(library, discover(sorted(SEEDS.glob("*.md"))))
    return library


def listed(page: playwright.Page) -> list[str]:
    return [words(each) for each in page.locator("#corpus [data-read]").all_inner_texts()]


def hand_in(page: playwright.Page, *files: tuple[str, bytes]) -> None:
    page.locator("#corpus input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": TYPES.get(Path(name).suffix, "text/plain"), "buffer": data}
            for name, data in files
        ]
    )


def test_the_list_is_sorted_and_filtered_by_keyboard(shelves, enter):
    page = enter(shelves).page
    table = page.get_by_role("table", name="Articles").first
    rows = table.get_by_role("row")
    expect(rows).to_have_count(7)
    expect(page.locator("#corpus .count")).to_have_text("6 articles")
    assert listed(page)[0] == "Japan’s three security documents of December 2022"
    by_date, by_title = (table.get_by_role("columnheader", name=n) for n in ("Date", "Title"))
    expect(by_date).to_have_attribute("aria-sort", "descending")
    by_title.get_by_role("button").press("Enter")
    expect(by_title).to_have_attribute("aria-sort", "ascending")
    expect(by_date).to_have_attribute("aria-sort", "none")
    assert listed(page) == sorted(listed(page))
    by_title.get_by_role("button").press("Enter")
    expect(by_title).to_have_attribute("aria-sort", "descending")
    assert listed(page) == sorted(listed(page), reverse=True)
    page.get_by_role("searchbox").fill("profile hayashi")
    expect(page.locator("#corpus .count")).to_have_text("1 of 6 articles")
    page.get_by_role("searchbox").fill("zzz")
    expect(page.locator("#corpus .count")).to_have_text("0 of 6 articles")
    expect(table).to_be_hidden()


def test_an_article_is_read_and_closed_by_keyboard(shelves, enter):
    page = enter(shelves).page
    title = page.get_by_role("button", name="What is the Hwasong-12?", exact=True)
    title.press("Enter")
    reader = page.locator("#corpus .reading")
    expect(reader.locator("h2")).to_have_text("What is the Hwasong-12?")
    expect(reader).to_be_focused()
    expect(page.locator("#corpus .adding")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(reader).to_be_hidden()
    expect(title).to_be_focused()


def test_an_article_is_removed_after_a_question_that_says_what_that_means(shelves, enter):
    page = enter(shelves).page
    remove = page.get_by_role("button", name="Remove What is the Hwasong-12?")
    remove.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove this article?")
    expect(dialog).to_contain_text("The file “hwasong-12.md” is not deleted")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(remove).to_be_focused()
    remove.press("Enter")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator("#corpus .count")).to_have_text("Removed. 5 articles")
    expect(page.locator("#masthead .held")).to_contain_text("5 articles")
    assert "What is the Hwasong-12?" not in listed(page)
    assert page.evaluate("document.activeElement.dataset.read ?? ''")


def test_files_are_added_and_asked_and_each_refused_one_says_why(shelves, enter):
    visitor = enter(shelves)
    page = visitor.page
    expect(page.locator(ROWS)).to_have_count(6)
    hand_in(
        page,
        (f"{HOSTILE}.md", HARBOUR.encode()),
        ("broken.docx", b"nothing of that kind"),
        ("program.exe", b"MZ"),
        ("big.txt", b"a " * 600_000),
    )
    progress = page.locator("#corpus .progress")
    expect(progress.locator(".sum")).to_have_text(
        "1 file added, 3 failed; 1 article read", timeout=20_000
    )
    expect(progress).to_contain_text(f"Added {HOSTILE}.md".replace("/", "")[-10:])
    expect(progress).to_contain_text("unsupported format; supported: .txt")
    expect(progress).to_contain_text("the file has 1.2 MB; the limit is 1 MB")
    expect(progress).to_contain_text("it is no zip archive, or a broken one")
    assert f"{HOSTILE} harbour" in listed(page)
    expect(page.locator("#corpus .legend")).to_contain_text("<script>window.hacked=2</script>")
    expect(page.locator("#masthead .held")).to_contain_text("7 articles")
    (file,) = (home_of(shelves) / "uploads").iterdir()
    assert file.name == "i.png onerror=window.hacked=1>.md"
    page.get_by_role("tab", name="Chat").click()
    visitor.ask("Who opened the harbour of Quell?")
    assert "opened in 1931 by Mayor Odd" in visitor.last
    forbidden = "img, script, iframe, form form, object, [onerror], [onload], [href^=java]"
    assert page.locator("#rooms").locator(forbidden).count() == 0
    assert page.evaluate("typeof window.hacked") == "undefined"


def test_files_are_dropped_and_go_again_with_their_article(shelves, enter):
    page = enter(shelves).page
    data = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " data.items.add(new File(['The pier of Quell is long.'], 'pier.txt')); return data; }"
    )
    page.dispatch_event("#corpus .drop", "drop", {"dataTransfer": data})
    expect(page.locator("#corpus .sum")).to_have_text(
        "1 file added; 1 article read", timeout=20_000
    )
    assert (home_of(shelves) / "uploads" / "pier.txt").exists()
    page.get_by_role("button", name="Remove The pier of Quell").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It was uploaded as “pier.txt”")
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator("#corpus .count")).to_have_text("Removed. 6 articles")
    assert not (home_of(shelves) / "uploads" / "pier.txt").exists()


def test_an_address_of_a_private_network_is_refused_with_the_reason(shelves, enter):
    site = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    page = enter(shelves).page
    address = page.get_by_label("Addresses of pages and feeds")
    address.fill(f"http://127.0.0.1:{site.server_port}/\nnowhere")
    page.get_by_role("button", name="Add", exact=True).click()
    progress = page.locator("#corpus .progress")
    expect(progress.locator(".sum")).to_have_text("2 failed", timeout=20_000)
    expect(progress).to_contain_text("127.0.0.1 is no address of the public internet")
    expect(progress).to_contain_text("only addresses with http and https are read")
    expect(address).to_have_value("")
    site.shutdown()


def test_an_ingest_elsewhere_is_said_and_a_second_one_refused(shelves, enter):
    with shelves.update():
        page = enter(shelves).page
        progress = page.locator("#corpus .progress")
        expect(progress).to_have_text(
            "Another process is ingesting articles. They will appear here when it has finished."
        )
        hand_in(page, ("pier.txt", b"The pier of Quell is long."))
        expect(progress).to_contain_text(
            "An ingest is already running; try again when it has finished"
        )


def test_what_another_process_adds_is_seen_without_reloading(shelves, enter, encoder):
    page = enter(shelves).page
    expect(page.locator(ROWS)).to_have_count(6)
    with open_library(home_of(shelves), encoder).update() as update:
        origin = next(uri for uri in update.origins() if uri.endswith("hwasong-12.md"))
        update.remove(origin)
    expect(page.locator(ROWS)).to_have_count(5, timeout=10_000)
    expect(page.locator("#masthead .held")).to_contain_text("5 articles")


def test_an_empty_library_offers_the_samples_and_answers_right_after(tmp_path, browser):
    with started(tmp_path) as url:
        visitor = Visit(browser.new_page())
        page = visitor.page
        page.goto(url)
        expect(page.get_by_role("heading", name="No articles yet")).to_be_visible()
        expect(page.locator("#conversation")).to_contain_text(
            "There are no articles to search yet."
        )
        visitor.ask("Who condemned the missile launch?")
        assert visitor.last.startswith("There are no articles to search yet.")
        expect(page.locator(".bot-row .to-corpus")).to_be_visible()
        page.get_by_role("button", name="Add the sample articles").click()
        expect(page.get_by_role("heading", name="Newest articles")).to_be_visible(timeout=40_000)
        expect(page.locator("#masthead .held")).to_contain_text("17 articles")
        page.click("#limits > button")
        page.get_by_role("combobox", name="Source").click()
        expect(page.get_by_role("option", name="TDI")).to_be_visible()
        page.keyboard.press("Escape")
        page.click("#retry")
        expect(page.locator("a.cite").first).to_be_visible(timeout=20_000)
        assert "Both ministers condemned" in visitor.last
        page.click("#clear")
        expect(page.locator(".example").first).to_be_visible()
        visitor.finish()


class Hurried(SentenceTransformerEncoder):
    """Embeds at once: where a text lies among the others does not matter to a list of them."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.random.default_rng(len(texts)).normal(size=(len(texts), 384))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def many(tmp_path: Path, encoder: SentenceTransformerEncoder) -> Iterator[Library]:
    """5,000 articles of a sentence each, 120 of them in the Herald."""
    records = tmp_path / "many.csv"
    lines = [
        f"Story {number:04},2021-{number % 12 + 1:02}-{number % 28 + 1:02},"
        f"{'Herald' if number < 120 else 'Times'},The harbour of Quell has {number} boats."
        for number in range(5_000)
    ]
    records.write_text("title,date,source,text\n" + "\n".join(lines))
    hurried = create(tmp_path / "many", Hurried())
    assert not sync(hurried, discover([records]), Hurried()).failures
    hurried.close()
    library = open_library(tmp_path / "many", encoder)
    yield library
    library.close()


def quickest(page: playwright.Page) -> float:
    """Seconds until the list is sorted anew, at best of five."""
    took = []
    for order in ("Date", "Title", "Source", "Passages", "Title"):
        head = page.get_by_role("columnheader", name=order)
        before = head.get_attribute("aria-sort")
        started = time.perf_counter()
        head.get_by_role("button").click()
        expect(head).not_to_have_attribute("aria-sort", before)
        took.append(time.perf_counter() - started)
    return min(took)


def test_five_thousand_articles_come_in_parts_and_hardly_slower_than_six(many, shelves, enter):
    page = enter(many).page
    count, more = page.locator("#corpus .count"), page.get_by_role("button", name="Show more")
    expect(count).to_have_text("5,000 articles")
    expect(page.locator(ROWS)).to_have_count(50)
    expect(page.locator("#corpus .legend")).to_contain_text("Times 4,880")
    page.get_by_role("searchbox").fill("herald")
    expect(count).to_have_text("120 of 5,000 articles")
    expect(page.locator(ROWS)).to_have_count(50)
    more.press("Enter")
    expect(page.locator(ROWS)).to_have_count(100)
    expect(page.locator("#corpus [data-read]").nth(50)).to_be_focused()
    more.click()
    expect(page.locator(ROWS)).to_have_count(120)
    expect(more).to_be_hidden()
    assert len(set(listed(page))) == 120
    page.get_by_role("searchbox").fill("")
    expect(count).to_have_text("5,000 articles")
    few = enter(shelves).page
    expect(few.locator(ROWS)).to_have_count(6)
    assert quickest(page) < 5 * quickest(few)


def test_a_phone_shows_the_corpus_without_scrolling_sideways(shelves, enter):
    page = enter(shelves, width=390).page
    expect(page.locator(ROWS)).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("#corpus [data-read]").first.click()
    expect(page.locator("#corpus .reading h2")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_request_that_the_page_would_not_make_is_answered_in_a_line(qa, tmp_path):
    from ingest.uploads import UploadService
    from ui.window import corpus

    secret = tmp_path / "secret.txt"
    secret.write_text("This file was never handed in.")
    tab = corpus.lay_out(qa, UploadService(qa.library, shared_encoder()))
    functions: dict[str, Any] = {name: getattr(tab, name) for name in ("list_articles", "add")}
    for wanted in (None, [], {"words": 1}, {"words": "", "order": "1; --", "first": "x"}):
        assert "request is not valid" in functions["list_articles"](wanted)["problem"]
    assert corpus.received_file(str(secret)) is None
    assert corpus.received_file("../../etc/passwd") is None
    assert (
        "name a file or an address"
        in functions["add"]({"files": [], "addresses": ""})["problem"].lower()
    )
