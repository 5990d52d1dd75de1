"""RealTimeQA: weekly news quizzes with the news articles found for each question.

python -m evals.news FOLDER [--home DIR] measures over the second half of the weeks, which nothing
was tuned on. Kasai et al., "RealTime QA: What's the Answer Right Now?", NeurIPS 2023 datasets track.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from tqdm import tqdm

from evals.corpus import library_in
from evals.figures import Figure, normal, table
from ingest.cli import reported
from ingest.metadata import as_date
from rag.errors import LoadError
from rag.langchain import ArticleQA
from rag.opening import build_assistant, open_encoder
from rag.settings import Settings
from rag.types import Answer, Article, Evidence


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a quiz, the day it was asked, and its answer.

    `is_answerable`: an article that was found for it contains the answer, word for word.
    """

    week: str
    text: str
    day: date
    answer: str
    is_answerable: bool

    def is_in(self, text: str) -> bool:
        """Return whether a text contains the answer, ignoring case and white space."""
        return normal(self.answer) in normal(text)


@dataclass(frozen=True, slots=True)
class News:
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]

    def halves(self) -> tuple[list[Question], list[Question]]:
        """Return the questions of the first and of the second half of the weeks."""
        weeks = sorted({question.week for question in self.questions})
        first = set(weeks[: len(weeks) // 2])
        return (
            [question for question in self.questions if question.week in first],
            [question for question in self.questions if question.week not in first],
        )


def load(folder: Path) -> News:
    """Read a folder of *_qa.jsonl and *_gcs.jsonl. Raises LoadError for another format."""
    articles: dict[str, Article] = {}
    questions: list[Question] = []
    try:
        for file in sorted(folder.glob("*_qa.jsonl")):
            week = file.name.removesuffix("_qa.jsonl")
            pages = _pages(file.with_name(f"{week}_gcs.jsonl"))
            for page in (page for found in pages.values() for page in found):
                articles.setdefault(page["url"], _article(page))
            questions += [_question(row, week, pages) for row in _rows(file)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{folder} does not hold RealTimeQA's files: {error!r}") from None
    if not questions:
        raise LoadError(f"{folder} has no files *_qa.jsonl")
    return News(tuple(articles.values()), tuple(questions))


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _pages(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the pages that have a text, by the question for which they were found."""
    pages: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(file):
        results = row["search_result"]
        found = results if isinstance(results, list) else [results]
        pages.setdefault(row["question_id"], []).extend(page for page in found if page.get("text"))
    return pages


def _question(row: dict[str, Any], week: str, pages: dict[str, list[dict[str, Any]]]) -> Question:
    answer = row["choices"][int(row["answer"][0])]
    texts = (normal(page["text"]) for page in pages.get(row["question_id"], []))
    return Question(
        week=week,
        text=row["question_sentence"],
        day=as_date(row["question_date"].replace("/", "-")) or date(2025, 1, 1),
        answer=answer,
        is_answerable=any(normal(answer) in text for text in texts),
    )


def _article(page: dict[str, Any]) -> Article:
    url = page["url"]
    return Article(
        id=url,
        title=page.get("title") or url,
        url=url,
        origin=url,
        published=as_date((page.get("publish_date") or "").replace("/", "-")),
        source=urlsplit(url).hostname,
        text=page["text"],
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer and the eight passages that rank first for it."""

    question: Question
    answer: Answer
    passages: Sequence[Evidence]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.news", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder of RealTimeQA's files")
    parser.add_argument("--home", type=Path, help="keep the library there, or use it")
    parser.add_argument(
        "--recipe", type=Path, metavar="DIR", help="measure LangChain's recipe, too; kept there"
    )
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N answers, too")
    arguments = parser.parse_args(argv)
    return reported(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> int:
    data, home, show = load(arguments.folder), arguments.home, arguments.show
    if arguments.recipe:
        _, held_out = data.halves()
        answerable = [question for question in held_out if question.is_answerable]
        print(
            f"\nLangChain's recipe, held out\n{table(recipe(data, answerable, arguments.recipe))}"
        )
    with TemporaryDirectory(prefix="article-qa-eval-") as temporary:
        settings = Settings.load(home=home or Path(temporary))
        library = library_in(settings, data.articles)
        with ArticleQA(build_assistant(settings, library, open_encoder(settings))) as qa:
            for name, questions in zip(("tuned on", "held out"), data.halves(), strict=True):
                answerable = [question for question in questions if question.is_answerable]
                for dated in (False, True):
                    what = f"{name}, {'as of the day' if dated else 'no day given'}"
                    asked = list(ask(qa, tqdm(answerable, desc=what, disable=None), dated=dated))
                    print(f"\n{what}\n{table(figures(asked))}", flush=True)
            for item in asked[:: max(len(asked) // show, 1)] if show else ():
                print(f"\n{item.question.text}\n  = {item.question.answer}\n{item.answer}")
    return 0


def ask(qa: ArticleQA, questions: Iterable[Question], *, dated: bool) -> Iterator[Asked]:
    """Ask each question, as of its day if `dated`."""
    for question in questions:
        answer = qa.ask(question.text, as_of=question.day if dated else None)
        yield Asked(question, answer, answer.evidence[:8])


def recipe(data: News, questions: Sequence[Question], folder: Path) -> list[Figure]:
    """What the first chunks of LangChain's own recipe contain, with the same model."""
    from langchain_core.documents import Document

    from evals.recipe import Recipe

    plain = Recipe(folder)
    if plain.is_empty():
        articles = tqdm(data.articles, desc="recipe", disable=None)
        plain.add(Document(article.text) for article in articles)
    chunks = [(q, [found.page_content for found in plain.search(q.text)]) for q in questions]
    return [
        Figure.of(
            f"{name} of 1,000 characters",
            "one of them contains the answer",
            (any(map(question.is_in, texts[:count])) for question, texts in chunks),
        )
        for name, count in (("first chunk", 1), ("four chunks", 4), ("eight chunks", 8))
    ]


def figures(asked: Sequence[Asked]) -> list[Figure]:
    """What an answer contains, ignoring case and white space; a refusal counts as a miss."""

    def is_in_any(question: Question, texts: Iterable[str]) -> bool:
        return any(map(question.is_in, texts))

    quotes = [(a.question, [c.quote for c in a.answer.citations]) for a in asked]
    passages = [(a.question, [evidence.text for evidence in a.passages]) for a in asked]
    return [
        Figure.of(
            "quotes contain the answer",
            "one of the quoted sentences does",
            (is_in_any(question, texts) for question, texts in quotes),
            0.60,
        ),
        Figure.of(
            "first quote contains the answer",
            "the first quoted sentence does",
            (is_in_any(question, texts[:1]) for question, texts in quotes),
            0.42,
        ),
        Figure.of(
            "first passage contains the answer",
            "the first passage does",
            (is_in_any(question, texts[:1]) for question, texts in passages),
            0.55,
        ),
        Figure.of(
            "eight passages contain the answer",
            "one of the first eight does",
            (is_in_any(question, texts) for question, texts in passages),
            0.80,
        ),
        Figure.of(
            "refused",
            "questions that the articles answer; at most 3%",
            (a.answer.refused for a in asked),
            0.03,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
