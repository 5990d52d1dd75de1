"""What a message may mean that names something but asks nothing, as "the plane" does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text.phrases import is_phrase
from rag.text.words import in_one_line
from rag.types import Evidence

_READINGS = 2
_BRACKETS = re.compile(r"[()]")


def readings(question: str, understood: str, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return the most likely questions: the phrase with the title of an article in brackets.

    None for a real question, or if there is only one reading. The question as it is `understood`
    already is left out.
    """
    if not is_phrase(question):
        return ()
    phrase = question[0].upper() + question[1:].rstrip("?!. ")
    stories = {passage.article.story or passage.article.id: passage.article for passage in evidence}
    titles = [_BRACKETS.sub("", in_one_line(article.title)) for article in stories.values()]
    likely = [f"{phrase} ({title})" for title in titles]
    others = [reading for reading in likely if reading != understood]
    return tuple(others[:_READINGS]) if len(likely) >= _READINGS else ()
