"""Fifty hostile titles, texts, sources and file names in one window: nothing of them runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.inputs.sources import discover
from rag.encoders.sentence_transformer import SentenceTransformerEncoder
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.types import Answer, Article, Citation, Sentence, Span
from tests.browsing import Visit, chromium, expect, served
from tests.libraries import create, over, sync
from ui.window import cards, greeting, messages
from ui.window.reader import reader

RUN = "window.hacked=1"
AWAY = "http://evil.example/x"
HOSTILE = [
    f"<script>{RUN}</script>",
    f"<ScRiPt src={AWAY}.js></sCrIpT>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<img src={AWAY}.png>",
    f"<img srcset={AWAY}.png>",
    f'"><img src=x onerror={RUN}>',
    f"' onmouseover={RUN} autofocus onfocus={RUN} x='",
    f'" onmouseover={RUN} autofocus onfocus={RUN} x="',
    f"` onfocus={RUN} autofocus ",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<math><annotation-xml encoding=text/html><script>{RUN}</script>",
    f"<iframe src=javascript:{RUN}></iframe>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    f"<object data={AWAY}></object>",
    f"<embed src={AWAY}>",
    f"<video autoplay src={AWAY}.mp4 onerror={RUN}></video>",
    f"<audio src={AWAY}.mp3 onerror={RUN}></audio>",
    f"<video poster={AWAY}.png></video>",
    f"<link rel=stylesheet href={AWAY}.css>",
    f"<style>@import '{AWAY}.css'; body{{background:url({AWAY})}}</style>",
    f'<div style="background:url({AWAY}.png)">',
    f"<base href={AWAY}>",
    f"<meta http-equiv=refresh content='0;url={AWAY}'>",
    f"<form action={AWAY}><input autofocus onfocus={RUN}></form>",
    f"<details open ontoggle={RUN}>",
    f"<body onload={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<a href=javascript:{RUN}>here</a>",
    f"[here](javascript:{RUN})",
    f"![here]({AWAY}.png)",
    f"[![here]({AWAY}.png)](javascript:{RUN})",
    f"<{AWAY}> <javascript:{RUN}>",
    f"$${{{RUN}}}$$ ${{{RUN}}}",
    f"{{{{{RUN}}}}} {{@html '<img src=x onerror={RUN}>'}}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"$$\\href{{javascript:{RUN}}}{{x}}$$ \\(\\includegraphics{{{AWAY}.png}}\\)",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</blockquote></article></section><img src=x onerror={RUN}>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[><img src=x onerror={RUN}>]]>",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\u202e\u2066<img src=x onerror={RUN}>\u0000\u2028",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
]


@pytest.fixture
def hostile(tmp_path: Path, encoder: SentenceTransformerEncoder) -> ArticleQA:
    """Records with each as title, text and source, and files with each as their name."""
    folder = tmp_path / "articles"
    folder.mkdir()
    records = [
        {
            "title": f"{each} {number}",
            "text": f"The Zorbian treaty number {number} was signed in Quell by {each} and others.",
            "source": each,
            "url": f"javascript:{RUN}",
            "date": "2024-05-01",
        }
        for number, each in enumerate(HOSTILE)
    ]
    (folder / "records.json").write_text(json.dumps(records), encoding="utf-8")
    for number, each in enumerate(HOSTILE):
        name = each.replace("/", "\u2215").replace("\0", "")[:80]
        text = f"The harbour of Quell has {number} piers."
        (folder / f"{name}{number}.txt").write_text(text, encoding="utf-8")
    library = create(tmp_path / "home", encoder)
    report = sync(library, discover([folder]))
    assert (report.added, report.failures) == (len(HOSTILE) + 1, ())
    return over(library, Settings())


def test_of_fifty_hostile_articles_and_file_names_nothing_runs_and_nothing_is_fetched(hostile):
    assert len(HOSTILE) == 50
    titles = {each.title for each in hostile.articles()}
    assert len(titles) == 100
    with chromium() as browser, served(hostile) as url:
        visitor = Visit(browser.new_page())
        visitor.open(url)
        for number in (0, 24, 49):
            visitor.ask(
                f"Who signed the Zorbian treaty number {number} in Quell? {HOSTILE[number]}"
            )
        visitor.ask("How many piers has the harbour of Quell?")
        render(visitor, hostile)
        for button in visitor.page.get_by_role("button", name="Wrong citation").all()[-3:]:
            button.click()
            quote = visitor.page.locator("#feedback blockquote")
            expect(quote).not_to_be_empty()
            assert quote.locator("*").count() == 0
            visitor.page.get_by_role("button", name="Cancel", exact=True).click()
        visitor.page.wait_for_timeout(500)
        forbidden = (
            "script, iframe, object, embed, form, math, style:not(svg *), link, base, meta, video, audio, img,"
            " [onerror], [onload], [onfocus], [onmouseover], [href^=java]"
        )
        found = visitor.page.locator("#desk").locator(forbidden)
        assert found.evaluate_all("all => all.map(each => each.outerHTML)") == []
        assert visitor.page.evaluate("typeof window.hacked") == "undefined"
        visitor.finish()


def render(visitor: Visit, qa: ArticleQA) -> None:
    """Every article opened, listed, quoted and cited, as the window shows them."""
    articles = [article for each in qa.articles() if (article := qa.article(each.id))]
    shown = [greeting.newest(qa.articles(), limit=200)]
    for turn, article in enumerate(articles, 100):
        answer = quoting(article)
        shown += [reader(article, (Span(4, 40), article.text[4:40]))]
        shown += [messages.answer(answer, turn), cards.sources(answer, turn)]
    visitor.page.evaluate(
        "html => html.forEach(each => { const place = document.createElement('div');"
        " document.getElementById('desk').append(place); place.innerHTML = each; })",
        shown,
    )


def quoting(article: Article) -> Answer:
    cited = Citation(
        1, article.id, article.title, article.url, article.text, 0, len(article.text),
        article.published, article.source, article.author, article.place, 1.0,
    )  # fmt: skip
    return Answer(article.title, article.text, (Sentence(article.text, (1,)),), (cited,))
