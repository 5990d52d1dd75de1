"""The chat window as a server on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.assistant import ArticleQA
from rag.errors import ArticleQAError, SettingsError
from rag.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

# The browser itself then refuses to fetch anything from, or send anything to, any other machine.
# Gradio's own page has scripts in it and compiles its templates, hence the two "unsafe" ones.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "frame-src 'none'",
        "form-action 'none'",
    ]
)


def serve(settings: Settings) -> None:
    """Show the window until it is interrupted.

    Raises NoLibraryError where nothing has been ingested, SettingsError for an address in use.
    """
    with ArticleQA.from_settings(settings) as qa, _listening(settings) as door:
        threading.Thread(target=_warm_up, args=(qa,), daemon=True).start()
        app = application(qa)
        import uvicorn

        print(f"article-qa is at {_url(door)} (stop it with Ctrl-C)", flush=True)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[door])


def application(qa: ArticleQA) -> FastAPI:
    """The window as an ASGI application."""
    from ui import window

    from fastapi import FastAPI
    import gradio as gr
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(_Private)
    return gr.mount_gradio_app(
        app,
        window.build(qa),
        path="/",
        theme=window.theme(),
        css=window.resource("style.css"),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        show_error=False,
        max_file_size=1,  # nothing is uploaded here
    )


class _Private:
    """Adds the content policy to every response."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"content-security-policy", POLICY.encode()),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        await self._app(scope, receive, send_with_policy)


def _url(door):
    return "http://%s:%s" % door.getsockname()[:2]


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        door = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"the host {settings.host} is not known: {error.strerror}") from None
    with door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(address)
            door.listen()
        except OSError as error:
            raise SettingsError(f"port {settings.port} is in use") from None
        yield door


def _warm_up(qa: ArticleQA) -> None:
    """Load the embedding model while the visitor is still reading; a question would say why not."""
    with contextlib.suppress(ArticleQAError):
        qa.retriever.library.encoder.embed(["ready"])
