"""The corpus tab in a real browser: an article's title, date and source are corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from rag.settings import Settings
from rag.store.library import Library
from tests.browsing import Visit, expect, playwright, served
from tests.conftest import SEEDS
from tests.libraries import over, sync

Write = Callable[[str, str | bytes], Path]
HOSTILE = "<img src=x onerror=window.hacked=1>"


@pytest.fixture
def corpus(library: Library, browser: playwright.Browser) -> Iterator[playwright.Page]:
    sync(library, discover(sorted(SEEDS.glob("h*.md"))))
    with served(over(library, Settings()), limit=1) as url:
        visit = Visit(browser.new_context(reduced_motion="reduce").new_page())
        visit.open(url)
        visit.page.get_by_role("tab", name="Corpus").click()
        yield visit.page
        visit.finish()


def test_an_opened_article_is_corrected_and_a_wrong_day_is_refused(
    corpus: playwright.Page, library: Library
) -> None:
    corpus.get_by_role("button", name="What is the Hwasong-12?", exact=True).click()
    reader = corpus.locator("#corpus .reading")
    reader.get_by_role("button", name="Correct details").click()
    dialog = corpus.get_by_role("dialog", name="Correct this article’s details")
    title, day, source = (
        dialog.get_by_label(name) for name in ("Title", "Date of publication", "Source")
    )
    expect(title).to_be_focused()
    expect(title).to_have_value("What is the Hwasong-12?")
    corpus.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    reader.get_by_role("button", name="Correct details").click()
    title.fill(HOSTILE)
    source.fill("The Herald")
    day.evaluate("(input) => { input.removeAttribute('max'); input.value = '2999-01-01'; }")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("2999-01-01 is in the future")
    day.fill("2025-06-12")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(reader.locator("h2")).to_have_text(HOSTILE)
    expect(reader.locator(".about")).to_contain_text("12 June 2025")
    expect(reader.locator(".about")).to_contain_text("The Herald")
    corpus.get_by_role("button", name="Back").click()
    row = corpus.locator("#corpus tbody tr", has_text=HOSTILE)
    expect(row.locator(".source")).to_have_text("The Herald")
    assert corpus.evaluate("typeof window.hacked") == "undefined"
    with library.snapshot() as snapshot:
        assert "The Herald" in snapshot.sources()
