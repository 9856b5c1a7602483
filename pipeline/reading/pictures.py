"""Pages of a PDF as pictures with words marked, drawn by pdfium; runs inside a reading process."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.models import Box, Drawing
from pipeline.reading.damage import look_at_ends
from pipeline.reading.pdf import CannotOpen, Source, opened
from pipeline.reading.survey import DEEPEST

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pixels per inch of a whole page, for reading it, and of a strip, for recognising it.
PAGE_DPI, STRIP_DPI = 144, 100
#: No side of a picture is longer, whatever size a page claims to have.
MOST_PIXELS = {False: 4000, True: 1250}
#: Pixels of a picture on a page, unless the settings say otherwise.
MOST_SHOWN = 200_000_000
#: Points of the page above and below the boxes of a strip: the line before and the line after are seen.
SURROUNDINGS = 46.0
#: Pixels of empty paper kept on either side of a strip.
_MARGIN = 14
#: Points by which a mark is larger than the words.
_PAD = 1.0
#: Paper under a mark, and the line below it, which is still seen where colours are not.
_MARK, _LINE = (255, 226, 102), (196, 98, 0)
#: Greys of a strip. With the marked greys and the line they fit 16 colours, half a byte for a pixel.
_GREYS = 7


class _Pixels(NamedTuple):
    x0: int
    top: int
    x1: int
    bottom: int


def draw(
    path: Path, wanted: Sequence[Mapping[str, Any]], most_pixels: int = MOST_SHOWN
) -> list[bytes | None]:
    """A PNG for each `Drawing`; None for a page that is not there or shows a picture of more than `most_pixels`.

    None also for a strip around no box.

    Every page is drawn once for all its strips. The bytes depend on nothing but the file, the drawing and the versions
    of pdfium, Pillow and zlib.
    """
    drawings = [Drawing.model_validate(one) for one in wanted]
    made: dict[Drawing, bytes] = {}
    try:
        with opened(Source(path, look_at_ends(path))) as document:
            for number in sorted({d.page for d in drawings}):
                if 1 <= number <= len(document):
                    made |= _of_page(document, number, [d for d in drawings if d.page == number], most_pixels)
    except CannotOpen:
        pass
    return [made.get(one) for one in drawings]


def _of_page(document: Any, number: int, drawings: Sequence[Drawing], most_pixels: int) -> dict[Drawing, bytes]:
    import pypdfium2  # start-up

    made: dict[Drawing, bytes] = {}
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:
        return made
    try:
        if _largest_picture(page) > most_pixels:
            return made
        for strip in (False, True):
            here = [d for d in drawings if d.strip == strip and (d.boxes or not strip)]
            if here:
                width, height = page.get_size()
                scale = min((STRIP_DPI if strip else PAGE_DPI) / 72, MOST_PIXELS[strip] / max(width, height, 1.0))
                bitmap = page.render(scale=scale, grayscale=strip)
                image = bitmap.to_pil().convert("L" if strip else "RGB")
                bitmap.close()
                made |= {d: _strip(image, d.boxes, scale) if strip else _page(image, d.boxes, scale) for d in here}
    finally:
        page.close()
    return made


def _largest_picture(page: Any) -> int:
    """Pixels of the largest image on the page by its own account, which pdfium unpacks whole to draw any of it."""
    import pypdfium2.raw as pdfium_c  # start-up

    width, height = ctypes.c_uint(), ctypes.c_uint()
    largest = 0
    for image in page.get_objects((pdfium_c.FPDF_PAGEOBJ_IMAGE,), max_depth=DEEPEST):
        if pdfium_c.FPDFImageObj_GetImagePixelSize(image.raw, width, height):
            largest = max(largest, width.value * height.value)
    return largest


def _page(image: Image, boxes: Sequence[Box], scale: float) -> bytes:
    """The whole page; marks are laid over it as a marker pen does, so that the words stay as dark as they were."""
    from PIL import Image, ImageChops  # start-up

    marked = image.copy()
    for box in boxes:
        at = _pixels(box, scale, image.size)
        words = image.crop(at)
        marked.paste(ImageChops.multiply(words, Image.new("RGB", words.size, _MARK)), at)
        marked.paste(_LINE, _underline(at, scale, image.size))
    return _png(marked, 3)  # less time than 6 and, for pages of text, a smaller file


def _strip(image: Image, boxes: Sequence[Box], scale: float) -> bytes:
    """What stands around the boxes, without the page's empty margins, in seven greys and their marked twins.

    Sixteen colours make a small file.
    """
    from PIL import Image  # start-up

    top = max(0, int((min(b[1] for b in boxes) - SURROUNDINGS) * scale))
    bottom = min(image.height, int((max(b[3] for b in boxes) + SURROUNDINGS) * scale) + 1)
    top = min(top, image.height - 1)
    cut = image.crop((0, top, image.width, max(bottom, top + 1)))
    inked = cut.point([255 - value for value in range(256)]).getbbox() or (0, 0, cut.width, 0)
    left = max(0, inked[0] - _MARGIN)
    cut = cut.crop((left, 0, min(cut.width, inked[2] + _MARGIN), cut.height))
    last = _GREYS - 1
    levels = cut.point([(value * last + 127) // 255 for value in range(256)])
    tinted = [min(value, last) + _GREYS for value in range(256)]
    grey = levels.copy()
    for box in boxes:
        x0, upper, x1, lower = box
        moved = (x0 - left / scale, upper - top / scale, x1 - left / scale, lower - top / scale)
        at = _pixels(moved, scale, levels.size)
        levels.paste(grey.crop(at).point(tinted), at)
        levels.paste(2 * _GREYS, _underline(at, scale, levels.size))
    greys = [round(255 * n / last) for n in range(_GREYS)]
    colours = [(g, g, g) for g in greys] + [tuple(g * m // 255 for m in _MARK) for g in greys] + [_LINE]
    picture = Image.frombytes("P", levels.size, levels.tobytes())
    picture.putpalette([part for colour in colours for part in colour])
    return _png(picture, 6)  # 9 takes five times as long for 3 % less


def _pixels(box: Box, scale: float, size: tuple[int, int]) -> _Pixels:
    x0, top, x1, bottom = ((box[0] - _PAD) * scale, (box[1] - _PAD) * scale,
                           (box[2] + _PAD) * scale, (box[3] + _PAD) * scale)  # fmt: skip
    left, upper = min(max(0, int(x0)), size[0] - 1), min(max(0, int(top)), size[1] - 1)
    return _Pixels(left, upper, max(left + 1, min(size[0], round(x1))), max(upper + 1, min(size[1], round(bottom))))


def _underline(at: _Pixels, scale: float, size: tuple[int, int]) -> _Pixels:
    thick = max(1, round(0.9 * scale))
    bottom = min(size[1], at.bottom + thick)
    return _Pixels(at.x0, bottom - thick, at.x1, bottom)


def _png(image: Image, level: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=level)
    return out.getvalue()
