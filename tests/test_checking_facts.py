from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.checking.facts import Source, denials, facts, plain, small_words

pieces = st.sampled_from(
    """
    The the a Prime Minister Anna Oslo NATO U.S. O’Neill North Korea Japan Japanese USA France
    visited said not never won’t denied 12 1,234 3.5 million 2m two twenty-one first Third both 1999
    1998/99 May Monday “a quotation” ‘another one’ "plain" «oui»
    , . ; : ! - – … (in) Zürich ÉCOLE 東京 G7 iPhone 5th B-52 COVID-19
    """.split()
)  # fmt: skip
texts = st.lists(pieces, max_size=15).map(" ".join)


def kinds(sentence: str) -> dict[str, set[str]]:
    by_kind: dict[str, set[str]] = {}
    for fact in facts(sentence):
        by_kind.setdefault(fact.kind, set()).add(fact.words)
    return by_kind


def missing(sentence: str, source: str, published: date | None = None) -> set[str]:
    held = Source(source, published=published)
    return {fact.words for fact in facts(sentence) if fact not in held}


@given(texts | st.text(), st.sampled_from(["en", "de", "ja"]))
def test_a_text_holds_its_own_facts(text: str, language: str) -> None:
    source = Source(text, language)
    assert [fact for fact in facts(text, language) if fact not in source] == []


@given(texts, texts, texts)
def test_a_longer_text_holds_what_its_parts_hold(before: str, text: str, after: str) -> None:
    longer = Source(f"{before}. {text}. {after}")
    assert [fact for fact in facts(text) if fact not in longer] == []


@given(texts)
def test_facts_are_distinct_and_name_no_ordinary_word(text: str) -> None:
    found = facts(text)
    assert len({(fact.kind, fact.keys) for fact in found}) == len(found)
    assert all(fact.words.strip() and fact.keys for fact in found)
    names = {fact.words for fact in found if fact.kind == "name"}
    again = {fact.words for fact in facts(text, ordinary={name.lower() for name in names})}
    assert {name for name in names & again if not name.isupper() and name.isalpha()} == set()


@given(texts)
def test_a_plain_text_has_only_words_and_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert plain(text) == plain(f"  {text}!\n")


@given(texts)
def test_a_sentence_denies_nothing_that_it_does_not_deny_itself(text: str) -> None:
    assert denials(text, text) == ()


def test_each_kind_of_fact_is_found() -> None:
    sentence = "On 5 May, Kim wrote “it is over” to 12 readers of https://a.example."
    assert kinds(sentence) == {
        "address": {"https://a.example"},
        "quotation": {"it is over"},
        "date": {"May", "5"},
        "number": {"12"},
        "name": {"Kim"},
    }


@pytest.mark.parametrize(
    ("sentence", "source", "lacking"),
    [
        ("It has 12 arches.", "The bridge has twelve arches.", set()),
        ("It has 12 arches.", "The bridge has 14 arches.", {"12"}),
        ("It cost 2.5 million.", "The price was 2,500,000.", set()),
        ("Both came.", "Anna and Ben came.", set()),
        ("He said “we are ready now”.", "“We are ready, now,” he said.", set()),
        ("He said “we are ready”.", "He said they were not ready.", {"we are ready"}),
        ("He said “we are […] ready”.", "“We are almost ready.”", set()),
        ("In Zurich, Anna sang.", "Anna sang in Zürich.", set()),
        ("Japanese ships left.", "Ships left Japan.", set()),
        ("America agreed.", "The U.S. agreed.", set()),
        ("The UN met.", "The United Nations met.", set()),
        ("The United Nations met.", "The UN met.", set()),
        ("It is at www.a.example/x.", "It is at http://www.a.example/x and elsewhere.", set()),
        ("It is at www.a.example/y.", "It is at http://www.a.example/x and elsewhere.", {"www.a.example/y"}),
    ],
)  # fmt: skip
def test_a_source_holds_a_fact_in_any_of_its_forms(
    sentence: str, source: str, lacking: set[str]
) -> None:
    assert missing(sentence, source) == lacking


def test_the_date_of_publication_counts_as_held() -> None:
    assert missing("It was 4 October 2022.", "It was today.", date(2022, 10, 4)) == set()
    assert missing("It was 5 October 2022.", "It was today.", date(2022, 10, 4)) == {"5"}


@pytest.mark.parametrize(
    ("sentence", "source", "denied"),
    [
        ("She did not attend.", "She attended.", ("not",)),
        ("She attended.", "She did not attend.", ("not attend",)),
        ("She did not attend.", "She was unable to attend.", ()),
        ("She attended not only the talk.", "She attended the talk.", ()),
        ("She sang.", "She did not attend.", ()),
    ],
)
def test_a_denial_of_one_alone_is_noticed(
    sentence: str, source: str, denied: tuple[str, ...]
) -> None:
    assert denials(sentence, source) == denied


def test_words_in_small_letters_are_no_names() -> None:
    assert small_words("The Red boat, 3 oars") == {"boat", "oars"}
    assert "Boats" in kinds("We saw Boats.")["name"]
    assert facts("We saw Boats.", ordinary={"boats"}) == []
