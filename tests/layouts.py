"""A folder of made-up news in the layouts in which articles come, with what is true of each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from tests.stories import STORIES, Story


@dataclass(frozen=True, slots=True)
class Known:
    """What a layout tells about an article; None for what nobody could find in it."""

    title: str | None
    published: date | None
    source: str | None


Layout = Callable[[Story], tuple[str, str | bytes]]
"""Returns the name and the content of the file that holds a story."""


def plain(*head: str) -> Layout:
    """A text file with lines above the text, each a format string."""

    def write(story: Story) -> tuple[str, str]:
        lines = (line.format(**_values(story)) for line in head)
        return f"{story.slug}.txt", "\n\n".join([*lines, story.text])

    return write


def _values(story: Story) -> dict[str, str]:
    day, later = story.published, story.published + timedelta(days=3)
    return {
        "title": story.title,
        "source": story.source,
        "author": story.author,
        "AUTHOR": story.author.upper(),
        "url": story.url,
        "bare_url": story.bare_url,
        "short": f"{day:%b}. {day.day}, {day.year}".replace("May.", "May"),
        "long": f"{day:%B} {day.day}, {day.year}",
        "european": f"{day.day} {day:%B} {day.year}",
        "weekday": f"{day:%a} {day:%B} {day.day}, {day.year}",
        "iso": day.isoformat(),
        "later": f"{later:%B} {later.day}, {later.year}",
        "later_european": f"{later.day} {later:%B} {later.year}",
    }


def named(name: str) -> Layout:
    """A text file with a headline, and with the day in its name."""
    return lambda story: (
        name.format(slug=story.slug, day=story.published),
        f"{story.title}\n\nBy {story.author}, {story.source}\n\n{story.text}",
    )


def page(head: str, body: str = "<h1>{title}</h1>") -> Layout:
    """A page with the given head, and with the given elements above the text."""

    def write(story: Story) -> tuple[str, str]:
        values = {key: value.replace("'", "&#39;") for key, value in _values(story).items()}
        paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in story.text.split("\n\n") * 3)
        filled, above = _filled(head, values), _filled(body, values)
        return f"{story.slug}.html", (
            f'<!doctype html><html lang="en"><head>{filled}</head><body><nav><a href="/">Home</a>'
            f"</nav><article>{above}{paragraphs}</article><aside><h2>More</h2><p><a href='/x'>"
            'Another story</a> <time datetime="2019-01-02">2 January 2019</time></p></aside>'
            "<footer>Copyright 2026</footer></body></html>"
        )

    return write


def _filled(template: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def linked(article: str) -> Layout:
    """A page with JSON-LD."""
    return page(f'<title>{{title}}</title><script type="application/ld+json">{article}</script>')


def record(suffix: str, **fields: str) -> Layout:
    """A file with one record; each field is a format string."""

    def write(story: Story) -> tuple[str, str]:
        values = {"text": story.text, **{k: v.format(**_values(story)) for k, v in fields.items()}}
        if suffix != "csv":
            return f"{story.slug}.{suffix}", json.dumps(values)
        table = io.StringIO()
        rows = csv.DictWriter(table, list(values))
        rows.writeheader()
        rows.writerow(values)
        return f"{story.slug}.csv", table.getvalue()

    return write


def feed(story: Story) -> tuple[str, str]:
    noon = datetime.combine(story.published, datetime.min.time(), UTC)
    return f"{story.slug}.rss", (
        f"<rss version='2.0'><channel><title>{story.source}</title><item><title>{story.title}"
        f"</title><link>{story.bare_url}</link><pubDate>{format_datetime(noon)}</pubDate>"
        f"<description>{story.text}</description></item></channel></rss>"
    )


def word(story: Story) -> tuple[str, bytes]:
    from docx import Document

    document = Document()
    document.core_properties.created = datetime(2013, 12, 23)
    values = _values(story)
    document.add_heading(story.title, 1)
    document.add_paragraph("By {author} | {source}".format(**values))
    document.add_paragraph("Published {short}".format(**values))
    for paragraph in story.text.split("\n\n"):
        document.add_paragraph(paragraph)
    file = io.BytesIO()
    document.save(file)
    return f"{story.slug}.docx", file.getvalue()


def markdown(text: str) -> Layout:
    def write(story: Story) -> tuple[str, str]:
        values = {**_values(story), "quoted": json.dumps(story.title, ensure_ascii=False)}
        return f"{story.slug}.md", f"{text.format(**values)}\n\n{story.text}"

    return write


ALL, NO_DATE, NO_SOURCE, HOST = "all", "no date", "no source", "host"
"""What a layout tells: all of it, all but one thing, or the source by its host."""

NEWS_ARTICLE = (
    (
        '{{"@type": "NewsArticle", "headline": "{title}", "datePublished": "{iso}T06:00:00Z", '
        '"dateModified": "2026-01-02", "author": {{"@type": "Person", "name": "{author}"}}, '
        '"publisher": {{"@type": "Organization", "name": "{source}"}}}}'
    )
    .replace("{{", "{")
    .replace("}}", "}")
)

LAYOUTS: dict[str, tuple[str, Layout]] = {
    "byline-pipe": (ALL, plain("{title}", "By {author} | {source}", "Published {short}")),
    "byline-capitals": (ALL, plain("{title}", "By {AUTHOR}, {source}", "{long}")),
    "updated-only": (
        ALL,
        plain("{title}", "By {author}, {source}", "Updated 3:12 PM EST, {weekday}"),
    ),
    "broadcaster": (ALL, plain("{title}", "{short} / 4:10 PM EST / {source}")),
    "published-and-updated": (
        ALL,
        plain(
            "{title}", "{author}", "{source}", "Published 6:00 a.m. ET {short} | Updated {later}"
        ),
    ),
    "updated-and-published": (
        ALL,
        plain("{title}", "Updated: {later_european}; Published: {european} 10:30 GMT", "{source}"),
    ),
    "second-line": (ALL, plain("{title}", "{source}, {long}")),
    "source-above": (ALL, plain("{source}", "{title}", "{european}", "By {author}")),
    "fields": (
        ALL,
        plain("Title: {title}\nDate: {iso}\nSource: {source}\nAuthor: {author}"),
    ),
    "names-its-address": (HOST, plain("{title}", "{url}")),
    "dateline": (ALL, plain("{title}", "TARN, {short} ({source}) — Many were glad of the news.")),
    "no-date": (NO_DATE, plain("{title}", "By {author}, {source}")),
    "bare": (NO_DATE + NO_SOURCE, plain("{title}")),
    "name-with-date": (ALL, named("{day:%Y-%m-%d}-{slug}.txt")),
    "name-compact": (ALL, named("{day:%Y%m%d}_{slug}.txt")),
    "name-ending": (ALL, named("{slug}-{day:%Y-%m-%d}.txt")),
    "folders": (ALL, named("{day:%Y/%m/%d}/{slug}.txt")),
    "month-folders": (NO_DATE, named("{day:%Y/%m}/{slug}.txt")),
    "front-matter": (
        ALL,
        markdown("---\ntitle: {quoted}\ndate: {iso}\nsource: {source}\nauthor: {author}\n---"),
    ),
    "front-matter-modified": (
        ALL,
        markdown(
            "---\ntitle: {quoted}\nmodified: 2026-01-02\npublished: {european}\n"
            "publisher: {source}\n---"
        ),
    ),
    "markdown-date": (ALL, markdown("# {title}\n\n*{european}*\n\n**By {author}, {source}**")),
    "markdown-line": (ALL, markdown("# {title}\n\n_{source} · {long} · 4 min read_")),
    "json-ld": (ALL, linked(NEWS_ARTICLE)),
    "json-ld-graph": (
        ALL,
        linked(
            '{"@context": "https://schema.org", "@graph": [{"@type": "BreadcrumbList"}, '
            + NEWS_ARTICLE
            + "]}"
        ),
    ),
    "meta-tags": (
        ALL,
        page(
            '<title>{title} | {source}</title><meta property="og:title" content="{title}">'
            '<meta property="og:site_name" content="{source}">'
            '<meta property="article:published_time" content="{iso}T09:00:00+01:00">'
            '<meta property="article:modified_time" content="2026-01-02">'
        ),
    ),
    "dublin-core": (
        ALL,
        page(
            '<title>{title}</title><meta name="dc.date" content="{iso}">'
            '<meta name="dc.publisher" content="{source}">'
        ),
    ),
    "citation-tags": (
        ALL,
        page(
            '<meta name="citation_title" content="{title}"><meta name="citation_journal_title" '
            'content="{source}"><meta name="citation_publication_date" content="{iso}">'
        ),
    ),
    "parsely": (
        ALL,
        page(
            '<title>{title} - {source}</title><meta name="parsely-title" content="{title}">'
            '<meta name="parsely-pub-date" content="{iso}T09:00:00Z">'
        ),
    ),
    "time-element": (
        ALL,
        page(
            "<title>{title} - {source}</title>",
            '<h1>{title}</h1><p>By {author}</p><p>Updated <time datetime="2026-01-02">Friday</time>'
            '</p><p>Published <time datetime="{iso}T06:30" itemprop="datePublished">then</time></p>',
        ),
    ),
    "page-byline": (
        ALL,
        page("<title>{title} | {source}</title>", "<h1>{title}</h1><p>Published {long}</p>"),
    ),
    "canonical-link": (
        HOST,
        page('<title>{title}</title><link rel="canonical" href="{url}">'),
    ),
    "undated-page": (NO_DATE, page("<title>{title} | {source}</title>", "")),
    "record": (
        ALL,
        record("json", headline="{title}", datePublished="{iso}", publisher="{source}"),
    ),
    "record-with-url": (HOST, record("jsonl", title="{title}", url="{url}")),
    "record-undated": (HOST + NO_DATE, record("jsonl", title="{title}", url="{bare_url}")),
    "search-result": (HOST, record("jsonl", title="{title} - {source}", url="{url}")),
    "search-result-pipe": (ALL, record("jsonl", title="{title} | {source}", date="{long}")),
    "table": (ALL, record("csv", Title="{title}", Date="{european}", Source="{source}")),
    "feed": (ALL, feed),
    "word": (ALL, word),
}


def write(folder: Path) -> Iterator[tuple[str, Path, Known]]:
    """Write every story in every layout; yield the layout, the file, and what is known of it."""
    for name, (tells, layout) in LAYOUTS.items():
        for story in STORIES:
            file, content = layout(story)
            path = folder / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            source = story.host if HOST in tells else story.source
            yield (
                name,
                path,
                Known(
                    story.title,
                    None if NO_DATE in tells else story.published,
                    None if NO_SOURCE in tells else source,
                ),
            )
