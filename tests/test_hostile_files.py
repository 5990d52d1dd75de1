"""A folder full of files that are broken, absurd or made to harm, and three good ones: one run."""

from __future__ import annotations

import io
import os
import random
import resource
import socket
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.cli import print_failures
from ingest.formats.loaders import load
from ingest.inputs.sources import discover
from rag.errors import LoadError
from rag.langchain import ArticleQA
from rag.settings import Settings
from rag.store.library import Library
from rag.types import Article, Passage
from tests.libraries import over, sync
from tests.test_formats import docx, epub, pdf, zipped

PLAIN = "The ferry to Ose leaves at nine. "
GOOD = {
    "good.txt": "Harbour\n\nThe harbour of Tarn was dredged in May. The work took four weeks.",
    "good.md": "# Budget\n\nThe council of Tarn approved a budget of nine million crowns.",
    "good.html": "<html><body><article><p>The lighthouse on Skerry Rock was built in 1871 by Nora "
    "Falk, who also ran it for thirty years.</p></article></body></html>",
}


@dataclass(frozen=True)
class Read:
    """A file that has to be read, with its text, and what is told of a part that is left out."""

    content: str | bytes
    text: str
    title: str | None = None
    left_out: str = ""


@dataclass(frozen=True)
class Refused:
    """A file that has to be reported, and what the reason says."""

    content: str | bytes
    reason: str


