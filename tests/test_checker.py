"""The checker: supported sentences, corrected citations and unsupported sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import pytest

from ingest.passages import split
from rag.checking.checker import Checker
from rag.checking.claims import SupportedSentence
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.store.library import WordCounts
from rag.types import Article, Evidence, Passage

HARBOUR = Article(
    "harbour",
    text="The harbour of Tarn was dredged in March 2031 by the Dutch firm Verhoeven. The work took "
    "eleven weeks and cost 4.2 million crowns. Mayor Ilse Brandt called the result “a gate to the "
    "sea”. The fishermen of Tarn did not attend the ceremony.",
    title="Tarn dredges its harbour",
    url="file:harbour",
    origin="harbour",
    published=date(2031, 4, 2),
    source="Tarn Gazette",
)
LIBRARY = Article(
    "library",
    text="The library of Tarn opened in 2019 with 40,000 books. Its architect is Jun Okafor, who has "
    "built seven libraries in Norway. The United States lent it two maps.",
    title="A library for Tarn",
    url="file:library",
    origin="library",
)


def evidence_of(article: Article, passage: Passage) -> Evidence:
    text = article.text[passage.start : passage.end]
    scores = (1.0,) * len(passage.sentences)
    return Evidence(article, passage, text, 1.0, scores, scores)


def no_counts(words: Iterable[str]) -> WordCounts:
    return WordCounts({}, 2)


@pytest.fixture(scope="module")
def check(encoder: SentenceTransformerEncoder) -> Callable[..., SupportedSentence]:
    evidence = [
        evidence_of(article, passage)
        for article in (HARBOUR, LIBRARY)
        for passage in split(article, encoder)
    ]
    assert len(evidence) == 2
    checker = Checker(encoder)
    return lambda sentence, *cited: checker.check(sentence, cited, evidence, no_counts)


@pytest.mark.parametrize(
    ("sentence", "cited"),
    [
        ("The harbour of Tarn was dredged in March 2031 by the Dutch firm Verhoeven.", 0),
        ("Verhoeven dredged Tarn’s harbour in 11 weeks.", 0),
        ("The dredging of the harbour cost 4,200,000 crowns.", 0),
        ("Ilse Brandt called the dredged harbour “a gate to the sea”.", 0),
        ("The Tarn Gazette reported on 2 April 2031 that the harbour had been dredged.", 0),
        ("The library of Tarn opened with forty thousand books.", 1),
        ("Jun Okafor, the architect of the library, has built 7 libraries in Norway.", 1),
        ("The U.S. lent two maps to the library.", 1),
        ("The fishermen didn’t attend the ceremony.", 0),
    ],
)
def test_a_sentence_that_the_cited_passage_states_is_supported(
    check: Callable[..., SupportedSentence], sentence: str, cited: int
) -> None:
    checked = check(sentence, cited)
    assert (checked.support.verdict, checked.support.missing) == ("supported", ())
    assert {quotation.article.id for quotation in checked.quotations} == {
        (HARBOUR, LIBRARY)[cited].id
    }
    assert 0.6 <= checked.support.score <= 1.001


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("The harbour of Tarn was dredged in March 2032 by the Dutch firm Verhoeven.", "2032"),
        ("The harbour of Tarn was dredged in May 2031 by the Dutch firm Verhoeven.", "May"),
        ("The harbour of Tarn was dredged by the Dutch firm Van Oord.", "Oord"),
        ("The harbour of Tarn was dredged by the Belgian firm Verhoeven.", "Belgian"),
        ("The work on the harbour took twelve weeks.", "twelve"),
        ("The work on the harbour cost 4.3 million crowns.", "4.3 million"),
        ("The work on the harbour cost 4.2 billion crowns.", "4.2 billion"),
        ("Mayor Ilse Brandt called the result “a door to the sea”.", "a door to the sea"),
        ("The harbour of Tarn was not dredged by Verhoeven.", "not"),
        ("The fishermen of Tarn attended the ceremony.", "not attend"),
        ("The library of Tarn opened with 40 books.", "40"),
        ("The architect Jun Okafor has built two libraries in Norway.", "two"),
        ("Read more about the harbour at https://evil.example/tarn.", "https://evil.example/tarn"),
    ],
)
def test_a_sentence_with_one_wrong_fact_is_unsupported_and_the_fact_is_named(
    check: Callable[..., SupportedSentence], sentence: str, missing: str
) -> None:
    checked = check(sentence, 0, 1)
    assert checked.support.verdict == "unsupported"
    assert missing in checked.support.missing
    assert checked.quotations == ()


def test_a_citation_of_the_wrong_passage_is_corrected(
    check: Callable[..., SupportedSentence],
) -> None:
    checked = check("The work on the harbour took eleven weeks.", 1)
    assert checked.support.verdict == "corrected"
    (quotation,) = checked.quotations
    assert quotation.text == "The work took eleven weeks and cost 4.2 million crowns."


def test_a_sentence_without_a_citation_gets_one(check: Callable[..., SupportedSentence]) -> None:
    checked = check("The library of Tarn opened in 2019.")
    assert checked.support.verdict == "corrected"
    assert [quotation.article.id for quotation in checked.quotations] == ["library"]


def test_sentences_of_one_passage_can_support_together(
    check: Callable[..., SupportedSentence],
) -> None:
    checked = check("Verhoeven dredged the harbour in March 2031 for 4.2 million crowns.", 0)
    assert checked.support.verdict == "supported"
    assert len(checked.quotations) == 2


def test_two_cited_passages_can_support_a_sentence_together(
    check: Callable[..., SupportedSentence],
) -> None:
    sentence = "Tarn opened its library in 2019 and dredged its harbour in March 2031."
    assert check(sentence, 0, 1).support.verdict == "supported"
    assert {quotation.article.id for quotation in check(sentence, 0, 1).quotations} == {
        "harbour",
        "library",
    }
    assert check(sentence, 0).support.verdict == "unsupported"


def test_a_sentence_without_any_basis_is_unsupported(
    check: Callable[..., SupportedSentence],
) -> None:
    checked = check("People should eat more vegetables and sleep eight hours every night.", 0)
    assert checked.support.verdict == "unsupported"
    assert check("Bananas grow well in warm and humid places.", 1).support.score < 0.6


def test_a_title_alone_supports_nothing(encoder: SentenceTransformerEncoder) -> None:
    text = "This note was written for a sample of articles. It was last changed in the autumn."
    title = "The Mutual Defense Treaty of Tarn and Norway"
    article = Article("n", title, "file:n", "n", text=text)
    evidence = [evidence_of(article, passage) for passage in split(article, encoder)]
    claim = "The alliance is the Mutual Defense Treaty of Tarn and Norway."
    checked = Checker(encoder).check(claim, [0], evidence, no_counts)
    assert checked.support.verdict == "unsupported"


def test_without_passages_nothing_is_supported(encoder: SentenceTransformerEncoder) -> None:
    checked = Checker(encoder).check("Tarn has a harbour.", [], [], no_counts)
    assert checked.support.verdict == "unsupported"
