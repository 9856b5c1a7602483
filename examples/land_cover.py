"""A land cover map: one page that is a picture, with hardly any text for a reader to find."""

from __future__ import annotations

from examples.farm import Farm
from examples.pictures import land_cover_picture
from examples.sheet import Sheet, picture, print_pages, text_at
from examples.style import Face


def write_land_cover(farm: Farm) -> bytes:
    """The map as PDF; legend, year and title are drawn, and a caption of at most 43 characters is all its text."""
    sheet = Sheet("a4 across")
    image = land_cover_picture(farm)
    height = sheet.height - 90
    caption = f"{farm.estate} CORINE Land Cover {farm.cover_year}"
    sheet.draw(picture(image, 40, 60, height * image.width / image.height, height))
    sheet.draw(text_at(40, 46, caption, Face("helvetica", "", 13)))
    return print_pages(sheet.paper, sheet.pages)
