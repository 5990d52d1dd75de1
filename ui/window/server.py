"""The chat window as a server on this machine."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from rag.errors import ArticleQAError, SettingsError
from rag.langchain import ArticleQA
from rag.opening import build_assistant, create_library, open_encoder
from rag.settings import Settings
from ui.access import Access, Guarded

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# With these the browser itself refuses to fetch anything from, or send anything to, elsewhere.
# Gradio's page has scripts in it and compiles its templates: hence the two that are "unsafe".
_HEADERS = {
    "content-security-policy": "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; "
    "object-src 'none'; frame-src 'none'; form-action 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def serve(settings: Settings, *, everyone: bool = False) -> None:
    """Show the window until it is interrupted.

    Where nothing has been ingested yet it begins an empty library, to which visitors can add.
    Raises SettingsError for a host or port that cannot be had, or where strangers are let in and
    `everyone` does not say that they may be.
    """
    access = Access.of(settings.host, settings.auth.get_secret_value(), everyone=everyone)
    with _listen(settings.host, settings.port) as door, _assistant(settings) as qa:
        threading.Thread(target=_warm_up, args=(qa,), daemon=True).start()
        app = application(qa, access, limit=settings.upload_limit, total=settings.upload_total)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        print(f"article-qa is ready at {_url(door)} (Ctrl-C stops it)", flush=True)
        with suppress(KeyboardInterrupt):
            _Server(config).run(sockets=[door])


def application(
    qa: ArticleQA, access: Access = Access(), *, limit: int = 20, total: int = 2000
) -> FastAPI:
    """The window as an ASGI application: no sharing, no telemetry.

    `limit` is in megabytes, of a file that is handed in, and `total` of all that are kept.

    Gradio's own `launch` is not used: it asks its server over HTTP whether it runs, which fails
    behind a proxy, and tries a port on 127.0.0.1 whatever the host.
    """
    from fastapi import FastAPI
    from starlette.middleware.cors import CORSMiddleware

    from ingest.uploads import UploadService
    from ui import mcp
    from ui.window import layout as window

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mcp.mount(app, qa)
    app.add_middleware(CORSMiddleware)  # no origin but our own; Gradio's would let any in
    app.add_middleware(Guarded, access=access)
    app.add_middleware(_Sealed)
    closed = not access.is_known
    intake = UploadService(
        qa.library, qa.assistant.retriever.encoder, limit=limit, total=total, is_closed=closed
    )
    window.mount(app, window.build(qa, intake), intake.largest)
    return app


def _assistant(settings: Settings) -> ArticleQA:
    encoder = open_encoder(settings)
    return ArticleQA(build_assistant(settings, create_library(settings, encoder), encoder))


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Every page still open holds a stream; that it is cut off is no error to report."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


class _Sealed:
    """ASGI middleware that adds the headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        await self._app(scope, receive, sealed)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"port {port} is in use; choose another with --port") from None
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise SettingsError(
            f"cannot listen on {host}, port {port}: {reason}; choose others with --host and --port"
        ) from None


def _url(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _warm_up(qa: ArticleQA) -> None:
    """Load the embedding model while the visitor still reads; if it fails, an answer says why."""
    with suppress(ArticleQAError):
        qa.assistant.retriever.encoder.embed(["ready"])
