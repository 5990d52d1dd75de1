"""What the window shows, as HTML. Every word that an article, a visitor or a model wrote is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from urllib.parse import urlsplit

from rag.answering.citations import verdict
from rag.answering.drafts import shown
from rag.answering.render import NO_DATE, REFUSAL, byline, counted, day, extent, limits, to_text
from rag.text.words import in_one_line
from rag.types import (
    QUOTE,
    Answer,
    Article,
    Citation,
    Evidence,
    Nearest,
    Scope,
    Sentence,
    Span,
    Summary,
)

LONGEST_SHOWN = 280  # characters of a question in the conversation
NEWEST = 5  # articles that a visitor sees who has asked nothing yet
NO_ARTICLES = "There are no articles to ask yet."
TO_CORPUS = '<button type="button" class="to-corpus">add articles in the Corpus tab</button>'
_BLANK_LINES = re.compile(r"\n\s*\n")
_HEADING = re.compile(r"(?![-*•] )[^\n]{0,79}[\w)]")
Mark = tuple[Span, str]
"""Words to mark, and the attributes of their mark."""
ALSO_CITED = ' class="other" title="The answer cites this, too"'
_CORRECTED = (
    ' <span class="corrected" title="The model named another passage, or none; this one says so.">'
    "citation corrected</span>"
)


def masthead(articles: int, model: str) -> str:
    """The name of the product, what it can be asked about, and what can be relied on."""
    held = counted(articles, "article")
    claim = (
        "every sentence of an answer shows its source"
        if model == QUOTE
        else f"answers are worded by {escape(model)}, every sentence is checked"
    )
    return f'<h1>article-qa</h1><p class="held"><b>{held}</b><span> · {claim}</span></p>'


def invitation(model: str) -> str:
    """What is said before anything was asked."""
    if model == QUOTE:
        return "Ask a question. The answer quotes the articles, word for word."
    return "Ask a question. Every sentence of the answer is checked against the articles."


def question(text: str, turn: int) -> str:
    """What a visitor asked, to be edited; of a very long question, its beginning."""
    words = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN].rstrip() + "…"
    edit = (
        f'<a class="edit" href="#edit-{turn}" title="Edit question {turn} and ask again">Edit</a>'
    )
    return f'<span class="asked">{escape(words)}</span> {edit}'


def editing(turn: int, turns: int) -> str:
    """What becomes of an edited question, and of what followed."""
    after = turns - turn
    lost = f", and what followed it ({after} more)" if after else ""
    return f'<p role="status">Editing: this replaces question {turn}{lost}.</p>'


def draft(text: str, model: str) -> str:
    """An answer as far as it has come, its marks not yet links."""
    if model == QUOTE:
        return _so_far(text, model)
    return _so_far(text, model) + waiting("A draft: each sentence is checked when all are there")


def stopped(text: str, model: str) -> str:
    """What had been said when the visitor stopped it."""
    said = _so_far(text, model)
    unchecked = said and model != QUOTE
    return said + aside("Stopped. This draft is unchecked." if unchecked else "Stopped.")


def waiting(words: str) -> str:
    """What is being done until there is something to say."""
    return f'<p class="aside waiting">{escape(words)}…</p>'


def understood(rewritten: str | None) -> str:
    """The question that was asked instead of the visitor's own, if it was another."""
    return aside(f"Understood as: {in_one_line(rewritten)}") if rewritten else ""


def scope_words(scope: Scope) -> str:
    """Which articles alone are asked."""
    only = limits(scope)
    return f"Only: {only}" if only else "Only articles …"


def aside(words: str) -> str:
    """A quiet remark of the window itself."""
    return f'<p class="aside">{escape(words)}</p>'


def problem(reason: str) -> str:
    """One line that says why there is no answer."""
    line = in_one_line(reason)
    return f'<p class="problem">{escape(line[:1].upper() + line[1:])}</p>'


