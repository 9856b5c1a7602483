"""Everything the tests of a review may look at: the checklist, the inventory, the plan and the readings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pipeline.checklists import Checklist
from pipeline.evidence.quoting import MAX_QUOTE, quote
from pipeline.evidence.tenure.registers import read_register
from pipeline.evidence.trace import Trace
from pipeline.forms import Paragraph, Plan, read_plan
from pipeline.forms.normal import squash
from pipeline.models import Document, DocumentType, Evidence, Inventory, Page, Reading, Register
from pipeline.reading.attention import look_at

#: Statuses of documents that may be evidence.
USABLE = ("in_scope", "pinned")


@dataclass
class Dossier:
    """The inventory with its readings; `read` gives the reading of a document's content and is asked once for each."""

    checklist: Checklist
    inventory: Inventory
    read: Callable[[Document], Reading]
    #: Notes what is looked at; the evidence is the same without.
    trace: Trace = field(default_factory=Trace)
    #: Ids of quotes that a person discarded from the row that is worked on; they are not found again.
    refused: frozenset[str] = frozenset()
    #: True once such a quote of the plan would have been given.
    met_refused: bool = False
    _pages: dict[str, tuple[Page, ...]] = field(default_factory=dict)

    def of_type(self, *types: DocumentType) -> list[Document]:
        """Documents in scope of these types; those the reviewer pinned come first."""
        found = [d for d in self.inventory.documents if d.document_type in types and d.status in USABLE]
        found.sort(key=lambda d: (d.status != "pinned", types.index(d.document_type), d.filename, d.sha256))
        self.trace.asked_for(types, found)
        return found

    @cached_property
    def plans(self) -> list[Document]:
        """Project plans in scope, the one to read first: pinned, then private before public, then the most pages."""
        found = self.of_type("project_plan")
        return sorted(
            found, key=lambda d: (d.status != "pinned", d.visibility != "private", -d.pages, d.filename, d.sha256)
        )

    def why_this_plan(self) -> str:
        """What puts the plan that is read before the others, in words."""
        if len(self.plans) < 2:
            return "it is the only project plan in scope"
        first, second = self.plans[:2]
        if first.status != second.status:
            return "a person pinned it"
        if (first.visibility == "private") != (second.visibility == "private"):
            return "a private plan goes before a public one"
        if first.pages != second.pages:
            return f"of the plans in scope it has the most pages ({first.pages}; the next has {second.pages})"
        return "the plans in scope are alike, and it is the first by name"

    @cached_property
    def plan_document(self) -> Document | None:
        """The plan that answers are read from."""
        return self.plans[0] if self.plans else None

    @cached_property
    def plan(self) -> Plan | None:
        """That plan, read by the form's grammar."""
        if not self.plan_document:
            return None
        return read_plan(self.pages(self.plan_document), self.checklist.grammar)

    @cached_property
    def registers(self) -> list[Register]:
        """Every land register in scope, by title number; copies of one title by content, never by file name."""
        read = (read_register(d, self.pages(d)) for d in self.of_type("land_tenure"))
        return sorted((r for r in read if r), key=lambda r: (r.title_number or "", r.document_id))

    def page(self, document: Document, number: int) -> Page:
        """A page of a document, by its number."""
        return next(p for p in self.pages(document) if p.number == number)

    def pages(self, document: Document) -> tuple[Page, ...]:
        """All pages of a document."""
        look_at(document.sha256)
        if document.sha256 not in self._pages:
            self._pages[document.sha256] = self.read(document).pages
        return self._pages[document.sha256]

    def paragraphs(self, places: Sequence[str]) -> list[Paragraph]:
        """The answers that stand at places like "1.8" and "1.11/Habitat" (see `Place`), in the order they are named."""
        if not self.plan or not self.plan_document:
            return []
        look_at(self.plan_document.sha256)
        found: list[Paragraph] = []
        for place in places:
            number, bar, subhead = place.partition("/")
            outside = bool(bar) and not subhead
            here = self._outside_subheads(number) if outside else self.plan.paragraphs(number, subhead or None)
            found += [p for p in here if p not in found]
        self.trace.read(places, found)
        return found

    def _outside_subheads(self, number: str) -> list[Paragraph]:
        """What stands under no sub-head of the form; the section's lead only where none of them was found."""
        section = self.checklist.grammar.section(number)
        declared = {squash(s) for s in (section.subheads if section else ())}
        here = self.plan.paragraphs(number) if self.plan else []
        headed = any(p.subhead and squash(p.subhead) in declared for p in here)
        return [p for p in here if (squash(p.subhead) not in declared if p.subhead else not headed)]

    def quote_paragraph(
        self, paragraph: Paragraph, start: int, end: int, role: Literal["primary", "supplementary"] = "primary"
    ) -> list[Evidence]:
        """The whole sentences around [start, end) of a paragraph of the plan, one item per page."""
        if not self.plan_document:
            return []
        first, last = paragraph.around(start, end)
        if last - first > MAX_QUOTE:
            first, last = next(((a, b) for a, b in paragraph.sentences() if a <= start < b), (start, end))
        found = []
        for number, _, words in paragraph.cut(first, last):
            item = quote(
                self.plan_document,
                self.page(self.plan_document, number),
                words,
                section=paragraph.section or None,
                section_title=paragraph.subhead or paragraph.section_title or None,
                role=role,
            )
            if item:
                found.append(item)
        if self.refused.intersection(item.evidence_id for item in found):
            self.met_refused = True
            return []
        self.trace.quoted(paragraph, found)
        return found

    def discarded(self, paragraph: Paragraph, start: int, end: int) -> bool:
        """True when a person discarded the quote that these words would give."""
        return bool(self.refused) and not self.quote_paragraph(paragraph, start, end) and self.met_refused

    def quote_line(self, document: Document, page: Page, words: str) -> Evidence | None:
        """A line of a supporting document."""
        item = quote(document, page, words, section_title=page.title, role="supplementary")
        return None if item and item.evidence_id in self.refused else item

    def quote_row(self, document: Document, page: Page, cells: Iterable[str]) -> Evidence | None:
        """A row of a sheet; of a table as plain text, the line as it stands there, with its marks."""
        wanted = [cell for cell in cells if cell]
        lines = (line for line in page.text.splitlines() if all(cell in line for cell in wanted))
        return self.quote_line(document, page, " ".join(wanted)) or next(
            (item for line in lines if (item := self.quote_line(document, page, line))), None
        )


def unread(dossier: Dossier, *types: DocumentType) -> list[Document]:
    """Documents that are, or may be, of these types and could not be read: their absence proves nothing.

    One that says by nothing what it is may be any of them.
    """
    closed = [d for d in dossier.inventory.documents if d.status in ("unreadable", "quarantined")]
    return [d for d in closed if d.document_type in (*types, "other")]
