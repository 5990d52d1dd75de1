"""The script that ingests: python -m ingest PATH..."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.answering.render import WEB, counted
from rag.errors import ArticleQAError, IngestError, NoLibraryError

if TYPE_CHECKING:
    from ingest.formats.records import Fields
    from ingest.inputs.sources import Failure, Sources
    from ingest.planning import Plan
    from ingest.sync import Report
    from rag.encoders.protocols import Encoder
    from rag.settings import Settings
    from rag.store.library import Library
    from rag.types import Origin


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description="Add articles to the library, or bring it up to date.",
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
    parser.add_argument("--home", metavar="DIR", help="the library's folder (ARTICLE_QA_HOME)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be done, and change nothing"
    )
    parser.add_argument(
        "--wait", action="store_true", help="wait if another ingest is running, instead of failing"
    )
    parser.add_argument(
        "--watch", action="store_true", help="keep running, and ingest again after every change"
    )
    parser.add_argument(
        "--fields",
        metavar="NAME=FIELD,...",
        help="the fields of records: text=body,title=headline,date=pubDate,url=link",
    )
    parser.add_argument(
        "--allow-private", action="store_true", help="also fetch pages from private networks"
    )
    missing = parser.add_mutually_exclusive_group()
    missing.add_argument(
        "--keep-missing", action="store_true", help="keep articles whose files no longer exist"
    )
    missing.add_argument(
        "--prune-all",
        action="store_true",
        help="allow an empty folder, which removes all articles from it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ingest and print the report; return 0 if all files could be read, 1 otherwise."""
    from rag.opening import create_library, open_encoder
    from rag.settings import Settings

    settings = Settings.load(home=arguments.home)
    encoder = open_encoder(settings)
    if arguments.watch and _urls(arguments):
        raise IngestError("--watch follows folders and files; a URL cannot be watched")
    local = _local(arguments)  # a wrong path must not leave an empty library behind
    if arguments.dry_run:
        return _print_plan(arguments, local, settings, encoder)
    with closing(create_library(settings, encoder)) as library:
        status = _sync(arguments, local, library, encoder)
        if arguments.watch:
            _watch(arguments, library, encoder)
    return status


def _urls(arguments: argparse.Namespace) -> list[str]:
    return [path for path in arguments.paths if path.lower().startswith(WEB)]


def _local(arguments: argparse.Namespace) -> Sources:
    from ingest.inputs.sources import discover

    paths = [path for path in arguments.paths if path not in _urls(arguments)]
    return discover(paths, may_be_empty=arguments.prune_all)


@contextmanager
def _with_pages(
    arguments: argparse.Namespace, local: Sources, origins: Mapping[str, Origin]
) -> Iterator[Sources]:
    """Provide the local sources and the pages at the URLs, which lie in a temporary folder."""
    if not _urls(arguments):
        yield local
        return
    from ingest.web.client import PoliteClient
    from ingest.web.fetch import fetch

    with (
        TemporaryDirectory(prefix="article-qa-fetched-") as folder,
        PoliteClient(allow_private=arguments.allow_private) as client,
        ProgressBar("Fetching", " pages") as bar,
    ):
        fetched = fetch(
            client, _urls(arguments), origins, Path(folder), on_progress=lambda _: bar.step()
        )
        bar.close()
        yield local | fetched


def _sync(arguments: argparse.Namespace, local: Sources, library: Library, encoder: Encoder) -> int:
    from ingest.sync import sync

    with library.snapshot() as snapshot:
        origins = snapshot.origins()
    with (
        _with_pages(arguments, local, origins) as sources,
        ProgressBar("Ingesting", " files") as bar,
    ):
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
        print(_summary(report, _noun(arguments)), flush=True)
        _print_left_out(report.left_out)
    return 1 if report.failures else 0


def _noun(arguments: argparse.Namespace) -> str:
    return "page" if arguments.paths == _urls(arguments) else "file"


