from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from evals import squad
from evals.claims import Claim, claims
from tests.conftest import ROOT

XQUAD = Path(os.environ.get("XQUAD", ROOT.parent / "shared" / "evals" / "xquad.en.json"))

pytestmark = pytest.mark.skipif(
    not XQUAD.exists(), reason="no XQuAD file here; name one with the environment variable XQUAD"
)


@pytest.fixture(scope="module")
def data() -> squad.Dataset:
    return squad.load(XQUAD)


@pytest.fixture(scope="module")
def made(data: squad.Dataset) -> list[Claim]:
    return claims(data)


def paragraph_of(claim: Claim, data: squad.Dataset) -> str:
    article = next(each for each in data.articles if each.id == claim.article_id)
    return " ".join(article.text[claim.paragraph.start : claim.paragraph.end].split())


def stands_in(value: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE))


def test_there_are_many_of_every_kind_and_each_is_one_line_without_marks(made: list[Claim]) -> None:
    kinds = [claim.kind for claim in made]
    assert all(kinds.count(kind) > 200 for kind in ("number", "date", "name", "swapped"))
    styles = [claim.style for claim in made if claim.kind == "true"]
    assert styles.count("quoted") > 600
    assert styles.count("restated") > 350
    assert styles.count("shortened") > 70
    for claim in made:
        assert claim.text == " ".join(claim.text.split())
        assert not re.search(r"\[\d+\]|\?$", claim.text)


def test_a_quoted_statement_stands_in_its_paragraph(made: list[Claim], data: squad.Dataset) -> None:
    for claim in made:
        if (claim.kind, claim.style) == ("true", "quoted"):
            assert claim.text in paragraph_of(claim, data)


def test_a_false_statement_differs_from_a_true_one_in_the_changed_place_alone(
    made: list[Claim],
) -> None:
    true: list[Claim] = []
    for claim in made:
        if claim.kind == "true":
            assert not claim.changed
            true.append(claim)
            kinds = []
            continue
        kinds.append(claim.kind)
        assert len(kinds) == len(set(kinds))
        origin, (old, new) = true[-1], claim.changed.split(" -> ")
        assert (origin.question, origin.style) == (claim.question, claim.style)
        places = [match.start() for match in re.finditer(re.escape(old), origin.text)]
        assert claim.text in [
            origin.text[:at] + new + origin.text[at + len(old) :] for at in places
        ]
        assert claim.text != origin.text


def test_a_new_value_stands_in_the_paragraph_only_if_it_was_swapped(
    made: list[Claim], data: squad.Dataset
) -> None:
    for claim in made:
        if claim.kind != "true":
            new = claim.changed.split(" -> ")[1]
            assert stands_in(new, paragraph_of(claim, data)) == (claim.kind == "swapped")


def test_a_name_comes_from_another_article(made: list[Claim], data: squad.Dataset) -> None:
    texts = {article.id: article.text for article in data.articles}
    for claim in made:
        if claim.kind == "name":
            new = claim.changed.split(" -> ")[1]
            assert any(new in text for key, text in texts.items() if key != claim.article_id)


def test_a_seed_gives_the_same_again_and_another_seed_others(data: squad.Dataset) -> None:
    few = squad.Dataset(data.articles[:3], tuple(each for each in data.questions if each.article_id in ("0", "1", "2")))  # fmt: skip
    assert claims(few, seed=1) == claims(few, seed=1)
    true, others = ([c for c in claims(few, seed) if c.kind == "true"] for seed in (1, 2))
    assert true == others
    assert claims(few, seed=1) != claims(few, seed=2)
