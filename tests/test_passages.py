from __future__ import annotations

import pytest

from ingest.passages import paragraphs, sentences, split
from rag.encoder import SentenceTransformerEncoder
from rag.types import Article, Passage, Span, in_context
from tests.conftest import USERS_ARTICLE


def article(text: str, title: str = "A title") -> Article:
    return Article("id", text, title, url="file:///a.txt", origin="file:///a.txt")


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
    lengths = encoder.token_spans([in_context(made, passage) for passage in passages])
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
