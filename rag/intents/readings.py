"""What a message may mean that names something but asks nothing, as "the plane" does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.followups.subject import with_subject
from rag.intents.conversation import subjects
from rag.text.phrases import is_phrase
from rag.text.words import in_one_line
from rag.types import Answer, Evidence

_READINGS = 2
_BRACKETS = re.compile(r"[()]")


def readings(
    question: str, understood: str, evidence: Sequence[Evidence], history: Sequence[Answer]
) -> tuple[str, ...]:
    """Return the most likely questions: the phrase with a subject in brackets.

    That is the subject of the conversation, or the title of an article, best first. None for a
    real question, or if there is only one reading: the question as `understood` is left out.
    """
    if not is_phrase(question):
        return ()
    phrase = question[0].upper() + question[1:].rstrip("?!. ")
    stories = {passage.article.story or passage.article.id: passage.article for passage in evidence}
    titles = [_BRACKETS.sub("", in_one_line(article.title)) for article in stories.values()]
    carried = with_subject(phrase, subjects(history))
    likely = dict.fromkeys([carried, *(f"{phrase} ({title})" for title in titles)])
    others = [reading for reading in likely if reading not in (phrase, understood)]
    return tuple(others[:_READINGS]) if len(others) >= _READINGS else ()
