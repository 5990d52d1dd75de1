"""The script that ingests: python -m ingest PATH..."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.answering.render import WEB, counted
from rag.errors import ArticleQAError, IngestError, NoLibraryError

if TYPE_CHECKING:
    from ingest.formats.records import Fields
    from ingest.inputs.sources import Failure, Sources
    from rag.encoders.protocols import Encoder
    from rag.settings import Settings
    from rag.store.library import Library
    from rag.types import Origin


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Put articles into the library, or bring it up to date.",
    )
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    return reported(lambda: run(arguments))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a folder, a file, or the http(s) URL of a page or feed",
    )
    parser.add_argument("--home", metavar="DIR", help="where the library lives (ARTICLE_QA_HOME)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and touch nothing")
    parser.add_argument("--wait", action="store_true", help="wait while another ingest is running")
    parser.add_argument(
        "--watch", action="store_true", help="stay, and ingest again whenever a file changes"
    )
    parser.add_argument(
        "--fields",
        metavar="NAME=FIELD,...",
        help="where records keep what: text=body,title=headline,date=pubDate,url=link",
    )
    parser.add_argument(
        "--allow-private", action="store_true", help="fetch from the private network, too"
    )
    missing = parser.add_mutually_exclusive_group()
    missing.add_argument(
        "--keep-missing", action="store_true", help="keep articles whose files have vanished"
    )
    missing.add_argument(
        "--prune-all", action="store_true", help="let an empty folder remove all that came from it"
    )


def run(arguments: argparse.Namespace) -> int:
    """Ingest and print the report; 0 when all went well, 1 when some files failed."""
    from rag.opening import create_library, open_encoder
    from rag.settings import Settings

    settings = Settings.load(home=arguments.home)
    encoder = open_encoder(settings)
    if arguments.watch and _urls(arguments):
        raise IngestError("--watch follows folders and files; a URL cannot be watched")
    local = _local(arguments)  # what cannot be found is said before a library is made
    if arguments.dry_run:
        return _print_plan(arguments, local, settings, encoder)
    library = create_library(settings, encoder)
    try:
        status = _sync(arguments, local, library, encoder)
        if arguments.watch:
            _watch(arguments, library, encoder)
    finally:
        library.close()
    return status


def _urls(arguments: argparse.Namespace) -> list[str]:
    return [path for path in arguments.paths if path.lower().startswith(WEB)]


def _local(arguments: argparse.Namespace) -> Sources:
    from ingest.inputs.sources import discover

    paths = [path for path in arguments.paths if path not in _urls(arguments)]
    return discover(paths, may_be_empty=arguments.prune_all)


@contextmanager
def _with_web(
    arguments: argparse.Namespace, local: Sources, known: Mapping[str, Origin]
) -> Iterator[Sources]:
    """Everything that was named; what came from the web lies in a folder that goes afterwards."""
    if not _urls(arguments):
        yield local
        return
    from ingest.web.client import PoliteClient
    from ingest.web.fetch import fetch

    with (
        TemporaryDirectory(prefix="article-qa-fetched-") as folder,
        PoliteClient(allow_private=arguments.allow_private) as visitor,
        Bar("Fetching", " pages") as bar,
    ):
        fetched = fetch(
            visitor, _urls(arguments), known, Path(folder), on_progress=lambda _: bar.step()
        )
        bar.close()
        yield local | fetched


def _sync(arguments: argparse.Namespace, local: Sources, library: Library, encoder: Encoder) -> int:
    from ingest.sync import sync

    with library.snapshot() as snapshot:
        known = snapshot.origins()
    with _with_web(arguments, local, known) as sources, Bar("Ingesting", " files") as bar:
        report = sync(
            library,
            sources,
            encoder,
            fields=_fields(arguments),
            keep_missing=arguments.keep_missing,
            wait=arguments.wait,
            progress=bar,
        )
    library.allow_folders(local.folders)
    if arguments.json:
        print(json.dumps(asdict(report), indent=2), flush=True)
    else:
        print_failures(report.failures)
        print(
            f"{counted(report.added, 'file')} added, {report.changed} changed, "
            f"{report.removed} removed, {report.unchanged} unchanged, "
            f"{len(report.failures)} failed; {counted(report.articles, 'article')} read, "
            f"{counted(report.embedded, 'passage')} embedded in {report.seconds:.1f} s",
            flush=True,
        )
        _print_left_out(report.left_out)
    return 1 if report.failures else 0


def _fields(arguments: argparse.Namespace) -> Fields:
    from ingest.formats.records import USUAL, Fields

    return Fields.parse(arguments.fields) if arguments.fields else USUAL


def _print_plan(
    arguments: argparse.Namespace, local: Sources, settings: Settings, encoder: Encoder
) -> int:
    from ingest.planning import inspect, plan
    from rag.opening import open_library

    try:
        with open_library(settings, encoder).snapshot() as snapshot:
            known, removed = snapshot.origins(), snapshot.removed()
    except NoLibraryError:
        known, removed = {}, {}
    with _with_web(arguments, local, known) as sources:
        found = inspect(sources, _fields(arguments))
        gone = () if arguments.keep_missing else sources.gone(known)
    todo = plan(found.digests, known, gone, removed=removed, named=sources.named)
    if arguments.json:
        failures = [asdict(failure) for failure in found.failures]
        print(json.dumps({**asdict(todo), "failures": failures}, indent=2))
    else:
        print_failures(found.failures)
        for what in ("added", "changed", "removed"):
            for uri in getattr(todo, what):
                print(f"{what}: {uri}")
        print(
            f"{len(todo.added)} to add, {len(todo.changed)} changed, {len(todo.removed)} to remove, "
            f"{len(todo.unchanged)} unchanged, {len(found.failures)} failed; nothing was touched"
        )
        _print_left_out(todo.left_out)
    return 1 if found.failures else 0


def _print_left_out(count: int) -> None:
    if count:
        print(
            f"left out, since removed by hand: {counted(count, 'article')} "
            "(a file that is named itself is taken in whole)",
            flush=True,
        )


def _watch(arguments: argparse.Namespace, library: Library, encoder: Encoder) -> None:
    """Ingest again after each change, until interrupted; what fails once is tried at the next."""
    from watchfiles import watch

    print("watching for changes (stop with Ctrl-C)", file=sys.stderr, flush=True)
    with suppress(KeyboardInterrupt):  # in the middle of a run, too: it then changes nothing
        for _ in watch(*arguments.paths):
            try:
                # A file is named once, and not again by each change of another.
                _sync(arguments, replace(_local(arguments), named=frozenset()), library, encoder)
            except ArticleQAError as error:
                print_error(error)


def print_failures(failures: Sequence[Failure]) -> None:
    for failure in failures:
        print(f"failed: {printable(failure.path)}: {printable(failure.reason)}", file=sys.stderr)


def print_error(error: ArticleQAError) -> None:
    print(f"error: {printable(' '.join(str(error).split()))}", file=sys.stderr)


def printable(text: str) -> str:
    """Text for one line of a terminal: what would move the cursor or cannot be shown is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Bar:
    """A progress bar on standard error, where that is a terminal."""

    def __init__(self, what: str = "Ingesting", unit: str = " files") -> None:
        from tqdm import tqdm

        self._bar = tqdm(unit=unit, desc=what, disable=None, leave=False)

    def __enter__(self) -> Bar:
        return self

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        self._bar.refresh()

    def step(self) -> None:
        self._bar.update()

    def close(self) -> None:
        self._bar.close()

    def __exit__(self, *_: object) -> None:
        self.close()


def reported(run: Callable[[], int]) -> int:
    """The exit status of a command; what goes wrong is said in one line, without a traceback."""
    try:
        return run()
    except ArticleQAError as error:
        print_error(error)
        return 2
    except KeyboardInterrupt:
        print("stopped; the library is as it was before", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
