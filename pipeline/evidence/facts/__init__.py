"""Facts of the documents beside the plan, and of what the plan says about them: one module per subject.

Each gives values with their quotes and no verdict; the rules in `verdicts/checks/` compare them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.evidence.dossier import Dossier
from pipeline.evidence.facts import emissions, plan_figures, project_reports, sampling_text, tables
from pipeline.models import Fact

__all__ = ["across_documents"]


def across_documents(dossier: Dossier) -> Iterator[Fact]:
    """Every fact of reports, emission reports, sample tables and workbooks, and the plan's figures they belong to."""
    yield from plan_figures.gather(dossier)
    yield from project_reports.gather(dossier)
    yield from sampling_text.gather(dossier)
    yield from emissions.gather(dossier)
    yield from tables.gather(dossier)
