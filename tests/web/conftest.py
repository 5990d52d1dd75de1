"""Fixtures for tests of the web.

No test sends anything to another machine: whatever address a connection is for, it is recorded,
and made to this machine.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest.web.client import PoliteClient
from tests.web.servers import (
    Patience,
    Site,
)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that connections were opened to, each of them in truth to this machine."""
    opened: list[str] = []
    real = socket.create_connection

    def open_here(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        opened.append(address[0])
        return real(("127.0.0.1", address[1]), *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", open_here)
    return opened


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def make(patience: Patience) -> Iterator[Callable[..., PoliteClient]]:
    """Make a visitor that may read this machine and need not wait, unless told otherwise."""
    made: list[PoliteClient] = []

    def make(**options: Any) -> PoliteClient:
        usual = {"allow_private": True, "pace": 0, "timeout": 5}
        made.append(
            PoliteClient(**{**usual, "clock": patience.now, "sleep": patience.sleep, **options})
        )
        return made[-1]

    yield make
    for visitor in made:
        visitor.__exit__(None, None, None)


@pytest.fixture
def visitor(make: Callable[..., PoliteClient]) -> PoliteClient:
    return make()
