"""Files as one zip archive whose bytes depend on names and contents alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

#: The first moment a zip archive can name.
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16


def zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    """The files under one folder, in the order given, stored as they are: no time, owner or compressor shows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(f"{folder}/{name}", _ALWAYS)
            info.create_system, info.external_attr = _UNIX, _MODE
            archive.writestr(info, data)
    return out.getvalue()
