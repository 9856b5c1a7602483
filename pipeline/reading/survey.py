"""What is drawn on a PDF page besides text: how many pictures, and where straight rules run."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pypdfium2.raw as pdfium_c

from pipeline.reading.frame import Frame, Rect

#: A page with more drawn objects than this is a map or a chart; looking further would cost more than it tells.
MOST_OBJECTS = 20_000
#: The same for the segments of one path.
MOST_SEGMENTS = 5_000
#: From so many drawn objects on, strokes are taken to make a picture (a map drawn as lines).
PICTURE = 200
#: Forms within forms are followed this deep; deeper nesting is an attack, not a layout.
DEEPEST = 4
#: A rule is at most this thick and a piece of one at least this long, in points: word processors draw a border as
#: many short pieces with small squares where they meet.
THICK, LONG = 3.0, 1.0

_Point = tuple[float, float]
_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Survey:
    """Pictures and rules of one page, gathered in one pass over its objects.

    Rules are stroked lines and the sides of stroked shapes, and filled shapes as thin as a line. Filled areas are
    shading behind text; taken for rules they would cut every cell of a table to pieces.
    """

    def __init__(self, page: Any) -> None:
        self.images = 0
        #: Straight rules on the displayed page; each is thin in one direction.
        self.rules: set[Rect] = set()
        self._frame = Frame(page)
        self._left = MOST_OBJECTS
        #: How many pieces the page is drawn of; what stands in forms on it is not counted.
        self.objects: int = pdfium_c.FPDFPage_CountObjects(page.raw)
        self._walk((pdfium_c.FPDFPage_GetObject(page.raw, i) for i in range(self.objects)), _IDENTITY, 1)
        if self._left <= 0:
            self.rules.clear()

    @property
    def pictured(self) -> bool:
        """Whether the page shows a picture: an image, or very many strokes."""
        return self.images > 0 or MOST_OBJECTS - self._left >= PICTURE

    def _walk(self, objects: Iterator[Any], matrix: _Matrix, depth: int) -> None:
        for obj in objects:
            self._left -= 1
            if self._left <= 0:
                return
            kind = pdfium_c.FPDFPageObj_GetType(obj)
            if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                self.images += 1
            elif kind == pdfium_c.FPDF_PAGEOBJ_PATH:
                self._look_at_path(obj, matrix)
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < DEEPEST:
                count = pdfium_c.FPDFFormObj_CountObjects(obj)
                inner = (pdfium_c.FPDFFormObj_GetObject(obj, i) for i in range(count))
                self._walk(inner, _product(_matrix_of(obj), matrix), depth + 1)

    def _look_at_path(self, obj: Any, matrix: _Matrix) -> None:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if not pdfium_c.FPDFPath_GetDrawMode(obj, fill, stroke) or not (fill.value or stroke.value):
            return
        segments = pdfium_c.FPDFPath_CountSegments(obj)
        if segments > MOST_SEGMENTS:
            return
        whole = _product(_matrix_of(obj), matrix)
        for corners in _subpaths(obj, segments, lambda p: _moved(p, whole)):
            if self._add(*_bounds(corners)):
                continue
            if stroke.value:
                for (ax, ay), (bx, by) in pairwise(corners):
                    self._add(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))

    def _add(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        wide, tall = x1 - x0, y1 - y0
        if min(wide, tall) > THICK:
            return False
        if max(wide, tall) >= LONG:
            # The middle of a thick rule is where it runs.
            if wide > tall:
                y0 = y1 = (y0 + y1) / 2
            else:
                x0 = x1 = (x0 + x1) / 2
            place = self._frame.place(x0, y0, x1, y1)
            self.rules.add(Rect(*(round(edge, 1) for edge in place)))
        return True


def _subpaths(obj: Any, segments: int, move: Callable[[_Point], _Point]) -> Iterator[list[_Point]]:
    # A curve's control points stand in for the curve: its box is that of its corners, and no side of it is straight
    # enough to count unless the curve is.
    x, y = ctypes.c_float(), ctypes.c_float()
    corners: list[_Point] = []
    for i in range(segments):
        segment = pdfium_c.FPDFPath_GetPathSegment(obj, i)
        if pdfium_c.FPDFPathSegment_GetType(segment) == pdfium_c.FPDF_SEGMENT_MOVETO and corners:
            yield corners
            corners = []
        if pdfium_c.FPDFPathSegment_GetPoint(segment, x, y):
            corners.append(move((x.value, y.value)))
        if pdfium_c.FPDFPathSegment_GetClose(segment) and corners:
            corners.append(corners[0])
    if corners:
        yield corners


def _bounds(corners: list[_Point]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _matrix_of(obj: Any) -> _Matrix:
    m = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(obj, m):
        return _IDENTITY
    return m.a, m.b, m.c, m.d, m.e, m.f


def _product(first: _Matrix, second: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, l = second  # noqa: E741 - six letters in a row, as the PDF standard names the first six
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l


def _moved(point: _Point, m: _Matrix) -> _Point:
    x, y = point
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]
