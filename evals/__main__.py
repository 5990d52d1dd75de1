"""Measure the product: python -m evals [SQUAD.json] [--json FILE]."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from tqdm import tqdm

from evals import claims, figures, followups, seeds, squad, support
from evals.claims import Claim, EditedClaim
from evals.corpus import library_of
from evals.figures import Figure, table
from ingest.cli import reported
from ingest.inputs.sources import discover
from ingest.sync import sync
from rag.encoders.export import ExportedEncoder
from rag.encoders.protocols import Encoder
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.opening import build_assistant, create_library
from rag.settings import Settings

T = TypeVar("T")
SEEDS = Path(__file__).parents[1] / "seeds"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("squad", nargs="*", type=Path, help="SQuAD 1.1 or 2.0 JSON files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args(argv)
    return reported(lambda: run(arguments.squad, arguments.json))


def run(files: Sequence[Path], report: Path | None) -> int:
    """Measure over the sample articles and over each file; print a table."""
    settings = Settings.load()
    original = SentenceTransformerEncoder(settings.encoder, settings.precision)
    with TemporaryDirectory(prefix="article-qa-eval-") as folder:
        encoder = ExportedEncoder(original, Path(folder))
        measured = {"seeds": list(over_seeds(encoder, settings))}
        for path in files:
            measured[path.name] = list(over_squad(squad.load(path), encoder))
    for name, found in measured.items():
        print(f"\n{name}\n{table(found)}")
    if report:
        plain = {
            name: [{**asdict(figure), "share": figure.share} for figure in found]
            for name, found in measured.items()
        }
        report.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
    return 0


def over_seeds(encoder: Encoder, settings: Settings) -> Iterator[Figure]:
    """The project's own questions; thresholds and weights were chosen without the second half."""
    questions = seeds.load()
    with TemporaryDirectory(prefix="article-qa-eval-") as home:
        library = create_library(settings.model_copy(update={"home": Path(home)}), encoder)
        sync(library, discover([SEEDS]), encoder)
        with ArticleQA(build_assistant(settings, library, encoder)) as qa:
            asked = [(question, qa.ask(question.text)) for question in _bar(questions, "seeds")]
            talks = list(followups.ask(qa, _bar(followups.load(), "follow-ups")))
    yield from seeds.figures(asked[::2], "tuned on")
    yield from seeds.figures(asked[1::2], "held out")
    yield from followups.figures(talks[::2], "tuned on")
    yield from followups.figures(talks[1::2], "held out")


def over_squad(data: squad.Dataset, encoder: Encoder) -> Iterator[Figure]:
    """Retrieval and quoting over all articles; refusal with every second one left out, twice."""
    with library_of(data.articles, encoder) as qa:
        asked = _ask(qa, data, "all articles")
        checked = list(_check(qa, data))
        edited = list(_check_edited(qa, data))
    yield from figures.retrieval(asked)
    yield from figures.quoting(asked)
    yield from figures.citing(asked)
    yield figures.exactness(asked, {article.id: article.text for article in data.articles})
    if checked:
        yield from support.figures(checked)
        yield from support.edited_figures(edited)
    for first, left_out in ((0, "second, fourth, ..."), (1, "first, third, ...")):
        kept = data.articles[first::2]
        with library_of(kept, encoder) as qa:
            asked = _ask(qa, data, f"{left_out} left out")
        yield from figures.refusal(asked, frozenset(article.id for article in kept), left_out)


def _ask(qa: ArticleQA, data: squad.Dataset, what: str) -> figures.Asked:
    return [(question, qa.ask(question.text)) for question in _bar(data.questions, what)]


def _check(qa: ArticleQA, data: squad.Dataset) -> Iterator[support.Checked]:
    """Check statements about articles that the checker was not tuned on; see evals.claims."""
    by_question: dict[str, list[Claim]] = {}
    for claim in claims.load(data):
        by_question.setdefault(claim.question, []).append(claim)
    retriever = qa.assistant.retriever
    for question in _bar(list(by_question), "statements"):
        with qa.library.snapshot() as snapshot:
            ranking = retriever.rank(snapshot, question, k=retriever.rerank)
            for claim in by_question[question]:
                yield support.check(claim, ranking, qa.assistant.checker)


def _check_edited(qa: ArticleQA, data: squad.Dataset) -> Iterator[tuple[EditedClaim, bool]]:
    retriever, checker = qa.assistant.retriever, qa.assistant.checker
    for claim in _bar(claims.load_edited(data), "edited statements"):
        with qa.library.snapshot() as snapshot:
            ranking = retriever.rank(snapshot, claim.source, k=retriever.rerank)
            yield claim, support.check_edited(claim, ranking, checker)


def _bar(items: Sequence[T], what: str) -> Iterable[T]:
    return tqdm(items, desc=what, unit=" questions", disable=None, leave=False)


if __name__ == "__main__":
    sys.exit(main())
