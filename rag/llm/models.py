"""LangChain chat models by name."""

from __future__ import annotations

import importlib.util
import os
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ArticleQAError, ModelError, SettingsError
from rag.types import QUOTE

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

LOCAL = "local"
_EXTRAS = {"openai": "openai", "ollama": "ollama", "anthropic": "anthropic", LOCAL: "local"}
_MODULES = {
    "openai": ("langchain", "langchain_openai"),
    "ollama": ("langchain", "langchain_ollama"),
    "anthropic": ("langchain", "langchain_anthropic"),
    LOCAL: ("langchain", "langchain_openai", "xllamacpp"),
}
# Makes answers repeatable; some models of other providers reject the setting.
_STEADY: dict[str, Any] = {"temperature": 0}


def chat_model(name: str, base_url: str = "") -> BaseChatModel:
    """Return the model for a name such as "ollama:qwen3:4b", "openai:gpt-5" or "local:model.gguf".

    `base_url` is the address of a server, which is OpenAI-compatible unless the name begins with
    another provider. Raises ModelError with what to install or to set.
    """
    provider, _, model = name.partition(":")
    if provider == LOCAL:
        return _local(model)
    if base_url and (not model or not _is_provider(provider)):
        provider, model = "openai", name.removeprefix("openai:")
    if not model:
        raise SettingsError(
            f"ARTICLE_QA_MODEL: {name!r} does not name a provider; write for example ollama:{name}, "
            f"openai:{name}, {LOCAL}:path/to/model.gguf or {QUOTE}"
        )
    options: dict[str, Any] = {}
    if base_url:
        options |= {"base_url": base_url} | _STEADY
        if provider == "openai" and not os.environ.get("OPENAI_API_KEY"):
            options["api_key"] = "none"  # private servers need no key, but the client does
    elif provider == "ollama":
        options |= _STEADY
    return _made(name, provider, model, options)


def display_name(name: str) -> str:
    """Return a model's name without the folders of its file."""
    provider, _, model = name.partition(":")
    return f"{LOCAL}:{Path(model).name}" if provider == LOCAL else name


def name_of(model: BaseChatModel) -> str:
    """Return the name that a chat model gives itself, or that of its class."""
    names = (getattr(model, attribute, None) for attribute in ("model_name", "model"))
    return next((name for name in names if isinstance(name, str)), type(model).__name__)


def _is_provider(name: str) -> bool:
    """Return whether LangChain knows a provider; without LangChain, whether an extra does."""
    if name in _EXTRAS:
        return True
    return name.replace("-", "_") in _known()


def _known() -> set[str]:
    if importlib.util.find_spec("langchain") is None:
        return set()
    from langchain.chat_models import base

    return set(getattr(base, "_BUILTIN_PROVIDERS", ()))


def _made(name: str, provider: str, model: str, options: dict[str, Any]) -> BaseChatModel:
    _require(name, provider)
    from langchain.chat_models import init_chat_model

    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    except Exception as error:  # whatever a provider raises for a missing package, key or name
        line = next(iter(str(error).strip().splitlines()), repr(error))
        raise ModelError(f"the model {name} cannot be used: {line}") from error
    return made


def _require(name: str, provider: str) -> None:
    missing = [
        module
        for module in _MODULES.get(provider, ("langchain",))
        if importlib.util.find_spec(module) is None
    ]
    if missing:
        extra = _EXTRAS.get(provider)
        what = f"-e '.[{extra}]' in a clone of article-qa" if extra else " ".join(missing)
        raise ModelError(f"the model {name} needs another package; run: pip install {what}")


def _local(model: str) -> BaseChatModel:
    """Serve a GGUF file with llama.cpp; the server ends with the model or this process."""
    name = f"{LOCAL}:{model}"
    _require(name, LOCAL)
    import httpx

    from rag.llm.local import LocalServer, find

    try:
        path = find(model)
        server = LocalServer.start(path)
    except ArticleQAError as error:
        raise ModelError(f"the model {name} cannot be used: {error}") from error
    # Bypass proxies from the environment, which cannot reach this machine's loopback address.
    options: dict[str, Any] = {
        "base_url": server.base_url,
        "api_key": server.api_key,
        "http_client": httpx.Client(trust_env=False),
        "http_async_client": httpx.AsyncClient(trust_env=False),
    }
    options |= _STEADY
    made = _made(name, "openai", path.stem, options)
    weakref.finalize(made, server.close)
    return made
