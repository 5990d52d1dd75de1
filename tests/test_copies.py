"""Near duplicates: copies of a story count once and are listed with the citation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.inputs.sources import discover
from rag.answering.citations import Citations, copies_of
from rag.checking.claims import Quotation, SupportedSentence
from rag.settings import Settings
from rag.store.library import Library
from rag.store.near_duplicates import MIN_SIMILARITY, bands, signature, similarity
from rag.types import Support
from tests.conftest import SEEDS, USERS_ARTICLE
from tests.libraries import over, sync

Write = Callable[[str, str | bytes], Path]

STORY = USERS_ARTICLE.read_text(encoding="utf-8")
QUESTION = "Who condemned the missile launch?"


def test_a_lightly_edited_text_is_similar_and_a_different_one_is_not() -> None:
    original, edited = signature(STORY), signature(STORY.replace("telephone meeting", "phone call"))
    other = signature((SEEDS / "hwasong-12.md").read_text(encoding="utf-8"))
    assert original is not None
    assert edited is not None
    assert other is not None
    assert similarity(original, edited) > MIN_SIMILARITY > similarity(original, other)
    assert set(bands(original)) & set(bands(edited))
    assert signature("Too short to tell.") is None


def test_a_story_printed_by_five_outlets_is_one_piece_of_evidence(
    library: Library, write: Write
) -> None:
    for outlet in ("Herald", "Times", "Post", "Mail", "Globe"):
        head = f"---\ntitle: '{outlet}: ministers speak'\nsource: {outlet}\n---\n"
        folder = write(f"{outlet}.md", f"{head}{STORY}\n\nMore news in the {outlet}.").parent
    sync(library, discover([folder, SEEDS / "hwasong-12.md"]))
    with over(library, Settings()) as qa:
        answer = qa.ask(QUESTION)
        first = answer.citations[0]
        assert "condemned North Korea’s missile launch" in first.quote
        outlets = {first.source, *(copy.source for copy in first.also)}
        assert outlets == {"Herald", "Times", "Post", "Mail", "Globe"}
        assert len({cited.quote for cited in answer.citations}) == len(answer.citations)
        assert len(qa.articles()) == 6, "every copy is kept"
        assert "also in" in answer.to_markdown()
        assert answer.to_dict()["citations"][0]["also"][0]["source"] in outlets


def test_a_copy_without_the_quoted_words_is_not_listed(library: Library, write: Write) -> None:
    folder = write("whole.txt", STORY).parent
    write("cut.txt", STORY.replace("Both ministers condemned", "The two condemned"))
    sync(library, discover([folder]))
    with over(library, Settings()) as qa:
        assert qa.ask(QUESTION).citations[0].also == ()
        assert len(qa.ask("What is the alliance based on?").citations[0].also) == 1


def test_two_cited_copies_list_each_other(library: Library, write: Write) -> None:
    folder = write("first.txt", STORY).parent
    write("second.txt", STORY)
    sync(library, discover([folder]))
    with library.snapshot() as snapshot:
        articles = [entry.id for entry in snapshot.listing()]
        sentences = [
            SupportedSentence(quotation.text, (quotation,), Support("supported", 1.0))
            for article_id, number in zip(articles, (0, 1), strict=True)
            for passage in snapshot.passages_of(article_id)[:1]
            for quotation in [Quotation.of(passage, passage.passage.sentences[number], 1.0)]
        ]
        citations = Citations(copies_of(sentences, snapshot))
    for sentence in sentences:
        citations.sentence(sentence)
    also = [[copy.article_id for copy in citation.also] for citation in citations.all]
    assert also == [[articles[1]], [articles[0]]]


def test_a_rewritten_copy_is_no_longer_listed(library: Library, write: Write) -> None:
    folder = write("one.txt", STORY).parent
    write("two.txt", STORY)
    sync(library, discover([folder]))
    with over(library, Settings()) as qa:
        assert len(qa.ask(QUESTION).citations[0].also) == 1
        write("two.txt", "Quite another article about lighthouses stands here now. " * 5)
        sync(library, discover([folder]))
        assert qa.ask(QUESTION).citations[0].also == ()
