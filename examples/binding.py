"""What is put around a filled form: cover, list of contents, and the frame of every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from examples.form import Section
from examples.sheet import Draw, Sheet, picture, rule, text_at
from examples.style import Face, Style

if TYPE_CHECKING:
    from PIL.Image import Image

#: The form's own version and date, which are not the plan's.
_IMPRINT = (
    "Version: 4",
    "Document ID: ",
    "Last updated: 9 August 2023",
    "registry@example.org",
    "https://registry.example.org/",
)
#: A seedling in a furrow, as strokes from and to.
_EMBLEM = (
    (0, 12, 40, 12),
    (6, 16, 34, 16),
    (20, 12, 20, -4),
    (20, 2, 30, -8),
    (20, 2, 10, -8),
    (30, -8, 24, 3),
    (10, -8, 16, 3),
)


def printed_number(section: Section, style: Style) -> str:
    """A section's number as it is printed: the first chapter and the Appendix have none."""
    if section.number in ("1", "Appendix"):
        return ""
    return f"{section.number}." if section.level == 1 or style.dotted_numbers else section.number


def cover_page(style: Style, project_id: str, image: Image | None) -> list[Draw]:
    """The cover with the project's id and picture, and the form's own version and date, which are not the plan's."""
    sheet, big = Sheet(style.paper), Face(style.form_family, "", 30)
    sheet.draw(text_at(72, 184, "Regen Registry", big))
    sheet.draw(text_at(72, 228, f"Project Plan: {project_id}".strip(), big))
    if image:
        width = sheet.width - 144
        sheet.draw(picture(image, 72, 262, width, width * image.height / image.width))
    form = style.face(answer=False)
    sheet.draw(text_at(252, 612, "Regen Network Development, PBC", form._replace(style="B", size=15)))
    for i, line in enumerate(_IMPRINT):
        sheet.draw(text_at(276, 642 + 15 * i, line, form, blue=i > 2))
    return sheet.pages[0]


def contents_pages(style: Style, headings: Sequence[tuple[Section, int]]) -> list[list[Draw]]:
    """The list of contents with dotted leaders and printed page numbers, on as many pages as the style has.

    `headings` are the sections with the page of the body, from 0, on which each begins.
    """
    sheet, face = Sheet(style.paper, top=100), style.face(answer=False)
    share = -(-len(headings) // style.contents_pages)
    leading = min((sheet.height - 100 - 84 - 40) / share, 27.0)
    sheet.draw(text_at(72, sheet.y + 20, "Table of Contents", Face(style.form_family, "", style.chapter + 4)))
    sheet.y += 52
    for i, (section, page) in enumerate(headings):
        if i and i % share == 0:
            sheet.new_page()
        label = str(page + 1 + 1 + style.contents_pages - style.offset)
        x = 72 + (section.level - 1) * 18
        title = f"{printed_number(section, style)} {section.title}".strip()
        stop = sheet.width - 72 - sheet.measure(label, face)
        room = stop - x - sheet.measure(title + " ", face) - 2
        leader = (" " if len(title) % 2 else "") + "." * int(room / sheet.measure(".", face))
        baseline = sheet.y + face.size
        sheet.draw(text_at(x, baseline, title + leader, face))
        sheet.draw(text_at(stop, baseline, label, face))
        sheet.y += leading
    return sheet.pages


def frame(style: Style, page: Sequence[Draw], label: str | None) -> list[Draw]:
    """A page with the form's emblem and rule above it and its number below, drawn before the text or after it."""
    sheet, face = Sheet(style.paper), style.face()
    above = [rule(72 + a, 58 + b, 72 + c, 58 + d, 1.2) for a, b, c, d in _EMBLEM]
    above.append(rule(72, 84, sheet.width - 72, 84, 0.4))
    if label is None:
        return [*above, *page]
    wide = sheet.measure(label, face)
    x = (sheet.width - wide) / 2 if style.footer_centred else sheet.width - 72 - wide
    number = text_at(x, sheet.height - 48, label, face)
    return [*above, number, *page] if style.footer_first else [*above, *page, number]
