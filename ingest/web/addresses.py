"""Which addresses may be read: those of the public internet, checked when connecting."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore
import httpx

from ingest.web.deadline import Deadline
from rag.errors import LoadError

Resolve = Callable[[str, int], Sequence[str]]
"""Maps a host and a port to addresses, or raises OSError."""

_UNICAST = ipaddress.IPv6Network("2000::/3")  # all allocated IPv6 addresses
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # the host agent inside Azure
        "192.0.0.0/24",  # protocol assignments, of which Python counts only some as private
        "192.88.99.0/24",  # former 6to4 relays
        "3fff::/20",  # documentation
    )
)


class UnreachableError(LoadError):
    """A host cannot be reached, or may not be."""


class Guard(httpcore.NetworkBackend):
    """Opens connections for httpcore, only to permitted addresses and within a deadline.

    One address that may not be read is enough to refuse a name: whoever answers for the name
    chooses the order.
    """

    def __init__(self, deadline: Deadline, resolve: Resolve, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._resolve = resolve
        self._allow_private = allow_private
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises UnreachableError if there is none."""
        addresses = self._addresses(host, port)
        reason = "it has no address"
        for tried, address in enumerate(addresses):
            share = self._deadline.left() / (len(addresses) - tried)
            try:
                stream = self._sockets.connect_tcp(address, port, share, local_address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                reason = str(error)
            else:
                return _Timed(stream, self._deadline)
        raise UnreachableError(f"{host} cannot be reached: {reason}")

    def _addresses(self, host: str, port: int) -> list[str]:
        addresses = list(dict.fromkeys(self._resolved(host, port)))
        private = [address for address in addresses if not is_public(address)]
        if private and not self._allow_private:
            named = "" if private[0] == host else f" is at {private[0]}, which"
            raise UnreachableError(
                f"{host}{named} is no address of the public internet; "
                "the ingest command reads it with --allow-private"
            )
        return addresses

    def _resolved(self, host: str, port: int) -> Sequence[str]:
        """Resolve a host on a thread, which is abandoned if it is late: resolvers have no time limit."""
        answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, ValueError) as error:  # ValueError: not a valid name
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=self._deadline.left())
        except queue.Empty:
            raise self._deadline.passed() from None
        if isinstance(answer, Exception):
            reason = getattr(answer, "strerror", None) or "it cannot be a name"
            raise UnreachableError(f"{host} has no address: {reason}")
        return answer


class _Timed(httpcore.NetworkStream):
    """A connection on which nothing outlasts the deadline, however slowly bytes arrive."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Timed(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def as_url(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse a web address, without its fragment. Raises LoadError if it is not one."""
    try:
        url = httpx.URL(text.strip())
        url = base.join(url) if base else url
    except (httpx.InvalidURL, ValueError):
        raise LoadError("that is no address of a page") from None
    if url.scheme not in ("http", "https"):
        raise LoadError("only addresses with http and https are read")
    if url.userinfo:
        raise LoadError("an address with a name or password in it is not read")
    if not url.host or "%" in url.host or not 0 < (url.port or 80) < 65_536:
        raise LoadError("that is no address of a page")
    return url.copy_with(raw_path=url.raw_path, fragment=None)


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host from the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Return whether an address, or the one that it embeds, is on the public internet."""
    ip = _inner(ipaddress.ip_address(address))
    if isinstance(ip, ipaddress.IPv6Address) and ip not in _UNICAST:
        return False
    unusual = ip.is_multicast or ip.is_reserved or any(ip in network for network in _NOT_PUBLIC)
    return ip.is_global and not unusual


def _inner(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 address embeds, else the address itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
