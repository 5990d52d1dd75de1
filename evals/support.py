"""How well the checker distinguishes true statements from changed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evals.claims import Claim, EditedClaim
from evals.figures import Figure, meets
from rag.checking.checker import Checker
from rag.checking.claims import SupportedSentence
from rag.retrieval.retriever import Ranking

FALSE = ("number", "date", "name")


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement, checked with the right passage cited, and with a wrong one.

    `moved` is None if no other passage was found.
    """

    claim: Claim
    stated: SupportedSentence
    moved: SupportedSentence | None


def check(claim: Claim, ranking: Ranking, checker: Checker) -> Checked:
    """Check a statement against the passages for its question, as for a language model."""
    evidence, counts = ranking.evidence, ranking.word_counts
    right = [n for n, e in enumerate(evidence) if meets(claim, e.article.id, e.passage)]
    wrong = [n for n in range(len(evidence)) if n not in right]
    stated = checker.check(claim.text, right[:1], evidence, counts)
    moved = None
    if claim.kind == "true" and right and wrong:
        moved = checker.check(claim.text, wrong[:1], evidence, counts)
    return Checked(claim, stated, moved)


# Longer than other functions, since it is a list of figures, one after another.
def figures(checked: Sequence[Checked]) -> list[Figure]:
    """Return what is caught, what is flagged wrongly, and precision and recall of the flags."""
    true = [statement for statement in checked if statement.claim.kind == "true"]
    false = [statement for statement in checked if statement.claim.kind in FALSE]
    flagged = [statement for statement in (*true, *false) if _is_flagged(statement)]
    moved = [statement for statement in true if statement.moved]
    kinds = {
        kind: [statement for statement in checked if statement.claim.kind == kind] for kind in FALSE
    }
    return [
        _share(
            "changed numbers and dates caught",
            "not supported, although the right passage is cited",
            kinds["number"] + kinds["date"],
            _is_flagged,
            0.95,
        ),
        _share("changed names caught", "the same", kinds["name"], _is_flagged, 0.90),
        _share(
            "true sentences not flagged",
            "sentences of the paragraph, shortened ones, and questions with their answer put in",
            true,
            lambda statement: not _is_flagged(statement),
            0.95,
        ),
        _share(
            "precision of “not supported”",
            "of the sentences that are flagged, those that were changed",
            flagged,
            lambda statement: statement.claim.kind in FALSE,
        ),
        _share(
            "recall of “not supported”",
            "of the sentences that were changed, those that are flagged",
            false,
            _is_flagged,
        ),
        _share(
            "moved citations not kept",
            "a true sentence that cites another passage: the citation is corrected, or none is left",
            moved,
            lambda statement: bool(
                statement.moved and statement.moved.support.verdict != "supported"
            ),
        ),
        _share(
            "moved citations corrected",
            "it is corrected to the passage of the right paragraph",
            moved,
            _is_corrected,
        ),
        _share(
            "swapped within the passage caught",
            "a number, date or name put in the place of another one of the same passage",
            [statement for statement in checked if statement.claim.kind == "swapped"],
            _is_flagged,
        ),
    ]


def check_edited(claim: EditedClaim, ranking: Ranking, checker: Checker) -> bool:
    """Return whether a statement is flagged, with the passage of its source sentence cited."""
    evidence = ranking.evidence
    right = [n for n, e in enumerate(evidence) if meets(claim, e.article.id, e.passage)]
    checked = checker.check(claim.text, right[:1], evidence, ranking.word_counts)
    return checked.support.verdict == "unsupported"


def edited_figures(checked: Sequence[tuple[EditedClaim, bool]]) -> list[Figure]:
    """Return what is flagged of each kind of statement, and of all that are wrong."""
    wrong = [(claim, flagged) for claim, flagged in checked if not claim.is_true]
    found = [
        Figure.of(
            f"caught: {kind}",
            "one thing changed in a sentence of a passage",
            [flagged for claim, flagged in wrong if claim.kind == kind],
            0.80,
        )
        for kind in sorted({claim.kind for claim, _ in wrong})
    ]
    found.append(Figure.of("caught: all kinds", "all of these", [f for _, f in wrong], 0.88))
    for kind, what, goal in (
        ("near", "a sentence shortened or with other words of the same meaning", 0.97),
        ("free", "a sentence worded freely", 0.88),
    ):
        kept = [not flagged for claim, flagged in checked if claim.kind == kind]
        found.append(Figure.of(f"true and not flagged: {kind} paraphrases", what, kept, goal))
    return found


def _is_flagged(statement: Checked) -> bool:
    return statement.stated.support.verdict == "unsupported"


def _is_corrected(statement: Checked) -> bool:
    if statement.moved is None or statement.moved.support.verdict != "corrected":
        return False
    return any(
        meets(statement.claim, quotation.article.id, quotation.span)
        for quotation in statement.moved.quotations
    )


def _share(
    name: str,
    counted: str,
    among: Iterable[Checked],
    is_hit: Callable[[Checked], bool],
    goal: float | None = None,
) -> Figure:
    return Figure.of(name, counted, map(is_hit, among), goal)
