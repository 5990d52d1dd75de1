"""Language models with fixed answers, so that a test knows what to expect."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.language_models import FakeListChatModel
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr

from rag.langchain import ArticleQA
from rag.settings import Settings
from tests.libraries import over

QUESTION = "Who condemned the missile launch and how many nuclear tests were there?"
SUPPORTED = "Both ministers condemned North Korea’s missile launch."
UNSUPPORTED = "The launch of 4 October 2099 was condemned by Ruritania."
CORRECTED = "North Korea has carried out six nuclear tests, the first in 2006."
DRAFT = f"{SUPPORTED} [1][2][3][4][5] {UNSUPPORTED} [1] {CORRECTED} [99]"
"""About the seeds: a supported sentence, an unsupported one, and one that cites no passage."""

HOSTILE = (
    "The missile launch was condemned by <b>bold</b> ministers <img src=x onerror=window.hacked=1> "
    "![x](http://x.example/i.png) [click](javascript:window.hacked=2) &lt;script&gt;window.hacked=3"
    "&lt;/script&gt; ${window.hacked=4} {{window.hacked=5}} \x1b]0;owned\x07\x1b[31mred\x1b[2J\r\x9b31m "
    "<script>window.hacked=6</script> </p><svg onload=window.hacked=7> \u202etxet. [1]"
)


class Writer(FakeListChatModel):
    """Writes the next of its `responses`, a character every `sleep` seconds, and waits for `rest`.

    `closed` is set when the stream is closed before its end.
    """

    rest: float = 0
    _closed: threading.Event = PrivateAttr(default_factory=threading.Event)

    @property
    def closed(self) -> threading.Event:
        return self._closed

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        try:
            async for chunk in super()._astream(*args, **kwargs):
                yield chunk
            await asyncio.sleep(self.rest)
        except (GeneratorExit, asyncio.CancelledError):
            self._closed.set()
            raise


def worded(
    qa: ArticleQA, *drafts: str, settings: Settings | None = None, **options: Any
) -> ArticleQA:
    """Return an assistant over the same library whose answers a Writer words."""
    model = Writer(responses=list(drafts), **options)
    return over(qa.library, settings or Settings(), model)
