"""A scripted server of the OpenAI chat API on the loopback address."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ModelServer:
    """Replies with `reply`, word by word with `pause` seconds between; counts aborted requests."""

    reply: str = "FOUND\nBoth ministers condemned North Korea’s missile launch. [1]"
    pause: float = 0.0
    finish_reason: str = "stop"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: str = ""
    reasoning: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    aborted: int = 0
    url: str = ""

    def chunks(self) -> Iterator[dict[str, Any]]:
        if self.reasoning:
            yield {"choices": [{"index": 0, "delta": {"reasoning_content": self.reasoning}}]}
        for word in self.reply.split(" "):
            yield {"choices": [{"index": 0, "delta": {"content": f"{word} "}}]}
        yield {"choices": [{"index": 0, "delta": {}, "finish_reason": self.finish_reason}]}
        usage = {"prompt_tokens": 1234, "completion_tokens": 56, "total_tokens": 1290}
        yield {"choices": [], "usage": usage}


@contextmanager
def model_server(**how: Any) -> Iterator[ModelServer]:
    script = ModelServer(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            script.requests.append(json.loads(self.rfile.read(length)))
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            if script.status != 200:
                body = json.dumps({"error": {"message": script.error}}).encode()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for chunk in script.chunks():
                    head = {
                        "id": "1",
                        "object": "chat.completion.chunk",
                        "created": 1,
                        "model": "m",
                    }
                    self.wfile.write(f"data: {json.dumps(head | chunk)}\n\n".encode())
                    self.wfile.flush()
                    time.sleep(script.pause)
                self.wfile.write(b"data: [DONE]\n\n")
            except OSError:
                script.aborted += 1

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
