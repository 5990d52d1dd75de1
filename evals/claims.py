"""SQuAD-format data -> statements that their paragraph supports, and the same made false.

They are made by rules alone and know nothing of what is measured with them. A true statement is a
sentence of the paragraph, that sentence shortened, or the question with its answer put in. A false
one changes a single place of a true one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from evals import squad
from evals.falsifying import Names, falsified
from evals.restating import answer_in_sentence, restated
from evals.shortening import shortened
from rag.text.sentences import sentences
from rag.types import Span

_WELL_FORMED = re.compile(r"""["“A-Z0-9](?:[^\s\[\]]+ ){4,59}[^\s\[\]]+[.!]["”]?""")
_TORN = re.compile(r"[,.]{2}|\w{2}[a-z][.!?] [A-Z]|\bapprox\.$")


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence about a paragraph. `kind` says whether and how it was made false, `style` how it
    was worded, and `changed` what it says instead, as in "1962 -> 1987"."""

    text: str
    question: str
    article_id: str
    paragraph: Span
    kind: str  # "true", "number", "date", "name" or "swapped"
    style: str  # "quoted", "shortened" or "restated"
    changed: str = ""


def claims(data: squad.Dataset, seed: int = 0) -> list[Claim]:
    """Every true statement that can be made well, each followed by at most one false one a kind."""
    names = Names.of(data.articles)
    texts = {article.id: article.text for article in data.articles}
    made: dict[tuple[str, str, int], list[Claim]] = {}
    for question in data.questions:
        article_id, place = question.article_id, question.paragraph
        paragraph = texts[article_id][place.start : place.end]
        for style, text in _true(question, texts[article_id], names.small):
            if (text, article_id, place.start) in made:
                continue
            claim = Claim(text, question.text, article_id, place, "true", style)
            # A seed for each, so that a new rule for one statement leaves the others as they are.
            chance = random.Random(f"{seed} {text}")  # noqa: S311 - to repeat a run
            false = [
                replace(claim, kind=kind, text=other, changed=changed)
                for kind, other, changed in falsified(text, paragraph, article_id, names, chance)
            ]
            made[text, article_id, place.start] = [claim, *false]
    return [claim for group in made.values() for claim in group]


def _true(question: squad.Question, text: str, small: frozenset[str]) -> Iterator[tuple[str, str]]:
    span = question.spans[0]
    for found in sentences(text, question.paragraph):
        sentence = " ".join(text[found.start : found.end].split())
        if found.start <= span.start and span.end <= found.end and _is_whole(sentence):
            yield "quoted", sentence
            shorter = shortened(sentence, " ".join(text[span.start : span.end].split()))
            if shorter != sentence and _is_whole(shorter):
                yield "shortened", shorter
    answer = answer_in_sentence(text, question.paragraph, span, small)
    statement = answer and restated(question.text, answer, small)
    if statement:
        yield "restated", statement


def _is_whole(sentence: str) -> bool:
    """One sentence, and all of it."""
    closed = sentence.count("(") == sentence.count(")") and sentence.count('"') % 2 == 0
    return bool(closed and _WELL_FORMED.fullmatch(sentence) and not _TORN.search(sentence))
