from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.checking.names import Names, folded, is_same_word, names

words = st.from_regex(r"[a-z]{1,10}", fullmatch=True)
capitalized = st.from_regex(r"[A-Z][a-z]{1,9}", fullmatch=True)


def found(text: str, *ordinary: str) -> list[str]:
    return [word for word, _ in names(text, "en", frozenset(ordinary))]


def holds(source: str, name: str) -> bool:
    ((_, forms),) = names(f"we saw {name}", "en", frozenset())
    return forms in Names(source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("However, Anna Berg met Prime Minister Abe.", ["Anna", "Berg", "Abe"]),
        ("The talks in Oslo began on Monday, 3 May.", ["Oslo"]),
        ("Talks failed. However, NATO’s ships left.", ["NATO"]),
        ("He flew a B-52 to the G7 with an iPhone.", ["G7"]),
        ("“Nobody knows,” said Kim Jong-un.", ["Kim", "Jong"]),
        ("Twenty ships left Thirteen Islands.", ["Islands"]),
    ],
)
def test_names_are_told_by_their_capitals(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@given(st.lists(words, max_size=8))
def test_a_text_in_small_letters_has_no_names(text: list[str]) -> None:
    assert found(" ".join(text)) == []


@given(capitalized, st.lists(words, max_size=5))
def test_a_source_holds_the_names_that_stand_in_it(name: str, others: list[str]) -> None:
    source = " ".join(["it says", *others, name])
    assert all(forms in Names(source) for _, forms in names(source, "en", frozenset()))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("ships of Japan", "Japanese"),
        ("a Chinese ship", "China"),
        ("the European Union", "EU"),
        ("the Organization for Food Safety", "OFS"),
        ("Citroën", "Citroen"),
        ("Straße", "STRASSE"),
    ],
)
def test_a_name_is_held_in_its_other_forms(source: str, name: str) -> None:
    assert holds(source, name)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("tell us who came", "US"),
        ("tell us who came", "WHO"),
        ("the People’s Republic of China", "Peking"),
        ("Australia", "Austria"),
    ],
)
def test_another_word_is_no_form_of_a_name(source: str, name: str) -> None:
    assert not holds(source, name)


@given(words, words)
def test_being_the_same_word_is_symmetric(first: str, second: str) -> None:
    assert is_same_word(first, first)
    assert is_same_word(first, second) == is_same_word(second, first)


def test_a_word_is_the_same_in_its_inflected_forms() -> None:
    assert is_same_word("attend", "attended")
    assert is_same_word("attending", "attends")
    assert not is_same_word("attend", "attendant")
    assert not is_same_word("so", "soes")


def test_folded_words_have_no_case_and_no_accents() -> None:
    assert list(folded("ÉCOLE Straße")) == ["ecole", "strasse"]
