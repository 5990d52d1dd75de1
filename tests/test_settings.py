"""Settings from arguments, the environment and `.env`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import WINDOW_NAMES, Settings
from ui.settings import WindowSettings


def test_arguments_override_the_environment_which_overrides_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ARTICLE_QA_PORT=1111\nARTICLE_QA_HOST=::1\nOTHER=x\n")
    assert WindowSettings.load().port == 1111
    monkeypatch.setenv("ARTICLE_QA_PORT", "2222")
    assert WindowSettings.load().port == 2222
    assert WindowSettings.load(port=3333, host=None).port == 3333
    assert WindowSettings.load().host == "::1"


def test_an_unknown_name_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTICLE_QA_TRESHOLD", "0.5")
    with pytest.raises(SettingsError, match="ARTICLE_QA_TRESHOLD is not a setting"):
        Settings.load()


def test_library_and_window_accept_the_names_of_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert tuple(WindowSettings.model_fields) == WINDOW_NAMES
    monkeypatch.setenv("ARTICLE_QA_PORT", "1111")
    monkeypatch.setenv("ARTICLE_QA_SENTENCES", "2")
    assert Settings.load().sentences == 2
    assert WindowSettings.load().port == 1111
    monkeypatch.setenv("ARTICLE_QA_PROT", "1111")
    with pytest.raises(SettingsError, match="ARTICLE_QA_PROT is not a setting"):
        WindowSettings.load()


def test_a_misspelled_name_in_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ARTICLE_QA_HOEM=x\n")
    with pytest.raises(SettingsError, match="ARTICLE_QA_HOEM"):
        Settings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("THRESHOLD", "2"),
        ("SENTENCES", "0"),
        ("PRECISION", "int8"),
    ],
)
def test_an_invalid_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"ARTICLE_QA_{name}", value)
    with pytest.raises(SettingsError, match=f"ARTICLE_QA_{name}"):
        (WindowSettings if name == "PORT" else Settings).load()


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTICLE_QA_HOME", "")
    monkeypatch.setenv("ARTICLE_QA_ENCODER", "")
    assert Settings.load(home="") == Settings()
    assert Settings.load().home == Path(".article-qa")


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTICLE_QA_HOME", "~/library")
    assert Settings.load().home == Path.home() / "library"


def test_the_language_model_is_none_if_answers_are_quoted() -> None:
    assert Settings().language_model is None
    assert Settings(model="ollama:qwen3:4b").language_model == "ollama:qwen3:4b"
