"""Learn the weights that rank sentences: python -m evals.ranking --news DIR [--selqa FILE ...].

A linear model over the features of rag.retrieval.features, with the listwise loss of ListNet for
the top document (Cao et al., ICML 2007, https://doi.org/10.1145/1273496.1273513): the probability
that the first sentence is one that answers. Writes rag/retrieval/weights.json.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from tqdm import tqdm

from evals import news
from evals.corpus import library_in
from evals.figures import normal
from ingest.cli import reported
from rag.opening import build_assistant, open_encoder
from rag.retrieval.confidence import answer_features
from rag.retrieval.features import candidate_sentences
from rag.retrieval.ranking import read, relevance
from rag.retrieval.retriever import Retriever
from rag.settings import Settings
from rag.store.library import Snapshot
from rag.types import Article

WEIGHTS = Path(__file__).parents[1] / "rag" / "retrieval" / "weights.json"
_REGULARIZATION = 0.1
_QUOTED = 3  # sentences
_FOLDS = 5
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the day from which it is seen, and whether a sentence answers it."""

    text: str
    as_of: date | None
    is_answer: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Example:
    """The sentences read for a question: their features, and which of them answer."""

    features: Sequence[dict[str, float]]
    answers: npt.NDArray[np.bool_]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.ranking", description=__doc__)
    parser.add_argument("--news", type=Path, required=True, help="a folder of RealTimeQA's files")
    parser.add_argument("--home", type=Path, help="keep the library of the news there, or use it")
    parser.add_argument("--selqa", type=Path, nargs="*", default=[], help="SelQA's JSON files")
    parser.add_argument("--limit", type=int, default=1200, help="questions of SelQA")
    arguments = parser.parse_args(argv)
    return reported(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> int:
    news = list(_from_news(arguments.news, arguments.home))
    others = list(_from_selqa(arguments.selqa, arguments.limit))
    weights = {"sentences": fit([*news, *others]), "confidence": fit_confidence(news, others)}
    WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    print(f"{len(news)} questions of the news, {len(others)} others")
    return 0


def fit(examples: Iterable[Example], regularization: float = _REGULARIZATION) -> dict[str, float]:
    """Return the weights that maximize the likelihood that the best sentence answers."""
    useful = [e for e in examples if e.answers.any() and not e.answers.all()]
    names = sorted({name for example in useful for row in example.features for name in row})
    matrices = [_matrix(example.features, names) for example in useful]
    scale = np.vstack(matrices).std(axis=0) + 1e-6
    data = [(rows / scale, example.answers) for rows, example in zip(matrices, useful, strict=True)]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, gradient = 0.0, np.zeros_like(weights)
        for rows, answers in data:
            scores = rows @ weights
            everything = np.exp(scores - scores.max())
            right = everything * answers
            total += np.log(everything.sum()) - np.log(right.sum())
            gradient += rows.T @ (everything / everything.sum() - right / right.sum())
        return (
            total / len(data) + regularization * float(weights @ weights),
            gradient / len(data) + 2 * regularization * weights,
        )

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B")
    weights = found.x / scale
    return {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}


def fit_confidence(
    news: Sequence[Example], others: Sequence[Example], regularization: float = 0.001
) -> dict[str, float]:
    """Return the weights of the probability that one of the best three sentences answers.

    Each fifth of the news is ranked with weights that were learned without it.
    """
    rows, labels = [], []
    size = math.ceil(len(news) / _FOLDS)
    for start in range(0, len(news), size):
        rest = [*news[:start], *news[start + size :], *others]
        weights = fit(rest)
        for example in news[start : start + size]:
            scored = scores(example, weights)
            rows.append(answer_features([item[1:] for item in scored]))
            labels.append(any(example.answers[number] for number, _, _ in scored[:_QUOTED]))
    names = sorted({name for row in rows for name in row})
    data, right = _matrix(rows, names), np.array(labels, dtype=float)
    scale = data.std(axis=0)
    scale[scale < 1e-6] = 1.0
    data = data / scale

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        logits = data @ weights
        likely = 1 / (1 + np.exp(-logits))
        value = np.mean(np.logaddexp(0, logits) - right * logits)
        gradient = data.T @ (likely - right) / len(right)
        return (
            float(value + regularization * weights @ weights),
            gradient + 2 * regularization * weights,
        )

    # Coverage never makes an answer less likely.
    bounds = [(None, None) if name == "bias" else (0.0, None) for name in names]
    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    return {n: round(float(w), 4) for n, w in zip(names, found.x / scale, strict=True)}


def scores(
    example: Example, weights: Mapping[str, float]
) -> list[tuple[int, float, dict[str, float]]]:
    """Return the number, the score and the features of each sentence, best first."""
    scored = [
        (number, relevance(features, weights), features)
        for number, features in enumerate(example.features)
        if not features["boilerplate"]
    ]
    return sorted(scored, key=lambda item: -item[1])


def _matrix(rows: Sequence[dict[str, float]], names: Sequence[str]) -> Matrix:
    return np.array([[row.get(name, 0.0) for name in names] for row in rows])


def examples(retriever: Retriever, snapshot: Snapshot, asked: Iterable[Asked]) -> Iterator[Example]:
    """Read what the product would read for each question."""
    for question in asked:
        search = retriever.search(snapshot, question.text, as_of=question.as_of)
        readings = read(
            question.text,
            search.passages,
            retriever.encoder,
            word_counts=search.word_counts,
            read_all=True,
        )
        sentences = candidate_sentences(question.text, readings, search.times)
        texts = [readings[s.reading].passage.quote(s.span) for s in sentences]
        yield Example(
            [dict(sentence.features) for sentence in sentences],
            np.array([question.is_answer(text) for text in texts], dtype=bool),
        )


def _from_news(folder: Path, home: Path | None) -> Iterator[Example]:
    """Each answerable question of the first half of the weeks, with and without its day."""
    data = news.load(folder)
    tuned, _ = data.halves()
    asked = [
        Asked(question.text, as_of, question.is_in)
        for question in tuned
        if question.is_answerable
        for as_of in (question.day, None)
    ]
    yield from _read(data.articles, asked, home, "news")


def _from_selqa(files: Sequence[Path], limit: int) -> Iterator[Example]:
    rows = [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))]
    rows = rows[:: max(round(len(rows) / limit), 1)]
    sections = {(row["article"], row["section"], " ".join(row["candidates"])): None for row in rows}
    articles = [
        Article(str(n), title, url=f"selqa:{n}", origin=f"selqa:{n}", text=text)
        for n, (title, _, text) in enumerate(sections)
    ]
    asked = [Asked(row["question"], None, _answers(row)) for row in rows]
    if asked:
        yield from _read(articles, asked, None, "SelQA")


def _answers(row: dict[str, Any]) -> Callable[[str], bool]:
    right = [normal(row["candidates"][n]) for n in row["answers"]]
    return lambda text: any(normal(text) in answer or answer in normal(text) for answer in right)


def _read(
    articles: Sequence[Article], asked: Sequence[Asked], home: Path | None, what: str
) -> Iterator[Example]:
    with TemporaryDirectory(prefix="article-qa-eval-") as folder:
        settings = Settings.load(home=home or Path(folder))
        library = library_in(settings, articles)
        encoder = open_encoder(settings)
        retriever = build_assistant(settings, library, encoder).retriever
        with library.snapshot() as snapshot:
            yield from examples(retriever, snapshot, tqdm(asked, desc=what, disable=None))
        library.close()


if __name__ == "__main__":
    sys.exit(main())
