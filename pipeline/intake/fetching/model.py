"""What a fetch is given and what it gives: limits, the machine's network, and the file that came."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from pipeline.models import Value


class Limits(Value):
    """How much a fetch may cost."""

    #: Bytes of the file, as it lies on disk afterwards.
    max_bytes: int = Field(ge=1)
    #: Seconds until the server must be reached, and then between two pieces of its answer.
    connect_seconds: float = Field(10, gt=0)
    #: Seconds for all of it: finding the server, redirects, every byte.
    total_seconds: float = Field(300, gt=0)
    max_redirects: int = Field(5, ge=0)
    #: Bytes that stay free on the folder's disk.
    min_free_bytes: int = Field(0, ge=0)


class Fetched(Value):
    """A file that came. Both addresses are as they may be shown and stored: without signatures and passwords."""

    path: Path
    url: str
    #: Where the redirects ended; the same as `url` without any.
    final_url: str
    sha256: str
    size: int
    #: What the server calls the file, else what its address does; safe to show and to keep it under.
    filename: str
    #: The media type that the server states, lower case and without parameters; "" when it states none.
    content_type: str


def look_up(host: str, port: int) -> list[str]:
    """Every numeric address of `host`, as the system resolves it, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect_to(address: str, port: int, seconds: float) -> Any:
    """A stream to a numeric address, which is resolved no further; raises as httpcore2 does."""
    import httpcore2  # start-up

    return httpcore2.SyncBackend().connect_tcp(address, port, timeout=seconds)


@dataclass(frozen=True)
class Network:
    """The machine's network: names to numeric addresses, and a stream to one of them."""

    look_up: Callable[[str, int], list[str]] = look_up
    connect: Callable[[str, int, float], Any] = connect_to
