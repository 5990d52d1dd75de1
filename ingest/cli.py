"""The script that ingests: python -m ingest PATH..."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from rag.errors import ArticleQAError


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Put articles into the library, or bring it up to date.",
    )
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    return reported(lambda: run(arguments))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder or a file")
    parser.add_argument("--home", metavar="DIR", help="where the library lives (ARTICLE_QA_HOME)")


def run(arguments: argparse.Namespace) -> int:
    """Ingest and print the report; 0 when all went well, 1 when some files failed."""
    from ingest.sync import discover, sync
    from rag.encoder import SentenceTransformerEncoder
    from rag.library import Library
    from rag.settings import Settings

    settings = Settings.load(home=arguments.home)
    sources = discover(arguments.paths)
    encoder = SentenceTransformerEncoder(settings.encoder, settings.precision)
    library = Library.create(settings.home, encoder)
    try:
        with Bar() as bar:
            report = sync(library, sources, progress=bar)
    finally:
        library.close()
    for failure in report.failures:
        print(f"failed: {failure.path}: {failure.reason}", file=sys.stderr)
    print(
        f"{report.added} added, {report.changed} changed, {report.removed} removed, "
        f"{report.unchanged} unchanged, {len(report.failures)} failed; "
        f"{report.embedded} passages embedded in {report.seconds:.1f} s"
    )
    return 1 if report.failures else 0


class Bar:
    """A progress bar on standard error, where that is a terminal."""

    def __enter__(self) -> Bar:
        from tqdm import tqdm

        self._bar = tqdm(unit=" articles", desc="Ingesting", disable=None, leave=False)
        return self

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        self._bar.refresh()

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def reported(run: Callable[[], int]) -> int:
    """The exit status of a command; what goes wrong is said in one line, without a traceback."""
    try:
        return run()
    except ArticleQAError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the library is as it was before", file=sys.stderr)
        return 130
