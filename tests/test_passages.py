from __future__ import annotations

import pytest

from ingest.metadata import from_text
from ingest.paragraphs import paragraphs
from ingest.passages import split
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.text.sentences import sentences
from rag.types import Article, Passage, RetrievedPassage, Span
from tests.conftest import USERS_ARTICLE


def article(text: str, title: str = "A title") -> Article:
    return Article("id", title, url="file:///a.txt", origin="file:///a.txt", text=text)


def split_sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text, Span(0, len(text)))]


def quotable(made: Article, passages: tuple[Passage, ...]) -> list[str]:
    return [made.text[span.start : span.end] for each in passages for span in each.sentences]


@pytest.mark.parametrize(
    "whole",
    [
        "Blinken reiterated the determination to strengthen the Japan-U. S alliance.",
        "The U.S-Japan Alliance is the cornerstone of U.S. security interests in Asia.",
        "Dr. Smith of the U.S. Department of State met Gen. Kim at 5 p.m. on Dec. 3 in Washington, D.C.",
        "“We condemn it,” he said.",
        "J. R. R. Tolkien paid $3.50 for No. 5 at Acme Inc. of Tokyo.",
    ],
)
def test_a_sentence_survives_its_abbreviations_and_quotes(whole: str) -> None:
    assert split_sentences(f"Before it. {whole} After it.") == ["Before it.", whole, "After it."]


def test_sentences_of_other_scripts_are_found() -> None:
    assert split_sentences("東京は日本の首都です。人口は多い。") == [
        "東京は日本の首都です。",
        "人口は多い。",
    ]


def test_offsets_count_characters_beyond_the_basic_plane() -> None:
    assert split_sentences("Rockets 🚀🚀 flew. They fell.") == ["Rockets 🚀🚀 flew.", "They fell."]


def test_lines_that_were_wrapped_by_hand_are_one_paragraph() -> None:
    wrapped = "The missile flew over\nJapan and fell\ninto the sea.\n\nNobody was hurt."
    assert len(list(paragraphs(wrapped))) == 2
    assert split_sentences(wrapped)[0] == "The missile flew over\nJapan and fell\ninto the sea."


def test_long_lines_are_paragraphs_of_their_own() -> None:
    line = "This sentence goes on and on without any line break for well over a hundred characters in a single line."
    assert len(list(paragraphs(f"{line}\n{line}\n{line}"))) == 3


def test_every_passage_of_the_users_article_is_whole_sentences_at_exact_offsets(
    encoder: SentenceTransformerEncoder,
) -> None:
    made = article(USERS_ARTICLE.read_text(encoding="utf-8"))
    passages = split(made, encoder)
    quoted = quotable(made, passages)
    assert "Both ministers condemned North Korea’s missile launch that flew over Japan for the first time in five years." in quoted  # fmt: skip
    assert "Japan-US-ROK Trilateral Cooperation" not in quoted, "a heading answers nothing"
    for passage in passages:
        assert passage.start <= passage.sentences[0].start
        assert passage.sentences[-1].end <= passage.end


def test_no_passage_is_longer_than_what_the_model_reads(
    encoder: SentenceTransformerEncoder,
) -> None:
    long_sentence = "and then another word came " * 300 + "."
    long_word = "x" * 5_000
    paragraph = "A sentence of eight words stands here again. " * 80
    made = article("\n\n".join([paragraph, long_sentence, long_word, paragraph]), title="T" * 200)
    passages = split(made, encoder)
    lengths = encoder.token_spans(
        [RetrievedPassage.of(made, passage).text_with_heading for passage in passages]
    )
    assert max(map(len, lengths)) <= encoder.token_limit
    covered = "".join("".join(made.text[p.start : p.end].split()) for p in passages)
    assert covered == "".join(made.text.split()), "no character is lost"


def test_short_paragraphs_share_a_passage_and_a_long_one_is_divided_evenly(
    encoder: SentenceTransformerEncoder,
) -> None:
    short = article("One short paragraph.\n\nAnother one.\n\nA third one.")
    assert len(split(short, encoder)) == 1
    long = article("A sentence of eight words stands here again. " * 60)
    counts = [len(passage.sentences) for passage in split(long, encoder)]
    assert len(counts) > 1
    assert max(counts) - min(counts) <= 1


