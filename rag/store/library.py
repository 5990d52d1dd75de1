"""The door to the store: what a library can do, whatever engine keeps it.

Everything outside `rag.store` depends on these protocols alone. No path, SQL or engine type
appears in them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rag.types import (
    Article,
    Entry,
    Origin,
    Passage,
    RetrievedPassage,
    Scope,
    Searched,
)

if TYPE_CHECKING:  # numpy would more than double the time of --help
    from rag.encoders.protocols import Vectors

Order = Literal["title", "source", "date", "passages", "ingested"]
"""What the list of articles can be sorted by."""

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is in all."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that a search returned: its cosine and BM25 score, None for the search that did not."""

    passage_id: str
    cosine: float | None
    bm25: float | None


@dataclass(frozen=True, slots=True)
class WordCounts:
    """In how many of the library's `passages` each lower-case word occurs."""

    frequencies: Mapping[str, int]
    passages: int


@dataclass(frozen=True, slots=True)
class ScopeSummary:
    """How much lies within a scope, and how many of its articles were published on each day.

    `dates` is in order; articles without a date are not in it.
    """

    extent: Searched
    dates: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A text that has no vector yet."""

    key: str
    text: str


class Snapshot(Protocol):
    """The library at one moment. Later changes are not visible."""

    def search(
        self, vector: Vectors, words: Sequence[str], *, limit: int, scope: Scope = Scope()
    ) -> list[Candidate]:
        """Return up to `limit` passages near `vector` [dimension] and as many by BM25, in no order."""

    def word_counts(self, words: Iterable[str]) -> WordCounts:
        """Return in how many passages each word occurs, in any of its inflections."""

    def passages(self, ids: Iterable[str]) -> dict[str, RetrievedPassage]:
        """Return the passages that exist, by id."""

    def passages_of(self, article_id: str) -> list[RetrievedPassage]:
        """Return the passages of an article in reading order."""

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Return the articles that exist, by id."""

    def copies(self, stories: Iterable[str], *, besides: Iterable[str]) -> dict[str, list[Article]]:
        """Return the articles of each story, oldest first, without the articles `besides`."""

    def scope_summary(self, scope: Scope = Scope()) -> ScopeSummary:
        """Return how much lies within a scope."""

    def sources(self) -> list[str]:
        """Return the names of all sources in alphabetical order."""

    def newest(self) -> date | None:
        """Return the latest day of publication; None if no article has a date."""

    def is_empty(self) -> bool:
        """Return whether there are no articles."""

    def listing(
        self,
        words: Sequence[str] = (),
        *,
        order: Order = "date",
        descending: bool = True,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Entry]:
        """Return a page of the list of articles whose title or source contains each of `words`.

        Articles for which the sort key is unknown come last in either direction.
        """

    def count(self, words: Sequence[str] = ()) -> int:
        """Return how many articles have each of `words` in their title or source."""

    def mentions(
        self,
        words: Sequence[str] = (),
        *,
        in_title: bool = False,
        scope: Scope = Scope(),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Entry]:
        """Return a page of the articles that contain each of `words`, newest first.

        The words may be in any of their inflections. They must be in the title, or in the title and
        one passage unless `in_title` is set.
        """

    def count_mentions(
        self, words: Sequence[str] = (), *, in_title: bool = False, scope: Scope = Scope()
    ) -> int:
        """Return how many articles `mentions` would list without a limit."""

    def spellings(self, word: str, *, distance: int) -> dict[str, int]:
        """Return words of the library with the first letter of `word` that are spelt almost like it.

        `distance` is the greatest number of edits: a letter added, left out or replaced, or two
        neighbours swapped. Each word comes as articles write it, a name with its capital, and with
        the number of passages that contain it in any of its inflections.
        """

    def entry(self, article_id: str) -> Entry | None:
        """Return the line of one article in the list."""

    def months(self) -> list[tuple[str | None, str | None, int]]:
        """Return (month, source, articles) such as ("2022-10", "TDI", 3); None where unknown."""

    def origins(self) -> dict[str, Origin]:
        """Return everything that was ingested, by URI."""

    def removed(self) -> dict[str, int]:
        """Return how many articles of each origin stay out because somebody removed them."""


