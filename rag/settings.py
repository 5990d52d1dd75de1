"""Settings: environment variables `ARTICLE_QA_*` and a `.env` file."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import SettingsError
from rag.types import QUOTE

PREFIX = "ARTICLE_QA_"

WINDOW_NAMES = ("host", "port", "auth", "upload_limit", "upload_total")
"""Names that `ui.settings.WindowSettings` reads. They are valid in every environment."""


class EnvironmentSettings(BaseSettings):
    """Settings that come from the environment and from `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
    )

    @classmethod
    def load(cls, **given: object) -> Self:
        """Return the settings; values in `given` that are not empty take precedence.

        Raises SettingsError for a value that is not valid or a name that does not exist.
        """
        _refuse_unknown_names()
        try:
            return cls(**{name: value for name, value in given.items() if value not in (None, "")})
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            raise SettingsError(f"{name}: {first['msg']} (got {first['input']!r})") from None


class Settings(EnvironmentSettings):
    """The settings of the library and its answers. The documentation lists them as described here."""

    home: Path = Field(Path(".article-qa"), description="the folder of the library")
    encoder: str = Field(
        "all-MiniLM-L6-v2",
        min_length=1,
        description="the embedding model: the bundled one, or the name or path of a sentence-transformers model",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="the arithmetic of the encoder; `auto` uses bfloat16 if the CPU supports it",
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto",
        description="where the encoder runs; `auto` is the CPU, with the exported model",
    )
    candidates: int = Field(
        50, ge=1, le=1000, description="how many passages each of the two searches returns"
    )
    rerank: int = Field(
        8, ge=1, le=100, description="the maximum number of passages that are read token by token"
    )
    sentences: int = Field(
        3, ge=1, le=10, description="the maximum number of places that a quoted answer quotes"
    )
    threshold: float = Field(
        0.51,
        ge=0,
        le=1,
        description="questions with weaker evidence are refused; the threshold is slightly lower in a library of fewer than 128 passages",
    )
    model: str = Field(
        QUOTE,
        min_length=1,
        description="what writes the answers: `quote`, or a language model such as `ollama:qwen3:4b`",
    )
    base_url: str = Field(
        "", description="the URL of an OpenAI-compatible server, or of the provider's API"
    )
    passages: int = Field(
        24,
        ge=1,
        le=100,
        description="the maximum number of passages that a language model gets, best first",
    )
    context: int = Field(
        8192,
        ge=2048,
        description="how many tokens the language model reads at most; passages beyond that are left out",
    )
    temperature: float | None = Field(
        None,
        ge=0,
        le=2,
        description="the temperature of the language model; 0 where it is known to be accepted",
    )
    max_tokens: int | None = Field(
        None,
        ge=1,
        description="how many tokens the language model may write; by default its own limit",
    )
    seed: int | None = Field(
        None,
        description="the seed of the language model's random numbers, for providers that accept one",
    )
    timeout: float = Field(
        120.0, gt=0, le=3600, description="the time limit for a language model's answer, in seconds"
    )
    strict: bool = Field(
        False, description="leave out sentences of a language model that the sources do not support"
    )

    @property
    def language_model(self) -> str | None:
        """The name of the language model that writes the answers; None if they are quoted."""
        return None if self.model == QUOTE else self.model

    @field_validator("home")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser()


def _refuse_unknown_names() -> None:
    """Raise SettingsError for a misspelled name, which would be ignored otherwise."""
    from dotenv import dotenv_values

    logging.getLogger("dotenv").setLevel(logging.ERROR)  # it warns of lines that are not settings

    known = {PREFIX + name.upper() for name in (*Settings.model_fields, *WINDOW_NAMES)}
    try:
        names = {*os.environ, *dotenv_values(".env", encoding="utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read: {error}") from None
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(
                f"{name} is not a setting; the settings are {', '.join(sorted(known))}"
            )
