"""A polite HTTP client: robots.txt, a pace for each host, retries, and limits of time and size."""

from __future__ import annotations

import email.utils
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import responses
from importlib import metadata
from types import TracebackType
from typing import Self

import httpcore
import httpx
from protego import Protego

from ingest.web import addresses
from ingest.web.addresses import Guard, Resolve, UnreachableError, as_url
from ingest.web.deadline import Deadline
from rag.errors import LoadError

NAME = "article-qa"  # to robots.txt
HOME = "https://pypi.org/project/article-qa"
REDIRECTS = 5  # followed, at most
ATTEMPTS = 3  # at a request that fails
LONGEST_RETRY_AFTER = 60.0  # seconds
LONGEST_CRAWL_DELAY = 30.0  # seconds
LARGEST_ROBOTS = 512_000  # bytes that are read; RFC 9309 requires 500 KiB
_REDIRECTING = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True, slots=True)
class Known:
    """The validators of an earlier response, for a conditional request."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that is not a redirect; the content is empty unless the status is 200."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def said(self) -> str:
        """The status in words."""
        return f"the server answers {self.status} {responses.get(self.status, '')}".rstrip()


class PoliteClient:
    """Makes requests, and remembers what politeness asks for: one for a run, in one thread.

    `timeout` is how many seconds an answer may take, redirects and second attempts included, and
    waiting out of politeness not; the robots.txt of a site, read once, may take as much again.
    `largest` is in bytes after decompression, `pace` the seconds between two requests to a host.
    Proxies named in the environment are not used: through one, no address can be checked.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        timeout: float = 30,
        largest: int = 10_000_000,
        pace: float = 1,
        resolve: Resolve = addresses.resolve,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._timeout = timeout
        self._largest = largest
        self._pace = pace
        self._clock = clock
        self._deadline = Deadline(clock, sleep)
        self._robots: dict[httpx.URL, Protego | LoadError] = {}
        self._delays: dict[str, float] = {}  # seconds by host, where robots.txt wants more
        self._last: dict[str, float] = {}  # when the last answer of a host ended
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            keepalive_expiry=2 * LONGEST_CRAWL_DELAY,
            network_backend=Guard(self._deadline, resolve, allow_private=allow_private),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.close()

    def get(self, url: str, known: Mapping[str, Known]) -> Reply:
        """The answer at the end of all redirects; each address on the way needs leave.

        What is `known` of an address is sent along, so the answer may be 304. Raises LoadError.
        """
        with self._deadline.within(self._timeout):
            return self._follow(as_url(url), known, self._ask_leave)

    def _follow(
        self, url: httpx.URL, known: Mapping[str, Known], leave: Callable[[httpx.URL], None]
    ) -> Reply:
        for _ in range(REDIRECTS + 1):
            leave(url)
            reply = self._fetch(url, known.get(str(url), Known()))
            if reply.status not in _REDIRECTING or "location" not in reply.headers:
                return reply
            url = _redirected(reply)
        raise LoadError(f"it redirects more than {REDIRECTS} times")

    def _ask_leave(self, url: httpx.URL) -> None:
        """Raise LoadError if robots.txt forbids this address or cannot be read."""
        origin = url.join("/robots.txt")
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(origin)
        rules = self._robots[origin]
        if isinstance(rules, LoadError):
            raise LoadError(str(rules))
        if not rules.can_fetch(str(url), NAME):
            raise LoadError(f"robots.txt of {url.host} forbids it")

    def _read_robots(self, url: httpx.URL) -> Protego | LoadError:
        """Return a site's rules (RFC 9309): without a file all is allowed; if it fails, nothing is."""
        try:
            with self._deadline.within(self._timeout):
                reply = self._follow(url, {}, leave=lambda _: None)
        except UnreachableError as error:
            return error
        except LoadError as error:
            return LoadError(f"robots.txt of {url.host} cannot be read: {error}")
        rules = Protego.parse(reply.content[:LARGEST_ROBOTS].decode("utf-8", errors="replace"))
        delay = min(rules.crawl_delay(NAME) or 0, LONGEST_CRAWL_DELAY)
        self._delays[url.host] = max(delay, self._delays.get(url.host, 0))
        return rules

    def _fetch(self, url: httpx.URL, known: Known) -> Reply:
        """Return a response. Raises LoadError if the server keeps failing or asking to wait."""
        waited = False
        pause = 0.0
        reason = ""
        for attempt in range(ATTEMPTS):
            self._deadline.pause(pause)
            pause = 2.0**attempt
            try:
                reply = self._exchange(url, known)
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                reason = f"the answer broke off: {_line(error)}"
                continue
            if reply.status < 500 and reply.status != HTTPStatus.TOO_MANY_REQUESTS:
                return reply
            reason = reply.said
            asked = _retry_after(reply.headers.get("retry-after", ""))
            if asked is not None:
                if waited or asked > LONGEST_RETRY_AFTER:
                    raise LoadError(f"{reason} and asks to come back in {asked:.0f} seconds")
                waited, pause = True, asked
        raise LoadError(reason)

    def _exchange(self, url: httpx.URL, known: Known) -> Reply:
        """Make one request at the host's pace, and read no more than is used."""
        if url.host in self._last:
            pace = max(self._pace, self._delays.get(url.host, 0))
            self._deadline.pause(self._last[url.host] + pace - self._clock())
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        try:
            with self._pool.stream("GET", target, headers=_headers(url, known)) as response:
                headers = httpx.Headers(response.headers)
                used = response.status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
                content = self._content(response, headers) if used else b""
        except httpcore.TimeoutException:
            raise self._deadline.passed() from None
        except httpcore.ConnectError as error:  # a TLS error: Guard reports all others
            raise UnreachableError(f"no safe connection to {url.host}: {_line(error)}") from None
        finally:
            self._last[url.host] = self._clock()
        return Reply(url, response.status, headers, content)

    def _content(self, response: httpcore.Response, headers: httpx.Headers) -> bytes:
        """Read the content, decompressed up to the size limit."""
        decoder = _Decoder(headers.get("content-encoding", ""))
        content = bytearray()
        received = 0
        for chunk in response.iter_stream():
            received += len(chunk)
            content += decoder.decode(chunk, self._largest + 1 - len(content))
            if max(received, len(content)) > self._largest:
                raise LoadError(f"it has more than {self._largest:,} bytes, which are the most")
        decoder.finish()
        return bytes(content)


