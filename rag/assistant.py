"""Assistant: a question in, a cited answer out. Orchestration only."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from rag.answering import notices
from rag.answering.answerer import Answerer, Output, Remark, Withheld
from rag.answering.citations import Citations, cite, copies_of, marked, nearest
from rag.answering.render import WEAK, refusal, showing
from rag.checking.checker import Checker
from rag.checking.claims import SupportedSentence
from rag.checking.conflicts import conflicts
from rag.errors import ModelError
from rag.followups.standalone import Followups
from rag.intents.conversation import Conversation, Tools, subjects
from rag.intents.readings import readings
from rag.intents.responder import Responder
from rag.llm.chat import Call, Completion
from rag.retrieval.period import as_day
from rag.retrieval.question import normalized
from rag.retrieval.ranking import best_score, is_answerable
from rag.retrieval.retriever import Ranking, Retriever
from rag.retrieval.scope import scope_of
from rag.retrieval.spelling import Speller
from rag.store.library import Library, Snapshot
from rag.types import FAIR, QUOTE, Answer, Citation, Delta, Event, Found, Sentence, Usage


@dataclass(frozen=True, slots=True)
class Options:
    """What a question takes besides its words; see ArticleQA.ask."""

    history: Sequence[Answer] = ()
    after: date | str | None = None
    before: date | str | None = None
    source: str | Sequence[str] | None = None
    k: int | None = None
    as_of: date | str | None = None
    call: Call = Call()


@dataclass(frozen=True, slots=True)
class Assistant:
    """Answers questions from a library. Safe to share among threads.

    `quoting` answers where the `answerer` fails. Evidence below `threshold` is refused. `strict`
    leaves out sentences that the sources do not support.
    """

    library: Library
    retriever: Retriever
    answerer: Answerer
    quoting: Answerer
    checker: Checker
    followups: Followups
    speller: Speller
    threshold: float
    strict: bool

    def events(self, question: str, options: Options = Options()) -> Iterator[Event]:
        """Yield Found, Deltas of text, and the Answer, all from one snapshot of the library.

        No Answer comes if the call is stopped. Raises QuestionError for a question or an option
        that is not valid.
        """
        started = time.perf_counter()
        question = normalized(question)
        scope = scope_of(options.after, options.before, options.source)
        as_of = as_day(options.as_of)
        with self.library.snapshot() as snapshot:
            conversation = Conversation(snapshot, options.history, scope, as_of)
            if response := self.responder.respond(question, conversation):
                yield Found(response.evidence, response.rewritten_question)
                yield Delta(response.text)
                yield response
                return
            spelt = self.speller.corrected(snapshot, question)
            understood = self._standalone(snapshot, spelt, options)
            rewriting = time.perf_counter() - started
            ranking = self.retriever.rank(
                snapshot,
                understood,
                scope,
                k=self.answerer.passages if options.k is None else options.k,
                as_of=as_of,
            )
            rewritten = understood if understood != question else None
            yield Found(ranking.evidence, rewritten)
            reply = _Reply(self.answerer.language_model)
            if self._is_answerable(ranking):
                is_weak = not self.answerer.language_model and ranking.confidence < FAIR
                if is_weak:
                    yield Delta(f"{WEAK} ")
                reply = yield from self._reply(ranking, options.call, WEAK if is_weak else "")
            if options.call.is_stopped:
                return
            yield from self._conclude(
                snapshot,
                ranking,
                reply,
                _Asked(question, spelt, rewritten, started, rewriting),
            )

    @property
    def responder(self) -> Responder:
        """What responds to messages that are no questions."""
        return Responder(Tools(self.retriever, self.speller, self.quoting, self._is_answerable))

    def answer(self, question: str, options: Options = Options()) -> Answer:
        """Return the last of the `events`."""
        *_, answer = self.events(question, options)
        assert isinstance(answer, Answer)
        return answer

    def is_answerable(self, question: str) -> bool:
        """Return whether the articles answer a question; no language model is asked.

        Raises QuestionError for a question that is not valid.
        """
        with self.library.snapshot() as snapshot:
            return self._is_answerable(self.retriever.rank(snapshot, question))

    def _is_answerable(self, ranking: Ranking) -> bool:
        return is_answerable(ranking.evidence, threshold=self.threshold, passages=ranking.passages)

    def _standalone(self, snapshot: Snapshot, question: str, options: Options) -> str:
        def score(text: str) -> float:
            return best_score(self.retriever.rank(snapshot, text).evidence)

        history = subjects(options.history)
        return self.followups.standalone(question, history, score=score, call=options.call)

    def _reply(
        self, ranking: Ranking, call: Call, opening: str = ""
    ) -> Generator[Event, None, _Reply]:
        """Answer; quote where a model fails, or writes nothing that is supported."""
        model = self.answerer.language_model
        reply = _Reply(model, opening=opening)
        try:
            yield from reply.collect(self.answerer.answer(ranking, call))
        except ModelError as error:
            reply = _Reply(None, [notices.failed(model or QUOTE, str(error))], is_drafted=True)
        unsupported = [sentence for sentence in reply.sentences if not sentence.quotations]
        if self.strict and unsupported:
            reply.sentences = [s for s in reply.sentences if s.quotations]
            reply.notices.append(notices.left_out(len(unsupported)))
        if reply.withheld:
            reply.notices.append(notices.withheld(reply.withheld))
        if not reply.sentences and (reply.withheld or (self.strict and unsupported)):
            notice = notices.nothing_left(model or QUOTE)
            reply = _Reply(None, [notice], is_drafted=True, usage=reply.usage)
        if model and reply.language_model is None:
            # The draft has been shown; what replaces it comes with the Answer.
            for _ in reply.collect(self.quoting.answer(ranking)):
                pass
        return reply

    def _conclude(
        self, snapshot: Snapshot, ranking: Ranking, reply: _Reply, asked: _Asked
    ) -> Iterator[Event]:
        """Yield the Answer, and before it the text of a refusal."""
        citations = Citations(copies_of(reply.sentences, snapshot))
        sentences = tuple(map(citations.sentence, reply.sentences))
        near = () if sentences else nearest(ranking.evidence)
        closest = () if sentences else tuple(self._closest(ranking))
        if sentences:
            text = " ".join(filter(None, [reply.opening, *map(marked, sentences)]))
        else:
            text = refusal(closest)
        if not sentences and not reply.is_drafted:
            yield Delta(text)
        compared = time.perf_counter()
        remarks = self._compare(snapshot, ranking, citations.all)
        finished = time.perf_counter()
        timings = {
            "rewrite": asked.rewriting,
            **ranking.timings,
            **reply.timings,
            "compare": finished - compared,
            "total": finished - asked.started,
        }
        yield Answer(
            question=asked.question,
            text=text,
            sentences=sentences,
            citations=citations.all,
            refused=not sentences,
            confidence=ranking.confidence,
            closest=closest,
            nearest=near,
            searched=None if sentences else snapshot.scope_summary(ranking.scope).extent,
            notices=(*asked.notices, *reply.notices, *remarks),
            model=reply.language_model or QUOTE,
            rewritten_question=asked.rewritten,
            scope=ranking.scope,
            evidence=ranking.evidence,
            timings=timings,
            usage=reply.usage,
            reply=reply.opening,
            suggestions=readings(asked.spelt, ranking.question, ranking.evidence),
        )

    def _closest(self, ranking: Ranking) -> Iterator[Citation]:
        """Yield what would be quoted if the question was not refused."""
        for number, output in enumerate(self.quoting.answer(ranking), 1):
            if isinstance(output, SupportedSentence):
                yield cite(output.quotations[0], number)

    def _compare(
        self, snapshot: Snapshot, ranking: Ranking, cited: Sequence[Citation]
    ) -> list[str]:
        """Return what a reader should know of the sources: that they are old, or disagree."""
        if not cited:
            return []
        age = notices.age(cited, snapshot.scope_summary(ranking.scope).dates)
        disagreements = conflicts(cited, ranking.evidence, self.checker, ranking.word_counts)
        return [*([age] if age else []), *map(notices.disagreement, disagreements)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it was asked, spelt and rewritten; when, and the seconds that rewriting took."""

    question: str
    spelt: str
    rewritten: str | None
    started: float
    rewriting: float

    @property
    def notices(self) -> list[str]:
        return [showing(self.spelt)] if self.spelt != self.question else []


