"""Chats as their visitor's browser keeps them: plain data there, checked and rendered anew here.

What comes back may be anything that somebody wrote there. It is never inserted as markup, it cites
only by the library's own words, and it is limited in length.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from rag.answering.render import escaped, to_dict, to_markdown
from rag.langchain import ArticleQA
from rag.store.library import Snapshot
from rag.text.words import in_one_line
from rag.types import Answer, Citation, Evidence
from ui.window import page
from ui.window.conversation import Conversation, Turn

LONGEST = 1_000_000  # characters of a chat
MOST_TURNS = 200
MOST_CITED = 100  # citations of an answer


@dataclass(frozen=True, slots=True)
class Kept:
    """A question and what became of it: an answer, a problem, or a draft that was stopped."""

    question: str
    answer: Answer | None = None
    problem: str = ""
    draft: str = ""


_CHAT = TypeAdapter(Annotated[tuple[Kept, ...], Field(max_length=MOST_TURNS)])


def kept(conversation: Conversation) -> str:
    """A conversation as JSON; empty where nothing was asked.

    Of one that is too long to be kept, the end.
    """
    turns = [_plain(turn) for turn in conversation.turns[-MOST_TURNS:]]
    while len(written := _written(turns)) > LONGEST:
        del turns[0]
    return written if turns else ""


def restored(written: object, qa: ArticleQA) -> Conversation | None:
    """The conversation that was kept, its sources read in the library again; None if it is none."""
    turns = _read(written)
    if turns is None:
        return None
    numbered = enumerate(turns, 1)
    with qa.library.snapshot() as snapshot:
        return Conversation(tuple(_turn(each, n, snapshot, qa.model) for n, each in numbered))


def exported(written: object, form: str) -> str | None:
    """Turns that were kept as Markdown with footnotes, or as JSON; None if they are none.

    One turn is exported as its answer alone.
    """
    turns = _read(written)
    if not turns:
        return None
    if form == "markdown":
        several = len(turns) > 1
        return "\n".join(_markdown(each, f"{n}-" * several) for n, each in enumerate(turns, 1))
    values = [_values(each) for each in turns]
    plain = values[0] if len(values) == 1 else {"turns": values}
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _written(turns: list[dict[str, Any]]) -> str:
    """JSON that not even a careless reader takes for markup."""
    return json.dumps(turns, ensure_ascii=False).replace("<", "\\u003c")


def _plain(turn: Turn) -> dict[str, Any]:
    answer = to_dict(turn.answer) if turn.answer else None
    rest = {"problem": turn.problem, "draft": turn.draft}
    return {"question": turn.question, "answer": answer, **{k: v for k, v in rest.items() if v}}


def _read(written: object) -> tuple[Kept, ...] | None:
    if not isinstance(written, str) or len(written) > LONGEST:
        return None
    try:
        turns = _CHAT.validate_json(written)
    except ValidationError:
        return None
    return turns if all(_holds_together(turn.answer) for turn in turns if turn.answer) else None


def _holds_together(answer: Answer) -> bool:
    """Whether each mark has its citation, and there are no more than anybody would read."""
    numbers = {citation.number for citation in answer.citations}
    marks = {number for sentence in answer.sentences for number in sentence.citations}
    return marks <= numbers and len(numbers) == len(answer.citations) <= MOST_CITED


def _turn(turn: Kept, number: int, snapshot: Snapshot, model: str) -> Turn:
    question = turn.question
    if turn.problem:
        return Turn(question, page.problem(turn.problem), problem=turn.problem)
    if turn.answer is None:
        return Turn(question, page.stopped(turn.draft, model), draft=turn.draft)
    answer = replace(turn.answer, evidence=())
    read = replace(answer, evidence=tuple(_evidence(answer.citations, snapshot)))
    return Turn(question, page.answer(answer, number), page.sources(read, number), answer)


def _evidence(citations: Iterable[Citation], snapshot: Snapshot) -> Iterator[Evidence]:
    """The passages that the cited places lie in, as far as they are still in the library."""
    cited = list(citations)
    for article_id in dict.fromkeys(citation.article_id for citation in cited):
        places = [citation for citation in cited if citation.article_id == article_id]
        for found in snapshot.passages_of(article_id):
            passage = found.passage
            if any(passage.start <= each.start and each.end <= passage.end for each in places):
                yield Evidence(found.article, passage, found.text, 0.0, ())


def _values(turn: Kept) -> dict[str, Any]:
    if turn.answer:
        return to_dict(turn.answer)
    return {"question": turn.question, "problem": turn.problem, "draft": turn.draft}


def _markdown(turn: Kept, prefix: str) -> str:
    if turn.answer:
        said = to_markdown(turn.answer, prefix)
    else:
        said = f"*{escaped(in_one_line(turn.problem or f'{turn.draft} (stopped)'))}*"
    return f"## {escaped(in_one_line(turn.question))}\n\n{said}\n"
