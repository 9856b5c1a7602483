"""Forms with files, read piece by piece: each file is handed on while it arrives, and none is ever held whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from servers.problems import Refused

#: Headers of one part, and bytes in each: a path of a file in folders of folders is the longest that is meant.
MAX_HEADERS, MAX_HEADER_BYTES = 16, 16_384
#: Parts of one form. Pages send a file by itself, or a folder's worth.
MAX_PARTS = 10_000
#: What browsers write for characters that would end the name (WHATWG: multipart/form-data encoding algorithm).
_ESCAPED = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"))

_Event = tuple[Literal["begin", "header_name", "header_value", "header_end", "data", "end", "over"], bytes]


@dataclass
class Part:
    """A file of a form; `chunks` can be read once, before the next part is asked for."""

    filename: str
    chunks: Iterator[bytes]


def boundary_of(content_type: str | None) -> bytes:
    """What parts a form's files; Refused (415) for anything that is no form with files."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        hint = "Send files as multipart/form-data, for example with curl -F files=@FILE."
        raise Refused(415, "not_a_form", "Only a form with files can be taken here.", hint)
    return boundary


def files_of(body: Iterable[bytes], boundary: bytes) -> Iterator[Part]:
    """Every file of a form, in order; fields without a file name, and files nobody chose, are passed over.

    Refused (400) for a body that is cut off or malformed, raised wherever that is noticed: while a part is read, too.
    """
    events = _Events(body, boundary)
    for number, _ in enumerate(iter(events.begins, False)):
        if number >= MAX_PARTS:
            raise broken(f"it has more than {MAX_PARTS} parts")
        _, options = parse_options_header(events.headers().get(b"content-disposition", b"").decode("latin-1"))
        content = events.content()
        if name := options.get(b"filename", b""):
            yield Part(_unescaped(name.decode("utf-8", "surrogateescape")), content)
        for _ in content:  # whatever of it nobody wanted
            pass


def broken(why: str) -> Refused:
    """The problem of a form that cannot be read to its end."""
    return Refused(
        400, "broken_form", f"The form cannot be read: {why}.", "Nothing of this file was kept. Send it again."
    )


def _unescaped(name: str) -> str:
    for written, meant in _ESCAPED:
        name = name.replace(written, meant)
    return name


class _Events:
    """What the parser finds in a body, pulled one by one; it reads no further than needed for the next."""

    def __init__(self, body: Iterable[bytes], boundary: bytes) -> None:
        self._body = iter(body)
        self._found: deque[_Event] = deque()
        found = self._found

        def data(chunk: bytes, start: int, end: int) -> None:
            found.append(("data", chunk[start:end]))

        def header_name(chunk: bytes, start: int, end: int) -> None:
            found.append(("header_name", chunk[start:end]))

        def header_value(chunk: bytes, start: int, end: int) -> None:
            found.append(("header_value", chunk[start:end]))

        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": lambda: found.append(("begin", b"")),
                    "on_part_data": data,
                    "on_part_end": lambda: found.append(("end", b"")),
                    "on_header_field": header_name,
                    "on_header_value": header_value,
                    "on_headers_finished": lambda: found.append(("header_end", b"")),
                    "on_end": lambda: found.append(("over", b"")),
                },
                max_header_count=MAX_HEADERS,
                max_header_size=MAX_HEADER_BYTES,
            )
        except FormParserError as error:
            raise broken(str(error)) from error

    def begins(self) -> bool:
        """True when another part begins, False when the form is over."""
        kind, _ = self._next()
        if kind not in ("begin", "over"):
            raise broken("something stands between its parts")
        return kind == "begin"

    def headers(self) -> dict[bytes, bytes]:
        """The headers of the part that began, by their names in small letters; of two of one name the first holds."""
        found: dict[bytes, bytes] = {}
        name, value = b"", b""
        while True:
            kind, chunk = self._next()
            # A name or a value may come in pieces; a name after a value is the next header's.
            if kind == "header_name" and value:
                found.setdefault(name.strip().lower(), value.strip())
                name, value = chunk, b""
            elif kind == "header_name":
                name += chunk
            elif kind == "header_value":
                value += chunk
            elif kind == "header_end":
                found.setdefault(name.strip().lower(), value.strip())
                return found
            else:
                raise broken("a part has no headers")

    def content(self) -> Iterator[bytes]:
        """The bytes of the part."""
        while True:
            kind, chunk = self._next()
            if kind == "end":
                return
            if kind != "data":
                raise broken("a part does not end")
            yield chunk

    def _next(self) -> _Event:
        while not self._found:
            chunk = next(self._body, b"")
            if not chunk:
                raise broken("it is cut off")
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise broken(str(error).rstrip(".")) from error
        return self._found.popleft()
