"""Speed beside LangChain's own recipe, and over size: python -m evals.bench SQUAD.json [--largest N].

Writes the table into README.md and the plots into docs/. Each measurement is a process of its own;
what is compared is measured in turn, and the median reported with its spread.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from evals import plots, squad
from evals.texts import recombined
from ingest.inputs.sources import discover
from ingest.passages import split
from ingest.sync import sync
from rag.encoders.export import ExportedEncoder
from rag.encoders.onnx_encoder import FOLDER, OnnxEncoder, stored
from rag.encoders.sentence_transformer import Encoder, SentenceTransformerEncoder, Vectors, unit
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.embedded.library import Library
from rag.types import Answer, Origin, in_context

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
QUESTION = "When did North Korea fire a missile over Japan?"
SIZES = (1_000, 10_000, 100_000)
REAL = 10_000  # passages up to which each vector is the model's own
STEPS = ("rewrite", "embed", "search", "read", "write", "check", "compare")
_INGESTED = 400_000  # characters
_ASKED = 150  # questions
_RECALL = 200
_NOISE = 0.3  # length of what is added to two real vectors to have another one like them
_START, _END = "<!-- bench -->", "<!-- /bench -->"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("squad", type=Path, help="a SQuAD JSON file: real text, and questions")
    parser.add_argument("--pairs", type=int, default=4, help="how often each pair is measured")
    parser.add_argument("--largest", type=int, help="measure this many passages, too")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.part:
        name, folder, *rest = arguments.part
        print(json.dumps(PARTS[name](arguments.squad, Path(folder), *rest)))
        return 0
    with TemporaryDirectory(prefix="article-qa-bench-") as folder:
        found = run(arguments, Path(folder))
    path = ROOT / "docs" / "bench.json"
    # What was measured once stays until it is measured again.
    before = json.loads(path.read_text(encoding="utf-8"))["sizes"] if path.exists() else {}
    found["sizes"] = dict(sorted((before | found["sizes"]).items(), key=lambda each: int(each[0])))
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    plots.draw(found, ROOT / "docs")
    _write(plots.table(found))
    print(plots.table(found))
    return 0


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    def part(name: str, *rest: object) -> Any:
        print(f"{time.strftime('%H:%M:%S')} {' '.join(map(str, (name, *rest)))}", file=sys.stderr)
        command = [sys.executable, "-m", "evals.bench", str(arguments.squad), "--part", name]
        done = subprocess.run(  # noqa: S603 - this very file
            [*command, *map(str, rest)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])

    found: dict[str, Any] = {
        "ingest": part("ingest", work, arguments.pairs),
        "start": part("start", work, arguments.pairs),
        "sizes": {},
    }
    for size in (*SIZES, *([arguments.largest] if arguments.largest else ())):
        home = work / str(size)
        built = part("build", home, size)
        found["sizes"][str(size)] = built | part("ask", home) | part("resync", home)
    found["threads"] = part("threads", work / str(REAL))
    return found


def ingest(file: Path, work: Path, pairs: str) -> dict[str, Any]:
    """Files to a searchable index, in characters a second, with the model loaded."""
    import torch

    from evals.recipe import Recipe, load

    data = squad.load(file)
    texts = _folder(work / "texts")
    characters = 0
    for number, article in enumerate(recombined(data.articles)):
        story = f"{article.title}\n\n{article.text}"
        (texts / f"{number}.txt").write_text(story, encoding="utf-8")
        characters += len(story)
        if characters >= _INGESTED:
            break
    files = sorted(texts.iterdir())
    original = SentenceTransformerEncoder()
    encoder = ExportedEncoder(original, _folder(work / "exported"))
    encoder.embed(["exported", "and", "warm"])
    runtime = _runtime(encoder, original)
    embeddings = load()
    embeddings.embed_query("warm")
    passages = [in_context(a, p) for a in data.articles for p in split(a, encoder)]
    flop = _flop(original, [len(each) for each in runtime.token_spans(passages)])
    ours, theirs, shares, peaks = [], [], [], []
    for number in range(int(pairs)):
        library = Library.create(work / f"ours-{number}", encoder)
        ours.append(characters / _seconds(lambda: sync(library, discover([texts])))[0])  # noqa: B023
        library.close()
        recipe = Recipe(work / f"theirs-{number}", embeddings)
        theirs.append(characters / _seconds(lambda: recipe.ingest(files))[0])  # noqa: B023
        peaks.append(_peak(torch.bfloat16 if runtime.engine.is_half else torch.float32))
        shares.append(flop / _seconds(lambda: runtime.embed(passages))[0] / peaks[-1])
    asked = [question.text for question in data.questions]
    full = SentenceTransformerEncoder(precision="float32")
    before, after = (_nearest(each.embed(asked), each.embed(passages)) for each in (full, runtime))
    overlaps = [len(set(one) & set(other)) / 10 for one, other in zip(before, after, strict=True)]
    return {
        "characters": characters,
        "ours": ours,
        "theirs": theirs,
        "precision": "bfloat16" if runtime.engine.is_half else "float32",
        "peak": peaks,
        "share": shares,
        "overlap": float(np.mean(overlaps)),
    }


def start(_: Path, work: Path, pairs: str) -> dict[str, list[float]]:
    """Seconds of new processes, the page cache warm."""
    from evals.recipe import Recipe

    home, folder = work / "seeds", work / "seeds-recipe"
    settings = Settings.load(home=home)
    library = Library.create(home, ExportedEncoder.from_settings(settings))
    sync(library, discover([SEEDS]))
    library.close()
    Recipe(folder).ingest(sorted(SEEDS.glob("*.txt")))
    python = [sys.executable]
    commands = {
        "ask": [*python, "-m", "ui.cli", "ask", "--home", str(home), QUESTION],
        "recipe": [*python, "-m", "evals.recipe", str(folder), QUESTION],
        "help": [*python, "-m", "ui.cli", "--help"],
        "import": [*python, "-c", "import rag"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(int(pairs) + 1):
        for name, command in commands.items():
            seconds, _ = _seconds(lambda: subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL))  # noqa: B023, S603  # fmt: skip
            if number:  # the first round warms the page cache
                taken[name].append(seconds)
    return taken


class Perturbed:
    """An Encoder whose vectors are the model's own at first, and then made of two of these each.

    What it costs to embed is known, and grows with the passages; so a large library is built
    without it.
    """

    def __init__(self, real: Encoder) -> None:
        self.name, self.token_limit = real.name, real.token_limit
        self.token_spans, self.read = real.token_spans, real.read
        self._real = real
        self._own = np.empty((0, 0), dtype=np.float32)
        self._chance = np.random.default_rng(1)

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self._own) < REAL // 2:
            vectors = self._real.embed(texts)
            self._own = np.concatenate([self._own, vectors]) if self._own.size else vectors
            return vectors
        one, other = (self._own[self._chance.integers(0, len(self._own), len(texts))] for _ in "12")
        noise = self._chance.normal(size=one.shape) * (_NOISE / one.shape[1] ** 0.5)
        return unit((one + other + noise).astype(np.float32))


def build(file: Path, home: Path, size: str) -> dict[str, Any]:
    """A library of so many passages, and how fast it came to be."""
    real = _encoder(home)
    encoder: Encoder = real if int(size) <= REAL else Perturbed(real)
    library = Library.create(home, encoder)
    real.embed(["exported", "and", "warm"])
    passages = characters = 0
    started = time.perf_counter()
    with library.writing() as edition:
        for article in recombined(squad.load(file).articles):
            found = split(article, encoder)
            edition.put(Origin(article.origin, ""), [(article, found)])
            passages, characters = passages + len(found), characters + len(article.text)
            if passages >= int(size):
                break
    seconds = time.perf_counter() - started
    library.close()
    disk = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    runtime = sum(path.stat().st_size for path in (home / FOLDER).iterdir())
    return {
        "passages": passages,
        "rate": passages / seconds,
        "characters": characters / seconds,
        "own": encoder is real,
        "disk": disk,
        "runtime": runtime,
        "build memory": _memory(),
    }


def ask(file: Path, home: Path) -> dict[str, Any]:
    """A warm process that answers questions, and how much of the true neighbours it finds."""
    import chromadb  # noqa: F401 - which takes as long for any library

    opening, library = _seconds(lambda: _opened(home))
    questions = [question.text for question in squad.load(file).questions]
    asked = questions[:: len(questions) // _ASKED][:_ASKED]
    with ArticleQA.over(library, Settings.load(home=home)) as qa:
        for question in questions[1:10]:
            qa.ask(question)
        answers = [qa.ask(question) for question in asked]
        memory = _memory()
        totals = sorted(answer.timings["total"] for answer in answers)
        cuts = quantiles(totals, n=20)
        with library.reading() as view:
            assert view.vectors is not None
            wanted = library.encoder.embed(questions[:_RECALL])
            keys, vectors = _all(view.vectors.batches(5_000))
            exact = _nearest(wanted, vectors)
            found = [[key for key, _ in view.vectors.search(vector, 10)] for vector in wanted]
    recalls = [
        len({keys[n] for n in true} & set(got)) / 10 for true, got in zip(exact, found, strict=True)
    ]
    return {
        "open": opening,
        "p50": median(totals),
        "p95": cuts[18],
        "steps": {name: median(a.timings.get(name, 0) for a in answers) for name in STEPS},
        "read": float(np.mean([len(answer.evidence) for answer in answers])),
        "memory": memory,
        "recall": float(np.mean(recalls)),
    }


def resync(file: Path, home: Path) -> dict[str, float]:
    """An ingest of 100 more articles of one passage each."""
    texts = _folder(home.parent / f"more-{home.name}")
    article = next(islice(recombined(squad.load(file).articles), 100, None))
    for number, paragraph in enumerate((article.text * 10).split("\n\n")[:100]):
        (texts / f"{number}.txt").write_text(f"Number {number}. {paragraph}", encoding="utf-8")
    library = Library.open(home, _encoder(home))
    library.encoder.embed(["warm"])
    seconds, _ = _seconds(lambda: sync(library, discover([texts])))
    library.close()
    return {"sync": seconds}


def threads(file: Path, home: Path) -> dict[str, Any]:
    """Questions a second through one ArticleQA, and whether each answer is what it is alone."""
    questions = [question.text for question in squad.load(file).questions][3:1000:9][:96]
    with ArticleQA.over(_opened(home), Settings.load(home=home)) as qa:
        alone = [_plain(qa.ask(question)) for question in questions]
        rates, different = {}, 0
        for count in (1, 4, 16, 64):
            with ThreadPoolExecutor(count) as pool:
                seconds, answers = _seconds(lambda: list(pool.map(qa.ask, questions)))
            rates[str(count)] = len(questions) / seconds
            different += sum(_plain(one) != two for one, two in zip(answers, alone, strict=True))
    return {"rates": rates, "different": different}


PARTS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (ingest, start, build, ask, resync, threads)
}


def _encoder(home: Path) -> ExportedEncoder:
    return ExportedEncoder(SentenceTransformerEncoder(), home / FOLDER)


def _opened(home: Path) -> Library:
    """The library without its model, its vectors ready to be searched."""
    library = Library.open(home, _encoder(home))
    with library.reading() as view:
        assert view.vectors is not None
        view.vectors.search(np.ones(384, dtype=np.float32), 1)
    return library


def _runtime(encoder: ExportedEncoder, original: SentenceTransformerEncoder) -> OnnxEncoder:
    path = stored(encoder.folder, original.export_key or "")
    assert path, "the model cannot be exported here"
    return OnnxEncoder(path, encoder.name)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def _memory() -> int:
    """The most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _plain(answer: Answer) -> list[tuple[str, int, int, float]]:
    return [(each.article_id, each.start, each.end, each.score) for each in answer.citations]


