"""The tests a checklist may declare: how each finds its evidence, and how it is judged.

Extraction calls `find`, which copies quotes and values and gives no verdict; cross-validation calls `judge`.
"""

from __future__ import annotations

from typing import Any

from pipeline.checklists.model import Test
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.row_tests import boundary, dates, documents, fields, shares, statements, tenure
from pipeline.evidence.row_tests.verdict import Facts, Verdict
from pipeline.models import Finding

__all__ = ["Facts", "Verdict", "find", "judge"]

_KINDS: dict[str, Any] = {
    "statement": statements.Statement,
    "share": shares.Share,
    "length": statements.Length,
    "field": fields.LabelledField,
    "date": dates.StatedDate,
    "period": dates.Period,
    "agrees": dates.Agreement,
    "document": documents.Received,
    "boundary": boundary.Boundary,
    "map_age": documents.MapAge,
    "workbook_years": documents.WorkbookYears,
    "register": tenure.Registers,
    "papers": tenure.Papers,
}


def find(test: Test, dossier: Dossier) -> Finding:
    """What there is for a test: quotes and values, no verdict."""
    found: Finding = _KINDS[test.kind].find(test, dossier)
    return found


def judge(test: Test, finding: Finding, facts: Facts) -> Verdict:
    """Whether the test passes, with a sentence that says what was compared."""
    verdict: Verdict = _KINDS[test.kind].judge(test, finding, facts)
    return verdict