def _fields(arguments: argparse.Namespace) -> Fields:
    from ingest.formats.records import USUAL, Fields

    return Fields.parse(arguments.fields) if arguments.fields else USUAL


def _print_plan(
    arguments: argparse.Namespace, local: Sources, settings: Settings, encoder: Encoder
) -> int:
    from ingest.planning import inspect, plan
    from rag.opening import open_library

    try:
        with closing(open_library(settings, encoder)) as library, library.snapshot() as snapshot:
            origins, removed = snapshot.origins(), snapshot.removed()
    except NoLibraryError:
        origins, removed = {}, {}
    with _with_pages(arguments, local, origins) as sources:
        inspection = inspect(sources, _fields(arguments))
        missing = () if arguments.keep_missing else sources.missing(origins)
    changes = plan(inspection.digests, origins, missing, removed=removed, named=sources.named)
    if arguments.json:
        failures = [asdict(failure) for failure in inspection.failures]
        print(json.dumps({**asdict(changes), "failures": failures}, indent=2))
    else:
        print_failures(inspection.failures)
        _print_changes(changes)
        print(_prospect(changes, len(inspection.failures), _noun(arguments)))
        _print_left_out(changes.left_out)
    return 1 if inspection.failures else 0


def _print_changes(changes: Plan) -> None:
    kinds = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
    for kind, uris in kinds.items():
        for uri in uris:
            print(f"{kind}: {printable(uri)}")


def _prospect(changes: Plan, failed: int, noun: str) -> str:
    return (
        f"{counted(len(changes.added), noun)} to add, {len(changes.changed):,} changed, "
        f"{len(changes.removed):,} to remove, {len(changes.unchanged):,} unchanged, "
        f"{failed:,} failed; nothing was written (dry run)"
    )


def _summary(report: Report, noun: str) -> str:
    return (
        f"{counted(report.added, noun)} added, {report.changed:,} changed, "
        f"{report.removed:,} removed, {report.unchanged:,} unchanged, "
        f"{len(report.failures):,} failed; {counted(report.articles, 'article')} read, "
        f"{counted(report.embedded, 'passage')} embedded in {report.seconds:.1f} s"
    )


def _print_left_out(count: int) -> None:
    if count:
        print(
            f"{counted(count, 'article')} left out, because removed by hand "
            "(to bring them back, ingest their file by name)",
            flush=True,
        )


def _watch(arguments: argparse.Namespace, library: Library, encoder: Encoder) -> None:
    """Ingest again after each change, until interrupted. A failed run is repeated at the next."""
    from watchfiles import watch

    print("watching for changes (press Ctrl-C to stop)", file=sys.stderr, flush=True)
    with suppress(KeyboardInterrupt):  # an interrupted run changes nothing
        for _ in watch(*arguments.paths):
            try:
                # A file counts as named in the first run only, not whenever another one changes.
                _sync(arguments, replace(_local(arguments), named=frozenset()), library, encoder)
            except ArticleQAError as error:
                print_error(error)


def print_failures(failures: Sequence[Failure]) -> None:
    """Print a line for each failure on standard error."""
    for failure in failures:
        print(f"failed: {printable(failure.path)}: {printable(failure.reason)}", file=sys.stderr)


def print_error(error: ArticleQAError) -> None:
    """Print an error in one line on standard error."""
    print(f"error: {printable(' '.join(str(error).split()))}", file=sys.stderr)


def printable(text: str) -> str:
    """Escape control characters, line breaks and others that a terminal does not show."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class ProgressBar:
    """A progress bar on standard error, if that is a terminal."""

    def __init__(self, label: str, unit: str) -> None:
        from tqdm import tqdm

        self._bar = tqdm(unit=unit, desc=label, disable=None, leave=False)

    def __enter__(self) -> ProgressBar:
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
    """Return the exit status of a command. Errors are printed in one line, without a traceback."""
    try:
        return run()
    except ArticleQAError as error:
        print_error(error)
        return 2
    except KeyboardInterrupt:
        print("stopped; the library has not changed", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
