"""What happens in the window when a visitor asks, edits, stops, or turns to another chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.langchain import ArticleQA
from ui.window import page
from ui.window.chats import kept, restored
from ui.window.conversation import Conversation, Only, reply

if TYPE_CHECKING:
    from ui.window.layout import Parts

Shown = dict[Any, Any]
"""Components with their updates, made anew each time: Gradio takes updates apart."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation's events; each method is given values of components and says what is shown.

    `newest` is what is beside a conversation that has no sources yet.
    """

    qa: ArticleQA
    parts: Parts
    newest: Callable[[], str]

    def outputs(self) -> list[Any]:
        """Every component that changes here."""
        parts = self.parts
        talk = [parts.chat, parts.conversation, parts.beside, parts.box, parts.chats]
        return [*talk, parts.editing, parts.edited, parts.cancel]

    def ask(self, question: str, now: Conversation, editing: int, *only: Any) -> Iterator[Shown]:
        """`editing` is the number of the turn that the question replaces, with all that followed."""
        yield {self.parts.box: gr.update(value="")}
        if question.strip():
            before = now.before(editing) if editing else now
            yield from self._answer(question.strip(), before, wanted(*only))

    def example(
        self, now: Conversation, source: Any, after: Any, before: Any, chosen: gr.SelectData
    ) -> Iterator[Shown]:
        yield from self._answer(str(chosen.value["text"]), now, wanted(source, after, before))

    def again(self, now: Conversation, *only: Any) -> Iterator[Shown]:
        if now.turns:
            yield from self._answer(now.turns[-1].question, now.before_last(), wanted(*only))

    def stop(self, now: Conversation) -> None:
        if now.stop:
            now.stop.set()

    def edit(self, now: Conversation, event: gr.EventData) -> Shown:
        """Put a question into the box; it is replaced when it is asked."""
        number = int(event.turn)
        if not 1 <= number <= len(now.turns):
            return self._unedited()
        return {
            self.parts.box: gr.update(value=now.turns[number - 1].question),
            self.parts.editing: number,
            self.parts.edited: page.editing(number, len(now.turns)),
            self.parts.cancel: gr.update(visible=True),
        }

    def cancel(self) -> Shown:
        return {**self._unedited(), self.parts.box: gr.update(value="")}

    def clear(self) -> Shown:
        return self.showing(Conversation())

    def reopen(self, event: gr.EventData) -> Shown:
        """Show a chat that the browser kept."""
        return self.showing(restored(event.chat, self.qa) or Conversation())

    def showing(self, now: Conversation) -> Shown:
        return {
            **self._unedited(),
            self.parts.chat: now.messages(),
            self.parts.conversation: now,
            self.parts.chats: kept(now),
            self.parts.beside: self._beside(now),
        }

    def _answer(self, question: str, before: Conversation, only: Only) -> Iterator[Shown]:
        parts = self.parts
        yield {**self._unedited(), parts.box: gr.update(submit_btn=False, stop_btn="Stop")}
        for number, now in enumerate(reply(self.qa, question, before, only)):
            shown: Shown = {parts.chat: now.messages(), parts.conversation: now}
            if number == 0:  # whoever leaves before there is an answer finds the question kept
                shown |= {parts.chats: kept(now), parts.beside: self._beside(before)}
            if now.turns[-1].sources:
                shown |= {parts.beside: now.sources()}
            yield shown
        yield {parts.box: gr.update(submit_btn="Ask", stop_btn=False), parts.chats: kept(now)}

    def _beside(self, now: Conversation) -> str:
        return now.sources() or self.newest()

    def _unedited(self) -> Shown:
        """No question is edited any longer."""
        parts = self.parts
        return {parts.editing: 0, parts.edited: "", parts.cancel: gr.update(visible=False)}


def wanted(sources: list[str] | None, after: str | None, before: str | None) -> Only:
    """Which articles alone are asked, as the controls say."""
    return Only(after or "", before or "", tuple(sources or ()))
