"""Write the table of settings into the documentation: python -m scripts.settings_table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from rag.settings import PREFIX, Settings
from ui.settings import WindowSettings

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
SETTINGS: tuple[type[BaseSettings], ...] = (Settings, WindowSettings)
_BLOCK = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)


def table(classes: Sequence[type[BaseSettings]] = SETTINGS) -> str:
    """Return a Markdown table with the name, default and description of each setting."""
    rows = [row for settings in classes for row in _rows(settings)]
    return "\n".join(["| Name | Default | Meaning |", "|---|---|---|", *rows]) + "\n"


def _rows(settings: type[BaseSettings]) -> Iterator[str]:
    for name, field in settings.model_fields.items():
        value = field.default
        default = str(value.get_secret_value() if isinstance(value, SecretStr) else value)
        shown = f"`{default}`" if default else "empty"
        yield f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |"


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_BLOCK.sub(lambda _: table(), page, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
