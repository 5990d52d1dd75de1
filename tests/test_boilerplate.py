from __future__ import annotations

import pytest

from rag.text.boilerplate import is_asked_for, is_boilerplate


@pytest.mark.parametrize(
    "sentence",
    [
        "By Jane Doe, USA TODAY",
        "Jane Doe is a senior reporter for USA TODAY.",
        "Reach her at jdoe@example.com and follow her on X @jdoe.",
        "Here's what to know about when Mamdani will take office.",
        "Here’s what we know so far:",
        "Read more: The storm in pictures",
        "Contributing: Reuters",
        "Editor's note: This story was first published in May.",
        "(This story was updated to add new information.)",
        "Sign up for our free weekly newsletter.",
        "Subscribe to The Week today.",
        "Chris Jackson/Getty Images The king arrives at the abbey.",
        "Updated 3:12 PM EST, January 7, 2025",
        "— Victoria Hernandez",
    ],
)
def test_bylines_adverts_and_notes_are_boilerplate(sentence: str) -> None:
    assert is_boilerplate(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The reporter was released on Monday after two years in prison.",
        "The company earned a record profit, its editor in chief said.",
        "She signed up as a volunteer in 2019 and was sent to Kharkiv.",
        "By Monday evening, 23 people were dead.",
        "The photos show the damage to the bridge.",
        "Police published the names of the 12 victims.",
        "The court updated its rules on Thursday after criticism by judges.",
    ],
)
def test_reports_about_the_press_are_no_boilerplate(sentence: str) -> None:
    assert not is_boilerplate(sentence)


def test_the_headline_repeated_in_the_text_is_boilerplate() -> None:
    title = "US Mint presses final penny"
    assert is_boilerplate("US Mint presses final penny.", title)
    assert not is_boilerplate("The US Mint pressed the last penny on Wednesday.", title)


def test_a_question_may_ask_for_the_author() -> None:
    assert is_asked_for("Who wrote the article about the storm?")
    assert not is_asked_for("Who won the election?")
