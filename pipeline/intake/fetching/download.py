"""One download: redirects followed one by one, every byte counted on its way to disk."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import FileRefused, ReviewError, TryAgain, UsageError
from pipeline.intake.fetching import naming
from pipeline.intake.fetching.answers import Answer, check_status, redirect_of
from pipeline.intake.fetching.model import Fetched, Limits, Network
from pipeline.intake.fetching.pages import WINDOW, a_page_came, begins_a_page, is_page, means_a_page
from pipeline.intake.fetching.unpacking import unpacker_for
from pipeline.intake.fetching.urls import checked_url, port_of, shown

if TYPE_CHECKING:
    from httpx2 import URL

    from pipeline.intake.fetching.network import Deadline

#: Bytes between two looks at the disk.
_LOOK = 8 << 20
#: Sent with every request: as the file lies there, and nothing kept from before.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "registry-review", "Connection": "close"}


def fetch(
    url: str,
    folder: Path,
    limits: Limits,
    *,
    allow_private: bool = False,
    headers: Mapping[str, str] | None = None,
    hosts: Sequence[str] = (),
    network: Network | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """The file that `url` gives, as a new file in `folder`; nothing stays there when it fails.

    `headers` go to the first host only. With `hosts`, that host and those of redirects must be one of them or end in
    "." and one of them. UsageError for an address that is none; FileRefused with the reason when the file cannot be
    had; TryAgain when it may be had later. Proxies that the environment names are not used: they would resolve names
    that nobody checked.
    """
    from pipeline.intake.fetching.network import Deadline  # start-up

    deadline = Deadline(limits.total_seconds, clock)
    first = here = checked_url(url)
    for hop in range(limits.max_redirects + 1):
        _check_host(here, hosts)
        own = dict(headers or {}) if _origin(here) == _origin(first) else {}
        with _asked(here, own, limits, deadline, allow_private, network or Network()) as answer:
            onward = redirect_of(answer)
            if onward is None:
                check_status(answer, here.host)
                return _kept(answer, first, here, folder, limits)
        here = _next(here, onward, hop)
    raise FileRefused(
        f"{shown(first)}: the link was redirected more than {limits.max_redirects} times.",
        "Open it in a browser, and give the address where the file is.",
    )


def _next(here: URL, onward: str, hop: int) -> URL:
    try:
        return checked_url(onward, here)
    except UsageError as error:
        # Not the caller's mistake.
        raise FileRefused(
            f"{here.host} leads on to an address that is not followed (redirect {hop + 1}): {error.message}",
            "Open the link in a browser, and give the address where the file is.",
        ) from error


def _origin(url: URL) -> tuple[str, str, int]:
    return url.scheme, url.host, port_of(url)


def _check_host(url: URL, hosts: Sequence[str]) -> None:
    host = url.host.lower()
    wanted = [one.lower().strip(".") for one in hosts]
    if wanted and not any(host == one or host.endswith(f".{one}") for one in wanted):
        raise FileRefused(
            f"Files are not fetched from {host}.",
            "Upload the file, or name the host in file_reference_hosts under [links] in config.toml.",
        )


@contextmanager
def _asked(
    url: URL,
    headers: Mapping[str, str],
    limits: Limits,
    deadline: Deadline,
    allow_private: bool,
    network: Network,
) -> Iterator[Answer]:
    """The server's answer, its head read and its body still to come."""
    import httpcore2  # start-up

    from pipeline.intake.fetching.network import CheckedBackend  # start-up

    backend = CheckedBackend(network, deadline, limits.connect_seconds, allow_private)
    named = {**_HEADERS, **headers, "Host": url.netloc.decode("ascii")}
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path)
    with (
        _told(url.host, deadline),
        httpcore2.ConnectionPool(network_backend=backend, max_connections=1) as pool,
        pool.stream("GET", target, headers=list(named.items())) as response,
    ):
        yield Answer.of(response)


