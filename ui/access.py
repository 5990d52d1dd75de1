"""Who may use the window: what is asked of every request before anything is done for it."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from rag.errors import SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_ACCOUNTS = "write ARTICLE_QA_AUTH as user:password, several separated by commas"


@dataclass(frozen=True, slots=True)
class Access:
    """Who is let in: whoever signs in to one of the `accounts`; where there are none, whoever sits
    at this machine, or `everyone` who can reach it.

    An account is "user:password", never shown.
    """

    accounts: tuple[str, ...] = field(default=(), repr=False)
    everyone: bool = False

    @classmethod
    def of(cls, host: str, written: str, *, everyone: bool = False) -> Access:
        """Who is let in at an address, with the accounts as ARTICLE_QA_AUTH has them.

        Raises SettingsError where strangers would be let in by oversight.
        """
        accounts = tuple(each.strip() for each in written.split(",") if each.strip())
        for account in accounts:
            user, _, password = account.partition(":")
            if not (user and password):
                raise SettingsError(_ACCOUNTS)
        if not (accounts or everyone or is_loopback(host)):
            raise SettingsError(
                f"at {host}, others reach the window: let them sign in ({_ACCOUNTS}), "
                "or say --open-to-everyone"
            )
        return cls(accounts, everyone)

    @property
    def is_known(self) -> bool:
        """Whether the ones who are let in are no strangers."""
        return bool(self.accounts) or not self.everyone

    def admits(self, authorization: str) -> bool:
        """Whether a header names one of the accounts; how long that takes tells nothing of them."""
        given = _decoded(authorization)
        same = [hmac.compare_digest(given, account.encode()) for account in self.accounts]
        return any(same)


class Guarded:
    """ASGI middleware that turns away who may not come in, and what other pages send on their own.

    It stands before everything: the page, its files, the programs' functions and MCP.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None if scope["type"] == "lifespan" else self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if self._access.accounts:
            if not self._access.admits(headers.get("authorization", "")):
                asked = {"www-authenticate": 'Basic realm="article-qa", charset="UTF-8"'}
                return _no(HTTPStatus.UNAUTHORIZED, "Sign in first.", asked)
        elif not (self._access.everyone or is_loopback(_host(headers.get("host", "")))):
            # Another site's name can be made to lead here, and its pages to read all there is.
            return _no(HTTPStatus.FORBIDDEN, "This window answers to the name localhost alone.")
        if _is_foreign(headers, scope.get("method", "")):
            return _no(HTTPStatus.FORBIDDEN, "Other sites' pages may not use this window.")
        return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, seen from itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def _is_foreign(headers: Headers, method: str) -> bool:
    """Whether a page of another origin sent a request; following a link to here is no such thing."""
    site = headers.get("sec-fetch-site")
    if site:
        follows = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        return site not in ("same-origin", "none") and not follows
    origin = headers.get("origin")  # browsers send the other header only to hosts that they trust
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _decoded(authorization: str) -> bytes:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _host(written: str) -> str:
    """The host out of a Host header, without its port."""
    try:
        return urlsplit(f"//{written}").hostname or ""
    except ValueError:
        return ""


def _no(
    status: HTTPStatus, reason: str, headers: dict[str, str] | None = None
) -> PlainTextResponse:
    return PlainTextResponse(f"{reason}\n", status, headers)
