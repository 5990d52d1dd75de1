"""Chat models that stream text within a time limit and can be stopped."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

from rag.errors import ModelError
from rag.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

    Arrived = SimpleQueue[AIMessageChunk | BaseException | None]

_POLL = 0.05  # seconds until a stop is noticed while nothing arrives
_GRACE = 2.0  # more seconds for a model that cannot be interrupted

_LOGGER = logging.getLogger(__name__)

Message = tuple[Literal["system", "human"], str]
"""A role and its text."""


@dataclass(frozen=True, slots=True)
class Call:
    """How a model is called: `stop` ends it early, `config` is LangChain's run configuration."""

    stop: threading.Event | None = None
    config: Any = None

    @property
    def is_stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()


@dataclass(slots=True)
class Completion:
    """What a model reports of a reply: whether it was cut off at a limit, and the tokens it took."""

    is_cut_off: bool = False
    usage: Usage | None = None

    def note(self, chunk: AIMessageChunk) -> None:
        """Take over what a piece of the reply reports."""
        metadata = chunk.response_metadata
        reasons = {metadata.get(name) for name in ("finish_reason", "stop_reason", "done_reason")}
        if not reasons.isdisjoint(("length", "max_tokens", "MAX_TOKENS")):
            self.is_cut_off = True
        if chunk.usage_metadata:
            before = self.usage or Usage(0, 0)
            self.usage = Usage(
                before.input_tokens + chunk.usage_metadata["input_tokens"],
                before.output_tokens + chunk.usage_metadata["output_tokens"],
            )


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A LangChain chat model with its display name and the time limit for a reply, in seconds."""

    model: BaseChatModel
    name: str
    seconds: float

    @classmethod
    def of(cls, model: BaseChatModel, seconds: float) -> ChatModel:
        """Return a chat model under the name that it gives itself, or that of its class."""
        names = (getattr(model, attribute, None) for attribute in ("model_name", "model"))
        name = next((name for name in names if isinstance(name, str)), type(model).__name__)
        return cls(model, name, seconds)

    def stream(
        self,
        messages: Sequence[Message],
        call: Call = Call(),
        *,
        seconds: float | None = None,
        completion: Completion | None = None,
    ) -> Generator[str]:
        """Yield the reply piece by piece; end early when the call is stopped.

        Closing the iterator ends the request, so the model stops generating. What the model reports
        is noted in `completion`. Raises ModelError if the model fails or takes longer than
        `seconds`, which is its own limit by default.
        """
        seconds = self.seconds if seconds is None else seconds
        completion = completion or Completion()
        arrived: Arrived = SimpleQueue()
        request = self._request(messages, call, seconds, arrived)
        running = asyncio.run_coroutine_threadsafe(request, _event_loop())
        deadline = time.monotonic() + seconds + _GRACE
        try:
            while not call.is_stopped:
                try:
                    piece = arrived.get(timeout=_POLL)
                except Empty:
                    if time.monotonic() > deadline:
                        raise _too_slow(seconds) from None
                    continue
                if piece is None:
                    return
                if isinstance(piece, TimeoutError) and time.monotonic() > deadline - _GRACE - 1:
                    raise _too_slow(seconds) from None
                if isinstance(piece, BaseException):
                    _LOGGER.warning("%s failed: %s", self.name, _in_a_line(piece))
                    raise ModelError(f"it failed ({_reason(piece)})") from piece
                completion.note(piece)
                if piece.text:
                    yield piece.text
        finally:
            running.cancel()

    async def _request(
        self,
        messages: Sequence[Message],
        call: Call,
        seconds: float,
        arrived: Arrived,
    ) -> None:
        try:
            async with asyncio.timeout(seconds):
                async for chunk in self.model.astream(list(messages), call.config):
                    arrived.put(chunk)
            arrived.put(None)
        except BaseException as error:  # whatever a provider raises; the caller raises it again
            arrived.put(error)


def _too_slow(seconds: float) -> ModelError:
    return ModelError(f"it did not finish within {seconds:g} seconds (ARTICLE_QA_TIMEOUT)")


def _reason(error: BaseException) -> str:
    """Return why a model failed, in our own words: a provider's may name accounts and addresses."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        known = {
            401: "its server refused the key",
            403: "its server refused the key",
            404: "its server does not know the model",
            413: "the passages are too long for it",
            429: "its server is busy or the quota is used up",
        }
        return known.get(status, f"its server answered with status {status}")
    if "Connect" in type(error).__name__:
        return "its server cannot be reached"
    if "Timeout" in type(error).__name__:
        return "its server took too long"
    return type(error).__name__


def _in_a_line(error: BaseException) -> str:
    line = " ".join(str(error).split())
    return f"{type(error).__name__}: {line[:500]}"


@cache
def _event_loop() -> asyncio.AbstractEventLoop:
    """Start the event loop of all models.

    Not an anyio portal: a portal's loop ends with its last user, and the models' open connections
    belong to their loop.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="article-qa-models", daemon=True).start()
    return loop
