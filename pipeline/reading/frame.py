"""From a PDF page's own coordinates to those of the page as a person sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Rect(NamedTuple):
    """A box in points, origin top left of the page as displayed."""

    x0: float
    top: float
    x1: float
    bottom: float


class Frame:
    """How a page is cropped and turned when it is shown."""

    def __init__(self, page: Any) -> None:
        self._crop: tuple[float, float, float, float] = page.get_bbox()
        self._rotation: int = page.get_rotation()

    def place(self, left: float, bottom: float, right: float, top: float) -> Rect:
        """Where a box in the page's own coordinates stands on the displayed page."""
        cx0, cy0, cx1, cy1 = self._crop
        if self._rotation == 90:
            return Rect(bottom - cy0, left - cx0, top - cy0, right - cx0)
        if self._rotation == 180:
            return Rect(cx1 - right, bottom - cy0, cx1 - left, top - cy0)
        if self._rotation == 270:
            return Rect(cy1 - top, cx1 - right, cy1 - bottom, cx1 - left)
        return Rect(left - cx0, cy1 - top, right - cx0, cy1 - bottom)


def around(boxes: Sequence[Rect]) -> Rect:
    """The box around some boxes, in hundredths of a point."""
    return Rect(
        round(min(b.x0 for b in boxes), 2),
        round(min(b.top for b in boxes), 2),
        round(max(b.x1 for b in boxes), 2),
        round(max(b.bottom for b in boxes), 2),
    )
