from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from evals import claims, squad
from tests.conftest import ROOT

XQUAD = Path(os.environ.get("XQUAD", ROOT.parent / "shared" / "evals" / "xquad.en.json"))


def test_the_claims_are_about_xquad_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"data": []}), encoding="utf-8")
    assert claims.load(squad.load(path)) == []


@pytest.mark.skipif(not XQUAD.exists(), reason="XQuAD is not here; set the variable XQUAD")
def test_a_quoted_claim_stands_in_its_paragraph_and_a_false_one_does_not() -> None:
    data = squad.load(XQUAD)
    texts = {article.id: article.text for article in data.articles}
    kinds = Counter()
    for claim in claims.load(data):
        place = claim.paragraph
        paragraph = " ".join(texts[claim.article_id][place.start : place.end].split())
        kinds[claim.kind] += 1
        if claim.style == "quoted":
            assert (claim.text in paragraph) is (claim.kind == "true")
    assert kinds == {"true": 275, "number": 47, "date": 77, "name": 60, "swapped": 86}
