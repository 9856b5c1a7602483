"""Who may call: keys, and what a browser on somebody else's behalf may not. Decided before any route is looked up."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from servers.problems import Refused, problem_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from servers.one_time import OneTime
    from servers.sign_in import SignedIn

#: The names that a machine has for itself.
LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: Methods that change nothing; everything else is a write.
READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: Without a key: is the process alive, and what carries a token of its own or holds no data at all.
OPEN = ("/healthz", "/upload/", "/static/")
#: The same, by their whole path: what a GPT is set up with is fetched without a key, and holds no secret.
OPEN_FILES = ("/openapi.gpt.json",)
#: The reviewer's pages: what a person who signed in may open with the cookie they got, and nothing else with it.
PAGES = ("/", "/review", "/sign-in", "/sign-out")
#: Pages that anybody may open: they hold no data.
GATES = ("/sign-in", "/sign-out")
#: Keeps who signed in at a browser.
COOKIE = "registry_review"
#: `Sec-Fetch-Site` of what a page of this server, or a person at the address bar, sends.
OWN = frozenset({"same-origin", "none"})


class Key(Protocol):
    """What is known of an API key."""

    @property
    def name(self) -> str: ...  # noqa: D102 - described by its class
    @property
    def scopes(self) -> tuple[str, ...]: ...  # noqa: D102 - described by its class


@dataclass(frozen=True)
class Access:
    """The rules of one server."""

    #: The key of a secret, None when there is none.
    check: Callable[[str], Key | None]
    #: True when any key exists.
    keys_exist: Callable[[], bool]
    #: True when other machines can reach the server: then nobody gets in without a key, even if the last is revoked.
    exposed: bool = False
    #: How the server may be called by name; checked where no key is needed.
    hosts: frozenset[str] = field(default_factory=frozenset)
    #: Its address from outside, if that differs from what it is called by.
    public_url: str = ""
    #: Who keeps a cookie; None when it is of no use any more.
    signed_in: Callable[[str], SignedIn | None] = lambda _cookie: None
    #: A link that signs in one browser, once.
    once: OneTime | None = None


def is_loopback(host: str) -> bool:
    """True for an address that only this machine can reach."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_page(path: str) -> bool:
    """True for the reviewer's pages, which people open; everything else answers programs."""
    return path in PAGES or path.startswith("/review/")


def wants_page(scope: Scope) -> bool:
    """True when a person is to be shown a page, also of what went wrong; scripts and programs ask for JSON."""
    return is_page(str(scope["path"])) and "text/html" in Headers(scope=scope).get("accept", "")


class Guard:
    """The layer that asks for a key, and keeps out what a page of another site makes a browser send.

    Where no key is needed, two things protect whoever runs the server on their own machine: it answers to its own names
    only, so that a page cannot reach it through a name of its own (DNS rebinding), and it takes no writes that a page
    of another site sent. There are no CORS headers, so no other page can read an answer.
    """

    def __init__(
        self, app: ASGIApp, access: Access, refused: Callable[[Scope, Refused], ASGIApp] = lambda _, e: problem_of(e)
    ) -> None:
        self._app, self._access, self._refused = app, access, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer with why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._admit(scope)
        except Refused as error:
            await self._refused(scope, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        headers, path, method = Headers(scope=scope), str(scope["path"]), str(scope["method"])
        if method not in READING:
            _require_own_page(headers, self._access.public_url)
        if path.startswith(OPEN) or path in OPEN_FILES:
            return
        person = await self._person(headers) if is_page(path) else None
        scope["signed_in"] = person
        scope["needs_key"] = self._access.exposed or await run_in_threadpool(self._access.keys_exist)
        if scope["needs_key"]:
            if path in GATES:
                return
            key = person.key if person and person.key else await self._key(headers)
            needed = "read" if method in READING else "write"
            if needed not in key.scopes:
                hint = f"Use a key with the scope {needed}: registry-review keys create NAME --scope {needed}"
                raise Refused(403, "scope", f"The key {key.name} may not {needed}.", hint)
            scope["actor"] = key.name
        else:
            _require_own_name(headers, self._access.hosts)

    async def _person(self, headers: Headers) -> SignedIn | None:
        kept = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return await run_in_threadpool(self._access.signed_in, kept) if kept else None

    async def _key(self, headers: Headers) -> Key:
        kind, _, secret = headers.get("authorization", "").partition(" ")
        found = None
        if kind.lower() == "bearer" and secret.strip():
            found = await run_in_threadpool(self._access.check, secret.strip())
        if found is None:
            what = "This key is not known, or was revoked." if secret else "This server needs an API key."
            hint = "Send it as Authorization: Bearer KEY; `registry-review keys create NAME` makes one."
            raise Refused(401, "no_key", what, hint, {"WWW-Authenticate": 'Bearer realm="registry-review"'})
        return found


def _require_own_name(headers: Headers, hosts: frozenset[str]) -> None:
    given = headers.get("host", "")
    name = (urlsplit(f"//{given}").hostname or "") if "@" not in given else ""
    if name not in hosts:
        hint = "Call it by localhost, or name the host in [server] allowed_hosts."
        raise Refused(421, "host", "This server is not called by that name.", hint)


def _require_own_page(headers: Headers, public_url: str) -> None:
    """A browser says where a call comes from; programs say nothing and are no danger."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    own = {f"http://{headers.get('host', '')}", f"https://{headers.get('host', '')}", public_url} - {""}
    if (site is not None and site not in OWN) or (origin is not None and origin not in own):
        hint = "Only this server's own pages, and programs, may change anything."
        raise Refused(403, "cross_site", "A page of another site sent this.", hint)