@contextmanager
def _told(host: str, deadline: Deadline) -> Iterator[None]:
    """Turns what the library raises into words for people."""
    import ssl  # start-up

    import httpcore2  # start-up

    try:
        yield
    except ReviewError:
        raise
    except httpcore2.TimeoutException as error:
        deadline.left()  # says so when that was it
        raise TryAgain(f"{host} does not answer.", "Try again later.") from error
    except httpcore2.NetworkError as error:
        why = error.args[0] if error.args else None  # its cause is cut off on the way up
        if isinstance(why, ssl.SSLCertVerificationError):
            reason = f"{host} cannot prove that it is {host} ({why.verify_message.rstrip('.')})."
            raise FileRefused(reason, "Whoever runs it must renew its certificate; or download the file.") from error
        if isinstance(why, ssl.SSLError):
            raise FileRefused(f"{host} offers no secure connection.", "Check the link.") from error
        raise TryAgain(f"The connection to {host} broke off.", "Try again.") from error
    except httpcore2.RemoteProtocolError as error:
        raise TryAgain(f"{host} broke off before the end, or answers in no known way.", "Try again.") from error
    except (httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol) as error:
        raise FileRefused(f"{host} cannot be asked for that.", "Check the link.") from error


def _kept(answer: Answer, first: URL, here: URL, folder: Path, limits: Limits) -> Fetched:
    """The body as a file; refused when it is too large or a page stands in the file's place."""
    filename = naming.filename_of(answer.header("content-disposition"), here, answer.content_type)
    wanted = means_a_page(first.path) or means_a_page(filename)
    path = folder / f"fetched-{secrets.token_hex(8)}"
    try:
        sha256, size, head = _written(answer, path, limits, here, wanted)
        if not wanted and is_page(head, path, answer.content_type):
            raise a_page_came(here.host)
    except BaseException as error:
        with suppress(FileNotFoundError):
            path.unlink()
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room() from error
        raise
    return Fetched(
        path=path,
        url=shown(first),
        final_url=shown(here),
        sha256=sha256,
        size=size,
        filename=filename,
        content_type=answer.content_type,
    )


def _written(answer: Answer, path: Path, limits: Limits, here: URL, wanted: bool) -> tuple[str, int, bytes]:
    """Write the body to `path`; returns its hash, its size and how it begins."""
    declared = answer.header("content-length")
    if declared.isascii() and declared.isdigit() and int(declared) > limits.max_bytes:
        raise _too_large(here.host, limits)
    unpack = unpacker_for(answer.header("content-encoding"), here.host)
    digest, size, looked, head, seen = hashlib.sha256(), 0, -_LOOK, b"", False
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in unpack(_counted(answer.pieces(), here.host, limits)):
            size += len(piece)
            if size > limits.max_bytes:
                raise _too_large(here.host, limits)
            if size - looked >= _LOOK:
                looked = size
                if shutil.disk_usage(path.parent).free - len(piece) < limits.min_free_bytes:
                    raise _no_room()
            head = head if len(head) >= WINDOW else (head + piece)[:WINDOW]
            if not seen and len(head) >= WINDOW:
                seen = True
                if not wanted and begins_a_page(head):
                    raise a_page_came(here.host)
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest(), size, head


def _counted(pieces: Iterator[bytes], host: str, limits: Limits) -> Iterator[bytes]:
    """The pieces as they come: what is packed may be endless and unpack to nothing."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limits.max_bytes:
            raise _too_large(host, limits)
        yield piece


def _too_large(host: str, limits: Limits) -> FileRefused:
    return FileRefused(
        f"What {host} sends is larger than {limits.max_bytes // 1_000_000} MB.",
        "Split it, or raise max_file_mb under [inbox] in config.toml.",
    )


def _no_room() -> TryAgain:
    return TryAgain("The disk has too little room for the download.", "Make room, and try again. Nothing was taken.")
