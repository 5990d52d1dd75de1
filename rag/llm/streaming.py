"""The text of a language model as it comes, within a time, and stopped for real."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from queue import Empty, SimpleQueue

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig

from rag.errors import ModelError

_PATIENCE = 0.05  # seconds until a stop is noticed while nothing comes
_GRACE = 2.0  # seconds more for a model that cannot be interrupted


def pieces(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    seconds: float,
    stop: threading.Event | None = None,
    config: RunnableConfig | None = None,
) -> Iterator[str]:
    """What a model writes, piece by piece; ends early when `stop` is set.

    Closing the iterator ends the request, so that the model stops generating. Raises ModelError
    when the model fails or needs more than `seconds`.
    """
    came: SimpleQueue[str | BaseException | None] = SimpleQueue()

    async def pump() -> None:
        try:
            async with asyncio.timeout(seconds):
                async for chunk in model.astream(list(messages), config):
                    came.put(chunk.text)
            came.put(None)
        except BaseException as error:  # whatever a provider raises; told to whoever waits
            came.put(error)

    running = asyncio.run_coroutine_threadsafe(pump(), _loop())
    deadline = time.monotonic() + seconds + _GRACE
    try:
        while not (stop and stop.is_set()):
            try:
                piece = came.get(timeout=_PATIENCE)
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


def _too_slow(seconds: float) -> ModelError:
    return ModelError(f"it was not done after {seconds:g} seconds (ARTICLE_QA_TIMEOUT)")


def _reason(error: BaseException) -> str:
    """One line of an error, as short as it can be understood."""
    line = " ".join(str(error).split())
    said = f"{type(error).__name__}: {line}" if line else type(error).__name__
    return said if len(said) <= 200 else said[:200].rstrip() + "…"


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One event loop for all models: their connections are kept open, and belong to their loop."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="article-qa-models", daemon=True).start()
    return loop