class _Decoder:
    """Decompresses gzip, the only encoding that is requested, in limited steps."""

    def __init__(self, encoding: str) -> None:
        coding = encoding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise LoadError("it is compressed in a way that was not asked for")
        self._zip = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in coding else None
        self._begun = False

    def decode(self, chunk: bytes, most: int) -> bytes:
        """Decode at most this many bytes; after that nothing more can be decoded."""
        if self._zip is None:
            return chunk
        self._begun = True
        try:
            return b"" if self._zip.eof else self._zip.decompress(chunk, most)
        except zlib.error:
            raise LoadError("its compression is broken") from None

    def finish(self) -> None:
        """Raise LoadError if the end is missing."""
        if self._zip is not None and self._begun and not self._zip.eof:
            raise LoadError("its end is missing")


def _redirected(reply: Reply) -> httpx.URL:
    try:
        url = as_url(reply.headers["location"], reply.url)
    except LoadError as error:
        raise LoadError(f"it redirects elsewhere: {error}") from None
    if reply.url.scheme == "https" and url.scheme == "http":
        raise LoadError("it redirects from https to http; name that address if you trust it")
    return url


def _headers(url: httpx.URL, known: Known) -> list[tuple[bytes, bytes]]:
    wanted = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"{NAME}/{_version()} (+{HOME})",
        "Accept": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5",
        "Accept-Encoding": "gzip",
        "If-None-Match": known.etag,
        "If-Modified-Since": known.last_modified,
    }
    return [(name.encode(), value.encode("ascii")) for name, value in wanted.items() if value]


def _version() -> str:
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:  # run from a clone
        return "0"


def _retry_after(value: str) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date (RFC 9110, 10.2.3)."""
    if re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # OverflowError: numbers too long for a date
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