def test_a_list_is_quoted_with_the_sentence_that_introduces_it(
    encoder: SentenceTransformerEncoder,
) -> None:
    made = article("Six countries took part:\n- China\n- Japan\n- Russia\n\nThey met in Beijing.")
    quoted = quotable(made, split(made, encoder))
    assert quoted == [
        "Six countries took part:\n- China\n- Japan\n- Russia",
        "They met in Beijing.",
    ]


def test_a_text_without_any_full_stop_can_still_be_quoted(
    encoder: SentenceTransformerEncoder,
) -> None:
    made = article("population of Tokyo 14 million\n\npopulation of Osaka 9 million")
    assert len(quotable(made, split(made, encoder))) == 2


def test_equal_words_have_equal_keys_and_an_edit_changes_only_its_own(
    encoder: SentenceTransformerEncoder,
) -> None:
    paragraph = "Sentence number {} of this long paragraph has its own words and some more. " * 12
    text = "\n\n".join(paragraph.format(*range(n, n + 12)) for n in (100, 200, 300))
    before = {passage.key for passage in split(article(text), encoder)}
    after = {passage.key for passage in split(article(text.replace("205", "999")), encoder)}
    assert len(before) >= 3
    assert len(after - before) == 1


def quoted_from(text: str, encoder: SentenceTransformerEncoder) -> list[str]:
    """What can be quoted of a text whose title is what the loader makes of it."""
    made = article(text, title=from_text(text).title or "")
    return quotable(made, split(made, encoder))


@pytest.mark.parametrize(
    "sentence",
    [
        "The lighthouse at Cape Wrath was built in 1828.",
        "It was designed by William Barlow.[5][6]",
        "Mayor: Ute Kern",
        "The roof repair | 12,500 euros | Ann Lee",
        "वह दिल्ली में रहता है।",
        "- Parking costs 2 euros a day",
    ],
)
def test_what_tells_something_can_be_quoted(
    encoder: SentenceTransformerEncoder, sentence: str
) -> None:
    text = f"{sentence}\n\nIt stands 20 meters tall. The last keeper left in 1998."
    assert sentence in quoted_from(text, encoder)
    assert sentence in quoted_from(f"It stands 20 meters tall.\n\n{sentence}", encoder)


def test_a_question_is_read_with_its_answer_but_not_quoted(
    encoder: SentenceTransformerEncoder,
) -> None:
    text = "The pool of Tarn\n\nWhen does the pool open?\n\nAt nine in the morning. It is heated."
    assert quoted_from(text, encoder) == ["At nine in the morning.", "It is heated."]


def test_a_headline_is_no_part_of_the_sentence_under_it(
    encoder: SentenceTransformerEncoder,
) -> None:
    text = (
        "Minister resigns after scandal\nThe minister of transport, Ole Dahl, resigned on Tuesday."
    )
    assert from_text(text).title == "Minister resigns after scandal"
    assert quoted_from(text, encoder) == [
        "The minister of transport, Ole Dahl, resigned on Tuesday."
    ]


def test_a_wrapped_sentence_takes_in_no_list_that_it_does_not_introduce(
    encoder: SentenceTransformerEncoder,
) -> None:
    text = "The club was founded in 1900 by\nfour friends. It owns\na boat.\n\n1. The boat sails in May.\n2. The crew is ten.\n\n* * *\n\nThe end came soon."  # fmt: skip
    assert from_text(text).title == "The club was founded in 1900 by four friends."
    assert quoted_from(text, encoder) == [
        "The club was founded in 1900 by\nfour friends.",
        "It owns\na boat.",
        "1. The boat sails in May.",
        "2. The crew is ten.",
        "The end came soon.",
    ]


def test_quotes_that_nothing_closes_take_no_longer_than_other_text() -> None:
    import time

    def seconds(text: str) -> float:
        started = time.perf_counter()
        assert "".join(split_sentences(text)).replace(" ", "") == text.replace(" ", "")
        return time.perf_counter() - started

    assert seconds("“ a " * 100_000) < 50 * (seconds("b. a " * 80_000) + 0.1)
