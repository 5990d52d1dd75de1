from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.formats.loaders import Loaded, load
from rag.errors import LoadError
from tests.conftest import SEEDS, USERS_ARTICLE

FRENCH = (
    "Le ministre a déclaré qu’il était prêt à négocier. Les élèves sont allés à l’école à Évreux."
)
RUSSIAN = "Министр иностранных дел заявил, что переговоры продолжаются. Это было в понедельник."
JAPANESE = "外務大臣は月曜日に記者会見を開き、交渉が続いていると述べた。日本政府は声明を発表した。"


def load_one(name: str, data: bytes) -> Loaded:
    (loaded,) = load(Path(name), data)
    return loaded


def test_the_users_article_is_stored_unchanged_with_what_its_dateline_says() -> None:
    loaded = load_one(USERS_ARTICLE.name, USERS_ARTICLE.read_bytes())
    assert loaded.text == USERS_ARTICLE.read_text(encoding="utf-8")
    assert loaded.metadata.place == "Tokyo"
    assert loaded.metadata.published == date(2022, 10, 4)
    assert loaded.metadata.source == "TDI"


@pytest.mark.parametrize("path", sorted(SEEDS.iterdir()), ids=lambda path: path.name)
def test_every_sample_article_has_title_date_and_source(path: Path) -> None:
    loaded = load_one(path.name, path.read_bytes())
    assert loaded.metadata.title
    assert loaded.metadata.published
    assert loaded.metadata.source in {"Background Notes", "TDI"}
    assert "Home" not in loaded.text, "navigation is no part of an article"
    assert "---" not in loaded.text


def test_markdown_becomes_the_words_that_a_reader_sees() -> None:
    loaded = load_one(
        "a.md",
        b"---\ntitle: From the head\ndate: 2022-10-04\nsource: TDI\nlang: en\n---\n"
        b"# A heading\n\nThe **bold** [link](https://x.org/) and `code`.\nStill the same line.\n\n"
        b"- one\n- two\n\n<script>alert(1)</script>\n",
    )
    assert loaded.text == (
        "A heading\n\nThe bold link and code. Still the same line.\n\n- one\n\n- two"
    )
    assert loaded.metadata.title == "From the head"
    assert loaded.metadata.published == date(2022, 10, 4)


def test_markdown_keeps_tables_ordinals_and_the_words_in_html() -> None:
    loaded = load_one(
        "a.md",
        b"---\n\nIt begins with a rule.\n\n---\n\n| Work | Cost |\n|---|---|\n| Roof | 12,500 |\n\n"
        b"1. Apply\n2. Pay\n\n<p>The fee is <b>9</b> euros.</p>\n\nThe dock<br>line.\n",
    )
    for words in ("It begins with a rule.", "Work | Cost\n\nRoof | 12,500", "1. Apply\n\n2. Pay"):
        assert words in loaded.text
    assert "The fee is 9 euros.\n\nThe dock line." in loaded.text


def test_a_date_in_the_story_of_a_page_is_not_its_own() -> None:
    story = "The club of Tarn was founded on May 3, 1999 by four friends who owned one boat. " * 5
    page = f"<html><body><article><h1>The club</h1><p>{story}</p></article></body></html>"
    assert load_one("a.html", page.encode()).metadata.published is None


def test_html_gives_main_text_and_metadata() -> None:
    loaded = load_one("six-party-talks.html", (SEEDS / "six-party-talks.html").read_bytes())
    assert loaded.metadata.title == "The Six-Party Talks, 2003–2009"
    assert loaded.metadata.published == date(2022, 11, 21)
    assert loaded.metadata.language == "en"
    assert "All notes" not in loaded.text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        (FRENCH, "utf-8-sig"),
        (FRENCH, "utf-16"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
    ],
)
def test_unknown_encodings_are_detected(text: str, encoding: str) -> None:
    assert load_one("a.txt", text.encode(encoding)).text == text


def test_every_kind_of_line_break_is_one() -> None:
    assert load_one("a.txt", b"One.\r\n\r\nTwo.\rThree.").text == "One.\n\nTwo.\nThree."


def test_control_characters_cannot_reach_a_terminal() -> None:
    assert (
        "\x1b"
        not in load_one("a.txt", b"A \x1b[31mred\x1b[0m word in a long line of text. " * 9).text
    )


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "no text"),
        ("a.txt", b" \n\t\n", "no text"),
        ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "binary"),
        ("a.txt", b"\x7fELF\x02\x01\x01" + b"\x00" * 500, "binary"),
        ("a.md", b"---\ntitle: [unclosed\n---\nText.", "front matter"),
        ("a.html", b"<html><body></body></html>", "no main text"),
        ("a.html", b"", "no text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        load(Path(name), data)
