"""The command line: article-qa chat | ask | ingest | articles | check | rebuild | mcp | eval."""

from __future__ import annotations

import argparse
import atexit
import gc
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from ingest import cli as ingestion
from ingest.cli import reported

if TYPE_CHECKING:
    from rag.encoders.protocols import Encoder
    from rag.store.library import Library
    from rag.types import Answer


_MODEL = "who words the answers: quote, or for example ollama:qwen3:4b (ARTICLE_QA_MODEL)"


def command() -> int:
    """`main` as a process of its own."""
    # Modules are no garbage: to look through them takes a fifth of a cold answer's time, and as
    # long again when the process ends.
    gc.set_threshold(20_000)
    atexit.register(gc.freeze)
    return main()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="article-qa",
        description="Ask a folder of articles; every sentence of the answer can be checked.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    chat = commands.add_parser("chat", help="open the chat window")
    chat.add_argument("--host", help="the address to listen on (ARTICLE_QA_HOST)")
    chat.add_argument("--port", type=int, help="the port to listen on (ARTICLE_QA_PORT)")
    chat.add_argument("--model", metavar="NAME", help=_MODEL)
    doors = chat.add_mutually_exclusive_group()
    doors.add_argument(
        "--auth",
        metavar="USER:PASSWORD,...",
        help="who may sign in; ARTICLE_QA_AUTH keeps it out of the list of processes",
    )
    doors.add_argument(
        "--open-to-everyone", action="store_true", help="let strangers in at a --host of any kind"
    )
    chat.set_defaults(run=_chat)

    ask = commands.add_parser("ask", help="answer one question")
    ask.add_argument("question", help='the question, or "-" to read it from standard input')
    form = ask.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    form.add_argument("--markdown", action="store_true", help="print it as Markdown with footnotes")
    ask.add_argument("--model", metavar="NAME", help=_MODEL)
    ask.add_argument("--after", metavar="DAY", help="only articles from this day, month or year on")
    ask.add_argument("--before", metavar="DAY", help="only articles up to this day, month or year")
    ask.add_argument(
        "--source", metavar="NAME", action="append", help="only articles of this source; repeatable"
    )
    ask.add_argument("-k", metavar="N", type=int, help="how many passages are read")
    ask.set_defaults(run=_ask)

    articles = commands.add_parser("articles", help="list what is in the library")
    articles.add_argument("--json", action="store_true", help="print the list as JSON")
    articles.set_defaults(run=_articles)

    check = commands.add_parser("check", help="say whether the library is whole")
    check.set_defaults(run=_check)

    rebuild = commands.add_parser("rebuild", help="make vectors and full text again")
    rebuild.set_defaults(run=_rebuild)

    mcp = commands.add_parser("mcp", help="serve the library to programs that speak MCP, on stdio")
    mcp.add_argument("--model", metavar="NAME", help=_MODEL)
    mcp.set_defaults(run=_mcp)

    evaluate = commands.add_parser("eval", help="ask again what readers of the window judged")
    evaluate.add_argument("--model", metavar="NAME", help=_MODEL)
    evaluate.set_defaults(run=_eval)

    for command in (chat, ask, articles, check, rebuild, mcp, evaluate):
        command.add_argument(
            "--home", metavar="DIR", help="where the library lives (ARTICLE_QA_HOME)"
        )

    ingest = commands.add_parser(
        "ingest", help="put articles into the library, or bring it up to date"
    )
    ingestion.add_arguments(ingest)
    ingest.set_defaults(run=ingestion.run)

    arguments = parser.parse_args(argv)
    return reported(lambda: int(arguments.run(arguments)))


def _chat(arguments: argparse.Namespace) -> int:
    from rag.settings import Settings
    from ui.window.server import serve

    given = {name: getattr(arguments, name) for name in ("home", "host", "port", "model", "auth")}
    serve(Settings.load(**given), everyone=arguments.open_to_everyone)
    return 0


