"""The command line: article-qa chat | ask | ingest | articles | correct | check | rebuild | mcp | eval."""

from __future__ import annotations

import argparse
import atexit
import gc
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from ingest import cli as ingestion
from ingest.cli import reported

if TYPE_CHECKING:
    from rag.encoders.protocols import Encoder
    from rag.store.library import Library
    from rag.types import Answer, Summary

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def command() -> int:
    """Run `main` as a process of its own."""
    # Modules are never garbage. Scanning them takes a fifth of the time of a cold answer, and the
    # same again at exit.
    gc.set_threshold(20_000)
    atexit.register(gc.freeze)
    return main()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 2 for an error, which is printed as one line."""
    arguments = _parser().parse_args(argv)
    return reported(lambda: int(arguments.run(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="article-qa",
        description="Ask questions about a folder of articles and check every sentence of the answer.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_chat(commands)
    _add_ask(commands)
    articles = _add(commands, "articles", _articles, "list the articles in the library")
    articles.add_argument("--json", action="store_true", help="print the list as JSON")
    articles.add_argument("--undated", action="store_true", help="only articles without a date")
    articles.add_argument(
        "--ids", action="store_true", help="begin each line with the article's id"
    )
    _add_correct(commands)
    _add(commands, "check", _check, "check that the library is consistent")
    _add(commands, "rebuild", _rebuild, "compute the vectors and the full-text index again")
    _add_model(_add(commands, "mcp", _mcp, "serve the library to MCP clients over stdio"))
    _add_model(_add(commands, "eval", _eval, "ask the questions again that readers have rated"))
    ingest = commands.add_parser("ingest", help="add articles to the library, or update them")
    ingestion.add_arguments(ingest)
    ingest.set_defaults(run=ingestion.run)
    return parser


def _add(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int], summary: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary)
    parser.add_argument("--home", metavar="DIR", help="the library's folder (ARTICLE_QA_HOME)")
    parser.set_defaults(run=run)
    return parser


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="what answers: quote, or a language model such as ollama:qwen3:4b (ARTICLE_QA_MODEL)",
    )


def _add_chat(commands: Commands) -> None:
    chat = _add(commands, "chat", _chat, "open the chat window")
    chat.add_argument("--host", help="the address to listen on (ARTICLE_QA_HOST)")
    chat.add_argument("--port", type=int, help="the port to listen on (ARTICLE_QA_PORT)")
    _add_model(chat)
    access = chat.add_mutually_exclusive_group()
    access.add_argument(
        "--auth",
        metavar="USER:PASSWORD,...",
        help="who may sign in; use ARTICLE_QA_AUTH to keep it out of the process list",
    )
    access.add_argument(
        "--open-to-everyone", action="store_true", help="allow access from anywhere without sign-in"
    )


def _add_ask(commands: Commands) -> None:
    ask = _add(commands, "ask", _ask, "answer one question")
    ask.add_argument("question", help='the question, or "-" to read it from standard input')
    form = ask.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    form.add_argument("--markdown", action="store_true", help="print it as Markdown with footnotes")
    _add_model(ask)
    ask.add_argument("--after", metavar="DAY", help="only articles from this day, month or year on")
    ask.add_argument("--before", metavar="DAY", help="only articles up to this day, month or year")
    ask.add_argument(
        "--source", metavar="NAME", action="append", help="only articles of this source; repeatable"
    )
    ask.add_argument(
        "--as-of", metavar="DAY", help='the day from which "this week" is seen; today by default'
    )
    ask.add_argument("-k", metavar="N", type=int, help="the number of passages to read")


def _add_correct(commands: Commands) -> None:
    summary = "correct the title, date or source of an article"
    correct = _add(commands, "correct", _correct, summary)
    correct.add_argument("id", help="the article's id, or its beginning; articles --ids lists them")
    correct.add_argument("--title", metavar="TITLE", help="what it is called")
    correct.add_argument("--date", metavar="DAY", help='when it was published; "" if unknown')
    correct.add_argument("--source", metavar="NAME", help='who published it; "" if unknown')


def _chat(arguments: argparse.Namespace) -> int:
    from rag.settings import Settings
    from ui.settings import WindowSettings
    from ui.window.server import serve

    settings = Settings.load(home=arguments.home, model=arguments.model)
    window = WindowSettings.load(host=arguments.host, port=arguments.port, auth=arguments.auth)
    serve(settings, window, everyone=arguments.open_to_everyone)
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
    elif arguments.markdown:
        print(visible(answer.to_markdown()))
    else:
        blocks = [to_text(answer), _suggested(answer)]
        print(visible("\n\n".join(filter(None, blocks))))
    return 0


def _suggested(answer: Answer) -> str:
    """Return the questions that an answer suggests, without those that only continue it."""
    from rag.intents.router import continues

    suggestions = [f"  - {text}" for text in answer.suggestions if not continues(text)]
    return "\n".join(["You can also ask:", *suggestions]) if suggestions else ""


def _answer(arguments: argparse.Namespace, question: str) -> Answer:
    from rag.langchain import ArticleQA
    from ui.terminal import ask_with_draft, can_show_drafts

    options = {
        name: getattr(arguments, name) for name in ("after", "before", "source", "k", "as_of")
    }
    is_text = not (arguments.json or arguments.markdown)
    with ArticleQA.open(arguments.home, model=arguments.model) as qa:
        if qa.language_model and is_text and can_show_drafts():
            return ask_with_draft(qa, question, **options)
        return qa.ask(question, **options)


def _articles(arguments: argparse.Namespace) -> int:
    from rag.answering.render import counted, plain
    from rag.langchain import ArticleQA

    with ArticleQA.open(arguments.home) as qa:
        articles = [a for a in qa.articles() if not (arguments.undated and a.published)]
    if arguments.json:
        print(json.dumps(plain(tuple(articles)), ensure_ascii=False, indent=2))
        return 0
    for article in articles:
        print(f"{article.id}  {_listed(article)}" if arguments.ids else _listed(article))
    print(counted(len(articles), "article"))
    return 0


def _listed(article: Summary) -> str:
    from rag.answering.render import NO_DATE, counted
    from rag.text.words import in_one_line

    published = article.published.isoformat() if article.published else NO_DATE
    source = f", {in_one_line(article.source)}" if article.source else ""
    passages = counted(article.passages, "passage")
    return f"{published:10}  {in_one_line(article.title)}{source} ({passages})"


def _correct(arguments: argparse.Namespace) -> int:
    from rag.corrections import correct

    library, _ = _open(arguments)
    with closing(library):
        entry = correct(
            library,
            arguments.id,
            title=arguments.title,
            published=arguments.date,
            source=arguments.source,
        )
    print(_listed(entry))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from rag.answering.render import counted

    library, _ = _open(arguments)
    with closing(library):
        problems = list(library.problems())
        if not problems:
            with library.snapshot() as snapshot:
                extent = snapshot.scope_summary().extent
            articles = counted(extent.articles, "article")
            print(f"no problems found: {articles}, {counted(extent.passages, 'passage')}")
    for problem in problems:
        print(ingestion.printable(problem))
    return 1 if problems else 0


def _rebuild(arguments: argparse.Namespace) -> int:
    from ingest.embedding import ThreadEmbedder
    from rag.answering.render import counted

    library, encoder = _open(arguments)
    with closing(library), ingestion.ProgressBar("Embedding", " passages") as bar:
        embedded = library.rebuild(ThreadEmbedder(encoder), bar)
    print(f"rebuilt the library: {counted(embedded, 'passage')} embedded")
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

    failed = total = 0
    with ArticleQA.open(arguments.home, model=arguments.model) as qa:
        for outcome in replay(qa.assistant, cases(qa.library)):
            total += 1
            failed += not outcome.is_satisfied
            case, mark = outcome.case, "ok  " if outcome.is_satisfied else "FAIL"
            line = f"{mark}  {case.opinion:14}  {outcome.finding:20}  {case.question}"
            print(ingestion.printable(line))
    print(f"{total - failed} of {total} are as readers want them" if total else "no feedback yet")
    return 1 if failed else 0


def _open(arguments: argparse.Namespace) -> tuple[Library, Encoder]:
    from rag.opening import open_encoder, open_library
    from rag.settings import Settings

    settings = Settings.load(home=arguments.home)
    encoder = open_encoder(settings)
    return open_library(settings, encoder), encoder


if __name__ == "__main__":
    sys.exit(command())
