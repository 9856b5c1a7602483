"""Maps as raster pictures: what is drawn in them is nowhere in a document's text."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

from examples.chance import chance

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from examples.farm import Farm

Point = tuple[float, float]
Outline = list[Point]

#: Land cover classes with the colours they are drawn in.
_CLASSES = (
    ("Non-irrigated arable land", (255, 255, 168)),
    ("Pastures", (230, 230, 77)),
    ("Broad-leaved forest", (128, 255, 0)),
    ("Complex cultivation patterns", (255, 230, 77)),
)


def field_map(farm: Farm, width: int = 1100, height: int = 640) -> Image:
    """The farm's fields with their names and, printed in the picture alone, the total area in hectares."""
    image, pen = _canvas(width, height, (250, 250, 247))
    outlines = _fields(farm, (width * 0.06, height * 0.06, width * 0.78, height * 0.94))
    for i, (outline, parcel) in enumerate(zip(outlines, farm.parcels, strict=True)):
        pen.polygon(outline, fill=(226 - i % 3 * 9, 233, 205 - i % 4 * 8), outline=(60, 70, 50), width=3)
        middle = _middle(outline)
        _label(pen, middle, parcel.name, 15)
        _label(pen, (middle[0], middle[1] + 18), f"{parcel.hectares:.2f} ha", 13)
    x = width * 0.80
    pen.text((x, height * 0.10), farm.estate, font=_font(24), fill=(20, 20, 20))
    pen.text((x, height * 0.10 + 34), "Project boundary", font=_font(17), fill=(60, 60, 60))
    pen.text((x, height * 0.10 + 64), f"Total {farm.hectares:.2f} ha", font=_font(22), fill=(20, 20, 20))
    _north(pen, x + 40, height * 0.55)
    pen.rectangle((x, height * 0.9, x + 60, height * 0.9 + 8), fill=(20, 20, 20))
    pen.rectangle((x + 60, height * 0.9, x + 120, height * 0.9 + 8), fill=(255, 255, 255), outline=(20, 20, 20))
    pen.text((x, height * 0.9 + 12), "0      250     500 m", font=_font(14), fill=(20, 20, 20))
    return _few_colours(image)


def cover_picture(farm: Farm, width: int = 1000, height: int = 560) -> Image:
    """The form's cover picture: a stretch of country with the farm's fields in a circle laid over it."""
    rng = chance("cover", farm.seed)
    image, pen = _canvas(width, height, (206, 226, 190))
    for _ in range(60):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(20, 90)
        pen.ellipse((x - r, y - r * 0.6, x + r, y + r * 0.6), fill=rng.choice(((190, 216, 172), (217, 233, 200))))
    for colour, thick in (((158, 190, 220), 9), ((244, 214, 140), 6), ((250, 250, 250), 4), ((250, 250, 250), 4)):
        y, bend, tilt = rng.uniform(0.1, 0.9) * height, rng.uniform(110, 190), rng.uniform(-0.2, 0.2)
        way = [(x, y + tilt * x + math.sin(x / bend) * 38) for x in range(-10, width + 30, 20)]
        pen.line(way, fill=colour, width=thick, joint="curve")
    centre, radius = (width * 0.69, height * 0.5), height * 0.47
    here = (width * 0.28, height * rng.uniform(0.35, 0.65))
    for edge in (-1, 1):
        pen.line((here, (centre[0] - radius * 0.35, centre[1] + edge * radius * 0.93)), fill=(30, 30, 30), width=3)
    box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
    pen.ellipse(box, fill=(246, 246, 244), outline=(255, 255, 255), width=6)
    shrink = radius * 0.66
    frame = (centre[0] - shrink, centre[1] - shrink, centre[0] + shrink, centre[1] + shrink)
    for outline, parcel in zip(_fields(farm, frame), farm.parcels, strict=True):
        pen.polygon(outline, fill=(236, 238, 226), outline=(20, 20, 20), width=3)
        _label(pen, _middle(outline), parcel.name, 12)
    pen.ellipse((here[0] - 9, here[1] - 9, here[0] + 9, here[1] + 9), fill=(206, 40, 40))
    return _few_colours(image)


