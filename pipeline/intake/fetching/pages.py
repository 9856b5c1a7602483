"""A page in a file's place: cloud drives answer a shared link with a page that has a button for the file."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from pipeline.errors import FileRefused
from pipeline.reading.sniff import sniff

#: So much of the front is looked at.
WINDOW = 2048
#: A page's first tag, behind a byte order mark, an XML declaration and comments, each of which ends where it first may.
_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?+\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body|script|title|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_ENDINGS = frozenset({".html", ".htm", ".xhtml"})
#: How the drives that projects use give the file itself, by the end of the host's name.
_DRIVES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("dropbox.com",), "With Dropbox, write dl=1 for dl=0 at the link's end."),
    (
        ("drive.google.com", "docs.google.com", "accounts.google.com"),
        "With Google Drive, share the file with everybody who has the link, and give "
        "https://drive.google.com/uc?export=download&id=ID with the ID that stands in its link.",
    ),
    (
        ("sharepoint.com", "onedrive.live.com", "1drv.ms", "login.microsoftonline.com", "login.live.com"),
        "With SharePoint and OneDrive, share the file with everybody who has the link, and add download=1 to it "
        "(behind ? or &).",
    ),
)


def means_a_page(name: str) -> bool:
    """True when a name says that the file is a page: then one is what was asked for."""
    return PurePosixPath(name.lower()).suffix in _ENDINGS


def begins_a_page(head: bytes) -> bool:
    """True when bytes begin as pages do, whatever their server calls them."""
    return _BEGINS.match(head) is not None


def is_page(head: bytes, path: Path, content_type: str) -> bool:
    """True when the file is a page: by how it begins, or because its server says so and its bytes say nothing else."""
    return begins_a_page(head) or (content_type in _TYPES and sniff(path) in ("text", "unknown"))


def a_page_came(host: str) -> FileRefused:
    """The refusal for a page, with what to do at that host."""
    special = [how for ends, how in _DRIVES if any(host == end or host.endswith(f".{end}") for end in ends)]
    general = "Give the address of the download itself, or download the file in a browser and add it."
    return FileRefused(
        f"{host} sent a web page instead of a file: a page for sharing, looking or logging in, most likely.",
        " ".join([*special, general]),
    )
