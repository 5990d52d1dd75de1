"""Access control for the window, applied to every request."""

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

_ACCOUNTS = "set ARTICLE_QA_AUTH to user:password, with commas between accounts"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use the window: those who sign in to one of the `accounts`.

    Without accounts, only this machine has access, or `everyone` who can reach it. An account is
    "user:password" and is never shown.
    """

    accounts: tuple[str, ...] = field(default=(), repr=False)
    everyone: bool = False

    @classmethod
    def of(cls, host: str, auth: str, *, everyone: bool = False) -> Access:
        """Return the access for a host; `auth` is written like ARTICLE_QA_AUTH.

        Raises SettingsError if an account is not valid, or if strangers would have access although
        `everyone` is not set.
        """
        accounts = tuple(account.strip() for account in auth.split(",") if account.strip())
        for account in accounts:
            user, _, password = account.partition(":")
            if not (user and password):
                raise SettingsError(_ACCOUNTS)
        if not (accounts or everyone or is_loopback(host)):
            raise SettingsError(
                f"other machines can reach {host}: require a sign-in ({_ACCOUNTS}), "
                "or use --open-to-everyone"
            )
        return cls(accounts, everyone)

    @property
    def is_known(self) -> bool:
        """Whether strangers have no access."""
        return bool(self.accounts) or not self.everyone

    def admits(self, authorization: str) -> bool:
        """Return whether a header names one of the accounts, in constant time."""
        account = _decoded(authorization)
        matches = [hmac.compare_digest(account, known.encode()) for known in self.accounts]
        return any(matches)


class Guarded:
    """ASGI middleware that refuses requests without access, and those of other sites' pages.

    It covers the page, its files, the functions for programs, and MCP.
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
                challenge = {"www-authenticate": 'Basic realm="article-qa", charset="UTF-8"'}
                return _refused(HTTPStatus.UNAUTHORIZED, "Sign in first.", challenge)
        elif not (self._access.everyone or is_loopback(_host(headers.get("host", "")))):
            # Prevents DNS rebinding: a site that resolves to this machine could read everything.
            return _refused(HTTPStatus.FORBIDDEN, "This window only serves the host localhost.")
        if _is_foreign(headers, scope.get("method", "")):
            return _refused(HTTPStatus.FORBIDDEN, "Pages of other sites may not use this window.")
        return None


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback address or name."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def _is_foreign(headers: Headers, method: str) -> bool:
    """Return whether a page of another origin sent a request. Following a link is allowed."""
    site = headers.get("sec-fetch-site")
    if site:
        follows = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        return site not in ("same-origin", "none") and not follows
    origin = headers.get("origin")  # browsers send Sec-Fetch-Site only to trustworthy hosts
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _decoded(authorization: str) -> bytes:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _host(header: str) -> str:
    """Return the host in a Host header, without its port."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _refused(
    status: HTTPStatus, reason: str, headers: dict[str, str] | None = None
) -> PlainTextResponse:
    return PlainTextResponse(f"{reason}\n", status, headers)
