"""Speed beside LangChain's own recipe, from a cold start, and from many threads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from evals import squad
from evals.bench.measures import ROOT, SEEDS, folder, memory, nearest, opened, seconds
from evals.texts import recombined
from ingest.inputs.sources import discover
from ingest.passages import split
from ingest.sync import sync
from rag.encoders.export import ExportedEncoder
from rag.encoders.onnx_encoder import OnnxEncoder, find_export
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.opening import create_library, open_encoder
from rag.settings import Settings
from rag.types import Answer, RetrievedPassage

QUESTION = "When did North Korea fire a missile over Japan?"
_INGESTED = 400_000  # characters


# Longer than other functions: what is compared has to be measured in turn, in one process.
def ingest(file: Path, work: Path, pairs: str) -> dict[str, Any]:
    """Files to a searchable index, in characters a second, with the model loaded."""
    import torch

    from evals.recipe import Recipe, load

    data = squad.load(file)
    texts = folder(work / "texts")
    characters = 0
    for number, article in enumerate(recombined(data.articles)):
        story = f"{article.title}\n\n{article.text}"
        (texts / f"{number}.txt").write_text(story, encoding="utf-8")
        characters += len(story)
        if characters >= _INGESTED:
            break
    files = sorted(texts.iterdir())
    original = SentenceTransformerEncoder()
    encoder = ExportedEncoder(original, folder(work / "exported"))
    encoder.embed(["exported", "and", "warm"])
    onnx = _exported(encoder, original)
    embeddings = load()
    embeddings.embed_query("warm")
    passages = [
        RetrievedPassage.of(article, passage).text_with_heading
        for article in data.articles
        for passage in split(article, encoder)
    ]
    flop = _flop(original, [len(spans) for spans in onnx.token_spans(passages)])
    ours, theirs, shares, peaks = [], [], [], []
    for number in range(int(pairs)):
        settings = Settings.load(home=work / f"ours-{number}")
        library = create_library(settings, encoder)
        ours.append(characters / seconds(lambda: sync(library, discover([texts]), encoder))[0])  # noqa: B023
        library.close()
        recipe = Recipe(work / f"theirs-{number}", embeddings)
        theirs.append(characters / seconds(lambda: recipe.ingest(files))[0])  # noqa: B023
        peaks.append(_peak(torch.bfloat16 if onnx.engine.is_half else torch.float32))
        shares.append(flop / seconds(lambda: onnx.embed(passages))[0] / peaks[-1])
    asked = [question.text for question in data.questions]
    full = SentenceTransformerEncoder(precision="float32")
    before, after = (nearest(e.embed(asked), e.embed(passages), 10) for e in (full, onnx))
    overlaps = [len(set(a) & set(b)) / 10 for a, b in zip(before, after, strict=True)]
    return {
        "characters": characters,
        "ours": ours,
        "theirs": theirs,
        "precision": "bfloat16" if onnx.engine.is_half else "float32",
        "peak": peaks,
        "share": shares,
        "overlap": float(np.mean(overlaps)),
        "memory": memory(),
    }


def start(_: Path, work: Path, pairs: str) -> dict[str, list[float]]:
    """Seconds of new processes, with a warm page cache."""
    from evals.recipe import Recipe

    home, recipe = work / "seeds", work / "seeds-recipe"
    settings = Settings.load(home=home)
    encoder = open_encoder(settings)
    library = create_library(settings, encoder)
    sync(library, discover([SEEDS]), encoder)
    library.close()
    Recipe(recipe).ingest(sorted(SEEDS.glob("*.txt")))
    python = [sys.executable]
    commands = {
        "ask": [*python, "-m", "ui.cli", "ask", "--home", str(home), QUESTION],
        "recipe": [*python, "-m", "evals.recipe", str(recipe), QUESTION],
        "help": [*python, "-m", "ui.cli", "--help"],
        "import": [*python, "-c", "import rag"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(int(pairs) + 1):
        for name, command in commands.items():
            taken, _ = seconds(lambda: subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL))  # noqa: B023, S603  # fmt: skip
            if number:  # the first round warms the page cache
                times[name].append(taken)
    return times


def threads(file: Path, home: Path) -> dict[str, Any]:
    """Questions a second through one ArticleQA, and whether each answer is the same as alone."""
    questions = [question.text for question in squad.load(file).questions][3:1000:9][:96]
    with opened(home) as qa:
        alone = [_plain(qa.ask(question)) for question in questions]
        rates, different = {}, 0
        for count in (1, 4, 16, 64):
            with ThreadPoolExecutor(count) as pool:
                taken, answers = seconds(lambda: list(pool.map(qa.ask, questions)))
            rates[str(count)] = len(questions) / taken
            different += sum(_plain(a) != b for a, b in zip(answers, alone, strict=True))
    return {"rates": rates, "different": different}


def _exported(encoder: ExportedEncoder, original: SentenceTransformerEncoder) -> OnnxEncoder:
    path = find_export(encoder.folder, original.export_key or "")
    assert path, "the model cannot be exported here"
    return OnnxEncoder(path, encoder.name)


def _plain(answer: Answer) -> list[tuple[str, int, int, float]]:
    return [(c.article_id, c.start, c.end, c.score) for c in answer.citations]


def _peak(kind: Any) -> float:
    """Floating point operations a second of the best of ten products of large matrices."""
    import torch

    size = 2048
    one, other = (torch.randn(size, size).to(kind) for _ in range(2))
    torch.mm(one, other)
    return 2 * size**3 / min(seconds(lambda: torch.mm(one, other))[0] for _ in range(10))


def _flop(original: SentenceTransformerEncoder, tokens: Sequence[int]) -> float:
    """Operations in the matrix products of a BERT over texts of so many tokens.

    For each layer and token: four projections and two feed-forward products, and attention's two
    products with every token of the text; two operations a multiplication and addition.
    """
    config: Any = original.model[0].get_submodule("model").config
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    lengths = np.array(tokens, dtype=float) + 2
    operations = 2 * lengths * (4 * width**2 + 2 * width * inner) + 4 * lengths**2 * width
    return float(layers * operations.sum())
