"""Markdown with optional YAML front matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.formats.markup import parse_html, words
from ingest.formats.text import LONGEST, Loaded, clean, decode
from ingest.metadata import from_mapping
from rag.errors import LoadError

if TYPE_CHECKING:
    from markdown_it.token import Token

_LONGEST_FRONT_MATTER = 100_000  # characters


def load_markdown(data: bytes) -> list[Loaded]:
    """Return the text of a Markdown file as a reader sees it, with its front matter as metadata."""
    text = decode(data)
    if len(text) > LONGEST:
        raise LoadError(f"it has {len(text):,} characters; {LONGEST:,} are the most")
    metadata, body = _front_matter(text)
    return [Loaded(clean(_words(body)), from_mapping(metadata))]


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return front matter and the rest. Raises LoadError for YAML that is broken or has aliases."""
    import frontmatter
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    class Plain(yaml.SafeLoader):  # pure Python: deep nesting raises an error instead of crashing
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases, as *this, are not read")
            return super().compose_node(parent, index)

    class Handler(YAMLHandler):
        def load(self, fm: str, **_: object) -> Any:
            if len(fm) > _LONGEST_FRONT_MATTER:
                raise ValueError(f"it has more than {_LONGEST_FRONT_MATTER:,} characters")
            return yaml.load(fm, Loader=Plain)  # noqa: S506 (it is safe)

    try:
        found, body = frontmatter.parse(
            text, handler=Handler() if text.lstrip()[:3] == "---" else None
        )
        # Text between two rules need not be front matter.
        return (found, body) if found else ({}, text)
    except RecursionError:
        raise LoadError("its front matter nests too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise LoadError(f"its front matter is not YAML: {error}") from None


def _words(body: str) -> str:
    """Return the blocks of a document, separated by blank lines; each table row is a block."""
    from markdown_it import MarkdownIt

    blocks: list[str] = []
    item = ""
    cells: list[str] | None = None
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.type == "list_item_open":
            item = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            blocks.append(" | ".join(cells))
            cells = None
        elif token.type == "inline" and cells is not None:
            cells.append(_inline_words(token.children or []))
        elif token.type == "inline":
            blocks.append(item + _inline_words(token.children or []))
            item = ""
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip())
        elif token.type == "html_block":
            blocks.append(words(parse_html(token.content)))
    return "\n\n".join(block for block in blocks if block.strip())


def _inline_words(tokens: list[Token]) -> str:
    pieces = []
    for token in tokens:
        if token.type == "softbreak" or (token.type == "html_inline" and "br" in token.content):
            pieces.append(" ")
        elif token.type == "hardbreak":
            pieces.append("\n")
        elif token.type in ("text", "code_inline"):
            pieces.append(token.content)
    return "".join(pieces)
