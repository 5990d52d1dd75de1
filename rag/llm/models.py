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
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
}
"""Where each provider's key is looked for. Without it, some of them fail only when first asked."""
# The modules that a provider needs. The extra of the same name installs them.
_MODULES = {
    "openai": ("langchain", "langchain_openai"),
    "ollama": ("langchain", "langchain_ollama"),
    "anthropic": ("langchain", "langchain_anthropic"),
    LOCAL: ("langchain", "langchain_openai", "xllamacpp"),
}
# Makes answers repeatable. Some models of hosted providers reject the setting.
_REPEATABLE: dict[str, Any] = {"temperature": 0}


def chat_model(
    name: str, base_url: str = "", *, context: int | None = None, **parameters: float | None
) -> BaseChatModel:
    """Return the model for a name such as "ollama:qwen3:4b", "openai:gpt-5" or "local:model.gguf".

    `base_url` is the address of a server, which is OpenAI-compatible unless the name begins with
    another provider. `context` is how many tokens a model that runs here reads. `parameters` are `temperature`, `max_tokens` and `seed`; None leaves one to
    the model. Raises SettingsError if the name does not include a provider, and ModelError if the
    model cannot be used.
    """
    provider, _, model = name.partition(":")
    given = {key: value for key, value in parameters.items() if value is not None}
    if provider == LOCAL:
        return _local(model, context, given)
    if base_url and (not model or not _is_provider(provider)):
        provider, model = "openai", name.removeprefix("openai:")
    if not model:
        raise SettingsError(
            f"ARTICLE_QA_MODEL: {name!r} does not name a provider; write for example ollama:{name}, "
            f"openai:{name}, {LOCAL}:path/to/model.gguf or {QUOTE}"
        )
    options: dict[str, Any] = {}
    if base_url:
        options |= {"base_url": base_url} | _REPEATABLE
        if provider == "openai" and not os.environ.get("OPENAI_API_KEY"):
            options["api_key"] = "none"  # the client insists on a key, a private server does not
    elif provider == "ollama":
        options |= _REPEATABLE
    if provider == "ollama" and context:
        options["num_ctx"] = context  # by default it reads the end of a long prompt only
    created = _create(name, provider, model, options | _named(provider, given))
    if not base_url and (key := _KEYS.get(provider)) and not os.environ.get(key):
        raise ModelError(f"the model {name} cannot be used: set {key} to your key for {provider}")
    return created


def _named(provider: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters under the names that a provider has for them."""
    names = {"max_tokens": "num_predict"} if provider == "ollama" else {}
    if provider == "openai":
        parameters = {"stream_usage": True} | parameters
    return {names.get(key, key): value for key, value in parameters.items()}


def display_name(name: str) -> str:
    """Return a model's name without the folders of its file."""
    provider, _, model = name.partition(":")
    return f"{LOCAL}:{Path(model).name}" if provider == LOCAL else name


def _is_provider(name: str) -> bool:
    """Return whether LangChain, or one of our extras if it is missing, supports a provider."""
    if name in _MODULES:
        return True
    if importlib.util.find_spec("langchain") is None:
        return False
    from langchain.chat_models import base

    return name.replace("-", "_") in getattr(base, "_BUILTIN_PROVIDERS", ())


def _create(name: str, provider: str, model: str, options: dict[str, Any]) -> BaseChatModel:
    _require(name, provider)
    from langchain.chat_models import init_chat_model

    try:
        created: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    except Exception as error:  # whatever a provider raises for a missing package, key or name
        line = next(iter(str(error).strip().splitlines()), repr(error))
        raise ModelError(f"the model {name} cannot be used: {line}") from error
    return created


def _require(name: str, provider: str) -> None:
    modules = _MODULES.get(provider, ("langchain",))
    if any(importlib.util.find_spec(module) is None for module in modules):
        command = "run: pip install langchain"
        if provider in _MODULES:
            command = f"run in the clone of article-qa: pip install -e '.[{provider}]'"
        raise ModelError(f"the model {name} needs another package; {command}")


def _local(model: str, context: int | None, parameters: dict[str, Any]) -> BaseChatModel:
    """Serve a GGUF file with llama.cpp; the server ends with the model or this process."""
    name = f"{LOCAL}:{model}"
    _require(name, LOCAL)
    import httpx

    from rag.llm.local import LocalServer, find

    try:
        path = find(model)
        server = LocalServer.start(path, **({"context": context} if context else {}))
    except ArticleQAError as error:
        raise ModelError(f"the model {name} cannot be used: {error}") from error
    # Bypass proxies from the environment, which cannot reach this machine's loopback address.
    options: dict[str, Any] = {
        "base_url": server.base_url,
        "api_key": server.api_key,
        "http_client": httpx.Client(trust_env=False),
        "http_async_client": httpx.AsyncClient(trust_env=False),
    }
    options |= _REPEATABLE | _named("openai", parameters)
    created = _create(name, "openai", path.stem, options)
    weakref.finalize(created, server.close)
    return created
