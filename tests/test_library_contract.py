"""What every store must do: each test runs on each implementation of the Library protocol."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.errors import LibraryBusyError
from rag.store.embedded.library import EmbeddedLibrary
from rag.store.library import Library, Snapshot
from rag.types import Article, Origin, Scope, Searched
from tests.stores import ENCODER, Embedder, article, ingest, passages, put, vector

STORES: dict[str, Callable[[Path], Library]] = {
    "embedded": lambda folder: EmbeddedLibrary.create(folder / "home", ENCODER)
}
COAST = article(
    "coast",
    "The lighthouse was built by Stevenson.",
    "It stands at Cape Wrath.",
    published=date(2025, 3, 1),
    source="Herald",
)
TOWER = article("tower", "The water tower of Mannheim is high.", published=date(2024, 12, 24))
UNDATED = article("undated", "Ships passed the lighthouses at night.", source="Almanac")


@pytest.fixture(params=list(STORES))
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    library = STORES[request.param](tmp_path)
    yield library
    assert list(library.problems()) == []
    library.close()


def found(snapshot: Snapshot, text: str, *words: str, scope: Scope = Scope()) -> set[str]:
    candidates = snapshot.search(vector(text), words, limit=10, scope=scope)
    return {candidate.passage_id for candidate in candidates}


def text_of(of: Article, number: int = 0) -> str:
    return of.heading + of.text.split("\n\n")[number]


def test_an_empty_library_has_nothing(library: Library) -> None:
    with library.snapshot() as snapshot:
        assert snapshot.is_empty()
        assert snapshot.search(vector("x"), ["lighthouse"], limit=5) == []
        assert snapshot.listing() == []
        assert snapshot.scope_summary().extent == Searched(0, 0)
        assert snapshot.word_counts(["lighthouse"]).frequencies == {"lighthouse": 0}
        assert snapshot.sources() == []


def test_what_was_put_can_be_read(library: Library) -> None:
    assert ingest(library, COAST, TOWER, UNDATED) == 4
    with library.snapshot() as snapshot:
        assert not snapshot.is_empty()
        read = snapshot.articles(["coast", "nobody"])["coast"]
        assert (read.text, read.published, read.source) == (
            COAST.text,
            COAST.published,
            COAST.source,
        )
        assert [each.text for each in snapshot.passages_of("coast")] == COAST.text.split("\n\n")
        (passage,) = snapshot.passages(["coast:0", "nobody"]).values()
        assert passage.article.title == "About coast"
        assert passage.passage == passages(COAST)[0]
        assert passage.text == COAST.text[: passage.passage.end]
        assert snapshot.sources() == ["Almanac", "Herald"]
        assert snapshot.origins()["file:///tower"] == Origin("file:///tower", "1")
        assert snapshot.months() == [
            (None, "Almanac", 1),
            ("2024-12", None, 1),
            ("2025-03", "Herald", 1),
        ]


def test_the_list_is_sorted_and_filtered_and_what_is_unknown_comes_last(library: Library) -> None:
    ingest(library, COAST, TOWER, UNDATED)
    with library.snapshot() as snapshot:

        def ids(*words: str, **how: object) -> list[str]:
            return [entry.id for entry in snapshot.listing(words, **how)]  # type: ignore[arg-type]

        assert ids() == ["coast", "tower", "undated"]
        assert ids(descending=False) == ["tower", "coast", "undated"]
        assert ids(order="source", descending=False) == ["undated", "coast", "tower"]
        assert ids(order="passages")[0] == "coast"
        assert ids(limit=1, offset=1) == ["tower"]
        assert ids("HERALD") == ["coast"]
        assert (snapshot.count(), snapshot.count(["about", "tower"])) == (3, 1)
        entry = snapshot.entry("coast")
        assert entry
        assert (entry.passages, entry.origin) == (2, "file:///coast")
        assert snapshot.entry("nobody") is None


def test_a_search_finds_by_meaning_and_by_words_in_any_inflection(library: Library) -> None:
    ingest(library, COAST, TOWER, UNDATED)
    with library.snapshot() as snapshot:
        candidates = {
            candidate.passage_id: candidate
            for candidate in snapshot.search(vector(text_of(TOWER)), ["lighthouse"], limit=10)
        }
        assert candidates["tower:0"].cosine == pytest.approx(1, abs=1e-3)
        assert candidates["tower:0"].bm25 is None
        assert candidates["coast:0"].bm25 is not None
        assert candidates["undated:0"].bm25 is not None
        counts = snapshot.word_counts(["lighthouse", "nowhere"])
        assert (counts.frequencies, counts.passages) == ({"lighthouse": 2, "nowhere": 0}, 4)


def test_a_scope_limits_what_is_found_and_counted(library: Library) -> None:
    ingest(library, COAST, TOWER, UNDATED)
    with library.snapshot() as snapshot:
        query = (text_of(TOWER), "lighthouse", "tower")
        this_year = Scope(after=date(2025, 1, 1))
        assert found(snapshot, *query, scope=this_year) == {"coast:0", "coast:40"}
        assert found(snapshot, *query, scope=Scope(sources=("Almanac",))) == {"undated:0"}
        assert found(snapshot, *query, scope=Scope(before=date(2024, 12, 24))) == {"tower:0"}
        assert found(snapshot, *query, scope=Scope(before=date(2000, 1, 1))) == set()
        summary = snapshot.scope_summary(this_year)
        assert summary.extent == Searched(passages=2, articles=1)
        assert summary.dates == ((date(2025, 3, 1), 1),)
        assert snapshot.scope_summary().extent == Searched(passages=4, articles=3)
        assert len(snapshot.scope_summary().dates) == 2


def many(count: int) -> list[Article]:
    """Articles over a hundred days, of two sources; each day has its own subject."""
    chance = random.Random(1)
    subjects = ["harbour", "measles", "election", "budget"]
    return [
        article(
            f"a{number}",
            *(
                f"{chance.choice(subjects)} {subjects[number % 4]} number {number} part {part}"
                for part in range(3)
            ),
            published=date(2025, 1, 1) + timedelta(days=number % 100),
            source="Herald" if number % 3 else "Gazette",
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    "scope",
    [
        Scope(after=date(2025, 4, 10)),
        Scope(after=date(2025, 4, 1)),
        Scope(before=date(2025, 2, 19)),
        Scope(sources=("Gazette",)),
        Scope(sources=("Herald", "Gazette")),
        Scope(date(2025, 1, 5), date(2025, 1, 9), ("Herald",)),
    ],
)
def test_a_scoped_search_finds_what_an_exact_one_would(library: Library, scope: Scope) -> None:
    articles = many(400)
    ingest(library, *articles)
    texts = {
        passage.id: text_of(each, number)
        for each in articles
        if (not scope.sources or each.source in scope.sources)
        and each.published
        and (not scope.after or scope.after <= each.published)
        and (not scope.before or each.published <= scope.before)
        for number, passage in enumerate(passages(each))
    }
    with library.snapshot() as snapshot:
        for number in range(10):
            query = vector(f"question {number}")
            cosines = {id_: float(vector(text) @ query) for id_, text in texts.items()}
            exact = sorted(cosines, key=lambda id_: -cosines[id_])[:20]
            nearest = {
                candidate.passage_id: candidate.cosine
                for candidate in snapshot.search(query, [], limit=20, scope=scope)
            }
            assert set(nearest) == set(exact)
            for id_, cosine in nearest.items():
                assert cosine == pytest.approx(cosines[id_], abs=2e-3)
        everywhere = snapshot.search(vector("x"), ["measles", "budget"], limit=1200)
        scores = {
            candidate.passage_id: candidate.bm25
            for candidate in everywhere
            if candidate.bm25 is not None and candidate.passage_id in texts
        }
        scoped = {
            candidate.passage_id: candidate.bm25
            for candidate in snapshot.search(
                vector("x"), ["measles", "budget"], limit=20, scope=scope
            )
            if candidate.bm25 is not None
        }
        assert len(scoped) == min(20, len(scores))
        assert sorted(scoped.values(), reverse=True) == pytest.approx(
            sorted(scores.values(), reverse=True)[: len(scoped)]
        )


def test_an_update_is_visible_all_at_once_or_not_at_all(library: Library) -> None:
    ingest(library, COAST)
    version = library.version()
    with library.snapshot() as before:
        with library.update() as update:
            update.remove(COAST.origin)
            put(update, TOWER)
            with library.snapshot() as during:
                assert found(during, text_of(COAST), "lighthouse") == {"coast:0", "coast:40"}
        assert library.version() != version
        assert found(before, text_of(COAST), "lighthouse") == {"coast:0", "coast:40"}
        assert before.articles(["coast"])
    with library.snapshot() as after:
        assert found(after, text_of(COAST), "lighthouse", "tower") == {"tower:0"}


def test_an_update_that_fails_changes_nothing(library: Library) -> None:
    ingest(library, COAST)
    version = library.version()

    def fail() -> None:
        with library.update() as update:
            update.remove(COAST.origin)
            put(update, TOWER)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert library.version() == version
    with library.snapshot() as snapshot:
        assert [entry.id for entry in snapshot.listing()] == ["coast"]
    assert ingest(library, TOWER) == 1


def test_an_update_without_changes_keeps_the_version(library: Library) -> None:
    ingest(library, COAST)
    version = library.version()
    with library.update():
        pass
    assert library.version() == version


def test_texts_that_were_put_must_get_their_vectors(library: Library) -> None:
    with pytest.raises(ValueError, match="vectors"), library.update() as update:
        update.put(Origin(COAST.origin, "1"), [(COAST, passages(COAST))])
    with library.snapshot() as snapshot:
        assert snapshot.is_empty()


def test_equal_texts_are_embedded_once(library: Library) -> None:
    copy, moved = (replace(COAST, id=name, origin=name) for name in ("copy", "moved"))
    with library.update() as update:
        texts = update.put(Origin(COAST.origin, "1"), [(COAST, passages(COAST))])
        assert len(texts) == 2
        assert update.put(Origin("copy", "1"), [(copy, passages(copy))]) == []
        update.add_vectors(
            [each.key for each in texts], np.array([vector(each.text) for each in texts])
        )
    with library.update() as update:
        update.remove(COAST.origin)
        update.remove("copy")
        assert update.put(Origin("moved", "1"), [(moved, passages(moved))]) == []
    with library.snapshot() as snapshot:
        assert found(snapshot, text_of(COAST)) == {"moved:0", "moved:40"}


def test_a_changed_origin_replaces_what_it_held(library: Library) -> None:
    ingest(library, COAST, TOWER)
    edited = article("coast", "The lighthouse was built by Smith.", "It stands at Cape Wrath.")
    assert ingest(library, edited) == 1
    with library.snapshot() as snapshot:
        assert snapshot.count() == 2
        assert found(snapshot, "x", "stevenson") == found(snapshot, "x")
        assert "coast:0" in found(snapshot, text_of(edited), "smith")


def test_a_removed_article_stays_out_until_it_changes_or_is_readmitted(library: Library) -> None:
    pair = [
        (each, passages(each)) for each in (replace(each, origin="pair") for each in (COAST, TOWER))
    ]

    def put_pair() -> tuple[int, int]:
        with library.update() as update:
            texts = update.put(Origin("pair", "1"), pair)
            if texts:
                update.add_vectors(
                    [each.key for each in texts], np.array([vector(each.text) for each in texts])
                )
        return update.articles, update.left_out

    assert put_pair() == (2, 0)
    with library.update() as update:
        assert update.remove_article("nobody") is False
        assert update.remove_article("coast") is False
    with library.snapshot() as snapshot:
        assert snapshot.removed() == {"pair": 1}
        assert [entry.id for entry in snapshot.listing()] == ["tower"]
    assert put_pair() == (1, 1)
    assert put_pair() == (1, 1), "it is remembered"
    with library.update() as update:
        assert update.remove_article("tower") is True
    with library.update() as update:
        update.readmit("pair")
        texts = update.put(Origin("pair", "1"), pair)
        update.add_vectors(
            [each.key for each in texts], np.array([vector(each.text) for each in texts])
        )
    with library.snapshot() as snapshot:
        assert snapshot.count() == 2
        assert snapshot.removed() == {}


def correct(library: Library, article_id: str, **said: object) -> bool:
    about: dict[str, object] = {"title": "About coast", "published": date(2025, 3, 1)}
    with library.update() as update:
        return update.correct(article_id, **{**about, "source": "Herald", **said})  # type: ignore[arg-type]


def test_a_correction_counts_at_once_and_embeds_nothing(library: Library) -> None:
    ingest(library, COAST, TOWER)
    version = library.version()
    with library.snapshot() as before:
        said = {"title": "Lamps", "published": date(2024, 5, 6), "source": "Gazette"}
        assert correct(library, "coast", **said)
        assert before.articles(["coast"])["coast"].title == "About coast"
    assert library.version() != version
    with library.snapshot() as snapshot:
        entry = snapshot.entry("coast")
        assert entry
        assert (entry.title, entry.published, entry.source) == tuple(said.values())
        (passage, _) = snapshot.passages_of("coast")
        assert (passage.article.title, passage.article.published) == ("Lamps", date(2024, 5, 6))
        assert snapshot.sources() == ["Gazette"]
        scope = Scope(before=date(2024, 12, 1), sources=("Gazette",))
        assert found(snapshot, text_of(COAST), scope=scope) == {"coast:0", "coast:40"}
        bm25 = {c.passage_id for c in snapshot.search(vector("x"), ["lamp"], limit=9) if c.bm25}
        assert bm25 == {"coast:0", "coast:40"}, "its new title is found"
        assert snapshot.word_counts(["about"]).frequencies == {"about": 1}, "its old one is not"
    assert correct(library, "nobody") is False


def test_a_correction_outlives_further_ingests_and_a_rebuild(library: Library) -> None:
    ingest(library, COAST, TOWER)
    assert correct(library, "coast", published=None)
    edited = replace(COAST, title="Another headline", text=f"{COAST.text}\n\nMore.")
    ingest(library, edited)
    with library.update() as update:
        update.remove(COAST.origin)
    library.rebuild(Embedder())
    ingest(library, replace(edited, source="Gazette"))
    with library.snapshot() as snapshot:
        entry = snapshot.entry("coast")
        assert entry
        assert entry.published is None, "it was corrected"
        assert entry.title == "Another headline", "it was not"
        assert entry.source == "Gazette", "it was not, either"


def test_a_correction_is_taken_back_by_what_was_read(library: Library) -> None:
    ingest(library, COAST)
    assert correct(library, "coast", source="Gazette")
    assert correct(library, "coast")
    ingest(library, replace(COAST, source="Almanac"))
    with library.snapshot() as snapshot:
        assert snapshot.sources() == ["Almanac"]


def test_a_correction_is_not_put_on_another_article_in_the_same_place(library: Library) -> None:
    def put_pair(*pair: Article) -> None:
        articles = [(each, passages(each)) for each in pair]
        with library.update() as update:
            texts = update.put(Origin("pair", "1"), articles)
            if texts:
                vectors = np.array([vector(each.text) for each in texts])
                update.add_vectors([each.key for each in texts], vectors)

    coast, tower = (replace(each, origin="pair") for each in (COAST, TOWER))
    put_pair(coast, tower)
    assert correct(library, "coast", source="Gazette")
    put_pair(replace(UNDATED, id="coast", origin="pair"), replace(coast, id="tower"))
    with library.snapshot() as snapshot:
        assert snapshot.sources() == ["Almanac", "Herald"]


def test_a_corrected_article_that_is_removed_stays_out(library: Library) -> None:
    ingest(library, COAST)
    assert correct(library, "coast", title="Lamps")
    with library.update() as update:
        update.remove_article("coast")
    with library.update() as update:
        put(update, COAST)
    assert update.left_out == 1
    with library.snapshot() as snapshot:
        assert snapshot.is_empty()


def test_near_duplicates_are_one_story(library: Library) -> None:
    words = " ".join(f"word{number}" for number in range(60))
    first = article("first", words + " and a last one", published=date(2025, 1, 2))
    second = article("second", words + " or another", published=date(2025, 1, 1))
    ingest(library, first, TOWER)
    ingest(library, second)
    with library.snapshot() as snapshot:
        read = snapshot.articles(["first", "second", "tower"])
        assert read["first"].story == read["second"].story != read["tower"].story
        stories = [read["first"].story, read["tower"].story]
        copies = snapshot.copies(stories, besides=["first", "tower"])
        assert [copy.id for copies in copies.values() for copy in copies] == ["second"]
        both = snapshot.copies(stories, besides=["tower"])
        assert [copy.id for copy in both[read["first"].story]] == ["second", "first"]


def test_one_writes_at_a_time_and_others_may_wait(library: Library) -> None:
    assert not library.is_being_written()
    done: list[str] = []

    def second() -> None:
        with library.update(wait=True) as update:
            put(update, TOWER)
        done.append("second")

    with library.update() as update:
        assert library.is_being_written()
        with pytest.raises(LibraryBusyError), library.update():
            pass
        thread = threading.Thread(target=second)
        thread.start()
        put(update, COAST)
        done.append("first")
    thread.join(30)
    assert done == ["first", "second"]
    with library.snapshot() as snapshot:
        assert snapshot.count() == 2


def test_a_snapshot_may_be_read_by_one_thread_after_another(library: Library) -> None:
    ingest(library, COAST)
    entries: list[int] = []
    with library.snapshot() as snapshot:
        thread = threading.Thread(target=lambda: entries.append(snapshot.count()))
        thread.start()
        thread.join(30)
        assert snapshot.count() == 1
    assert entries == [1]


def test_a_rebuild_embeds_each_text_once(library: Library) -> None:
    ingest(library, COAST, TOWER)
    ingest(library, UNDATED)
    with library.update() as update:
        update.remove(TOWER.origin)
    embedder, steps = Embedder(), []
    assert library.rebuild(embedder, lambda done, total: steps.append((done, total))) == 3
    assert len(embedder.texts) == 3
    assert steps[-1] == (3, 3)
    with library.snapshot() as snapshot:
        scope = Scope(sources=("Almanac",))
        assert found(snapshot, text_of(UNDATED), "ship", scope=scope) == {"undated:0"}
        assert "coast:0" in found(snapshot, text_of(COAST))


def test_feedback_folders_and_uploads_are_kept(library: Library, tmp_path: Path) -> None:
    assert library.feedback() == []
    library.add_feedback({"question": "Who?", "opinion": "good"})
    library.add_feedback({"question": "Why \ud800?", "opinion": "bad"})
    assert [record["opinion"] for record in library.feedback()] == ["good", "bad"]
    assert library.allowed_folders() == []
    library.allow_folders([tmp_path])
    library.allow_folders([tmp_path, tmp_path / "other"])
    assert library.allowed_folders() == [tmp_path, tmp_path / "other"]
    uploads = library.uploads
    with uploads.staging() as folder:
        (folder / "a.txt").write_text("words")
        uploads.keep(folder / "a.txt", "a.txt")
        with pytest.raises(LibraryBusyError), uploads.staging():
            pass
    assert not folder.exists()
    assert uploads.sizes() == {"a.txt": 5}
    assert uploads.owns(uploads.uri("a.txt"))
    assert not uploads.owns("file:///a.txt")
    uploads.delete(uploads.uri("a.txt"))
    assert uploads.sizes() == {}


def test_articles_that_mention_words_are_listed_newest_first_within_a_scope(
    library: Library,
) -> None:
    ingest(library, COAST, TOWER, UNDATED)
    with library.snapshot() as snapshot:

        def mentioning(*words: str, **options: Any) -> list[str]:
            ids = [entry.id for entry in snapshot.mentions(words, **options)]
            options.pop("limit", None)
            if not options.pop("offset", 0):
                assert snapshot.count_mentions(words, **options) >= len(ids)
            return ids

        assert mentioning() == ["coast", "tower", "undated"]
        assert mentioning("lighthouse") == ["coast", "undated"]  # in any inflection
        assert mentioning("lighthouse", "stevenson") == ["coast"]
        assert mentioning("stevenson", "wrath") == []  # in one passage
        assert mentioning("coast", "wrath") == ["coast"]  # or in the title
        assert mentioning("lighthouse", in_title=True) == []
        assert mentioning("tower", in_title=True) == ["tower"]
        assert mentioning("nothing") == []
        assert mentioning(scope=Scope(sources=("Herald", "Almanac"))) == ["coast", "undated"]
        assert mentioning("lighthouse", scope=Scope(after=date(2025, 1, 1))) == ["coast"]
        assert mentioning(limit=1, offset=1) == ["tower"]
        assert snapshot.count_mentions() == 3
        assert snapshot.count_mentions(["lighthouse"]) == 2
        assert snapshot.count_mentions(["tower"], in_title=True) == 1


def test_words_are_found_by_how_they_are_spelt(library: Library) -> None:
    ingest(library, COAST, TOWER, UNDATED)
    with library.snapshot() as snapshot:
        assert snapshot.spellings("stevensen", distance=1) == {"Stevenson": 1}
        assert snapshot.spellings("lihgthouse", distance=1) == {"lighthouse": 2}
        assert snapshot.spellings("lighthose", distance=1) == {"lighthouse": 2}
        assert snapshot.spellings("lighthoses", distance=2) == {"lighthouse": 2, "lighthouses": 2}
        assert snapshot.spellings("manheim", distance=1) == {"Mannheim": 1}
        assert snapshot.spellings("tower", distance=0) == {"tower": 1}
        assert snapshot.spellings("mtevenson", distance=1) == {}  # another first letter
        assert snapshot.spellings("stvnsn", distance=1) == {}
        assert snapshot.spellings("", distance=1) == {}


def test_spellings_are_those_of_the_present_articles(library: Library) -> None:
    ingest(library, COAST)
    with library.snapshot() as snapshot:
        ingest(library, TOWER)
        with library.update() as update:
            update.remove(COAST.origin)
        assert snapshot.spellings("manheim", distance=1) == {}
        assert snapshot.spellings("stevensen", distance=1) == {"Stevenson": 1}
    with library.snapshot() as snapshot:
        assert snapshot.spellings("manheim", distance=1) == {"Mannheim": 1}
        assert snapshot.spellings("stevensen", distance=1) == {}