@dataclass(slots=True)
class _Reply:
    """What has been answered so far, and how long it took."""

    language_model: str | None
    notices: list[str] = field(default_factory=list)
    sentences: list[SupportedSentence] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    is_drafted: bool = False
    opening: str = ""
    withheld: int = 0
    usage: Usage | None = None

    def collect(self, outputs: Iterator[Output]) -> Iterator[Delta]:
        """Record what is answered; without a draft, yield the sentences as they come."""
        started = written = time.perf_counter()
        for output in outputs:
            if isinstance(output, Delta):
                self.is_drafted = True
                yield output
                written = time.perf_counter()
            elif isinstance(output, Remark):
                self.notices.append(notices.remarked(output.text))
            elif isinstance(output, Withheld):
                self.withheld += 1
            elif isinstance(output, Completion):
                self.usage = output.usage
                if output.is_cut_off:
                    self.notices.append(notices.cut_off(self.language_model or QUOTE))
            else:
                self.sentences.append(output)
                if not self.is_drafted:
                    yield Delta(self._latest())
        self.timings = {"write": written - started, "check": time.perf_counter() - written}

    def _latest(self) -> str:
        number, latest = len(self.sentences), self.sentences[-1]
        sentence = marked(Sentence(latest.text, (number,), as_of=latest.as_of))
        return f" {sentence}" if number > 1 else sentence
