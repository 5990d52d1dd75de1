"""Chat models that stream text within a time limit and can be stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

from rag.errors import ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_POLL = 0.05  # seconds until a stop is noticed while nothing arrives
_GRACE = 2.0  # more seconds for a model that cannot be interrupted

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
        self, messages: Sequence[Message], call: Call = Call(), *, seconds: float | None = None
    ) -> Generator[str]:
        """Yield the reply piece by piece; end early when the call is stopped.

        Closing the iterator ends the request, so the model stops generating. Raises ModelError if
        the model fails or takes longer than `seconds`, which is its own limit by default.
        """
        seconds = self.seconds if seconds is None else seconds
        arrived: SimpleQueue[str | BaseException | None] = SimpleQueue()
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
                    raise ModelError(f"it failed ({_reason(piece)})") from piece
                yield piece
        finally:
            running.cancel()

    async def _request(
        self,
        messages: Sequence[Message],
        call: Call,
        seconds: float,
        arrived: SimpleQueue[str | BaseException | None],
    ) -> None:
        try:
            async with asyncio.timeout(seconds):
                async for chunk in self.model.astream(list(messages), call.config):
                    arrived.put(chunk.text)
            arrived.put(None)
        except BaseException as error:  # whatever a provider raises; the caller raises it again
            arrived.put(error)


def _too_slow(seconds: float) -> ModelError:
    return ModelError(f"it did not finish within {seconds:g} seconds (ARTICLE_QA_TIMEOUT)")


def _reason(error: BaseException) -> str:
    """Return an error as one short line."""
    line = " ".join(str(error).split())
    reason = f"{type(error).__name__}: {line}" if line else type(error).__name__
    return reason if len(reason) <= 200 else reason[:200].rstrip() + "…"


@cache
def _event_loop() -> asyncio.AbstractEventLoop:
    """Start the event loop of all models.

    Not an anyio portal: a portal's loop ends with its last user, and the models' open connections
    belong to their loop.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="article-qa-models", daemon=True).start()
    return loop
