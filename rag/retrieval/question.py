"""What people type as a question -> a question that can be searched for."""

from __future__ import annotations

from rag.errors import QuestionError
from rag.text.words import in_one_line

MAX_QUESTION = 2_000  # characters
MAX_PASSAGES = 100  # that are read for one question


def normalized(question: str) -> str:
    """Return the question on one line, with characters that cannot be encoded replaced.

    Raises QuestionError for a question that is empty, far too long, or not text.
    """
    if not isinstance(question, str):
        raise QuestionError(f"a question must be text, not {type(question).__name__}")
    question = in_one_line(question.encode("utf-8", "replace").decode("utf-8"))
    if not question:
        raise QuestionError("the question is empty; ask something")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters; the limit is {MAX_QUESTION:,}"
        )
    return question


def passage_limit(k: int | None, default: int) -> int:
    """Return how many passages to read. Raises QuestionError for a `k` out of range."""
    if k is None:
        return default
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_PASSAGES:
        raise QuestionError(
            f"k, the number of passages to read, must be 1 to {MAX_PASSAGES} (got {k!r})"
        )
    return k
