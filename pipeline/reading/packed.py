"""Files that are zip archives inside (workbooks, letters, zipped maps): what they would unpack to, asked before."""

from __future__ import annotations

import zipfile
from pathlib import Path

from pipeline.reading.damage import Refusal

#: Unpacked to packed size of a single part; spreadsheet XML packs 10-40 times.
MOST_RATIO = 500
#: Parts smaller than this do no harm however well they pack.
_LARGE = 1_000_000


def bomb(path: Path, what: str, program: str, unpacked_mb: int) -> Refusal | None:
    """Why this file may not be unpacked, None when it may; `what` it is and in which `program` it is saved again.

    More than `unpacked_mb` (a million bytes each) in all is a bomb; the largest real document seen unpacks to a few.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return Refusal(
            "quarantined",
            "truncated",
            f"The {what} is cut off or damaged. Copy it again from the original.",
        )
    unpacked = sum(part.file_size for part in parts)
    large = [part for part in parts if part.file_size > _LARGE]
    ratio = max((part.file_size / max(1, part.compress_size) for part in large), default=0)
    if unpacked <= unpacked_mb * 1_000_000 and ratio <= MOST_RATIO:
        return None
    return Refusal(
        "quarantined",
        "too_large",
        f"The {what} would unpack to {unpacked // 1_000_000} MB, far more than a real one. "
        f"Open it in {program}, save it again, and add that copy; or raise reading.max_unpacked_mb.",
    )