def land_cover_picture(farm: Farm, width: int = 1400, height: int = 980) -> Image:
    """A land cover map whose title, year and legend are drawn, not written."""
    rng = chance("land cover", farm.seed)
    image, pen = _canvas(width, height, (255, 255, 255))
    outside = _split(_blob(rng, (40, 110, width - 330, height - 40)), 22, rng)
    for outline in outside:
        pen.polygon(outline, fill=rng.choices([c for _, c in _CLASSES], (7, 3, 1, 1))[0], outline=(150, 150, 120))
    for outline in _fields(farm, (width * 0.24, height * 0.36, width * 0.56, height * 0.76)):
        pen.polygon(outline, fill=rng.choices([c for _, c in _CLASSES[:2]], (4, 1))[0], outline=(200, 30, 30), width=4)
    pen.text((40, 34), f"{farm.estate} - land cover {farm.cover_year}", font=_font(40), fill=(20, 20, 20))
    x = width - 270
    pen.text((x - 30, 130), f"CORINE Land Cover {farm.cover_year}", font=_font(24), fill=(20, 20, 20))
    for i, (name, colour) in enumerate(_CLASSES):
        y = 190 + i * 52
        pen.rectangle((x - 30, y, x + 6, y + 30), fill=colour, outline=(90, 90, 90))
        pen.text((x + 18, y + 4), name, font=_font(17), fill=(20, 20, 20))
    pen.rectangle((x - 30, 410, x + 6, 440), outline=(200, 30, 30), width=4)
    pen.text((x + 18, 414), "Project area", font=_font(17), fill=(20, 20, 20))
    _north(pen, x + 60, height * 0.68)
    return _few_colours(image)


def _canvas(width: int, height: int, colour: tuple[int, int, int]) -> tuple[Image, ImageDraw]:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, height), colour)
    return image, ImageDraw.Draw(image)


def _few_colours(image: Image) -> Image:
    """The same picture with a palette: smaller files, and quicker to write."""
    return image.quantize(48)


def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL.ImageFont import load_default

    return load_default(size)


def _label(pen: ImageDraw, middle: Point, text: str, size: int) -> None:
    font = _font(size)
    left = middle[0] - pen.textlength(text, font=font) / 2
    pen.text((left, middle[1] - size * 0.7), text, font=font, fill=(20, 20, 20))


def _north(pen: ImageDraw, x: float, y: float) -> None:
    pen.polygon(((x, y - 44), (x - 14, y), (x, y - 10), (x + 14, y)), fill=(20, 20, 20))
    _label(pen, (x, y + 18), "N", 22)


def _fields(farm: Farm, box: tuple[float, float, float, float]) -> list[Outline]:
    rng = chance("fields", farm.seed)
    return _split(_blob(rng, (0.0, 0.0, 1000.0, 1000.0)), len(farm.parcels), rng, box)


def _blob(rng: Random, box: tuple[float, float, float, float]) -> Outline:
    x0, y0, x1, y1 = box
    outline = []
    for i in range(18):
        turn, reach = i * math.tau / 18, rng.uniform(0.80, 1.0)
        across, down = 0.5 + 0.5 * reach * math.cos(turn), 0.5 + 0.5 * reach * math.sin(turn)
        outline.append((x0 + (x1 - x0) * across, y0 + (y1 - y0) * down))
    return outline


def _split(
    whole: Outline, count: int, rng: Random, box: tuple[float, float, float, float] = (0.0, 0.0, 1000.0, 1000.0)
) -> list[Outline]:
    """Cut an outline into pieces, always the largest of them, and fit a unit of 1000 into the box."""
    pieces = [whole]
    while len(pieces) < count:
        largest = max(pieces, key=_area)
        pieces.remove(largest)
        centre = _middle(largest)
        across = max(x for x, _ in largest) - min(x for x, _ in largest)
        down = max(y for _, y in largest) - min(y for _, y in largest)
        angle = (0.0 if across > down else math.pi / 2) + rng.uniform(-0.35, 0.35)
        normal = (math.cos(angle), math.sin(angle))
        pieces += [_half(largest, centre, normal), _half(largest, centre, (-normal[0], -normal[1]))]
    x0, y0, x1, y1 = box
    return [[(x0 + x / 1000 * (x1 - x0), y0 + y / 1000 * (y1 - y0)) for x, y in piece] for piece in pieces]


def _half(outline: Outline, point: Point, normal: Point) -> Outline:
    """The part of an outline that lies on the normal's side of the line through the point."""
    kept: Outline = []
    for (ax, ay), (bx, by) in zip(outline, outline[1:] + outline[:1], strict=True):
        a = (ax - point[0]) * normal[0] + (ay - point[1]) * normal[1]
        b = (bx - point[0]) * normal[0] + (by - point[1]) * normal[1]
        if a >= 0:
            kept.append((ax, ay))
        if a * b < 0:
            share = a / (a - b)
            kept.append((ax + (bx - ax) * share, ay + (by - ay) * share))
    return kept


def _area(outline: Outline) -> float:
    edges = zip(outline, outline[1:] + outline[:1], strict=True)
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in edges)) / 2


def _middle(outline: Outline) -> Point:
    return sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline)
