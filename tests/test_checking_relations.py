"""What a claim says otherwise than its source, in nearly the same words."""

from __future__ import annotations

import pytest

from rag.checking.relations import contradictions, same_quantities


@pytest.mark.parametrize(
    ("claim", "source", "words"),
    [
        ("The bridge is 55 km long.", "The bridge is 55 miles long.", "55 km"),
        ("The siege took 4 days.", "The siege took 4 weeks.", "4 days"),
        ("The north has fewer inhabitants.", "The north has more inhabitants.", "fewer"),
        ("Tarn lies east of the river Orr.", "Tarn lies west of the river Orr.", "east"),
        ("The tower was built before the war.", "The tower was built after the war.", "before"),
        ("The mayor resigned.", "The mayor may have resigned.", "resigned"),
        ("The tunnel will be closed.", "The tunnel was closed.", "will be closed"),
        ("The tunnel must be closed.", "The tunnel can be closed.", "must be closed"),
        (
            "The mill closed because the river froze.",
            "The mill closed. The river froze.",
            "because",
        ),
        ("Nora Falk beat Ulf Orr in May.", "Ulf Orr beat Nora Falk in May.", "Falk"),
        ("The harbour of Skerry was dredged.", "The harbour of Tarn was dredged.", "Skerry"),
        (
            "Ulf Orr said the harbour was dredged.",
            "Nora Falk said the harbour was dredged.",
            "Ulf Orr",
        ),
        ("Ulf Orr said that the harbour was dredged.", "The harbour was dredged.", "Ulf Orr"),
    ],
)
def test_one_thing_that_is_wrong_is_named(claim: str, source: str, words: str) -> None:
    assert words in contradictions(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The siege lasted nine weeks.", "The siege lasted 63 days."),
        ("The harbour of Tarn was dredged in May.", "In May, the harbour of Tarn was dredged."),
        ("Ulf Orr was beaten by Nora Falk.", "Nora Falk beat Ulf Orr in the end."),
        ("The UN condemned the launch.", "The United Nations condemned the launch."),
        ("The mill closed because the river froze.", "As the river froze, the mill closed."),
        ("According to Falk, the harbour was dredged.", "The harbour was dredged, Nora Falk said."),
        ("He said the harbour was dredged.", "Nora Falk said the harbour was dredged."),
        ("The tower fell after the war had ended.", "The war ended before the tower fell down."),
        ("The port can be reached by train.", "The port can be reached by train from Tarn."),
    ],
)
def test_other_words_for_the_same_are_no_contradiction(claim: str, source: str) -> None:
    assert contradictions(claim, source) == ()


def test_another_unit_of_the_same_quantity_is_found() -> None:
    assert same_quantities("It took nine weeks.", "It took 63 days.") == {"nine weeks"}
    assert not same_quantities("It took nine weeks.", "It took 60 days.")


def test_only_english_is_compared() -> None:
    assert not contradictions("Tarn liegt westlich.", "Tarn liegt nicht westlich.", language="de")
