"""Findings that somebody else brings: kept when their quote stands on the page it names; never evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.errors import ClaimRefused, NotFound, NotMadeYet, UsageError
from pipeline.evidence.dossier import USABLE
from pipeline.evidence.quoting import MAX_QUOTE, quote
from pipeline.evidence.verbatim import as_printed, nearest
from pipeline.forms import Paragraph, read_plan
from pipeline.forms.normal import squash
from pipeline.forms.proponent_words import is_own
from pipeline.home import lookup
from pipeline.models import Claim, Document, DocumentRecord, Evidence, Inventory, Page, SessionRecord
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.checklists import Checklist
    from pipeline.home.workspace import Workspace

#: A note is a sentence or a few, not a page, in characters.
LONGEST_NOTE = 1000
LONGEST_NAME = 200
#: So many pages are named when the words stand elsewhere.
_MOST_PAGES = 5
_WHY_NOT = {
    "excluded": "it is a finished review or a methodology document, which is never evidence",
    "ignored": "the reviewer ignores it",
    "superseded": "a newer version took its place",
    "unreadable": "it could not be read",
    "quarantined": "it is quarantined",
}


def submit_claim(
    ws: Workspace,
    session_id: str,
    requirement_id: str,
    quote: str,
    document: str,
    page: int,
    note: str | None = None,
    by: str = "agent",
) -> Claim:
    """Keep a finding for a requirement beside the machine's own evidence; no row's status ever depends on it.

    `requirement_id` may be "REQ-007" or "7", `document` an id or a name, `page` the 1-based PDF page (sheet of a
    workbook). The same finding twice is one claim. ClaimRefused, naming the nearest text, unless the quote stands on
    that page, whole, in the proponent's own words; the quote that is kept is copied from the page.
    """
    record = ws.sessions.read(session_id)
    by, note = _one_line("by", by, LONGEST_NAME), _one_line("note", note or "", LONGEST_NOTE)
    if not by:
        raise UsageError("A claim needs the name of who makes it.", 'Give it as "by".')
    inventory = results.load_inventory(ws, record)
    if inventory is None:
        raise NotMadeYet(
            f"The documents of {session_id} have not been read yet.", f"registry-review discover {session_id}"
        )
    checklist = results.load_checklist(ws, record)
    row = lookup.requirement(requirement_id, checklist.requirements).requirement_id
    found = _evidence(ws, record, inventory, checklist, quote, document, page)
    key = "|".join((row, found.sha256, str(found.page), squash(found.quote)))
    claim = Claim(
        claim_id="claim-" + hashlib.sha256(key.encode("utf-8")).hexdigest()[:16],
        requirement_id=row,
        evidence=found,
        note=note or None,
        by=by,
        at=ws.now(),
    )
    with ws.sessions.transaction(session_id, by) as tx:
        known = tx.record.claims.get(claim.claim_id)
        if known is not None:
            return known
        if found.document_id not in tx.record.documents:  # taken out meanwhile, and its words with it
            raise NotFound(f"{found.document} was taken out of {session_id}.", f"registry-review show {session_id}")
        tx.put_claim(claim)
        tx.log("claim_submitted", claim_id=claim.claim_id, requirement_id=row, document_id=found.document_id)
    return claim


def shown_claims(record: SessionRecord, inventory: Inventory | None) -> tuple[Claim, ...]:
    """The session's claims in the order of the rows, each saying whether its document still counts."""
    counts = {d.sha256 for d in inventory.documents if d.status in USABLE} if inventory else set()
    held = sorted(record.claims.values(), key=lambda c: (c.requirement_id, c.at, c.claim_id))
    return tuple(claim.model_copy(update={"stands": claim.evidence.sha256 in counts}) for claim in held)


def claims_of(ws: Workspace, record: SessionRecord, requirement_id: str | None = None) -> tuple[Claim, ...]:
    """The session's claims as they stand now, or those on one row."""
    shown = shown_claims(record, results.load_inventory(ws, record)) if record.claims else ()
    return tuple(claim for claim in shown if requirement_id in (None, claim.requirement_id))