def answer(found: Answer, turn: int) -> str:
    """An answer whose marks lead to its sources, or a refusal; and what is to be known of it."""
    if found.refused:
        said = f'<p class="refusal">{escape(REFUSAL)}</p>{_searched(found)}'
    else:
        cited = {citation.number: citation for citation in found.citations}
        sentences = (_sentence(each, cited, turn) for each in found.sentences)
        said = f'<p class="answer">{" ".join(sentences)}</p>'
    notices = "".join(map(aside, map(in_one_line, found.notices)))
    return (
        understood(found.rewritten_question)
        + said
        + notices
        + _made(found)
        + _more(found)
        + _judge(turn)
        + _fold(found, turn)
    )


def _searched(found: Answer) -> str:
    """What a refusal rests on."""
    searched = f"Searched: {extent(found.searched)}. " if found.searched else ""
    near = "Those that came closest are listed as “Nearest articles”." if found.nearest else ""
    return aside(searched + near) if searched or near else ""


def _more(found: Answer) -> str:
    """What may help after a refusal."""
    if not found.refused:
        return ""
    ask = "Ask all articles, or" if found.scope else "To have it answered,"
    return f'<p class="aside">{ask} {TO_CORPUS}.</p>'


def no_articles() -> str:
    """What is said to a question where there is nothing to ask yet."""
    return f'<p class="refusal">{NO_ARTICLES}</p><p class="aside">To begin, {TO_CORPUS}.</p>'


def _judge(turn: int) -> str:
    """Buttons that say what a reader thinks of an answer."""
    buttons = (
        f'<button type="button" class="judge" name="{opinion}" value="{turn}"'
        f' title="Answer {turn} is {words}"></button>'
        for opinion, words in (("good", "right"), ("bad", "wrong"))
    )
    return f'<p class="judged">{"".join(buttons)}</p>'


def _fold(found: Answer, turn: int) -> str:
    """Where the sources of an answer come to lie on a phone."""
    return f'<details id="fold-turn-{turn}" class="fold"><summary>{_heading(found)}</summary></details>'


def _heading(found: Answer) -> str:
    if found.refused:
        return "Nearest articles" if found.nearest else "No sources"
    return counted(len(found.citations), "source") if found.citations else "No sources"


def sources(found: Answer, turn: int) -> str:
    """A card for each citation of an answer; for a refusal, the nearest articles."""
    plain = f'<textarea class="plain" hidden readonly>\n{escape(to_text(found))}</textarea>'
    if found.refused:
        body = _listing(found.nearest) if found.nearest else ""
    else:
        body = "".join(_card(citation, found.evidence, turn) for citation in found.citations)
    return f'<section id="turn-{turn}" class="turn"><h2>{_heading(found)}</h2>{body}{_take(turn)}{plain}</section>'


def _take(turn: int) -> str:
    """Buttons that save an answer as a file."""
    buttons = (
        f'<button type="button" data-save="{form.lower()}" data-turn="{turn}">{form}</button>'
        for form in ("Markdown", "JSON")
    )
    return f'<p class="take">Save this answer as {" or ".join(buttons)}</p>'


def newest(articles: Sequence[Summary], limit: int = NEWEST) -> str:
    """What the library holds, for a visitor who has asked nothing yet."""
    heading = "Newest articles" if len(articles) > limit else "Articles"
    return f'<section class="turn"><h2>{heading}</h2>{_listing(articles[:limit])}</section>'


