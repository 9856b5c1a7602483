"""How much of one document is read; what goes beyond is set aside with the setting that raises the limit."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.reading.damage import Refusal


class Extent(NamedTuple):
    """Limits of a document's parts, as `[reading]` of config.toml has them."""

    #: Characters of text on one page of a PDF, or in a Word document.
    page_characters: int = 4_000_000
    #: Pieces drawn on one page of a PDF: runs of text, paths, pictures.
    page_objects: int = 500_000
    #: What a workbook, letter or zipped map may unpack to, in MB of a million bytes.
    unpacked_mb: int = 256


#: What the settings say unless somebody changed them.
EVERYDAY = Extent()


class TooMuch(Exception):
    """A page goes beyond the extent; carries the refusal."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.code)
        self.reason = reason


def hold_text(page: int, characters: int, extent: Extent) -> None:
    """Raise TooMuch when a page (1-based) holds more text than is read."""
    if characters > extent.page_characters:
        raise TooMuch(
            Refusal(
                "quarantined",
                "too_much_text",
                f"Page {page} holds more than {extent.page_characters} characters, far more than people read. "
                "Send only what matters, or raise reading.max_page_characters.",
            )
        )


def hold_objects(page: int, objects: int, extent: Extent) -> None:
    """Raise TooMuch when more is drawn on a page (1-based) than is looked at."""
    if objects > extent.page_objects:
        raise TooMuch(
            Refusal(
                "quarantined",
                "too_many_objects",
                f"Page {page} is drawn of {objects} pieces; at most {extent.page_objects} are looked at. "
                "Print it to a new PDF as a picture, or raise reading.max_page_objects.",
            )
        )
