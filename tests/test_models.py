"""Chat models by name, and the error messages for names that cannot be used."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ModelError, SettingsError
from rag.llm.models import chat_model, display_name


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hide packages, as if they were not installed."""
    real = importlib.util.find_spec

    def without(*names: str) -> None:
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *_: None if name in names else real(name)
        )

    return without


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("openai:gpt-5", "langchain_openai", "openai"),
        ("ollama:qwen3:4b", "langchain_ollama", "ollama"),
        ("anthropic:claude", "langchain_anthropic", "anthropic"),
        ("local:smollm2", "xllamacpp", "local"),
        ("openai:gpt-5", "langchain", "openai"),
    ],
)
def test_a_missing_extra_is_named(without: Any, name: str, package: str, extra: str) -> None:
    without(package)
    with pytest.raises(ModelError) as caught:
        chat_model(name)
    assert str(caught.value).endswith(
        f"run in the clone of article-qa: pip install -e '.[{extra}]'"
    )
    assert name in str(caught.value)


def test_a_missing_package_of_another_provider_is_named_in_one_line() -> None:
    pytest.importorskip("langchain")
    with pytest.raises(ModelError, match=r"langchain.mistralai") as caught:
        chat_model("mistralai:small")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["qwen3", "gpt-5", "quote:", "smollm2"])
def test_a_name_without_a_provider_is_an_error_with_examples(name: str) -> None:
    with pytest.raises((SettingsError, ModelError)) as caught:
        chat_model(name)
    assert "ollama:" in str(caught.value) or "quote" in str(caught.value)


@pytest.mark.parametrize("name", ["qwen3:4b", "openai:qwen3:4b", "any/thing", "openai:any/thing"])
def test_with_a_base_url_any_name_is_an_openai_compatible_model(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pytest.importorskip("langchain_openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model: Any = chat_model(name, "http://127.0.0.1:9/v1")
    assert model.model_name == name.removeprefix("openai:")
    assert model.openai_api_base == "http://127.0.0.1:9/v1"


def test_a_missing_key_is_reported_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langchain_openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="OPENAI_API_KEY") as caught:
        chat_model("openai:gpt-5")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "there is no model file"), (b"no model", "is not a GGUF file")]
)
def test_a_file_that_is_not_a_model_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    pytest.importorskip("xllamacpp")
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=reason):
        chat_model(f"local:{path}")


def test_the_display_name_of_a_file_has_no_folders() -> None:
    assert display_name("local:~/models/mistral.gguf") == "local:mistral.gguf"
    assert display_name("ollama:qwen3:4b") == "ollama:qwen3:4b"
