"""The typeface of documents: one that has the characters plans are written in, shipped with the program."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.models.characters import visible

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
_FONTS = Path(__file__).parent / "fonts"


@cache
def registered() -> dict[str, TTFont]:
    """The two faces by name, known to reportlab from now on."""
    from reportlab.pdfbase import pdfmetrics  # start-up
    from reportlab.pdfbase.ttfonts import TTFont  # start-up

    faces = {name: TTFont(name, str(_FONTS / f"{name}.ttf")) for name in (REGULAR, BOLD)}
    for face in faces.values():
        pdfmetrics.registerFont(face)
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    return faces


def printable(text: str) -> str:
    """`text` with each character that the typeface lacks, or that hides, as ⟦U+XXXX⟧, as an empty box says nothing."""
    glyphs = registered()[REGULAR].face.charToGlyph
    return "".join(c if c in "\n\t" or ord(c) in glyphs else f"⟦U+{ord(c):04X}⟧" for c in visible(text))
