"""Servers on this machine that misbehave in every way a server can."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ingest.web.client import PoliteClient
from ingest.web.pages import Page, visit
from rag.errors import LoadError

PUBLIC = "93.184.215.14"


METADATA = "169.254.169.254"


HTML = "text/html; charset=utf-8"


STORY = b"<html><head><title>Story</title></head><body><p>Rain fell.</p></body></html>"


Answering = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A server on a free port of this machine; what it was asked for is in `asked`."""

    def __init__(self) -> None:
        site = self
        self.routes: dict[str, list[Answering]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                answers = site.routes.get(self.path, [answer(b"nothing here", status=404)])
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True).start()

    def at(self, path: str, *answers: Answering) -> str:
        """Answer like this at a path, one after another and the last for good; its address."""
        self.routes[path] = list(answers)
        return self.url(path)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def pages(self) -> list[str]:
        return [path for path in self.paths() if path != "/robots.txt"]

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class Patience:
    """A clock that runs as clocks do, but on which nobody has to wait out a pause."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> float:
        return time.monotonic() + sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def answer(
    body: bytes = STORY, type: str | None = HTML, status: int = 200, **headers: str
) -> Answering:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if type:
            handler.send_header("Content-Type", type)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def redirect(to: str, status: int = 302) -> Answering:
    return answer(b"", status=status, Location=to)


def raw(*parts: bytes, pause: float = 0, times: int = 1) -> Answering:
    """The bytes of an answer as they stand; the last part as often as is asked for."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        with suppress(OSError):
            for part in (*parts[:-1], *parts[-1:] * times):
                handler.wfile.write(part)
                handler.wfile.flush()
                time.sleep(pause)

    return send


def reset(handler: BaseHTTPRequestHandler) -> None:
    """End the connection as a crashing server does."""
    handler.close_connection = True
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.shutdown(socket.SHUT_RD)
    handler.rfile.close()
    handler.connection.close()


def read(visitor: PoliteClient, url: str) -> Page:
    page = visit(visitor, url)
    assert isinstance(page, Page)
    return page


def reason(visitor: PoliteClient, url: str) -> str:
    """Why an address cannot be read, in one line of printable characters."""
    with pytest.raises(LoadError) as caught:
        visit(visitor, url)
    said = str(caught.value)
    assert said.isprintable(), said
    assert said
    return said
