"""PDF, Word, EPUB, feeds and records: real files, written here, and what is read of them."""

from __future__ import annotations

import io
import json
import zipfile
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from ingest.formats.loaders import Fields, Loaded, Skipped, load, summary
from ingest.formats.pages import Line, flow
from ingest.inputs.sources import discover
from rag.errors import IngestError, LoadError
from rag.settings import Settings
from rag.store.library import Library
from tests.libraries import over, sync

Write = Callable[[str, str | bytes], Path]

HARBOUR = "The harbour of Tarn was dredged in May so that larger ships can enter."
BUDGET = "The council of Tarn approved a budget of nine million crowns on Tuesday."
BRIDGE = "A new bridge over the Ose will open to traffic in the spring of 2031."


def load_one(name: str, data: bytes, **options: Fields) -> Loaded:
    (loaded,) = load(Path(name), data, **options)
    return loaded


def pdf(pages: Sequence[Sequence[str | tuple[str, int]]], **properties: str) -> bytes:
    """A PDF with a line of Helvetica for each string; an empty one leaves a gap."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, invariant=1, lang=properties.pop("lang", None))
    for name, value in properties.items():
        getattr(canvas, f"set{name.capitalize()}")(value)
    for page in pages:
        height = 780
        for line in page:
            text, size = line if isinstance(line, tuple) else (line, 11)
            canvas.setFont("Helvetica", size)
            canvas.drawString(72, height, text)
            height -= round(size * 1.25)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


# PDF


def report_of_tarn() -> bytes:
    return pdf(
        [
            [
                "Port of Tarn 1",
                "",
                ("Report on the harbour", 20),
                "",
                "The harbour of Tarn was dredged in May so that larger ships",
                "can enter. The work took four weeks.",
                "",
                "The council of Tarn approved a budget of nine million",
            ],
            ["Port of Tarn 2", "", "crowns on Tuesday. It had met for two days."],
            ["Port of Tarn 3", "", "A new bridge over the Ose will open in 2031."],
        ],
        title="Report on the harbour",
        author="Ada Lind",
        lang="en-GB",
    )


def test_pdf_gives_paragraphs_that_run_over_pages_without_running_heads() -> None:
    assert load_one("a.pdf", report_of_tarn()).text == (
        "Report on the harbour\n\n"
        "The harbour of Tarn was dredged in May so that larger ships\n"
        "can enter. The work took four weeks.\n\n"
        "The council of Tarn approved a budget of nine million\n"
        "crowns on Tuesday. It had met for two days.\n\n"
        "A new bridge over the Ose will open in 2031."
    )


def test_pdf_knows_on_which_page_each_sentence_stands() -> None:
    loaded = load_one("a.pdf", report_of_tarn())
    assert len(loaded.pages) == 3
    assert loaded.pages[0] == 0
    for words, page in {
        "The harbour": 1,
        "million": 1,
        "crowns": 2,
        "A new bridge": 3,
        "2031": 3,
    }.items():
        assert bisect_right(loaded.pages, loaded.text.index(words)) == page


def test_pdf_gives_its_properties() -> None:
    known = load_one("a.pdf", report_of_tarn()).metadata
    assert (known.title, known.author, known.language) == (
        "Report on the harbour",
        "Ada Lind",
        "en-GB",
    )
    assert known.published is None, "a file may be created long before or after"


def test_pdf_believes_its_dateline_more_than_the_date_of_the_file() -> None:
    line = "Tokyo, 4 October 2022 (TDI): The ministers met and agreed on a statement."
    assert load_one("a.pdf", pdf([[line]])).metadata.published == date(2022, 10, 4)


def test_pdf_without_a_real_title_is_called_by_its_largest_line() -> None:
    page = [("Dredging in Tarn", 22), "", HARBOUR, BUDGET]
    loaded = load_one("a.pdf", pdf([page], title="Microsoft Word - final2.docx"))
    assert loaded.metadata.title == "Dredging in Tarn"


def test_empty_pages_count_as_pages() -> None:
    loaded = load_one("a.pdf", pdf([[], [HARBOUR], [], [BRIDGE]]))
    assert bisect_right(loaded.pages, loaded.text.index("The harbour")) == 2
    assert bisect_right(loaded.pages, loaded.text.index("A new bridge")) == 4


def test_pdf_that_opens_without_a_password_is_read() -> None:
    from pypdf import PdfReader, PdfWriter

    for algorithm in ("RC4-128", "AES-256"):
        writer = PdfWriter()
        writer.append(PdfReader(io.BytesIO(pdf([[HARBOUR]]))))
        writer.encrypt("", owner_password="secret", algorithm=algorithm)
        file = io.BytesIO()
        writer.write(file)
        assert load_one("a.pdf", file.getvalue()).text == HARBOUR


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import pypdf
    from pypdf.errors import DependencyError

    def without_cryptography(_: object) -> None:
        raise DependencyError("cryptography>=3.1 is required for AES algorithm")

    monkeypatch.setattr(pypdf, "PdfReader", without_cryptography)
    with pytest.raises(LoadError, match="pip install cryptography"):
        load(Path("a.pdf"), pdf([[HARBOUR]]))


def test_a_broken_page_is_left_out_and_told() -> None:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import DictionaryObject, NameObject

    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(pdf([[HARBOUR], [BUDGET], [BRIDGE]]))))
    contents = writer.pages[1]["/Contents"].get_object()
    assert isinstance(contents, DictionaryObject)
    contents[NameObject("/Filter")] = NameObject("/Unknown")
    file = io.BytesIO()
    writer.write(file)
    skipped: list[Skipped] = []
    (loaded,) = load(Path("a.pdf"), file.getvalue(), skipped=skipped)
    assert loaded.text == f"{HARBOUR}\n\n{BRIDGE}"
    assert [part.where for part in skipped] == ["page 2"]


def lines(*texts: str) -> list[Line]:
    return [Line(text, 72, 700 - 13 * row, 11) for row, text in enumerate(texts)]


def test_divided_words_are_made_whole_only_where_the_document_shows_how() -> None:
    text, _ = flow(
        [
            lines("An international plan for the long-term, of inter-", "national interest."),
            lines("It is a long-", "term plan, of nine-", "teen pages, from Tarn-", "Ose."),
        ]
    )
    assert text == (
        "An international plan for the long-term, of international interest.\n\n"
        "It is a long-term plan, of nine-\nteen pages, from Tarn-\nOse."
    )


def test_soft_hyphens_at_the_end_of_a_line_always_join() -> None:
    text, pages = flow([lines("The har\u00ad"), lines("bour of Tarn.")])
    assert text == "The harbour of Tarn."
    assert pages == (0, 7)


def test_long_lines_of_a_page_become_one_line_a_paragraph() -> None:
    long = "Larger ships could not enter the harbour of Tarn before it was dredged by the port in the very early"
    text, _ = flow([lines(long + " days", "of May.", "- a list", "- of two")])
    assert text == long + " days of May.\n- a list\n- of two"


def test_columns_are_read_one_after_the_other() -> None:
    left, right = lines("The harbour of Tarn", "was dredged"), lines("in May.", "It took weeks.")
    text, _ = flow([[*left, *right]])
    assert text == "The harbour of Tarn\nwas dredged\nin May.\nIt took weeks."


# Word


def docx(*paragraphs: str, **properties: object) -> bytes:
    from docx import Document

    document = Document()
    for name, value in properties.items():
        setattr(document.core_properties, name, value)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def with_body(data: bytes, body: str) -> bytes:
    """A Word document with other paragraphs, in raw XML with w: and mc: for the namespaces."""
    spaces = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name).decode("latin-1") for name in archive.namelist()}
    files["word/document.xml"] = f"<w:document {spaces}><w:body>{body}</w:body></w:document>"
    return zipped(files)


def test_word_gives_paragraphs_lists_and_tables_in_their_order() -> None:
    from datetime import datetime

    from docx import Document

    document = Document()
    document.core_properties.title = "Report on the harbour"
    document.core_properties.author = "Ada Lind"
    document.core_properties.language = "en-GB"
    document.core_properties.created = datetime(2031, 5, 4)
    document.add_heading("The harbour", 1)
    document.add_paragraph(HARBOUR)
    table = document.add_table(2, 2)
    for row, cells in enumerate((("Work", "Cost"), ("Dredging", "12,500 crowns"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    document.add_paragraph("Apply for a berth", style="List Bullet")
    document.add_paragraph(BUDGET).add_run("\nIt met on a Tuesday.")
    file = io.BytesIO()
    document.save(file)
    loaded = load_one("a.docx", file.getvalue())
    assert loaded.text == (
        f"The harbour\n\n{HARBOUR}\n\nWork | Cost\n\nDredging | 12,500 crowns\n\n"
        f"- Apply for a berth\n\n{BUDGET}\nIt met on a Tuesday."
    )
    known = loaded.metadata
    assert (known.title, known.author, known.language) == (
        "Report on the harbour",
        "Ada Lind",
        "en-GB",
    )
    assert known.published is None, "a file may be created long before or after"


def test_word_reads_what_is_inserted_boxed_or_in_a_form_but_not_what_is_deleted() -> None:
    def run(text: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'

    body = (
        f"<w:p>{run('The council ')}<w:ins>{run('of Tarn ')}</w:ins>"
        "<w:del><w:r><w:delText>of Ose </w:delText></w:r></w:del>"
        f"<w:moveFrom>{run('yesterday ')}</w:moveFrom>{run('met.')}</w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run('A field.')}</w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><mc:AlternateContent>"
        f"<mc:Choice><w:txbxContent><w:p>{run('A box.')}</w:p></w:txbxContent></mc:Choice>"
        f"<mc:Fallback><w:txbxContent><w:p>{run('A box.')}</w:p></w:txbxContent></mc:Fallback>"
        f"</mc:AlternateContent></w:r>{run('Around it.')}</w:p>"
    )
    loaded = load_one("a.docx", with_body(docx(), body))
    assert loaded.text == "The council of Tarn met.\n\nA field.\n\nAround it.\n\nA box."


def test_word_is_not_called_by_what_its_program_wrote() -> None:
    known = load_one("a.docx", docx(HARBOUR, title="Word Document", author="python-docx")).metadata
    assert (known.title, known.author) == (HARBOUR, None)


# EPUB


def epub(**other: str) -> bytes:
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": """<?xml version="1.0" encoding="utf-8"?>
                <package xmlns="http://www.idpf.org/2007/opf"><metadata
                  xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Tarn</dc:title>
                  <dc:creator>Ada Lind</dc:creator><dc:creator>Bo Ek</dc:creator>
                  <dc:publisher>Port Press</dc:publisher><dc:date>2031-05-04</dc:date>
                  <dc:language>en</dc:language></metadata>
                <manifest><item id="b" href="two%20b.xhtml" media-type="application/xhtml+xml"/>
                  <item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/>
                  <item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
                  <item id="c" href="gone.xhtml" media-type="application/xhtml+xml"/></manifest>
                <spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/>
                  <itemref idref="c"/></spine></package>""",
            "OPS/nav.xhtml": "<html><body><nav>Contents</nav></body></html>",
            "OPS/text/one.xhtml": '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.'
            f'org/1999/xhtml"><body><h1>The <i>harbour</i></h1><p>{HARBOUR}</p>'
            "<p>Été.<br/>Hiver.</p></body></html>",
            "OPS/two b.xhtml": f"<html><head><title>Money</title></head><body>{BUDGET}</body></html>",
            **other,
        }
    )


def test_epub_gives_an_article_a_chapter_in_the_order_of_reading() -> None:
    skipped: list[Skipped] = []
    first, second = load(Path("a.epub"), epub(), skipped=skipped)
    assert first.text == f"The harbour\n\n{HARBOUR}\n\nÉté.\nHiver."
    assert first.metadata.title == "Tarn: The harbour"
    assert first.metadata.author == "Ada Lind, Bo Ek"
    assert first.metadata.source == "Port Press"
    assert first.metadata.published == date(2031, 5, 4)
    assert first.metadata.language == "en"
    assert (second.text, second.metadata.title) == (BUDGET, "Tarn: Money")
    assert [first.key, second.key] == ["OPS/text/one.xhtml", "OPS/two b.xhtml"]
    assert summary(skipped) == "OPS/gone.xhtml: OPS/gone.xhtml is missing in it"


def test_a_protected_epub_is_refused() -> None:
    locks = '<encryption><CipherReference URI="OPS/text/one.xhtml"/></encryption>'
    with pytest.raises(LoadError, match="protected"):
        load(Path("a.epub"), epub(**{"META-INF/encryption.xml": locks}))


# Records


def test_json_gives_an_article_a_record() -> None:
    records = [
        {
            "id": 7,
            "headline": "Dredging &amp; ships",
            "body": f"{HARBOUR}\n\n{BUDGET}",
            "pubDate": "Wed, 04 May 2031 23:30:00 -0500",
            "link": "https://tarn.example/7",
            "byline": ["Ada Lind", "Bo Ek"],
            "source": {"id": None, "name": "Port Press"},
            "language": "en",
        },
        {"text": BRIDGE, "published_at": 1_935_763_200},
    ]
    first, second = load(Path("a.json"), json.dumps(records).encode())
    assert first.text == f"{HARBOUR}\n\n{BUDGET}"
    assert first.metadata.title == "Dredging & ships"
    assert first.metadata.published == date(2031, 5, 4)
    assert first.metadata.url == "https://tarn.example/7"
    assert first.metadata.author == "Ada Lind, Bo Ek"
    assert first.metadata.source == "Port Press"
    assert first.metadata.language == "en"
    assert first.key == "https://tarn.example/7"
    assert (second.text, second.metadata.title, second.key) == (BRIDGE, BRIDGE, None)
    assert second.metadata.published == date(2031, 5, 5)


@pytest.mark.parametrize(
    "value",
    [
        {"text": HARBOUR},
        [{"text": HARBOUR}],
        {"status": "ok", "tags": [{"id": 1}], "articles": [{"content": HARBOUR}]},
        {"response": {"results": [{"body": HARBOUR}]}},
        {"first": {"text": HARBOUR}},
        [{"content": {"rendered": f"<p>{HARBOUR}</p>\n"}}],
        {"items": [{"content_html": f"<p>{HARBOUR}</p>", "authors": [{"name": "Ada"}]}]},
        [{"paragraphs": None, "text": [HARBOUR]}],
    ],
)
def test_records_are_found_wherever_they_are_in_json(value: object) -> None:
    assert [each.text for each in load(Path("a.json"), json.dumps(value).encode())] == [HARBOUR]


def test_the_fields_of_records_can_be_named() -> None:
    data = json.dumps([{"fields": {"story": HARBOUR}, "text": "Read more", "kop": "Dredging"}])
    fields = Fields.parse("text=fields.story, title=kop")
    loaded = load_one("a.json", data.encode(), fields=fields)
    assert (loaded.text, loaded.metadata.title) == (HARBOUR, "Dredging")


@pytest.mark.parametrize("said", ["body", "text=", "words=body", "text=a,text=b", "=x"])
def test_fields_that_say_nothing_are_refused_in_a_line(said: str) -> None:
    with pytest.raises(IngestError) as caught:
        Fields.parse(said)
    assert "\n" not in str(caught.value)
    assert "title" in str(caught.value)


def test_records_without_a_text_are_left_out_and_told() -> None:
    data = json.dumps([{"text": " "}, {"text": HARBOUR}, {"id": 1, "story": BUDGET}, 5]).encode()
    skipped: list[Skipped] = []
    (loaded,) = load(Path("a.json"), data, skipped=skipped)
    assert loaded.text == HARBOUR
    assert [part.where for part in skipped] == ["record 1", "record 3", "record 4"]
    assert skipped[0].reason == "it has no text"


def test_where_no_record_has_a_text_the_names_of_its_fields_are_told() -> None:
    with pytest.raises(LoadError, match=r"but id, story; say which .*--fields text=NAME"):
        load(Path("a.json"), json.dumps([{"id": 1, "story": BUDGET}]).encode())


def test_json_lines_are_read_around_a_broken_one() -> None:
    data = f'{{"text": "{HARBOUR}"}}\n\n{{"text": oops\n{{"text": "{BUDGET}"}}\n'.encode()
    for name in ("a.jsonl", "a.ndjson", "a.json"):
        skipped: list[Skipped] = []
        found = load(Path(name), data, skipped=skipped)
        assert [each.text for each in found] == [HARBOUR, BUDGET]
        assert [part.where for part in skipped] == ["line 3"]


@pytest.mark.parametrize(
    ("name", "between", "encoding"),
    [("a.csv", ",", "utf-8"), ("a.csv", ";", "utf-8-sig"), ("a.tsv", "\t", "utf-16")],
)
def test_csv_gives_an_article_a_row(name: str, between: str, encoding: str) -> None:
    quoted = f'"{HARBOUR}\n\nHe said ""now, or; never"" there."'
    rows = [
        ("Title", "Text", "Date", "URL"),
        ("Été", quoted, "2031-05-04", "https://tarn.example/"),
    ]
    first, second = load(
        Path(name),
        ("\r\n".join(between.join(row) for row in rows) + f"\r\n{between}{BRIDGE}\r\n").encode(
            encoding
        ),
    )
    assert first.text == f'{HARBOUR}\n\nHe said "now, or; never" there.'
    assert (first.metadata.title, first.key) == ("Été", "https://tarn.example/")
    assert first.metadata.published == date(2031, 5, 4)
    assert second.text == BRIDGE


def test_equal_keys_do_not_collide() -> None:
    records = [{"text": HARBOUR, "id": key} for key in ("a", "a", "a#2", "b", "a")]
    keys = [each.key for each in load(Path("a.json"), json.dumps(records).encode())]
    assert keys[:2] == ["a", "a#2"]
    assert len(set(keys)) == 5


def test_a_record_that_is_put_on_top_renames_no_other(library: Library, write: Write) -> None:
    old = [{"id": number, "text": text} for number, text in enumerate((HARBOUR, BUDGET))]
    path = write("news.json", json.dumps(old))
    sync(library, discover([path]))
    before = ids(library)
    write("news.json", json.dumps([{"id": 9, "text": BRIDGE}, *old]))
    assert sync(library, discover([path])).embedded == 1
    assert before < ids(library)


def ids(library: Library) -> set[str]:
    with library.snapshot() as snapshot:
        return {summary.id for summary in snapshot.listing()}


# Feeds

RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Port Press</title>
<language>en-gb</language>
<item><title>Dredging &amp;amp; ships</title><link>https://tarn.example/1</link>
  <guid isPermaLink="false">tarn-1</guid><dc:creator>Ada Lind</dc:creator>
  <pubDate>Wed, 04 May 2031 10:00:00 +0200</pubDate><description>In short.</description>
  <content:encoded><![CDATA[<p>{HARBOUR}</p><p>{BUDGET}<script>x()</script></p>]]></content:encoded>
</item>
<item><title>Bridge</title><link>https://tarn.example/2</link><description>{BRIDGE}</description></item>
<item><title>Nothing</title></item>
</channel></rss>"""

ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Port Press</title>
<entry><title type="html">&lt;b&gt;Dredging&lt;/b&gt;</title><id>urn:tarn:1</id>
  <link rel="self" href="https://tarn.example/feed"/><link href="https://tarn.example/1"/>
  <updated>2031-05-05T00:00:00Z</updated><published>2031-05-04T00:00:00Z</published>
  <author><name>Ada Lind</name><email>ada@tarn.example</email></author>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{HARBOUR}</p></div></content>
