"""Which addresses may be read, and how redirects and TLS are checked."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.web.addresses import is_public
from ingest.web.client import PoliteClient
from tests.web.servers import (
    METADATA,
    PUBLIC,
    STORY,
    Site,
    answer,
    raw,
    read,
    reason,
    redirect,
)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("192.0.0.192", "192.88.99.1", "168.63.129.16", "203.0.113.9", "198.51.100.1"),
        *(
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fe80::1%2",
        ),
        *("fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1"),
        *("2002:a00:1::1", "5f00::1", "4000::1"),
    ],
)
def test_an_address_of_no_public_network_is_known_as_such(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(PUBLIC, "8.8.8.8", "100.63.255.255", "2606:4700::1111", "::ffff:8.8.8.8"),
        *("64:ff9b::808:808", "2002:808:808::1"),
    ],
)
def test_an_address_of_the_public_internet_is_known_as_such(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1"),
        *("[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", METADATA, "[64:ff9b::a9fe:a9fe]"),
    ],
)
def test_this_machine_is_refused_however_it_is_spelled(
    host: str, site: Site, make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    said = reason(make(allow_private=False), site.url("/", host))
    assert "no address of the public internet" in said
    assert "--allow-private" in said
    assert not connections
    assert not site.asked


def test_one_private_address_among_public_ones_refuses_the_name(
    make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    visitor = make(allow_private=False, resolve=lambda host, port: [PUBLIC, "10.0.0.1"])
    assert reason(visitor, "http://news.example/").startswith("news.example is at 10.0.0.1")
    assert not connections


def test_the_address_that_was_checked_is_the_one_connected_to(
    site: Site, make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]  # a name that changes its mind between check and use
    site.at("/", raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + STORY))
    site.at("/robots.txt", raw(b"HTTP/1.0 404 Not Found\r\n\r\n"))
    visitor = make(allow_private=False, resolve=lambda host, port: answers.pop(0))
    assert "is at 127.0.0.1" in reason(visitor, site.url("/", "rebinding.example"))
    assert connections == [PUBLIC]
    assert site.paths() == ["/robots.txt"]
    assert not answers


def test_a_second_address_is_tried_when_the_first_does_not_answer(
    site: Site, make: Callable[..., PoliteClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = socket.create_connection

    def refusing(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        if address[0] == "8.8.8.8":
            raise ConnectionRefusedError("refused")
        return here(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", refusing)
    site.at("/", answer())
    visitor = make(allow_private=False, resolve=lambda host, port: ["8.8.8.8", PUBLIC])
    assert read(visitor, site.url("/", "news.example")).content == STORY
    assert site.asked[-1][1]["host"] == f"news.example:{site.port}"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "only addresses with http"),
        ("ftp://news.example/", "only addresses with http"),
        ("news.example", "only addresses with http"),
        ("http://user:secret@news.example/", "name or password"),
        ("http://news.example\\@evil.example/", "name or password"),
        ("http://", "no address"),
        ("http://[::1", "no address"),
        ("http://0177.0.0.1/", "no address"),
        ("http://%6eews.example/", "no address"),
        ("http://news.example:99999/", "no address"),
        ("http://news.example/\x1b[31m", "no address"),
        (f"http://{'a' * 70}.example/", "has no address"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(
    url: str, said: str, visitor: PoliteClient, connections: list[str]
) -> None:
    told = reason(visitor, url)
    assert said in told
    assert "secret" not in told
    assert not connections


def test_a_name_that_does_not_exist_says_so(make: Callable[..., PoliteClient]) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    said = reason(make(resolve=unknown), "http://nowhere.example/")
    assert said == "nowhere.example has no address: Name or service not known"


def test_a_resolver_that_does_not_answer_is_not_waited_for(
    make: Callable[..., PoliteClient],
) -> None:
    release = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        release.wait(20)
        return []

    started = time.monotonic()
    assert "longer than 0.2 seconds" in reason(
        make(resolve=slow, timeout=0.2), "http://slow.example/"
    )
    assert time.monotonic() - started < 5
    release.set()


def test_proxies_of_the_environment_are_not_used(
    site: Site, visitor: PoliteClient, monkeypatch: pytest.MonkeyPatch, connections: list[str]
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://198.51.100.1:3128")
    read(visitor, site.at("/x", answer()))
    assert set(connections) == {"127.0.0.1"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_a_certificate_is_checked_against_the_name_though_the_connection_is_to_an_address(
    site: Site,
    make: Callable[..., PoliteClient],
    connections: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=news.example", "-addext", "subjectAltName=DNS:news.example"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    named: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.at("/", answer())
    site.at("/down", redirect(f"http://news.example:{site.port}/"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    visitor = make(allow_private=False, resolve=lambda host, port: [PUBLIC])
    root = f"https://news.example:{site.port}"

    assert read(visitor, f"{root}/").content == STORY
    assert set(named) == {"news.example"}
    assert set(connections) == {PUBLIC}
    assert "from https to http" in reason(visitor, f"{root}/down")
    assert "CERTIFICATE_VERIFY_FAILED" in reason(visitor, f"https://evil.example:{site.port}/")


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (f"http://{METADATA}/latest/meta-data", "no address of the public internet"),
        ("//localhost/", "no address of the public internet"),
        ("file:///etc/passwd", "it redirects elsewhere: only addresses with http"),
        ("http://user:secret@news.example/", "name or password"),
        ("http://[", "it redirects elsewhere"),
    ],
)
def test_a_redirect_is_checked_like_what_was_asked_for(
    to: str, said: str, site: Site, make: Callable[..., PoliteClient], connections: list[str]
) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return [{"news.example": PUBLIC, "localhost": "127.0.0.1"}.get(host, host)]

    site.at("/", redirect(to))
    visitor = make(allow_private=False, resolve=resolve)
    assert said in reason(visitor, site.url("/", "news.example"))
    assert set(connections) == {PUBLIC}


def test_a_redirect_is_followed_to_the_page(site: Site, visitor: PoliteClient) -> None:
    target = site.at("/b", answer())
    page = read(visitor, site.at("/a", redirect("b", 308)))
    assert page.url == page.address == target


def test_a_loop_of_redirects_ends(site: Site, visitor: PoliteClient) -> None:
    assert "more than 5 times" in reason(visitor, site.at("/loop", redirect("/loop")))
    assert site.pages() == ["/loop"] * 6
