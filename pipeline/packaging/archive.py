"""Files as one zip archive whose bytes depend on names and contents alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

#: The first moment a zip archive can name.
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16


def zipped(folder: str, files: Mapping[str, bytes], compressed: bool = False) -> bytes:
    """The files under one folder ("" for none), in the order given: no time, owner or machine shows.

    Stored as they are, so that no compressor shows either; `compressed` is for office documents, which are sent.
    """
    out = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(f"{folder}/{name}" if folder else name, _ALWAYS)
            info.create_system, info.external_attr, info.compress_type = _UNIX, _MODE, how
            archive.writestr(info, data)
    return out.getvalue()


def unzipped(archive: bytes) -> dict[str, bytes]:
    """The files of an archive that we made ourselves, by their names, in its order; not for one that came in."""
    with zipfile.ZipFile(io.BytesIO(archive)) as given:
        return {entry.filename: given.read(entry) for entry in given.infolist()}
