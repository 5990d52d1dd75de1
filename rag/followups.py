"""A question that leans on the conversation -> one that stands alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig

from rag.types import Answer


class Followups:
    def __init__(self, chat: BaseChatModel | None = None, seconds: float = 120.0) -> None:
        self._chat = chat
        self._seconds = seconds

    def standalone(
        self,
        question: str,
        history: Sequence[Answer],
        stop: threading.Event | None = None,
        config: RunnableConfig | None = None,
    ) -> str:
        return question
