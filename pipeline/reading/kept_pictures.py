"""Pictures of pages that were drawn before: kept beside the readings, by what they show, and no more than so much."""

from __future__ import annotations

import math
import os
import tempfile
import threading
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline import __version__
from pipeline.models import Drawing
from pipeline.models.digests import digest
from pipeline.reading.pictures import MOST_PIXELS, PAGE_DPI
from pipeline.store.results import is_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.reading.service import ReadingService

#: What the kept pictures of a home may take together; the ones that were not looked at for the longest time go first.
MOST_BYTES = 256_000_000
#: After tidying there is room again for many more, so that not every new picture tidies.
_LEFT = 0.8
#: Documents whose page sizes are remembered.
_MOST_SIZES = 500
#: Bytes that are drawn between two looks at how much there is.
_BETWEEN = 16_000_000


class PictureSize(NamedTuple):
    """In pixels, and how many of them a point of the page takes."""

    width: int
    height: int
    scale: float


class KeptPictures:
    """Draws a page through the reading service, once; safe to use from many threads and processes.

    Files are called by the content's hash first, so that they go when the content goes, and by what made them: another
    version of the libraries that draw makes its own. Whoever cannot keep one still gets it.
    """

    def __init__(self, folder: Path, reader: ReadingService, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._reader, self._most = folder, reader, most_bytes
        self._lock = threading.Lock()
        self._drawn = _BETWEEN  # the first one looks, for nobody knows what is there
        self._sizes: dict[str, dict[int, tuple[float, float]]] = {}

    def of(self, sha256: str, drawing: Drawing) -> bytes | None:
        """The PNG of a drawing, kept or drawn now; None where there is no such page, or none that can be drawn."""
        path = self._folder / f"{sha256}.{key_of(drawing)}.png"
        with suppress(FileNotFoundError):
            found = path.read_bytes()
            with suppress(OSError):  # on a read-only disk nothing is thrown away either
                os.utime(path)
            return found
        (picture,) = self._reader.pictures(sha256, [drawing])
        if picture is not None:
            self._keep(path, picture)
        return picture

    def size(self, sha256: str, page: int) -> PictureSize | None:
        """How large the picture of a page of a PDF will be; None for what is no page, or was not read yet."""
        with self._lock:
            known = self._sizes.get(sha256)
        if known is None:
            reading = self._reader.cached(sha256)
            pages = reading.pages if reading is not None and reading.kind == "pdf" else ()
            known = {one.number: (one.width, one.height) for one in pages}
            with self._lock:
                if len(self._sizes) >= _MOST_SIZES:
                    self._sizes.clear()
                if reading is not None:
                    self._sizes[sha256] = known
        width, height = known.get(page, (0.0, 0.0))
        if width <= 0 or height <= 0:
            return None
        scale = min(PAGE_DPI / 72, MOST_PIXELS[False] / max(width, height, 1.0))
        return PictureSize(math.ceil(width * scale), math.ceil(height * scale), scale)

    def _keep(self, path: Path, picture: bytes) -> None:
        temporary = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp makes it 0600. It is not synced: what a power cut takes is drawn again, and half a file never
            # gets the name.
            handle, name = tempfile.mkstemp(prefix=f".{path.name[:12]}.", suffix=".tmp", dir=self._folder)
            temporary = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(picture)
            temporary.replace(path)
        except OSError:  # full, read-only, or somebody else's: it is drawn again the next time
            if temporary is not None:
                with suppress(OSError):
                    temporary.unlink()
            return
        with self._lock:
            self._drawn += len(picture)
            look = self._drawn >= min(_BETWEEN, self._most)
            self._drawn = 0 if look else self._drawn
        if look:
            self.tidy()

    def tidy(self) -> int:
        """Throw away the pictures that nobody looked at for the longest time until they take little enough; how many.

        Pictures that an earlier version of the libraries drew are never looked at any more, so they go first.
        """
        found = sorted(self._kept())
        size = sum(one[1] for one in found)
        gone = 0
        if size > self._most:
            for _, bytes_, path in found:
                if size <= self._most * _LEFT:
                    break
                with suppress(FileNotFoundError):
                    path.unlink()
                size -= bytes_
                gone += 1
        return gone

    def _kept(self) -> Iterator[tuple[float, int, Path]]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(".png") and is_sha256(entry.name.partition(".")[0]):
                    with suppress(FileNotFoundError):
                        seen = entry.stat(follow_symlinks=False)
                        yield seen.st_mtime, seen.st_size, Path(entry.path)


def key_of(drawing: Drawing) -> str:
    """What tells a drawing apart from every other one of the same content, as 32 hexadecimal digits."""
    return digest("picture", drawing.model_dump(mode="json"), _drawn_by())[:32]


@cache
def _drawn_by() -> tuple[str, ...]:
    return (__version__, *(version(name) for name in ("pypdfium2", "pillow")))
