"""Learn the weights that rank sentences: python -m evals.ranking --news DIR --selqa FILE --clapnq FILE.

A linear model over the features of rag.retrieval.features, with the listwise loss of ListNet for
the top document (Cao et al., ICML 2007, https://doi.org/10.1145/1273496.1273513): the probability
that the first sentence is one that answers. Writes rag/retrieval/weights.json.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from tqdm import tqdm

from evals import news
from evals.corpus import library_in
from evals.figures import normal
from ingest.cli import reported
from rag.answering.quoting import best_quotations
from rag.opening import build_assistant, open_encoder
from rag.retrieval.features import Reading, Times, candidate_sentences
from rag.retrieval.ranking import Ranker, as_evidence, confidence_features, read
from rag.retrieval.retriever import Retriever
from rag.settings import Settings
from rag.store.library import Snapshot
from rag.types import Article

WEIGHTS = Path(__file__).parents[1] / "rag" / "retrieval" / "weights.json"
_REGULARIZATION = 0.6
# Questions on encyclopedias are many and easy, and say little about news. A few hundredths of their
# weight keep what is true of both.
_OTHERS = 0.03
_LITTLE = 0.0002  # the regularization of the confidence, which has three weights
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
    """What was read for a question; the features of its sentences, and which of them answer."""

    asked: Asked
    readings: Sequence[Reading]
    times: Times
    features: Sequence[dict[str, float]]
    answers: npt.NDArray[np.bool_]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.ranking", description=__doc__)
    parser.add_argument("--news", type=Path, required=True, help="a folder of RealTimeQA's files")
    parser.add_argument("--home", type=Path, help="keep the library of the news there, or use it")
    parser.add_argument("--selqa", type=Path, nargs="*", default=[], help="SelQA's JSON files")
    parser.add_argument("--clapnq", type=Path, nargs="*", default=[], help="CLAP NQ's JSONL files")
    parser.add_argument("--limit", type=int, default=1200, help="questions of SelQA")
    arguments = parser.parse_args(argv)
    return reported(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> int:
    news = list(_from_news(arguments.news, arguments.home))
    others = list(_from_selqa(arguments.selqa, arguments.limit))
    near = list(_from_clapnq(arguments.clapnq))
    weights = {"sentences": fit(news, others), "confidence": fit_confidence(news, others, near)}
    WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    print(f"{len(news)} questions of the news, {len(others)} of SelQA, {len(near)} of CLAP NQ")
    return 0


def fit(news: Sequence[Example], others: Sequence[Example] = ()) -> dict[str, float]:
    """Return the weights that maximize the likelihood that the best sentence answers."""
    useful = [
        (example, weight)
        for examples, weight in ((news, 1.0), (others, _OTHERS))
        for example in examples
        if example.answers.any() and not example.answers.all()
    ]
    names = sorted({name for example, _ in useful for row in example.features for name in row})
    matrices = [_matrix(example.features, names) for example, _ in useful]
    scale = np.vstack(matrices).std(axis=0) + 1e-6
    data = [
        (rows / scale, example.answers, weight)
        for rows, (example, weight) in zip(matrices, useful, strict=True)
    ]
    share = sum(weight for _, weight in useful)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, gradient = 0.0, np.zeros_like(weights)
        for rows, answers, weight in data:
            scores = rows @ weights
            everything = np.exp(scores - scores.max())
            right = everything * answers
            total += weight * (np.log(everything.sum()) - np.log(right.sum()))
            expected = everything / everything.sum() - right / right.sum()
            gradient += weight * (rows.T @ expected)
        return (
            total / share + _REGULARIZATION * float(weights @ weights),
            gradient / share + 2 * _REGULARIZATION * weights,
        )

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B")
    weights = found.x / scale
    return {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}


def fit_confidence(
    news: Sequence[Example], others: Sequence[Example], near: Sequence[Example]
) -> dict[str, float]:
    """Return the weights of the probability that one of the quotations answers.

    Each fifth of the news is ranked with weights that were learned without it. `near` are questions
    of which the articles answer about half.
    """
    size = math.ceil(len(news) / _FOLDS)
    rows = _confidence_rows(near, fit(news, others))
    for start in range(0, len(news), size):
        rest = [*news[:start], *news[start + size :]]
        rows += _confidence_rows(news[start : start + size], fit(rest, others))
    names = sorted({name for row, _ in rows for name in row})
    data, right = _matrix([row for row, _ in rows], names), np.array([y for _, y in rows], float)
    scale = data.std(axis=0)
    scale[scale < 1e-6] = 1.0
    data = data / scale

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        logits = data @ weights
        likely = 1 / (1 + np.exp(-logits))
        value = np.mean(np.logaddexp(0, logits) - right * logits)
        gradient = data.T @ (likely - right) / len(right)
        return (
            float(value + _LITTLE * weights @ weights),
            gradient + 2 * _LITTLE * weights,
        )

    # Coverage never makes an answer less likely.
    bounds = [(None, None) if name == "bias" else (0.0, None) for name in names]
    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    return {n: round(float(w), 4) for n, w in zip(names, found.x / scale, strict=True)}


def _confidence_rows(
    examples: Iterable[Example], weights: dict[str, float]
) -> list[tuple[dict[str, float], bool]]:
    """Return for each question what its confidence is computed from, and if a quotation answers."""
    ranker = Ranker(weights, {})
    rows = []
    for example in examples:
        scored = ranker.score(example.asked.text, example.readings, example.times)
        quotations = best_quotations(as_evidence(example.readings, scored), _QUOTED)
        is_answered = any(example.asked.is_answer(q.text) for _, q in quotations)
        rows.append((confidence_features(scored), is_answered))
    return rows


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
        )
        sentences = candidate_sentences(question.text, readings, search.times)
        texts = [readings[s.reading].passage.quote(s.span) for s in sentences]
        yield Example(
            question,
            readings,
            search.times,
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
    asked = [
        Asked(row["question"], None, _is_any(row["candidates"][n] for n in row["answers"]))
        for row in rows
    ]
    if asked:
        yield from _read(articles, asked, None, "SelQA")


def _from_clapnq(files: Sequence[Path]) -> Iterator[Example]:
    """Each question over all passages of the files; some are about a passage that lacks the answer."""
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    articles, asked = [], []
    for number, row in enumerate(rows):
        (passage,) = row["passages"]
        right = row["output"][0].get("selected_sentences") or []
        origin = f"clapnq:{number}"
        articles.append(Article(origin, passage["title"], origin, origin, text=passage["text"]))
        asked.append(Asked(row["input"], None, _is_any(right)))
    if asked:
        yield from _read(articles, asked, None, "CLAP NQ")


def _is_any(sentences: Iterable[str]) -> Callable[[str], bool]:
    right = [normal(sentence) for sentence in sentences]
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