def reader(
    article: Article | None, span: Span, quote: str, others: Iterable[tuple[Span, str]] = ()
) -> str:
    """A whole article with the cited words marked, and those of the answer's `others` more weakly.

    Words that no longer stand where they stood are not marked. An empty span means that the words
    may stand anywhere, as in a copy.
    """
    if article is None:
        return _notice("This article is no longer in the library.")
    cited = _standing(article.text, span, quote)
    gone = quote and not cited
    notice = _notice("This article has changed since the answer was given.") if gone else ""
    beside = [_standing(article.text, *other) for other in others]
    weak = [(each, ALSO_CITED) for each in beside if each and not (cited and _meet(each, cited))]
    marks = sorted([*([(cited, "")] if cited else []), *weak], key=lambda mark: mark[0].start)
    return (
        f"{notice}<header><h2>{escape(in_one_line(article.title))}</h2>{_about(article)}</header>"
        f'<div class="text">{_paragraphs(article.text, article.title, marks)}</div>'
        f"{_link(article.url, 'Open the original')}"
    )


def _standing(text: str, span: Span, quote: str) -> Span | None:
    """Where a quotation stands; line breaks may fall differently in a copy."""
    if span.start != span.end:
        return span if text[span.start : span.end] == quote else None
    words = r"\s+".join(map(re.escape, quote.split()))
    found = re.search(words, text) if words else None
    return Span(*found.span()) if found else None


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _so_far(text: str, model: str) -> str:
    is_draft = model != QUOTE
    words = shown(text) if is_draft else text
    return f'<p class="answer{" draft" * is_draft}">{escape(words)}</p>' if words else ""


def _sentence(sentence: Sentence, cited: Mapping[int, Citation], turn: int) -> str:
    """A sentence with its marks, and what the check of it found."""
    words = escape(sentence.text)
    if sentence.support.verdict == "unsupported":
        label = escape(verdict(sentence))
        return f'<span class="unfound">{words}</span> <span class="verdict">{label}</span>'
    marks = "".join(_mark(cited[number], turn) for number in sentence.citations)
    return words + marks + (_CORRECTED if sentence.support.verdict == "corrected" else "")


def _made(found: Answer) -> str:
    """Which articles were asked, who worded the answer, and how long it took."""
    only, worded, seconds = limits(found.scope), byline(found), found.timings.get("total")
    parts = [
        f"Only: {only}" if only else "",
        worded,
        f"{seconds:.1f} s" if worded and seconds else "",
    ]
    line = " · ".join(part for part in parts if part)
    return f'<p class="aside made">{escape(line)}</p>' if line else ""


def _mark(citation: Citation, turn: int) -> str:
    title = escape(f"Source {citation.number}: {in_one_line(citation.title)}")
    return (
        f'&nbsp;<a class="cite" href="#source-{turn}-{citation.number}" title="{title}">'
        f"[{citation.number}]</a>"
    )


def _card(citation: Citation, evidence: Iterable[Evidence], turn: int) -> str:
    place = f"source-{turn}-{citation.number}"
    return (
        f'<article id="{place}" class="card" tabindex="-1">'
        f'<header><a class="number" href="#{place}" title="Back to the answer">{citation.number}</a>'
        f"<div><h3>{escape(in_one_line(citation.title))}</h3>{_about(citation)}</div></header>"
        f'<blockquote data-quote="{escape(citation.quote)}">{_passage(citation, evidence)}</blockquote>'
        f"{_also(citation)}"
        f"<footer>{_opener(citation.article_id, 'Open article', citation.start, citation.end)}"
        f"{_link(citation.url, _host(citation.url))}"
        f'<button type="button" class="judge" name="wrong citation" value="{turn}-{citation.number}"'
        f' aria-label="Wrong citation {citation.number}">Wrong citation</button>'
        "</footer></article>"
    )


def _also(citation: Citation) -> str:
    """The copies of the article that print the same words."""
    openers = (_opener(copy.article_id, copy.source or copy.title) for copy in citation.also)
    return f'<p class="also">Also in {", ".join(openers)}</p>' if citation.also else ""


