"""Tests of how the tests start processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")

SLEEP = "import time; print('ready', flush=True); time.sleep(60)"


def test_ctrl_c_ends_a_process(tmp_path: Path) -> None:
    with running("-c", SLEEP, cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT


def test_ctrl_c_ends_a_process_of_tests_that_run_under_nohup() -> None:
    """nohup, and a shell script that starts a job in the background, ignore signals."""
    ignoring = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"  # fmt: skip
    test = f"{__file__}::{test_ctrl_c_ends_a_process.__name__}"
    pytest_command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test]
    done = subprocess.run(
        [sys.executable, "-c", ignoring, *pytest_command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_process_ends_with_the_test_that_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        running("-c", SLEEP, cwd=tmp_path) as process,
    ):
        raise ZeroDivisionError
    assert process.returncode == -signal.SIGKILL
