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
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data).best()
        if best is None:
            raise LoadError("it is not text in any known encoding") from None
        text = str(best)
    if len(_CONTROL.findall(text[:10_000])) > len(text[:10_000]) / 50:
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