class Update(Protocol):
    """A set of changes. Readers see all of it when the context ends, or nothing if it fails."""

    @property
    def left_out(self) -> int:
        """How many articles were not written because somebody had removed them."""

    @property
    def articles(self) -> int:
        """How many articles were written."""

    def origins(self) -> dict[str, Origin]:
        """Return what was ingested before this update, by URI."""

    def removed(self) -> dict[str, int]:
        """Return how many articles of each origin stay out because somebody removed them."""

    def put(
        self, origin: Origin, articles: Sequence[tuple[Article, Sequence[Passage]]]
    ) -> list[Unembedded]:
        """Replace what an origin holds; return the texts for which `add_vectors` must be called.

        An unchanged article that somebody removed stays out and counts as `left_out`.
        """

    def add_vectors(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Store the vectors [keys, dimension] of texts that `put` returned."""

    def remove(self, uri: str) -> None:
        """Remove an origin and everything that came from it."""

    def remove_article(self, article_id: str) -> bool:
        """Remove one article, which stays out until it changes or its origin is readmitted.

        Returns whether its origin has no article left.
        """

    def correct(
        self, article_id: str, *, title: str, published: date | None, source: str | None
    ) -> bool:
        """Set what is known of an article; return whether there is one.

        What differs from what was read stays as it is set here whenever the article is put again.
        Nothing is embedded: vectors keep the title that was read until `rebuild`.
        """

    def readmit(self, uri: str) -> None:
        """Let removed articles of an origin return when it is next put."""


class Embedder(Protocol):
    """Maps batches of texts to vectors: on threads here, on other machines elsewhere."""

    def map(
        self, batches: Iterable[Sequence[Unembedded]]
    ) -> Generator[tuple[Sequence[Unembedded], Vectors]]:
        """Yield each batch with its vectors, float32 [texts, dimension].

        Batches are taken from the iterable only as fast as they can be embedded.
        """


class Uploads(Protocol):
    """Files that visitors handed in, kept so that they can be ingested again."""

    def staging(self) -> AbstractContextManager[Path]:
        """Provide an empty folder for incoming files; one user at a time.

        Raises LibraryBusyError while another process has one.
        """

    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of each kept file, by name."""

    def uri(self, name: str) -> str:
        """Return the URI of a kept file, which is its origin in the library."""

    def owns(self, uri: str) -> bool:
        """Return whether an origin is an uploaded file."""

    def keep(self, path: Path, name: str) -> None:
        """Move a staged file to the kept ones, in place of one with the same name."""

    def delete(self, uri: str) -> None:
        """Delete a kept file."""


class Library(Protocol):
    """Articles that can be searched, read and changed as a whole. Safe to share among threads."""

    @property
    def uploads(self) -> Uploads:
        """The files that visitors handed in."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Open a consistent view. It never waits for a writer."""

    def update(self, *, wait: bool = False) -> AbstractContextManager[Update]:
        """Begin a set of changes.

        Raises LibraryBusyError if another update is running, unless `wait` is set.
        """

    def version(self) -> str:
        """Return a name for the present state: it changes with every update."""

    def is_being_written(self) -> bool:
        """Return whether an update is running at this moment."""

    def problems(self) -> Iterator[str]:
        """Yield one line for each inconsistency; nothing if the library is intact."""

    def rebuild(self, embedder: Embedder, progress: Progress | None = None) -> int:
        """Compute all vectors and the full-text index again; return how many texts were embedded."""

    def add_feedback(self, record: Mapping[str, Any]) -> None:
        """Append a reader's judgement. Raises StoreError if it cannot be written."""

    def feedback(self) -> list[dict[str, Any]]:
        """Return all judgements, oldest first. Raises StoreError if one cannot be read."""

    def allow_folders(self, folders: Sequence[Path]) -> None:
        """Let remote clients ingest files inside these folders."""

    def allowed_folders(self) -> list[Path]:
        """Return the folders from which remote clients may ingest files."""

    def close(self) -> None:
        """Release all resources."""
