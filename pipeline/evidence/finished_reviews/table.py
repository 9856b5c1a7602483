"""The rows of a review's table, whichever columns a page has left of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.classification.seen import fold, squeeze
from pipeline.evidence.dates import dates_in
from pipeline.evidence.quoting import quote
from pipeline.forms.normal import join_lines, plain
from pipeline.models import Document, Evidence, Page, ReviewedRow

#: The form's columns, in its order.
_COLUMNS = ("category", "requirement", "accepted evidence", "submitted material", "approved", "comments")
_APPROVED = _COLUMNS.index("approved")
#: What stands in the column Approved: the form knows two words, reviewers know a few more.
_DECIDED = re.compile(
    r"^(?:not\s+)?approved\b|^(?:conditional(?:ly)?|rejected|pending|yes|no|[\u2713\u2714xX])\W*$", re.I
)
_APPROVED_IN_LINE = re.compile(r"\b((?:Not\s+)?Approved)\b(?!\s*:)\s*(.*)$")
_TABLE_BEGINS = re.compile(r"\bsubmitted material\s+approved\b|\bregistry agent review checklist\b", re.I)


def rows_of(document: Document, pages: Sequence[Page]) -> list[ReviewedRow]:
    """Every row with what its writer typed, in the order of the pages.

    A page's grid has no column that is empty on all of that page, so columns are told by the one that holds the
    decisions: material stands before it, comments after it. Without rules only decisions and what follows them on
    their line are read.
    """
    found: list[ReviewedRow] = []
    begun = False
    for page in pages:
        for table in page.tables:
            header = next((n for n, row in enumerate(table.rows) if _is_header(row)), None)
            begun = begun or header is not None
            if not begun:
                continue
            decided = _column(table.rows)
            for row in table.rows[0 if header is None else header + 1 :]:
                if (made := _row(document, page, row, decided, found[-1] if found else None)) is not None:
                    found.append(made)
    return found if any(row.approved for row in found) else _rows_of_lines(document, pages)


def _is_header(row: Sequence[str]) -> bool:
    return sum(fold(cell) in _COLUMNS for cell in row) >= 4


def _column(rows: Sequence[Sequence[str]]) -> int:
    """The place of the column Approved on this page."""
    votes = [sum(bool(_DECIDED.match(row[n].strip())) for row in rows if n < len(row)) for n in range(_APPROVED + 1)]
    return max(range(len(votes)), key=lambda n: (votes[n], n)) if any(votes) else _APPROVED


def _row(
    document: Document, page: Page, cells: Sequence[str], decided: int, before: ReviewedRow | None
) -> ReviewedRow | None:
    if not any(cell.strip() for cell in cells):
        return None
    texts = [join_lines(cell.split("\n")) for cell in cells]
    texts = [""] * (_APPROVED - decided) + texts
    texts += [""] * (len(_COLUMNS) - len(texts))
    category, requirement, _, submitted, approved, comment = texts[: len(_COLUMNS)]
    if approved and not _DECIDED.match(approved):
        return None
    if before and not approved:
        # What stands here goes on from the row that the page before broke off.
        category, requirement = before.category, f"{before.requirement} {requirement}".strip()
    elif before and not category:
        category = before.category
    wide = [""] * (_APPROVED - decided) + list(cells)
    typed = {"submitted": wide[3:4], "comment": wide[5:6]}
    evidence = {name: item for name, cell in typed.items() if cell and (item := _quote(document, page, cell[0]))}
    return ReviewedRow(
        page=page.number,
        category=squeeze(category),
        requirement=squeeze(requirement),
        submitted=squeeze(submitted),
        approved=squeeze(approved),
        comment=squeeze(comment),
        evidence=evidence,
    )


def _quote(document: Document, page: Page, cell: str) -> Evidence | None:
    """The cell in one run where the page's text has it so, else its longest line."""
    if not cell.strip():
        return None
    lines = sorted(cell.split("\n"), key=len, reverse=True)
    return quote(document, page, join_lines(cell.split("\n"))) or next(
        (item for line in lines if (item := quote(document, page, line))), None
    )


def _rows_of_lines(document: Document, pages: Sequence[Page]) -> list[ReviewedRow]:
    """Decisions with what follows them on their line, and lines with dates, which a comment may have wrapped to."""
    found = []
    begun = False
    for page in pages:
        for line in map(plain, page.text.splitlines()):
            begun = begun or bool(_TABLE_BEGINS.search(line))
            match = _APPROVED_IN_LINE.search(line) if begun and not _TABLE_BEGINS.search(line) else None
            comment = match.group(2).strip(" |") if match else line if begun and dates_in(line) else ""
            if match or comment:
                item = quote(document, page, comment) if comment else None
                evidence = {"comment": item} if item else {}
                approved = match.group(1) if match else ""
                found.append(ReviewedRow(page=page.number, approved=approved, comment=comment, evidence=evidence))
    return found
