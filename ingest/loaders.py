"""Files as articles: one small function a format, chosen by the file's suffix."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.metadata import Metadata, as_date, from_mapping, from_text
from rag.errors import LoadError

LARGEST = 50_000_000  # bytes
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x7f-\x84\x86-\x9f\ufffd]")
_SAMPLE = 100_000  # as much of a file as is needed to tell what it is
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The text of an article, as it will be stored and cited, and what is known about it."""

    text: str
    metadata: Metadata


def load(path: Path, data: bytes) -> list[Loaded]:
    """The articles in a file; raises LoadError with the reason when there are none to be had."""
    if len(data) > LARGEST:
        raise LoadError(f"it has {len(data):,} bytes; {LARGEST:,} are the most")
    found = LOADERS[path.suffix.lower()](data)
    articles = [
        Loaded(loaded.text, loaded.metadata.or_else(from_text(loaded.text)))
        for loaded in found
        if _LETTER.search(loaded.text)
    ]
    if not articles:
        raise LoadError("it holds no text")
    return articles


def load_text(data: bytes) -> list[Loaded]:
    return [Loaded(clean(decode(data)), Metadata())]


def load_markdown(data: bytes) -> list[Loaded]:
    """Markdown as the words that a reader sees, with the metadata of its YAML front matter."""
    import frontmatter
    import yaml

    try:
        metadata, body = frontmatter.parse(decode(data))
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise LoadError(f"its front matter is not YAML: {reason}") from None
    return [Loaded(clean(_markdown_words(body)), from_mapping(metadata))]


def load_html(data: bytes) -> list[Loaded]:
    """The main text of a page, without what surrounds it, and the metadata of its head."""
    import trafilatura
    from trafilatura.settings import Document
    from trafilatura.utils import load_html as parse

    tree = parse(data)
    page = trafilatura.bare_extraction(tree, with_metadata=True, include_comments=False)
    if tree is None or not isinstance(page, Document) or not page.text:
        raise LoadError("no main text was found in the page")
    metadata = Metadata(
        title=page.title,
        published=as_date(page.date),
        source=page.sitename,
        author=page.author,
        url=page.url,
        language=(tree.get("lang") or "").split("-")[0] or None,
    )
    # The library puts each paragraph on a line of its own.
    return [Loaded(clean(re.sub(r"\n+", "\n\n", page.text)), metadata)]


def decode(data: bytes) -> str:
    """Text in whatever encoding it was written; raises LoadError for what is not text."""
    import chardet

    try:
        if b"\0" in data:  # no text in UTF-8 has one, but all text in UTF-16 does
            raise UnicodeDecodeError("utf-8", b"", 0, 0, "NUL")
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding = chardet.detect(data[:_SAMPLE])["encoding"]
        if encoding is None:
            raise LoadError("it is binary data, or text in no known encoding") from None
        text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    if len(_BINARY.findall(text, 0, _SAMPLE)) > min(len(text), _SAMPLE) / 50:
        raise LoadError("it is not text but binary data")
    return text


def clean(text: str) -> str:
    """Text as it is stored: one kind of line break and no control characters, else unchanged."""
    return _CONTROL.sub(" ", re.sub(r"\r\n?|\u2028|\u2029|\x85", "\n", text))


def _markdown_words(body: str) -> str:
    """The text of each block of a Markdown document, a blank line between two."""
    from markdown_it import MarkdownIt

    blocks = []
    item = ""
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.type == "list_item_open":
            item = "- "
        elif token.type == "inline":
            blocks.append(item + _inline_words(token.children or []))
            item = ""
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip())
    return "\n\n".join(block for block in blocks if block.strip())


def _inline_words(tokens: list) -> str:  # type: ignore[type-arg]
    words = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            words.append(" " if token.type == "softbreak" else "\n")
        elif token.type in ("text", "code_inline"):
            words.append(token.content)
    return "".join(words)


LOADERS: dict[str, Callable[[bytes], list[Loaded]]] = {
    ".txt": load_text,
    ".text": load_text,
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
}
