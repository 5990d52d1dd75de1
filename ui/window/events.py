"""What happens when a visitor asks, edits, stops or opens a chat, and when the library changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ingest.uploads import UploadService
from rag.errors import QuestionError
from rag.langchain import ArticleQA
from ui.window import greeting, messages
from ui.window.chats import restored, stored
from ui.window.components import Components, filters_label
from ui.window.conversation import Conversation, Filters, reply
from ui.window.examples import Examples

Updates = dict[Any, Any]
"""New values by component. Gradio modifies them, so they are never reused."""


@dataclass(frozen=True, slots=True)
class ChatEvents:
    """The event handlers of the chat: values of components in, updates of components out.

    `greeting` returns the HTML to show next to a conversation without sources.
    """

    qa: ArticleQA
    components: Components
    greeting: Callable[[], str]

    def outputs(self) -> list[Any]:
        """Return every component that a handler may update."""
        parts = self.components
        return [
            parts.chat,
            parts.conversation,
            parts.sources,
            parts.question,
            parts.chats,
            parts.edited_turn,
            parts.editing,
            parts.cancel,
        ]

    def ask(
        self, question: str, conversation: Conversation, edited_turn: int, *filters: Any
    ) -> Iterator[Updates]:
        """Answer a question; it replaces the edited turn, if any, and all turns after that."""
        yield {self.components.question: gr.update(value="")}
        if question.strip():
            before = conversation.before(edited_turn) if edited_turn else conversation
            yield from self._answer(question.strip(), before, to_filters(*filters))

    def ask_example(
        self,
        conversation: Conversation,
        source: Any,
        after: Any,
        before: Any,
        selected: gr.SelectData,
    ) -> Iterator[Updates]:
        filters = to_filters(source, after, before)
        yield from self._answer(str(selected.value["text"]), conversation, filters)

    def choose(
        self,
        conversation: Conversation,
        source: Any,
        after: Any,
        before: Any,
        event: gr.EventData,
    ) -> Iterator[Updates]:
        """Ask a question that an answer suggested."""
        question = conversation.suggestion(int(event.turn), int(event.number))
        if question:
            yield from self._answer(question, conversation, to_filters(source, after, before))

    def retry(self, conversation: Conversation, *filters: Any) -> Iterator[Updates]:
        """Ask the last question again."""
        if conversation.turns:
            question, before = conversation.turns[-1].question, conversation.before_last()
            yield from self._answer(question, before, to_filters(*filters))

    def stop(self, conversation: Conversation) -> None:
        if conversation.stop:
            conversation.stop.set()

    def edit(self, conversation: Conversation, event: gr.EventData) -> Updates:
        """Put a question into the text box; its turn is replaced when it is asked."""
        number = int(event.turn)
        turns = conversation.turns
        if not 1 <= number <= len(turns):
            return self._not_editing()
        return {
            self.components.question: gr.update(value=turns[number - 1].question),
            self.components.edited_turn: number,
            self.components.editing: messages.editing(number, len(turns)),
            self.components.cancel: gr.update(visible=True),
        }

    def cancel(self) -> Updates:
        """Stop editing."""
        return {**self._not_editing(), self.components.question: gr.update(value="")}

    def clear(self) -> Updates:
        """Begin a new chat."""
        return self.show(Conversation())

    def reopen(self, event: gr.EventData) -> Updates:
        """Show a past chat."""
        return self.show_stored(event.chat)

    def show_stored(self, text: object) -> Updates:
        """Show a chat that the browser stored, or an empty one if it is not valid."""
        return self.show(restored(text, self.qa) or Conversation())

    def show(self, conversation: Conversation) -> Updates:
        """Show a conversation in place of the present one."""
        return {
            **self._not_editing(),
            self.components.chat: conversation.messages(),
            self.components.conversation: conversation,
            self.components.chats: stored(conversation),
            self.components.sources: self._sources(conversation),
        }

    def label_filters(self, *filters: Any) -> Any:
        """Name the filters where they are visible even if the controls are folded away."""
        try:
            label = filters_label(to_filters(*filters).scope())
        except QuestionError as error:
            label = str(error)
        return gr.update(label=label)

    def _answer(self, question: str, before: Conversation, filters: Filters) -> Iterator[Updates]:
        parts = self.components
        yield {**self._not_editing(), parts.question: gr.update(submit_btn=False, stop_btn="Stop")}
        for step, conversation in enumerate(reply(self.qa, question, before, filters)):
            updates: Updates = {
                parts.chat: conversation.messages(),
                parts.conversation: conversation,
            }
            if step == 0:  # the question is stored even if the visitor leaves before the answer
                updates[parts.chats] = stored(conversation)
                updates[parts.sources] = self._sources(before)
            if conversation.turns[-1].sources:
                updates[parts.sources] = conversation.sources()
            yield updates
        yield {
            parts.question: gr.update(submit_btn="Ask", stop_btn=False),
            parts.chats: stored(conversation),
        }

    def _sources(self, conversation: Conversation) -> str:
        return conversation.sources() or self.greeting()

    def _not_editing(self) -> Updates:
        parts = self.components
        return {parts.edited_turn: 0, parts.editing: "", parts.cancel: gr.update(visible=False)}


@dataclass(frozen=True, slots=True)
class LibraryEvents:
    """The event handlers for a library that has changed, or that a visitor sees for the first time."""

    qa: ArticleQA
    components: Components
    uploads: UploadService
    examples: Examples

    def greeting(self) -> str:
        """Return the newest articles, or how to add some."""
        with self.qa.library.snapshot() as snapshot:
            if snapshot.is_empty():
                return greeting.empty_library(has_samples=bool(self.uploads.samples))
            return greeting.newest(snapshot.listing(limit=greeting.NEWEST + 1))

    def describe(self) -> Updates:
        """Show how many articles there are and from which sources."""
        with self.qa.library.snapshot() as snapshot:
            articles, sources = snapshot.count(), snapshot.sources()
        return {
            self.components.masthead: greeting.masthead(articles, self.qa.language_model),
            self.components.source: gr.update(choices=sources),
        }

    def refresh(self, conversation: Conversation) -> Updates:
        """Show that the articles have changed."""
        updates = self.describe()
        if not conversation.sources():
            updates[self.components.sources] = self.greeting()
        return updates

    def suggest(self) -> Any:
        """Offer example questions in an empty conversation."""
        questions = self.examples.questions()
        with self.qa.library.snapshot() as snapshot:
            is_empty = snapshot.is_empty()
        return gr.update(
            examples=[{"text": question} for question in questions],
            placeholder=messages.NO_ARTICLES
            if is_empty
            else greeting.invitation(self.qa.language_model),
        )


def to_filters(sources: list[str] | None, after: str | None, before: str | None) -> Filters:
    """Return the values of the filter controls."""
    return Filters(after or "", before or "", tuple(sources or ()))
