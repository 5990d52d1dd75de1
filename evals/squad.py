"""SQuAD 1.1 and 2.0 JSON -> articles, questions and figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import LoadError
from rag.types import Article, Span

BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the article and the paragraph that answer it, and the accepted answers."""

    text: str
    article_id: str
    paragraph: Span
    answers: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]


def load(path: Path) -> Dataset:
    """Every article whole: its paragraphs in order, a blank line between two.

    Questions that SQuAD 2.0 marks as impossible are left out. Raises LoadError for another format.
    """
    articles, questions = [], []
    try:
        for number, entry in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
            title = str(entry.get("title", "")).replace("_", " ") or f"Article {number + 1}"
            text = ""
            for paragraph in entry["paragraphs"]:
                start = len(text)
                text += paragraph["context"] + BREAK
                place = Span(start, start + len(paragraph["context"]))
                questions += [
                    _question(row, str(number), place)
                    for row in paragraph["qas"]
                    if not row.get("is_impossible", False)
                ]
            articles.append(
                Article(
                    str(number), title, url=f"squad:{number}", origin=f"squad:{number}", text=text
                )
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{path} is not SQuAD-format JSON: {error!r}") from None
    return Dataset(tuple(articles), tuple(questions))


def _question(entry: dict[str, Any], article_id: str, paragraph: Span) -> Question:
    answers = [(str(row["text"]), int(row["answer_start"])) for row in entry["answers"]]
    return Question(
        text=str(entry["question"]),
        article_id=article_id,
        paragraph=paragraph,
        answers=tuple(dict.fromkeys(text for text, _ in answers)),
        spans=tuple(
            Span(paragraph.start + start, paragraph.start + start + len(text))
            for text, start in answers
        ),
    )
