"""Findings that others bring: kept when the quote stands, word for word, on the page it names; never evidence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline import lookup, workflow
from pipeline.errors import ClaimRefused, NotMadeYet, UsageError
from pipeline.forms.normal import squash
from pipeline.models import Claim, Document, Evidence, Inventory, Page, SessionRecord
from pipeline.quoting import MAX_QUOTE, quote

if TYPE_CHECKING:
    from pipeline.workspace import Workspace

#: A claim is a sentence or a few, not a page, in characters.
LONGEST_NOTE = 1000
#: How alike, from 0 to 100, a passage must be to be shown as the nearest one.
NEAR = 55.0
#: Documents with these statuses can be quoted; all others are said not to be evidence, with the reason.
_QUOTABLE = ("in_scope", "pinned")
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

    `document` is an id or a name, `page` the 1-based PDF page (sheet of a workbook). The same finding twice is one
    claim. ClaimRefused, naming the nearest text, unless the quote stands on that page in the proponent's own words.
    """
    record = ws.sessions.read(session_id)
    inventory = workflow.load_inventory(ws, record)
    if inventory is None:
        raise NotMadeYet(
            f"The documents of {session_id} have not been read yet.", f"registry-review discover {session_id}"
        )
    row = _requirement(ws, record, requirement_id)
    found = _evidence(ws, record, inventory, quote, document, page)
    key = "|".join((row, found.sha256, str(found.page), squash(found.quote)))
    claim = Claim(
        claim_id="claim-" + hashlib.sha256(key.encode("utf-8")).hexdigest()[:16],
        requirement_id=row,
        evidence=found,
        note=_note(note),
        by=_who(by),
        at=ws.now(),
    )
    with ws.sessions.transaction(session_id, by) as tx:
        known = tx.record.claims.get(claim.claim_id)
        if known is not None:
            return known
        tx.put_claim(claim)
        tx.log("claim_submitted", claim_id=claim.claim_id, requirement_id=row, document_id=found.document_id)
    return claim


def shown_claims(record: SessionRecord, inventory: Inventory) -> tuple[Claim, ...]:
    """The session's claims in the order of the rows, each saying whether its document still counts."""
    counts = {d.sha256: d.filename for d in inventory.documents if d.status in _QUOTABLE}
    held = sorted(record.claims.values(), key=lambda c: (c.requirement_id, c.at, c.claim_id))
    return tuple(claim.model_copy(update={"stands": claim.evidence.sha256 in counts}) for claim in held)


def _requirement(ws: Workspace, record: SessionRecord, text: str) -> str:
    ids = [r.requirement_id for r in workflow.load_checklist(ws, record).requirements]
    number = re.fullmatch(r"\D*?0*(\d+)", text.strip())
    for one in ids:
        own = re.search(r"(\d+)$", one)
        if one.casefold() == text.strip().casefold() or (number and own and int(own[1]) == int(number[1])):
            return one
    raise UsageError(f"There is no requirement {text!r} in this checklist.", f"It has {ids[0]} to {ids[-1]}.")


def _note(note: str | None) -> str | None:
    text = " ".join((note or "").split())
    if len(text) > LONGEST_NOTE:
        raise UsageError(f"The note is longer than {LONGEST_NOTE} characters.", "Shorten it.")
    return text or None


def _who(by: str) -> str:
    name = " ".join(by.split())
    if not name:
        raise UsageError("A claim needs the name of who makes it.", 'Give it as "by".')
    return name[:200]


# --- is it there? -----------------------------------------------------------------------------------------------------


def _evidence(
    ws: Workspace, record: SessionRecord, inventory: Inventory, words: str, document: str, page: int
) -> Evidence:
    """The quote as it stands on the page; ClaimRefused says why it does not."""
    if not squash(words):
        raise ClaimRefused("The claim has no quote.", "Copy the words from the page.")
    if len(words) > MAX_QUOTE:
        raise ClaimRefused(f"The quote is longer than {MAX_QUOTE} characters.", "Quote the sentence that answers.")
    named = lookup.document(document, record)
    listed = next((d for d in inventory.documents if d.document_id == named.document_id), None)
    if listed is None:
        raise NotMadeYet(f"{named.filename} has not been read yet.", f"registry-review discover {record.session_id}")
    if listed.status not in _QUOTABLE:
        why = _WHY_NOT.get(listed.status, listed.status)
        raise ClaimRefused(f"{listed.filename} cannot be quoted: {why}.", "Quote a document of the proponent.")
    pages = ws.reader.read(listed.sha256, named.names).pages
    there = next((p for p in pages if p.number == page), None)
    if there is None:
        raise ClaimRefused(f"{listed.filename} has no page {page}; it has {len(pages)}.", "Give the page of the PDF.")
    found = quote(listed, there, words)
    if found is None:
        raise ClaimRefused(*_nearest(listed, there, pages, words))
    if _is_instruction(listed, there, words):
        raise ClaimRefused(
            f"These words on page {page} of {listed.filename} are the form's instruction, set in italics.",
            "Quote what the proponent wrote below it.",
        )
    return found


def _is_instruction(document: Document, page: Page, words: str) -> bool:
    """A plan's form sets its instructions in italics and answers upright (domain: 6.3)."""
    if document.document_type != "project_plan" or not page.lines:
        return False
    upright = " ".join(line.text for line in page.lines if not line.italic)
    return squash(words) not in squash(upright) and any(line.italic for line in page.lines)


def _nearest(document: Document, page: Page, pages: Sequence[Page], words: str) -> tuple[str, str]:
    """Where the words do stand, else what on this page comes nearest to them."""
    said = f"The quote does not stand on page {page.number} of {document.filename}."
    elsewhere = [p.number for p in pages if squash(words) in squash(p.text)]
    if elsewhere:
        return said, f"It stands on page {', '.join(map(str, elsewhere[:5]))} there."
    near = _passage(page.text, words)
    if near is None:
        return said, "Nothing on that page comes near it. Copy the words from the page."
    return f"{said} The nearest text there is: “{near}”", "Copy the words exactly as they stand; digits count."


def _passage(text: str, words: str) -> str | None:
    from rapidfuzz import fuzz

    folded = " ".join(text.split())
    aligned = fuzz.partial_ratio_alignment(words.casefold(), folded.casefold(), score_cutoff=NEAR)
    if aligned is None or len(folded.casefold()) != len(folded):
        return None
    begin, end = aligned.dest_start, aligned.dest_end
    # From the beginning of a word to the end of one.
    begin = folded.rfind(" ", 0, begin) + 1
    stop = folded.find(" ", end)
    return folded[begin : stop if stop >= 0 else len(folded)]
