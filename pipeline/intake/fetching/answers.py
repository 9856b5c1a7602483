"""What a server answers: its status, the headers that matter here, and where it leads on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.errors import FileRefused, TryAgain

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GOOD = frozenset({200, 203})
#: Too early, too many requests, request timeout: the server itself says that later may be better.
_LATER = frozenset({408, 425, 429})
_LOGIN = frozenset({401, 402, 403, 407})
_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Answer:
    """The head of an answer; `pieces` gives its body once, as it lies on the wire."""

    status: int
    #: Names in lower case, values with one character a byte; a header that comes twice keeps its first value.
    headers: dict[str, str]
    pieces: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, response: Any) -> Answer:
        """The answer that a httpcore2 response is."""
        headers: dict[str, str] = {}
        for name, value in response.headers:
            headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1").strip())
        return cls(response.status, headers, response.iter_stream)

    def header(self, name: str) -> str:
        """That header's value, or ""."""
        return self.headers.get(name, "")

    @property
    def content_type(self) -> str:
        """The media type without its parameters; "" when the server states none, or no media type."""
        stated = self.header("content-type").partition(";")[0].strip().lower()
        return stated if len(stated) <= 127 and stated.isascii() and stated.isprintable() and "/" in stated else ""


def redirect_of(answer: Answer) -> str | None:
    """Where the answer leads on, or None when it does not."""
    location = answer.header("location")
    if answer.status not in _REDIRECTS or not location:
        return None
    # Addresses with more than ASCII are sent as UTF-8, against the book and everywhere.
    return location.encode("latin-1").decode("utf-8", "replace")


def check_status(answer: Answer, host: str) -> None:
    """FileRefused when the server has no file for us, TryAgain when it says that it may have one later."""
    status = answer.status
    if status in _GOOD:
        return
    if status in _LATER or status >= 500:
        raise TryAgain(f"{host} cannot answer just now (status {status}).", "Try again later.")
    if status in _LOGIN:
        raise FileRefused(
            f"{host} does not give the file to everybody (status {status}).",
            "Ask for a link that needs no login and has not expired, or download the file and add it.",
        )
    if status in _GONE:
        raise FileRefused(f"{host} has nothing at that address (status {status}).", "Check the link.")
    raise FileRefused(f"{host} gives no file (status {status}).", "Open the link in a browser, and check it.")
