"""The address of a link: read once by one reader, checked, and shown without what must stay secret."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from httpx2 import URL

#: Characters; signed links of clouds reach about 2,000.
MAX_LENGTH = 8000
_PORTS = {"http": 80, "https": 443}
#: Ports below this belong to other services, which must not be talked to in the guise of a download.
_LOWEST_PORT = 1024
#: Names of query parameters that hold a signature, a password or a key, as clouds and web programs call them. What only
#: names a share (Dropbox's rlkey) is part of the address, as the path is, and stays.
_SECRET = re.compile(
    r"""(?:x-(?:amz|goog|ms|oss)-.*
         |(?:.*[-_.])?(?:sig|sign|signature|token|passw(?:or)?d|pwd|secret|credentials?|auth|authorization|jwt|policy
           |apikey|api-key|api_key|access-?key(?:id)?|awsaccesskeyid|key|key-pair-id|session(?:id)?|sid|ticket)
         |.*(?:token|password|secret|signature))""",
    re.IGNORECASE | re.VERBOSE,
)
_HIDDEN = "***"
_PART = re.compile(r"[A-Za-z0-9_-]{1,63}")


def checked_url(url: str, base: URL | None = None) -> URL:
    """The address to fetch, from what somebody gave or a redirect says; UsageError when it is none for a link.

    Only http and https, with a host, without a user name or password in it. A fragment is left out, and so is the dot
    that may end a host.
    """
    import httpx2  # start-up

    text = url.strip()
    if len(text) > MAX_LENGTH:
        raise UsageError(f"The link is longer than {MAX_LENGTH} characters.", "Give a shorter one.")
    try:
        found = httpx2.URL(text) if base is None else base.join(text)
        host, port = found.host, found.port
    except (httpx2.InvalidURL, UnicodeError, ValueError, TypeError) as error:
        raise UsageError("The link is not a valid address.", "Copy it anew, beginning with https://.") from error
    if found.scheme not in _PORTS:
        raise UsageError(
            f"A link begins with https:// or http://, not with {found.scheme[:20] or 'nothing'}.", "Copy it anew."
        )
    if found.userinfo:
        raise UsageError(
            "The link holds a user name or password, which is never sent or kept.",
            "Give a link that works without, or download the file and add it.",
        )
    host = host.removesuffix(".")
    if not host:
        raise UsageError("The link names no host.", "Copy it anew, beginning with https://.")
    found = found.copy_with(host=host, fragment=None)
    if not _can_be_host(found.raw_host.decode("ascii")):
        raise UsageError("The link names a host that cannot be.", "Copy it anew.")
    if port is not None and not 0 < port < 2**16:
        raise UsageError(f"The link asks for port {port}, which cannot be.", "Copy it anew.")
    if port is not None and port < _LOWEST_PORT and port not in _PORTS.values():
        raise UsageError(f"The link asks for port {port}, which belongs to another service.", "Copy it anew.")
    return found


def port_of(url: URL) -> int:
    """The port that the address means."""
    return url.port if url.port is not None else _PORTS[url.scheme]


def shown(url: URL | str) -> str:
    """The address as it may be printed and stored: user names, passwords, signatures and the fragment taken out.

    Text that is no address comes back as it is, up to a line's length; this never raises.
    """
    text = str(url).strip().partition("#")[0]
    head, question, query = text.partition("?")
    scheme, slashes, rest = head.partition("://")
    if slashes:
        authority, slash, path = rest.partition("/")
        head = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return head + question + "&".join(map(_masked, query.split("&"))) if question else head


def _can_be_host(host: str) -> bool:
    """True for a name that can be looked up (RFC 1035: 63 characters a part, 253 in all), and for an IPv6 address."""
    if ":" in host:
        try:
            return "%" not in host and ip_address(host).version == 6
        except ValueError:
            return False
    return len(host) <= 253 and all(_PART.fullmatch(part) for part in host.split("."))


def _masked(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    return f"{name}={_HIDDEN}" if equals and value and _SECRET.fullmatch(name) else parameter