def _passage(citation: Citation, evidence: Iterable[Evidence]) -> str:
    """The cited words in the passage that they were found in."""
    span = Span(citation.start, citation.end)
    for each in evidence:
        around = each.passage
        is_here = around.start <= span.start and span.end <= around.end
        if (
            each.article.id == citation.article_id
            and is_here
            and each.quote(span) == citation.quote
        ):
            inside = Span(span.start - around.start, span.end - around.start)
            return _paragraphs(each.text, each.article.title, [(inside, "")])
    gone = "These words no longer stand in an article of the library."
    return f"<p><mark>{escape(citation.quote)}</mark></p>{_notice(gone)}"


def _listing(articles: Iterable[Nearest | Summary]) -> str:
    items = (
        f'<li class="near">{_opener(_id(each), in_one_line(each.title))}{_about(each)}</li>'
        for each in articles
    )
    return f'<ul class="listing">{"".join(items)}</ul>'


def _id(article: Nearest | Summary) -> str:
    return article.article_id if isinstance(article, Nearest) else article.id


def _about(known: Citation | Nearest | Summary | Article) -> str:
    published = known.published
    page = known.page if isinstance(known, Citation) else None
    parts = [
        f'<time datetime="{published.isoformat()}">{day(published)}</time>'
        f'<span class="age">{aged(published, date.today())}</span>'
        if published
        else f"<span>{NO_DATE}</span>",
        f"<span>{escape(in_one_line(known.source or ''))}</span>" if known.source else "",
        f"<span>p. {page}</span>" if page else "",
    ]
    return f'<p class="about">{"".join(parts)}</p>'


def aged(published: date, today: date) -> str:
    """How long ago a day was, as people say it: 3 years ago. A day to come is said to be one."""
    days = (today - published).days
    months = (today.year - published.year) * 12 + today.month - published.month
    months -= today.day < published.day
    for count, unit in ((months // 12, "year"), (months, "month"), (days, "day")):
        if count > 0:
            return f"{counted(count, unit)} ago"
    return "today" if days == 0 else "in the future"


def _opener(article_id: str, words: str, start: int = 0, end: int = 0) -> str:
    return (
        f'<button type="button" class="open" data-article="{escape(article_id)}"'
        f' data-start="{start}" data-end="{end}">{escape(words)}</button>'
    )


def _link(url: str, words: str) -> str:
    """A link to the web; any other address is no link at all."""
    if not _host(url):
        return ""
    return (
        f'<a class="original" href="{escape(url)}" target="_blank"'
        f' rel="noopener noreferrer nofollow">{escape(words)}</a>'
    )


def _host(url: str) -> str:
    """The host of a web address; nothing for any other address."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _notice(words: str) -> str:
    return f'<p class="notice">{escape(words)}</p>'


def _paragraphs(text: str, title: str, marks: Sequence[Mark]) -> str:
    """An article's text, or a part of it, with ranges marked that may run over paragraphs.

    A first line that only repeats the title is left out: the title stands above.
    """
    shown: list[str] = []
    for block in _blocks(text):
        words = text[block.start : block.end].strip()
        is_cited = any(_meet(span, block) for span, _ in marks)
        repeats = words == title and not shown and not is_cited
        if words and not repeats:
            kind = ' class="head"' if _HEADING.fullmatch(words) else ""
            shown.append(f"<p{kind}>{_marked(text, block, marks)}</p>")
    return "".join(shown)


def _blocks(text: str) -> Iterable[Span]:
    start = 0
    for blank in _BLANK_LINES.finditer(text):
        yield Span(start, blank.start())
        start = blank.end()
    yield Span(start, len(text))


def _marked(text: str, block: Span, marks: Sequence[Mark]) -> str:
    """A paragraph with what lies in it of the marks, which come in reading order."""
    pieces, position = [], block.start
    for span, attributes in marks:
        start, end = max(span.start, position), min(span.end, block.end)
        if start < end:
            words = escape(text[start:end])
            pieces += [escape(text[position:start]), f"<mark{attributes}>{words}</mark>"]
            position = end
    return "".join(pieces) + escape(text[position : block.end])
