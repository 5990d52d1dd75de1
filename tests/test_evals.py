from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals import seeds, squad
from evals.__main__ import over_squad, table
from ingest.formats.loaders import load
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.errors import LoadError
from tests.conftest import SEEDS

TOPICS = {
    "Lighthouse": ("The lighthouse at Cape Wrath was built in 1828.", "When was the lighthouse at Cape Wrath built?", "1828"),
    "Tower": ("The water tower of Mannheim is 60 meters high.", "How high is the water tower of Mannheim?", "60 meters"),
}  # fmt: skip


def dataset(tmp_path: Path) -> Path:
    """A SQuAD 2.0 file of two articles, with one impossible question."""
    data = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": context,
                    "qas": [
                        {"id": title, "question": question, "is_impossible": False, "answers": [{"text": answer, "answer_start": context.index(answer)}]},
                        {"id": f"no {title}", "question": "Who sleeps there?", "is_impossible": True, "answers": []},
                    ],
                }
            ],
        }
        for title, (context, question, answer) in TOPICS.items()
    ]  # fmt: skip
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"version": "v2.0", "data": data}), encoding="utf-8")
    return path


def test_figures_are_counted_over_a_real_library(
    tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    data = squad.load(dataset(tmp_path))
    assert len(data.questions) == 2
    found = {figure.name: figure for figure in over_squad(data, encoder)}
    assert found["paragraph in the first passage"].hits == 2
    assert found["quoted answer contains a gold answer"].share == 1
    assert found["refused, first, third, ... left out"].asked == 1
    assert found["refused, first, third, ... left out"].hits == 1
    assert "| exact citations | 100.0% |" in table(found.values())


def test_a_file_of_another_format_is_said(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(LoadError, match="SQuAD"):
        squad.load(path)


def test_the_projects_own_questions_have_their_answers_in_the_samples() -> None:
    texts = {path.name: load(path, path.read_bytes())[0].text for path in SEEDS.iterdir()}
    for question in seeds.load():
        for file in question.files:
            assert question.answer
            assert " ".join(question.answer.split()) in " ".join(texts[file].split())