def _one_line(field: str, text: str, longest: int) -> str:
    said = " ".join(text.split())
    if len(said) > longest:
        raise UsageError(f"`{field}` is longer than {longest} characters.", "Shorten it.")
    return said


# --- is it there? -----------------------------------------------------------------------------------------------------


def _evidence(
    ws: Workspace,
    record: SessionRecord,
    inventory: Inventory,
    checklist: Checklist,
    words: str,
    document: str,
    page: int,
) -> Evidence:
    """The quote as it stands on the page; ClaimRefused says why it does not."""
    if not any(c.isalnum() for c in words):
        raise ClaimRefused("The claim has no quote.", "Copy the words from the page.")
    if len(words) > MAX_QUOTE:
        raise ClaimRefused(f"The quote is longer than {MAX_QUOTE} characters.", "Quote the sentence that answers.")
    named = lookup.document(document, record)
    listed = next((d for d in inventory.documents if d.document_id == named.document_id), None)
    if listed is None:
        raise NotMadeYet(f"{named.filename} has not been read yet.", f"registry-review discover {record.session_id}")
    status = _status(listed, named)
    if status not in USABLE:
        why = _WHY_NOT.get(status, status)
        raise ClaimRefused(f"{listed.filename} cannot be quoted: {why}.", "Quote a document of the proponent.")
    pages = ws.reader.read(listed.sha256, named.names).pages
    there = next((p for p in pages if p.number == page), None)
    if there is None:
        raise ClaimRefused(f"{listed.filename} has no page {page}; it has {len(pages)}.", "Count pages from 1.")
    printed = as_printed(there.text, words)
    place = _place(pages, there, printed, checklist) if printed and listed.document_type == "project_plan" else None
    found = quote(listed, there, printed, section=_number(place), section_title=_title(place)) if printed else None
    if found is None:
        raise ClaimRefused(*_nearest(listed, there, pages, words))
    return found


def _status(listed: Document, named: DocumentRecord) -> str:
    """What the document is in the session; a person's word and a newer version count at once, before discovery."""
    if named.superseded_by:
        return "superseded"
    return "ignored" if named.reviewer_status == "ignored" else listed.status


def _number(place: Paragraph | None) -> str | None:
    return (place.section or None) if place else None


def _title(place: Paragraph | None) -> str | None:
    return (place.section_title or None) if place else None


def _place(pages: Sequence[Page], page: Page, printed: str, checklist: Checklist) -> Paragraph | None:
    """The paragraph of a plan that says it; None when the plan has no layout by which its form could be told.

    ClaimRefused for what the form says itself: instructions, headings, labels, lists of contents, page furniture.
    """
    plan = read_plan(pages, checklist.grammar)
    paragraphs = list(plan.everything())
    if not paragraphs:
        return None
    if not is_own(plan, pages, page, printed):
        raise ClaimRefused(
            f"These words on page {page.number} are the form's own: an instruction, a heading, a label or a list of "
            "contents.",
            "Quote what the proponent wrote there.",
        )
    return next((p for p in paragraphs if squash(printed) in squash(p.text)), None)


def _nearest(document: Document, page: Page, pages: Sequence[Page], words: str) -> tuple[str, str]:
    """Where the words do stand, else what on this page comes nearest to them."""
    said = f"The quote does not stand on page {page.number} of {document.filename}."
    elsewhere = [p.number for p in pages if p is not page and as_printed(p.text, words)]
    if elsewhere:
        more = " and others" if len(elsewhere) > _MOST_PAGES else ""
        return said, f"It stands on page {', '.join(map(str, elsewhere[:_MOST_PAGES]))}{more} of it."
    near = nearest(page.text, words)
    if near is None:
        return said, "Nothing on that page comes near it. Copy the words from the page."
    return (
        f"{said} The nearest text there is: “{near}”",
        "Copy the words as they stand, whole words and whole numbers; every digit must be the same.",
    )
