"""What a fetched file is called: as its server says, else as its address does, and never harmful."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

from pipeline import filenames
from pipeline.errors import FileRefused

if TYPE_CHECKING:
    from httpx2 import URL

#: A parameter of Content-Disposition (RFC 6266): a token, and a token or a quoted string.
_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~-]+\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
#: Endings for names that have none, so that people can open what they export.
_ENDINGS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.google-earth.kml+xml": ".kml",
    "application/vnd.google-earth.kmz": ".kmz",
    "application/geo+json": ".geojson",
    "text/csv": ".csv",
    "text/plain": ".txt",
}


def name_in(url: URL) -> str:
    """The name that an address ends with, else its host: the same each time it is asked, and always fit to be kept."""
    last = url.raw_path.partition(b"?")[0].decode("ascii").rstrip("/").rpartition("/")[2]
    return _safe(unquote(last, errors="replace")) or _safe(url.host.replace(":", ".")) or "download"


def filename_of(disposition: str, url: URL, content_type: str) -> str:
    """The name to show and keep a file under; a name that the server gives and no file can have is left out."""
    name = _safe(disposition_name(disposition)) or name_in(url)
    ending = _ENDINGS.get(content_type, "")
    if ending and not PurePosixPath(name).suffix and len((name + ending).encode()) <= filenames.MAX_NAME_BYTES:
        return name + ending
    return name


def disposition_name(header: str) -> str:
    """The file name in a Content-Disposition header, without folders; "" when it holds none.

    `header` as HTTP has it, one character a byte. `filename*` comes first (RFC 6266, 4.3).
    """
    found = {name.lower(): value.strip() for name, value in reversed(_PARAMETER.findall(header))}
    extended, plain = found.get("filename*", ""), found.get("filename", "")
    name = ""
    if extended.count("'") >= 2:
        charset, _, value = extended.strip('"').split("'", 2)
        try:
            name = unquote_to_bytes(value).decode(charset or "utf-8", "replace")
        except LookupError:
            name = ""
    if not name and plain:
        if plain.startswith('"'):
            plain = re.sub(r"\\(.)", r"\1", plain[1:-1])
        # Servers send UTF-8 where the standard only knows ASCII.
        name = plain.encode("latin-1", "replace").decode("utf-8", "replace")
        if "%" in name and "/" not in name:
            name = unquote(name)
    return name.replace("\\", "/").rpartition("/")[2].strip()


def _safe(name: str) -> str:
    """The name as it may be kept, or "" when no file may be called that."""
    if "/" in name or "\\" in name or filenames.is_ignored(name.strip()):
        return ""
    try:
        return filenames.check(name).filename
    except FileRefused:
        return ""