def _ask(arguments: argparse.Namespace) -> int:
    from rag.answering.drafts import visible
    from rag.answering.render import to_text

    question = sys.stdin.read() if arguments.question == "-" else arguments.question
    try:
        answer = _answer(arguments, question)
    except KeyboardInterrupt:
        print("stopped; there is no answer", file=sys.stderr)
        return 130
    if arguments.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(visible(answer.to_markdown() if arguments.markdown else to_text(answer)))
    return 0


def _answer(arguments: argparse.Namespace, question: str) -> Answer:
    from rag.langchain import ArticleQA
    from rag.types import QUOTE
    from ui.terminal import is_watched, watched

    options = {name: getattr(arguments, name) for name in ("after", "before", "source", "k")}
    with ArticleQA.open(arguments.home, model=arguments.model) as qa:
        if qa.model != QUOTE and not (arguments.json or arguments.markdown) and is_watched():
            return watched(qa, question, **options)
        return qa.ask(question, **options)


def _articles(arguments: argparse.Namespace) -> int:
    from rag.answering.render import NO_DATE, plain
    from rag.langchain import ArticleQA
    from rag.text.words import in_one_line

    with ArticleQA.open(arguments.home) as qa:
        found = qa.articles()
    if arguments.json:
        print(json.dumps(plain(tuple(found)), ensure_ascii=False, indent=2))
        return 0
    for each in found:
        published = each.published.isoformat() if each.published else NO_DATE
        passages = f"{each.passages} passage{'' if each.passages == 1 else 's'}"
        source = f", {in_one_line(each.source)}" if each.source else ""
        print(f"{published:10}  {in_one_line(each.title)}{source} ({passages})")
    print(f"{len(found)} article{'' if len(found) == 1 else 's'}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from rag.answering.render import counted

    library, _ = _open(arguments)
    with closing(library):
        found = list(library.problems())
        if not found:
            with library.snapshot() as snapshot:
                extent = snapshot.scope_summary().extent
            articles = counted(extent.articles, "article")
            print(f"all is well: {articles}, {counted(extent.passages, 'passage')}")
    for problem in found:
        print(ingestion.printable(problem))
    return 1 if found else 0


def _rebuild(arguments: argparse.Namespace) -> int:
    from ingest.embedding import ThreadEmbedder
    from rag.answering.render import counted

    library, encoder = _open(arguments)
    with closing(library), ingestion.ProgressBar("Embedding", " passages") as bar:
        done = library.rebuild(ThreadEmbedder(encoder), bar)
    print(f"{counted(done, 'passage')} embedded again; the library is whole")
    return 0


def _mcp(arguments: argparse.Namespace) -> int:
    from rag.langchain import ArticleQA
    from ui.mcp import server

    with ArticleQA.open(arguments.home, model=arguments.model) as qa:
        server(qa).run()
    return 0


def _eval(arguments: argparse.Namespace) -> int:
    from rag.feedback import cases, replay
    from rag.langchain import ArticleQA

    with ArticleQA.open(arguments.home, model=arguments.model) as qa:
        failed = said = 0
        for outcome in replay(qa.assistant, cases(qa.library)):
            said += 1
            failed += not outcome.is_satisfied
            case, mark = outcome.case, "ok  " if outcome.is_satisfied else "FAIL"
            print(
                ingestion.printable(
                    f"{mark}  {case.opinion:14}  {outcome.finding:20}  {case.question}"
                )
            )
    print(
        f"{said - failed} of {said} are as their readers want them" if said else "no feedback yet"
    )
    return 1 if failed else 0


def _open(arguments: argparse.Namespace) -> tuple[Library, Encoder]:
    from rag.opening import open_encoder, open_library
    from rag.settings import Settings

    settings = Settings.load(home=arguments.home)
    encoder = open_encoder(settings)
    return open_library(settings, encoder), encoder


if __name__ == "__main__":
    sys.exit(command())
