"""The chat window as a server."""

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
from ui.settings import WindowSettings
from ui.window import templates

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# With these the browser neither fetches anything from elsewhere nor sends anything there. Gradio's
# page has inline scripts and compiles its templates, which needs the two "unsafe" sources.
_HEADERS = {
    "content-security-policy": "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; "
    "object-src 'none'; frame-src 'none'; form-action 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def serve(settings: Settings, window: WindowSettings, *, everyone: bool = False) -> None:
    """Serve the window until it is interrupted, over an empty library if there is none yet.

    Raises SettingsError if the host or port is not available, or if strangers could use the window
    although `everyone` is not set.
    """
    access = Access.of(window.host, window.auth.get_secret_value(), everyone=everyone)
    with _listen(window.host, window.port) as listener, _open(settings) as qa:
        threading.Thread(target=_warm_up, args=(qa,), daemon=True).start()
        app = application(qa, access, limit=window.upload_limit, total=window.upload_total)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        print(f"article-qa is ready at {_url(listener)} (Ctrl-C stops it)", flush=True)
        with suppress(KeyboardInterrupt):
            _Server(config).run(sockets=[listener])


def application(
    qa: ArticleQA,
    access: Access = Access(),
    *,
    limit: int = 20,
    total: int = 2000,
    concurrency: int = 8,
    queue_size: int = 100,
) -> FastAPI:
    """Return the window as an ASGI application, without Gradio's sharing and telemetry.

    `limit` is the size of an uploaded file in megabytes, `total` that of all of them. `concurrency`
    questions are answered at a time, and `queue_size` may wait.

    Gradio's own `launch` is not used: it checks its server over HTTP, which fails behind a proxy,
    and tries a port on 127.0.0.1 whatever the host.
    """
    from fastapi import FastAPI
    from starlette.middleware.cors import CORSMiddleware

    from ingest.uploads import UploadService
    from ui import mcp
    from ui.window import page

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mcp.mount(app, qa)
    app.add_middleware(CORSMiddleware)  # allows no other origin; Gradio would allow all of them
    app.add_middleware(Guarded, access=access)
    app.add_middleware(_SecurityHeaders)
    encoder = qa.assistant.retriever.encoder
    uploads = UploadService(
        qa.library, encoder, limit=limit, total=total, is_closed=not access.is_known
    )
    blocks = page.build(qa, uploads, concurrency=concurrency, queue_size=queue_size)
    page.mount(app, blocks, uploads.largest)
    return app


def _open(settings: Settings) -> ArticleQA:
    encoder = open_encoder(settings)
    return ArticleQA(build_assistant(settings, create_library(settings, encoder), encoder))


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Do not report the streams of open pages, which are cut off, as errors."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


class _SecurityHeaders:
    """ASGI middleware that adds the headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)


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


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _warm_up(qa: ArticleQA) -> None:
    """Prepare the first answer while the visitor still reads. If it fails, the answer says why."""
    templates.load()
    with suppress(ArticleQAError):
        qa.assistant.retriever.encoder.embed_query("ready")