def _all(batches: Iterator[tuple[list[str], Vectors]]) -> tuple[list[str], Vectors]:
    keys, vectors = zip(*batches, strict=True)
    return [key for some in keys for key in some], np.concatenate(vectors)


def _nearest(asked: Vectors, vectors: Vectors) -> list[list[int]]:
    """The ten nearest rows to each vector, by exact search."""
    return [[int(n) for n in np.argpartition(-(vectors @ vector), 10)[:10]] for vector in asked]


def _peak(kind: Any) -> float:
    """Floating point operations a second of the best of ten products of large matrices."""
    import torch

    size = 2048
    one, other = (torch.randn(size, size).to(kind) for _ in range(2))
    torch.mm(one, other)
    return 2 * size**3 / min(_seconds(lambda: torch.mm(one, other))[0] for _ in range(10))


def _flop(original: SentenceTransformerEncoder, tokens: Sequence[int]) -> float:
    """Operations in the matrix products of a BERT over texts of so many tokens.

    For each layer and token: four projections and two feed-forward products, and attention's two
    products with every token of the text; two operations a multiplication and addition.
    """
    config: Any = original.model[0].get_submodule("model").config
    width, inner, layers = (
        config.hidden_size,
        config.intermediate_size,
        config.num_hidden_layers,
    )
    lengths = np.array(tokens, dtype=float) + 2
    each = 2 * lengths * (4 * width**2 + 2 * width * inner) + 4 * lengths**2 * width
    return float(layers * each.sum())


def _write(table: str) -> None:
    path = ROOT / "README.md"
    before, _, rest = path.read_text(encoding="utf-8").partition(_START)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_START}\n{table}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
