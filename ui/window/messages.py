"""The messages of a conversation as HTML."""

from __future__ import annotations

from rag.answering.drafts import shown
from rag.answering.render import byline, limits
from rag.text.words import in_one_line
from rag.types import Answer
from ui.window.cards import heading
from ui.window.templates import render

MAX_QUESTION = 280  # characters that are shown of a question
NO_ARTICLES = "There are no articles to search yet."


def question(text: str, turn: int) -> str:
    """Return a visitor's question with a link to edit it; a very long one is cut."""
    if len(text) > MAX_QUESTION:
        text = text[:MAX_QUESTION].rstrip() + "…"
    return render("question.html", text=text, turn=turn)


def editing(turn: int, turns: int) -> str:
    """Return what happens to the questions when an edited one is asked."""
    return render("editing.html", turn=turn, following=turns - turn)


def waiting(waiting_for: str, rewritten_question: str | None = None) -> str:
    """Return what is being done before there is any text."""
    return _progress(rewritten_question=rewritten_question, waiting_for=waiting_for)


def draft(text: str, language_model: str | None, rewritten_question: str | None = None) -> str:
    """Return an answer that is being written; its marks are not links yet."""
    return _progress(
        _visible(text, language_model),
        is_draft=language_model is not None,
        rewritten_question=rewritten_question,
        waiting_for="Draft: sentences are checked once it is complete" if language_model else "",
    )


def stopped(text: str, language_model: str | None, rewritten_question: str | None = None) -> str:
    """Return as much of an answer as there was when the visitor stopped it."""
    visible = _visible(text, language_model)
    is_draft = language_model is not None
    return _progress(
        visible,
        is_draft=is_draft,
        rewritten_question=rewritten_question,
        remark="Stopped. This draft has not been checked." if visible and is_draft else "Stopped.",
    )


def answer(answer: Answer, turn: int) -> str:
    """Return an answer whose marks link to its sources, or a refusal."""
    return render(
        "answer.html",
        answer=answer,
        citations={citation.number: citation for citation in answer.citations},
        details=_details(answer),
        heading=heading(answer),
        turn=turn,
    )


def no_articles() -> str:
    """Return the reply to a question while the library is empty."""
    return render("no_articles.html", text=NO_ARTICLES)


def problem(reason: str) -> str:
    """Return why something did not work, on one line."""
    line = in_one_line(reason)
    return render("problem.html", text=line[:1].upper() + line[1:])


def _progress(
    text: str = "",
    *,
    is_draft: bool = False,
    rewritten_question: str | None = None,
    waiting_for: str = "",
    remark: str = "",
) -> str:
    return render(
        "progress.html",
        text=text,
        is_draft=is_draft,
        rewritten_question=rewritten_question,
        waiting_for=waiting_for,
        remark=remark,
    )


def _visible(text: str, language_model: str | None) -> str:
    return shown(text) if language_model else text


def _details(answer: Answer) -> str:
    """Return which articles were searched, who wrote the answer and how long it took."""
    scope, author, seconds = limits(answer.scope), byline(answer), answer.timings.get("total")
    parts = [
        f"Only: {scope}" if scope else "",
        f"Evidence: {answer.strength}" if answer.strength and answer.kind == "answer" else "",
        author,
        f"{seconds:.1f} s" if author and seconds else "",
    ]
    return " · ".join(filter(None, parts))
