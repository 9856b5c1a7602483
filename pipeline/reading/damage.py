"""What is wrong with a PDF that pdfium refuses, in a code and a sentence, and where its header really begins."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

#: A PDF header is looked for this far into the file: mail and web gateways put headers of their own in front of it.
HEADER_WINDOW = 8192
#: The end mark is looked for this far from the end.
TAIL_WINDOW = 2048

NO_END_MARK = "The file ends before its end mark; it may be half copied. Compare it with the original."

#: pdfium's FPDF_GetLastError values that mean a password or an unknown way of encrypting.
_PASSWORD, _SECURITY = 4, 5


class Refusal(NamedTuple):
    """Why a file cannot be read: how it is kept, a stable code, and a sentence with the cure."""

    status: Literal["unreadable", "quarantined"]
    code: str
    note: str


class Ends(NamedTuple):
    """What the two ends of a PDF file say."""

    #: Bytes in front of the header; -1 when there is no header near the front.
    header_at: int
    end_mark: bool


def look_at_ends(path: Path) -> Ends:
    """Where the PDF header begins and whether the end mark stands near the end of the file."""
    with path.open("rb") as file:
        head = file.read(HEADER_WINDOW)
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_WINDOW))
        tail = file.read()
    return Ends(head.find(b"%PDF-"), b"%%EOF" in tail)


def refusal(error_code: int | None, ends: Ends) -> Refusal:
    """The reason why pdfium would not open a PDF, from its error code and what the file's ends look like."""
    if error_code == _PASSWORD:
        return Refusal(
            "unreadable",
            "encrypted",
            "The PDF opens only with a password. Ask for a copy without one, or save it again without protection.",
        )
    if error_code == _SECURITY:
        return Refusal(
            "unreadable",
            "encrypted",
            "The PDF is protected in a way that is not supported. Print it to a new PDF and add that.",
        )
    if not ends.end_mark:
        return Refusal(
            "quarantined",
            "truncated",
            "The PDF is cut off: its end is missing, as after an interrupted copy. Copy it again from the original.",
        )
    return Refusal(
        "quarantined",
        "malformed",
        "The PDF is damaged and cannot be opened. Open it in a PDF program, save it again, and add that copy.",
    )
