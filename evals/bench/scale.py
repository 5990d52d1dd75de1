"""Speed over size: libraries that are built, asked, asked within a scope, and brought up to date."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from evals import squad
from evals.bench.measures import (
    REAL,
    Perturbed,
    Recorder,
    encoder_of,
    folder,
    memory,
    nearest,
    opened,
    seconds,
)
from evals.texts import recombined
from ingest.embedding import ThreadEmbedder, embed
from ingest.inputs.sources import discover
from ingest.passages import split
from ingest.sync import sync
from rag.encoders.onnx_encoder import FOLDER
from rag.encoders.protocols import Encoder
from rag.langchain import ArticleQA
from rag.opening import create_library
from rag.settings import Settings
from rag.store.library import Snapshot
from rag.types import Article, Origin, Scope

STEPS = ("rewrite", "embed", "search", "read", "write", "check", "compare")
SHARES = (0.001, 0.01, 0.1, 0.5, 1.0)  # of the library in scope
SCOPED = 50_000  # passages from which on each of these scopes holds some
_ASKED = 150  # questions
_ASKED_IN_SCOPE = 40  # questions for each scope
_RECALL = 200
_DAYS, _SOURCES = 1_000, 10
_FIRST_DAY = date(2020, 1, 1)


def build(file: Path, home: Path, size: str) -> dict[str, Any]:
    """Build a library with this many passages; measure the rate."""
    real = encoder_of(home)
    encoder: Encoder = real if int(size) <= REAL else Perturbed(real)
    library = create_library(Settings.load(home=home), encoder)
    real.embed(["exported", "and", "warm"])
    recorder = Recorder(ThreadEmbedder(encoder), _vectors(home))
    count = characters = 0

    def texts() -> Iterator[Any]:
        nonlocal count, characters
        for article in _dated(squad.load(file).articles):
            passages = split(article, encoder)
            yield update.put(Origin(article.origin, ""), [(article, passages)])
            count, characters = count + len(passages), characters + len(article.text)
            if count >= int(size):
                return

    started = time.perf_counter()
    with library.update() as update:
        embed(update, texts(), recorder)
    taken = time.perf_counter() - started
    library.close()
    _keys(home).write_text(json.dumps(recorder.keys), encoding="utf-8")
    disk = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    runtime = sum(path.stat().st_size for path in (home / FOLDER).iterdir())
    return {
        "passages": count,
        "rate": count / taken,
        "characters": characters / taken,
        "own": encoder is real,
        "disk": disk,
        "runtime": runtime,
        "build memory": memory(),
    }


def ask(file: Path, home: Path) -> dict[str, Any]:
    """Ask a warm process; measure the time of each step and the recall of the vector search."""
    import chromadb  # noqa: F401 - which takes as long for any library

    opening, qa = seconds(lambda: opened(home))
    questions = [question.text for question in squad.load(file).questions]
    asked = questions[:: len(questions) // _ASKED][:_ASKED]
    with qa:
        for question in questions[1:10]:
            qa.ask(question)
        answers = [qa.ask(question) for question in asked]
        used = memory()
        totals = sorted(answer.timings["total"] for answer in answers)
        recall = _recall(qa, home, questions[:_RECALL], Scope(), 10)
    return {
        "open": opening,
        "p50": median(totals),
        "p95": quantiles(totals, n=20)[18],
        "steps": {name: median(a.timings.get(name, 0) for a in answers) for name in STEPS},
        "read": float(np.mean([len(answer.evidence) for answer in answers])),
        "memory": used,
        "recall": recall,
    }


def scopes(file: Path, home: Path) -> dict[str, Any]:
    """Ask within scopes of different sizes, in turn with unscoped questions.

    Each scope gets questions of its own, so that none finds its passages already read.
    """
    questions = [question.text for question in squad.load(file).questions]
    limits = {"none": Scope()} | {f"{share:.1%}": _scope(share) for share in SHARES}
    times: dict[str, list[float]] = {name: [] for name in limits}
    searches: dict[str, list[float]] = {name: [] for name in limits}
    with opened(home) as qa:
        for question in questions[-10:]:
            qa.ask(question)
        for number in range(_ASKED_IN_SCOPE):
            for place, (name, scope) in enumerate(limits.items()):
                question = questions[number * len(limits) + place]
                answer = qa.ask(
                    question, after=scope.after, before=scope.before, source=scope.sources
                )
                times[name].append(answer.timings["total"])
                searches[name].append(answer.timings["search"])
        recalls = {
            name: _recall(qa, home, questions[-_RECALL // 2 :], scope, 50)
            for name, scope in limits.items()
        }
    plain = median(times["none"])
    return {
        "scopes": {
            name: {
                "p50": median(times[name]),
                "ratio": median(times[name]) / plain,
                "search": median(searches[name]),
                "slowest": max(times[name]),
                "recall": recalls[name],
            }
            for name in limits
        }
    }


def resync(file: Path, home: Path) -> dict[str, float]:
    """Ingest 100 more articles of one passage each."""
    texts = folder(home.parent / f"more-{home.name}")
    article = next(islice(recombined(squad.load(file).articles), 100, None))
    for number, paragraph in enumerate((article.text * 10).split("\n\n")[:100]):
        (texts / f"{number}.txt").write_text(f"Number {number}. {paragraph}", encoding="utf-8")
    encoder = encoder_of(home)
    library = create_library(Settings.load(home=home), encoder)
    encoder.embed(["warm"])
    taken, _ = seconds(lambda: sync(library, discover([texts]), encoder))
    library.close()
    return {"sync": taken}


def _dated(real: Sequence[Article]) -> Iterator[Article]:
    """Articles spread evenly over days and sources."""
    for number, article in enumerate(recombined(real)):
        published = _FIRST_DAY + timedelta(days=number % _DAYS)
        yield replace(article, published=published, source=f"Source {number % _SOURCES}")


def _scope(share: float) -> Scope:
    """A scope that holds this share of the articles: the latest days, or all sources."""
    if share == 1:
        return Scope(sources=tuple(f"Source {number}" for number in range(_SOURCES)))
    return Scope(after=_FIRST_DAY + timedelta(days=round(_DAYS * (1 - share))))


def _recall(qa: ArticleQA, home: Path, questions: list[str], scope: Scope, count: int) -> float:
    """Return the share of the truly nearest passages in scope that a search by vector returns."""
    queries = qa.assistant.retriever.encoder.embed(questions)
    keys = json.loads(_keys(home).read_text(encoding="utf-8"))
    vectors = np.memmap(_vectors(home), dtype=np.float16, mode="r").reshape(len(keys), -1)
    rows = np.arange(len(keys))
    with qa.library.snapshot() as snapshot:
        if scope:
            inside = _keys_in(snapshot, scope)
            rows = np.array([row for row, key in enumerate(keys) if key in inside])
        exact = nearest(queries, vectors[rows] if scope else vectors, count)
        recalls = []
        for query, best in zip(queries, exact, strict=True):
            candidates = snapshot.search(query, [], limit=count, scope=scope)
            passages = snapshot.passages(candidate.passage_id for candidate in candidates)
            found = {passage.passage.key for passage in passages.values()}
            true = {keys[rows[row]] for row in best}
            recalls.append(len(true & found) / len(true))
    return float(np.mean(recalls))


def _keys_in(snapshot: Snapshot, scope: Scope) -> set[str]:
    entries = [
        entry
        for entry in snapshot.listing()
        if (not scope.sources or entry.source in scope.sources)
        and (not scope.after or (entry.published and entry.published >= scope.after))
    ]
    return {passage.passage.key for entry in entries for passage in snapshot.passages_of(entry.id)}


def _vectors(home: Path) -> Path:
    return home.with_suffix(".vectors")


def _keys(home: Path) -> Path:
    return home.with_suffix(".keys.json")
