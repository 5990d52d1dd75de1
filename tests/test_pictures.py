"""The pictures in docs/images: every state of the window. They are taken with SCREENSHOTS=1."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Sequence

import pytest

from ingest.inputs.sources import discover
from rag.encoders.protocols import Vectors
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.settings import Settings
from tests.browsing import Visit, expect, playwright, served
from tests.conftest import ROOT
from tests.libraries import create, over, sync
from tests.writing import DRAFT, worded
from tests.writing import QUESTION as WRITTEN

pytestmark = pytest.mark.skipif(
    not os.environ.get("SCREENSHOTS"), reason="SCREENSHOTS=1 takes the pictures in docs/images"
)
SIZES = {"": {"width": 1280, "height": 800}, "-phone": {"width": 390, "height": 844}}
COLOURS = 128  # of a picture; few, so that it stays small


@pytest.fixture(params=SIZES)
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def picture(page: playwright.Page, name: str) -> None:
    """Save the window as it is now in docs/images."""
    from PIL import Image

    page.mouse.move(0, 0)
    page.evaluate("document.fonts.ready")
    path = ROOT / "docs" / "images" / f"{name}.png"
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize("scheme", ["", "-dark"])
def test_answers_their_sources_and_the_corpus(window, visit, device, scheme):
    ending = f"{device}{scheme}"
    visitor = visit(f"{window}/?__theme={scheme.strip('-') or 'light'}", **SIZES[device])
    page = visitor.page
    if not scheme:
        picture(page, f"empty{ending}")
    visitor.ask("Who condemned the missile launch?")
    picture(page, f"window{ending}")
    page.locator(".card .open").first.click()
    expect(page.locator(".reader mark").first).to_be_visible()
    picture(page, f"article{ending}")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Corpus").click()
    expect(page.locator("#corpus svg")).to_be_visible()
    expect(page.locator("#corpus .holdings tbody tr").first).to_be_visible()
    picture(page, f"corpus{ending}")


def test_refusals_edits_past_chats_and_feedback(window, visit, device):
    visitor = visit(window, **SIZES[device])
    page = visitor.page
    visitor.ask("Who condemned the missile launch?")
    visitor.ask("What is the capital of Peru?")
    picture(page, f"refusal{device}")
    page.get_by_role("link", name="Edit").first.click()
    expect(page.locator("#cancel")).to_be_visible()
    picture(page, f"edit{device}")
    page.click("#cancel")
    page.locator("a.cite").first.click()
    page.get_by_role("button", name="Wrong citation 1").click()
    expect(page.get_by_label("Why?")).to_be_focused()
    picture(page, f"feedback{device}")
    page.keyboard.press("Escape")
    page.click("#clear")
    expect(page.locator(".message-row")).to_have_count(0)
    visitor.ask("What is the alliance based on?")
    page.get_by_role("button", name="Past chats").click()
    picture(page, f"chats{device}")


def test_a_model_that_writes_what_no_article_says_and_one_that_is_too_slow(qa, visit, device):
    with served(worded(qa, DRAFT, sleep=0.02)) as url:
        visitor = visit(url, **SIZES[device])
        visitor.submit(WRITTEN)
        expect(visitor.page.locator(".draft")).to_contain_text("Ruritania", timeout=20_000)
        picture(visitor.page, f"draft{device}")
        visitor.settle(1)
        picture(visitor.page, f"written{device}")
    with served(worded(qa, DRAFT, rest=30, settings=Settings(timeout=2))) as url:
        visitor = visit(url, **SIZES[device])
        visitor.ask(WRITTEN)
        expect(visitor.page.locator(".aside", has_text="quoted instead")).to_be_visible()
        picture(visitor.page, f"failed{device}")


def test_sources_that_disagree(library, write, visit, device):
    for year, source, people in ((2019, "Gazette", 40), (2020, "Herald", 52)):
        folder = write(
            f"{year}.md",
            f"---\ntitle: The harbour in {year}\ndate: {year}-05-04\nsource: {source}\n---\n"
            f"At the harbour of Tarn work {people} people. The mayor of Tarn visited them.\n",
        ).parent
    assert not sync(library, discover([folder])).failures
    with served(over(library, Settings())) as url:
        visitor = visit(url, **SIZES[device])
        visitor.ask("How many people work at the harbour of Tarn?")
        expect(visitor.page.locator(".aside", has_text="Sources disagree")).to_be_visible()
        picture(visitor.page, f"disagree{device}")


class Held(SentenceTransformerEncoder):
    """Embeds when it is let go, so that an ingest is seen running."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.go.wait(60)
        return super().embed(texts)


def test_nothing_ingested_yet_and_an_ingest_that_runs(tmp_path, browser, device):
    encoder = Held()
    library = create(tmp_path / "new", encoder)
    with served(over(library, Settings())) as url:
        visitor = Visit(browser.new_context(viewport=SIZES[device]).new_page())
        page = visitor.page
        page.goto(url)
        expect(page.get_by_role("heading", name="No articles yet")).to_be_visible()
        picture(page, f"nothing{device}")
        page.get_by_role("tab", name="Corpus").click()
        page.locator("#corpus").get_by_role("button", name="Add the sample articles").click()
        expect(page.locator("#corpus .side progress")).to_be_visible()
        picture(page, f"ingest{device}")
        encoder.go.set()
        expect(page.locator("#corpus .holdings tbody tr")).to_have_count(17, timeout=40_000)
        picture(page, f"ingested{device}")
        visitor.finish()
    library.close()
