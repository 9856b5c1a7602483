"""The letter to the developer as a Word document: what is asked for, most pressing first, on upright A4."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.models import wording
from pipeline.reporting import word
from pipeline.reporting.registry_form import Paragraph, Run
from pipeline.reporting.revision_letter import Item, RevisionLetter, received
from pipeline.reporting.word import BODY

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph as Printed

#: Millimetres.
MARGIN = 25
#: The date in the properties of a letter that asks for nothing.
_NONE = datetime(1980, 1, 1, tzinfo=UTC)


def render_letter_docx(letter: RevisionLetter) -> bytes:
    """The letter as a Word document; the same letter gives the same bytes with the same python-docx."""
    moment = datetime.strptime(letter.date, "%d/%m/%Y").replace(tzinfo=UTC) if letter.date else _NONE
    document = word.blank(letter.title, moment, running=letter.title, margin=MARGIN)
    document.add_paragraph(word.safe(letter.title), style="Title")
    head = [("Project", letter.project_name), ("Project ID", letter.project_id), ("Proponent", letter.proponent)]
    for label, value in [*head, ("Date", letter.date)]:
        if value:
            _say(document, (Run(f"{label}: ", bold=True), Run(value)), after=0)
    for number, words in enumerate(letter.opening):
        _say(document, (Run(words),), before=0 if number else 12)
    for group in letter.groups:
        document.add_heading(word.safe(group.heading), 1)
        for item in group.items:
            _item(document, item)
    if letter.answered:
        document.add_heading("Received since, and being looked at", 1)
        for item in letter.answered:
            _say(document, (Run(f"{item.title}: ", bold=True), Run(received(item))))
    for words in letter.closing:
        _say(document, (Run(words),), before=12)
    if letter.signed:
        _say(document, (Run(f"{wording.listing(list(letter.signed))}, for the registry"),), before=18)
    return word.saved(document)


def _item(document: Document, item: Item) -> None:
    """One thing that is asked for, on one page where it fits."""
    from docx.shared import Pt  # start-up

    title = (Run(f"{item.number}. {item.title}", bold=True), Run(f" ({item.source})" if item.source else ""))
    lines = [("What is lacking: ", item.what), ("Settled when: ", item.clears_when)]
    lines += [("Suggested file name: ", item.suggested_filename)] if item.suggested_filename else []
    paragraphs = [_say(document, title, before=6, after=2)]
    paragraphs += [_say(document, (Run(label, bold=True), Run(words)), after=2) for label, words in lines]
    for one in paragraphs:
        one.paragraph_format.keep_together = True
    for one in paragraphs[:-1]:
        one.paragraph_format.keep_with_next = True
    for one in paragraphs[1:]:
        one.paragraph_format.left_indent = Pt(14)


def _say(document: Document, runs: Paragraph, before: int = 0, after: int = 6) -> Printed:
    from docx.shared import Pt  # start-up

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    word.write(paragraph, runs, BODY)
    return paragraph
