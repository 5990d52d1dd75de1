"""Statements about XQuAD's paragraphs, true ones and false ones, to measure the checker with.

`claims.jsonl` holds statements about every second article of the English part of XQuAD (Artetxe,
Ruder and Yogatama, ACL 2020; CC BY-SA 4.0), for every second of their questions. They were made by
rules: a true statement is a sentence of the paragraph, that sentence shortened, or the question
with its answer inserted; a false one changes a single number, date or name. The file holds only
what differs from XQuAD; its words are read from the SQuAD file.

`edited_claims.jsonl` holds statements about sentences of the other articles, in the same form: near
paraphrases, sentences with exactly one thing wrong, and freely worded ones that are true.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evals.squad import Dataset
from rag.types import Span

CLAIMS = Path(__file__).with_name("claims.jsonl")
EDITED_CLAIMS = Path(__file__).with_name("edited_claims.jsonl")
XQUAD_QUESTIONS = 1_190

Kind = Literal["true", "number", "date", "name", "swapped"]
"""True, or what was changed; "swapped" puts another value of the same paragraph in its place."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement about a paragraph. `style` is "quoted", "shortened" or "restated"."""

    text: str
    question: str
    article_id: str
    paragraph: Span
    kind: Kind
    style: str


@dataclass(frozen=True, slots=True)
class EditedClaim:
    """A statement made of a `source` sentence, at `paragraph`. The kinds "near" and "free" are true.

    The other kinds say what is wrong: "unit", "negation", "comparative", "modality" (or tense),
    "cause", "roles" (two names swapped), "name" (of the same passage) and "attribution".
    """

    text: str
    source: str
    article_id: str
    paragraph: Span
    kind: str

    @property
    def is_true(self) -> bool:
        return self.kind in ("near", "free")


def load_edited(data: Dataset, path: Path = EDITED_CLAIMS) -> list[EditedClaim]:
    """Return the edited claims about a dataset; none if it is not XQuAD's English part."""
    if len(data.questions) != XQUAD_QUESTIONS:
        return []
    claims = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        article = data.articles[record["article"]]
        start, end = record["source"]
        text = _joined(record["pieces"], article.text)
        source = article.text[start:end]
        claims.append(EditedClaim(text, source, article.id, Span(start, end), record["kind"]))
    return claims


def load(data: Dataset, path: Path = CLAIMS) -> list[Claim]:
    """Return the claims about a dataset; none if it is not XQuAD's English part."""
    if len(data.questions) != XQUAD_QUESTIONS:
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_claim(json.loads(line), data) for line in lines]


def _claim(record: dict[str, Any], data: Dataset) -> Claim:
    """Put a claim together from its pieces: literal text, and ranges of the paragraph and question."""
    question = data.questions[record["question"]]
    place = question.paragraph
    article = next(candidate for candidate in data.articles if candidate.id == question.article_id)
    paragraph = " ".join(article.text[place.start : place.end].split())
    words = f"{paragraph} {question.text}"
    text = _joined(record["pieces"], words)
    return Claim(text, question.text, article.id, place, record["kind"], record["style"])


def _joined(pieces: Iterable[str | list[int]], words: str) -> str:
    """Put a text together from literal pieces and ranges of other words."""
    return "".join(piece if isinstance(piece, str) else words[slice(*piece)] for piece in pieces)