def bomb(name: str, told: int | None = None) -> bytes:
    """A zip archive of 300 MB of zeros, which may say of itself that it has fewer."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w") as zeros,
    ):
        for _ in range(300):
            zeros.write(bytes(1_000_000))
    real = struct.pack("<I", 300_000_000)
    return file.getvalue().replace(real, struct.pack("<I", told)) if told else file.getvalue()


def encrypted(password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(pdf([[PLAIN]]))))
    writer.encrypt(password, algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def word(document: str) -> bytes:
    """A Word document with something else for its text."""
    return zipped({"word/document.xml": document})


def feed(text: str, head: str = "") -> str:
    return f"{head}<rss><channel><item><description>{text}</description></item></channel></rss>"


def yaml(front_matter: str) -> str:
    return f"---\n{front_matter}\n---\n{PLAIN}"


LAUGHS = (
    '<!DOCTYPE r [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
    + "]>"
)
PASSWORDS = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
ATTRIBUTES = "".join(f"a{n}=1 " for n in range(300_000))
WORDS = "{}<document><body><p><r><t>{}</t></r></p></body></document>"
FRENCH = "Les élèves sont allés à l’école à Évreux, où le maître déçu les attendait déjà. "
ARABIC = "غادرت العبارة ميناء تارن في التاسعة صباحا. وصلت إلى أوس عند الظهر."
HEBREW = "המעבורת יצאה מנמל טארן בתשע בבוקר. היא הגיעה לאוס בצהריים."
JAPANESE = "フェリーは九時にタルン港を出た。正午にオーセに着いた。"
CHINESE = "渡轮九点离开塔恩港。中午抵达奥斯。"


def corpus() -> dict[str, Read | Refused]:
    noise = random.Random(1).randbytes(200_000)
    scan = pdf([[], []])
    text = docx(PLAIN)
    return {
        "empty.txt": Refused("", "no text"),
        "white.txt": Refused(" \n\t\r\n" * 1000, "no text"),
        "dots.txt": Refused("... --- ...\n" * 20, "no text"),
        "binary.txt": Refused(noise, "binary"),
        "program.txt": Refused(b"\x7fELF\x02\x01\x01" + bytes(5000), "binary"),
        "line-of-50-mb.txt": Refused(PLAIN * (50_000_000 // len(PLAIN)), "5,000,000 are the most"),
        "more-than-50-mb.txt": Refused("a" * 50_000_001, "50,000,000 are the most"),
        "mixed.txt": Read(FRENCH.encode() + "déçu".encode("cp1252"), FRENCH + "déçu"),
        "nul.txt": Read("The ferry\0 leaves\0 at nine.", "The ferry  leaves  at nine."),
        "utf-16.txt": Read(PLAIN.encode("utf-16-le"), PLAIN),
        "escapes.txt": Read(
            "\x1b[31mThe ferry leaves at nine. " * 3, " [31mThe ferry leaves at nine. " * 3
        ),
        "arabic.txt": Read(ARABIC, ARABIC),
        "hebrew.txt": Read(HEBREW, HEBREW),
        "japanese.txt": Read(JAPANESE, JAPANESE),
        "chinese.txt": Read(CHINESE.encode("gb18030"), CHINESE),
        "emoji.txt": Read("The ferry 👩‍👩‍👧 left 🇸🇪 at nine.", "The ferry 👩‍👩‍👧 left 🇸🇪 at nine."),
        "zero-width.txt": Read(
            "The fer\u200bry\u2060 leaves\ufeff at nine.", "The ferry leaves at nine."
        ),
        "bidi.txt": Read(
            "The \u202eferry\u202c leaves at\u2066 nine.\u2069", "The ferry leaves at nine."
        ),
        "long-title.md": Read(
            yaml(f"title: {'Ferry ' * 50}"), PLAIN.strip(), ("Ferry " * 50).strip()
        ),
        "bidi-title.md": Read(
            yaml('title: "txt.\\u202Eexe\\nsecond line"'), PLAIN.strip(), "txt.exe second line"
        ),
        "no-yaml.md": Refused(yaml("title: [unclosed"), "front matter is not YAML"),
        "no-date.md": Read(yaml("date: 32 Foo 2022"), PLAIN.strip()),
        "long-date.md": Read(yaml("date: " + "Oct 4 " * 10_000 + "2022"), PLAIN.strip()),
        "aliases.md": Refused(yaml(ALIASES + "title: *j"), "aliases"),
        "python.md": Refused(yaml("title: !!python/object/apply:os.getcwd []"), "front matter"),
        "deep-yaml.md": Refused(yaml("title: " + "[" * 90_000), "nests too deeply"),
        "large-yaml.md": Refused(yaml("a: b\n" * 100_000), "100,000 characters"),
        "hexadecimal.md": Refused(yaml("title: 0x" + "f" * 20_000), "broken"),
        "rules.md": Refused("---\n" * 2_000_000, "5,000,000 are the most"),
        "deep.html": Refused("<div>" * 100_000 + PLAIN + "</div>" * 100_000, "no main text"),
        "no-text.html": Refused("<html><body><img src=x></body></html>", "no main text"),
        "script.html": Refused(
            "<html><body><script>alert(1)</script></body></html>", "no main text"
        ),
        "attributes.html": Refused(
            f"<html><body><p {ATTRIBUTES}>{PLAIN}</p></body></html>", "attributes"
        ),
        "elements.html": Refused("<p>a" * 1_000_000, "elements"),
        "scan.pdf": Refused(scan, "run OCR first"),
        "encrypted.pdf": Refused(encrypted("secret"), "encrypted"),
        "truncated.pdf": Refused(pdf([[PLAIN]] * 20)[:3000], "broken"),
        "noise.pdf": Refused(b"%PDF-1.7\n" + noise, "broken"),
        "no.pdf": Refused(PLAIN, "broken"),
        "objects.pdf": Refused(b"%PDF-1.4\n" + b"1 0 obj\n" * 100_000, "broken"),
        "bomb.docx": Refused(bomb("word/document.xml"), "zip bomb"),
        "liar.docx": Refused(bomb("word/document.xml", told=1000), "broken"),
        "no-zip.docx": Refused(PLAIN, "no zip archive"),
        "old.docx": Refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "password"),
        "truncated.docx": Refused(text[:-600], "no zip archive"),
        "no-word.docx": Refused(zipped({"a.txt": PLAIN}), "missing"),
        "laughs.docx": Refused(word(WORDS.format(LAUGHS, "&a10;")), "entities"),
        "passwords.docx": Refused(word(WORDS.format(PASSWORDS, "&x;")), "entities"),
        "deep.docx": Refused(word("<sdt>" * 3000 + "</sdt>" * 3000), "broken"),
        "bomb.epub": Refused(bomb("META-INF/container.xml"), "zip bomb"),
        "many.epub": Refused(zipped({str(n): "" for n in range(10_001)}), "10,001 files"),
        "outside.epub": Refused(
            epub(**{"META-INF/container.xml": '<a><rootfile full-path="../../etc/passwd"/></a>'}),
            "missing",
        ),
        "laughs.xml": Refused(feed("&a10;", LAUGHS), "entities"),
        "hidden-laughs.xml": Refused(feed("&a10;", f"<!-- <rss> -->{LAUGHS}"), "entities"),
        "passwords.xml": Refused(feed("&x;", PASSWORDS), "entities"),
        "passwords-in-utf-7.xml": Refused(
            b"<?xml version='1.0' encoding='utf-7'?>" + feed("&x;", PASSWORDS).encode("utf-7"),
            "entities",
        ),
        "passwords-in-utf-16.xml": Refused(
            feed("&x;", f"<?xml version='1.0' encoding='utf-16'?>{PASSWORDS}").encode("utf-16"),
            "entities",
        ),
        "included.xml": Read(
            feed(
                'The ferry. <x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
            ),
            "The ferry.",
        ),
        "elsewhere.xml": Read(
            feed(PLAIN, '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd">'), PLAIN.strip()
        ),
        "broken.xml": Read(
            feed(f"{PLAIN} & <b>").replace("</description>", ""),
            PLAIN + "&",
            left_out="XML is broken",
        ),
        "no-feed.xml": Refused("<a><b/></a>", "neither an RSS nor an Atom feed"),
        "no-xml.xml": Refused(PLAIN, "broken"),
        "deep.xml": Refused("<rss>" * 100_000, "broken"),
        "deep.json": Refused("[" * 100_000 + "]" * 100_000, "nests too deeply"),
        "deep-object.json": Refused('{"a":' * 100_000 + "1" + "}" * 100_000, "nests too deeply"),
        "nan.json": Read('[{"title": NaN, "text": "The ferry.", "date": -Infinity}]', "The ferry."),
        "number.json": Refused("[" + "9" * 10_000 + "]", "not JSON that can be read"),
        "surrogate.json": Read(
            '{"text": "The \\ud800ferry \\ud83d\\ude00.", "title": "\\udfffA", "id": "\\ud800"}',
            "The  ferry 😀.",
            "A",
        ),
        "truncated.json": Refused('[{"text": "The ferry', "not JSON"),
        "no-text.json": Refused('[{"id": 1}]', "--fields"),
        "many.json": Refused("[" + "0," * 250_000 + "0]", "200,000"),
        "broken-line.jsonl": Read(
            '{"text": "The ferry."}\n{"text": \n', "The ferry.", left_out="line 2: it is not JSON"
        ),
        "nul.csv": Read("title,text\nA,The ferry\0 left.\n", "The ferry  left."),
        "large-field.csv": Read(
            f"text\n{'x' * 10_000_000}\nThe ferry.\n",
            "The ferry.",
            left_out="5,000,000 are the most",
        ),
        "latin.csv": Read(f"titre;text\nA;{FRENCH.strip()}\n".encode("cp1252"), FRENCH.strip()),
        "commas.csv": Refused("," * 1_000_000, "no text"),
    }


@contextmanager
def special_files(folder: Path) -> Iterator[dict[str, str]]:
    """What lies in folders and is no file: by its name, the reason that has to be told, or ""."""
    (folder / "folder.txt").mkdir()
    (folder / "folder.txt" / "around.txt").symlink_to(folder)
    (folder / "round").symlink_to(folder)
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    (folder / "ring.txt").symlink_to(folder / "gnir.txt")
    (folder / "gnir.txt").symlink_to(folder / "ring.txt")
    os.mkfifo(folder / "pipe.txt")
    (folder / "vanishing.txt").write_text(PLAIN)
    told = {
        "gone.txt": "No such file",
        "ring.txt": "symbolic links",
        "gnir.txt": "symbolic links",
        "pipe.txt": "not a regular file",
        "vanishing.txt": "No such file",
    }
    if os.geteuid() != 0:  # who may read everything
        (folder / "secret.txt").write_text(PLAIN)
        (folder / "secret.txt").chmod(0)
        told["secret.txt"] = "Permission denied"

    def unblock() -> None:
        with suppress(OSError):  # nobody waits for it
            os.close(os.open(folder / "pipe.txt", os.O_WRONLY | os.O_NONBLOCK))

    timer = threading.Timer(60, unblock)
    timer.start()
    yield told
    timer.cancel()


STRANGE_NAMES = ("new\nline.txt", "\u202etxt.exe.txt", "caf\udce9.txt", "'; DROP TABLE x;--.txt")


def test_a_folder_of_hostile_files_is_read_around(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    files = corpus()
    for name, content in {**GOOD, **{name: file.content for name, file in files.items()}}.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    for name in STRANGE_NAMES:
        (folder / name).write_text(PLAIN)
    with special_files(folder) as special:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sources = discover([folder])
        (folder / "vanishing.txt").unlink()
        report = sync(library, sources)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    read = {name: file for name, file in files.items() if isinstance(file, Read)}
    reasons = {name: file.reason for name, file in files.items() if isinstance(file, Refused)}
    reasons |= special | {name: file.left_out for name, file in read.items() if file.left_out}

    told = [Path(failure.path).name for failure in report.failures]
    assert sorted(told) == sorted(reasons), "each once"
    for name, failure in zip(told, report.failures, strict=True):
        assert reasons[name] in failure.reason, name
        assert len(failure.reason) < 400
    assert report.added == len(GOOD) + len(read) + len(STRANGE_NAMES)
    assert report.seconds < 120
    assert grown < 1_500_000, "kilobytes"

    articles = read_articles(library)
    for name, file in read.items():
        article, passages = articles[name]
        assert article.text == file.text, name
        assert file.title in (None, article.title), name
        assert any(passage.sentences for passage in passages), name
    assert "root:" not in "".join(article.text for article, _ in articles.values())

    with over(library, Settings()) as qa:
        assert quoted(qa, "When was the harbour of Tarn dredged?").startswith("The harbour of Tarn")
        assert "nine million crowns" in quoted(qa, "How large is the budget of the council?")
        assert "Nora Falk" in quoted(qa, "Who built the lighthouse on Skerry Rock?")
        assert quoted(qa, "متى غادرت العبارة ميناء تارن؟").startswith("غادرت العبارة")

    print_failures(report.failures)
    printed = capsys.readouterr()
    assert printed.out == "", "no library may print"
    assert len(printed.err.splitlines()) == len(report.failures)
    assert all(line.isprintable() for line in printed.err.splitlines())


@pytest.mark.parametrize("name", ["a.xml", "a.docx", "a.epub", "a.html"])
def test_no_document_makes_the_program_ask_an_address(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        heads = (
            f'<!DOCTYPE rss SYSTEM "{url}">',
            f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{url}">]>',
            f'<!DOCTYPE rss [<!ENTITY % x SYSTEM "{url}"> %x;]>',
            f'<?xml-stylesheet href="{url}"?>',
        )
        for head in heads:
            xml = feed(f'&x; <img src="{url}"/>{PLAIN}', head)
            data = {
                "a.xml": xml.encode(),
                "a.docx": word(xml),
                "a.epub": zipped({"META-INF/container.xml": xml}),
                "a.html": xml.encode(),
            }
            with suppress(LoadError):
                load(Path(name), data[name])
        with pytest.raises(TimeoutError):
            server.accept()


def read_articles(library: Library) -> dict[str, tuple[Article, list[Passage]]]:
    """The articles that were read, by the names of their files."""
    with library.snapshot() as snapshot:
        articles = snapshot.articles(summary.id for summary in snapshot.listing())
        return {
            article.origin.rpartition("/")[2]: (
                article,
                [each.passage for each in snapshot.passages_of(article.id)],
            )
            for article in articles.values()
        }


def quoted(qa: ArticleQA, question: str) -> str:
    answer = qa.ask(question)
    for citation in answer.citations:
        article = qa.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    return " ".join(citation.quote for citation in answer.citations)