</entry>
<entry><title>Ships of 5 &lt; 6</title><id>urn:tarn:2</id><summary>{BRIDGE}</summary></entry>
</feed>"""


@pytest.mark.parametrize("name", ["a.xml", "a.rss"])
def test_rss_gives_an_article_an_entry(name: str) -> None:
    skipped: list[Skipped] = []
    first, second = load(Path(name), RSS.encode(), skipped=skipped)
    assert first.text == f"{HARBOUR}\n\n{BUDGET}"
    known = first.metadata
    assert (known.title, known.author, known.source) == (
        "Dredging & ships",
        "Ada Lind",
        "Port Press",
    )
    assert (known.url, known.published) == ("https://tarn.example/1", date(2031, 5, 4))
    assert known.language == "en-gb"
    assert [first.key, second.key] == ["tarn-1", "https://tarn.example/2"]
    assert second.text == BRIDGE
    assert [part.where for part in skipped] == ["entry 3"]


def test_atom_gives_an_article_an_entry() -> None:
    first, second = load(Path("a.atom"), ATOM.encode())
    assert (first.text, second.text) == (HARBOUR, BRIDGE)
    known = first.metadata
    assert (known.title, known.author, known.source) == ("Dredging", "Ada Lind", "Port Press")
    assert (known.url, known.published) == ("https://tarn.example/1", date(2031, 5, 4))
    assert second.metadata.title == "Ships of 5 < 6"


def test_a_feed_in_broken_xml_gives_what_can_be_saved() -> None:
    skipped: list[Skipped] = []
    broken = RSS.replace("In short.", "Ships & more").replace("</channel></rss>", "")
    first, _ = load(Path("a.xml"), broken.encode(), skipped=skipped)
    assert first.text == f"{HARBOUR}\n\n{BUDGET}"
    assert "broken" in skipped[-1].reason


def test_xml_that_is_no_feed_is_refused() -> None:
    with pytest.raises(LoadError, match="neither an RSS nor an Atom feed"):
        load(Path("a.xml"), b"<project><name>x</name></project>")


def test_a_citation_from_a_pdf_names_its_page(library: Library, write: Write) -> None:
    path = write("tarn.pdf", pdf([[HARBOUR], [BUDGET], [BRIDGE]]))
    sync(library, discover([path]))
    with over(library, Settings()) as qa:
        answer = qa.ask("When will the new bridge over the Ose open?")
        assert answer.citations[0].page == 3
        assert "p. 3" in answer.to_markdown()
