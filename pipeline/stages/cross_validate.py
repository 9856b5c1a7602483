"""Stage 5: run every rule, judge every test, set the status of every row, and say what a person must look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checklists import Checklist
from pipeline.errors import StageFailed
from pipeline.evidence.row_tests import Facts
from pipeline.models import ExtractionResult, Fact, Inventory, MappingResult, ValidationResult
from pipeline.verdicts.checks import run_all
from pipeline.verdicts.checks.case import case_of
from pipeline.verdicts.exceptions import exceptions_of
from pipeline.verdicts.rows import Failure, PlanState, row_result
from pipeline.workflow.results import load_extraction, load_inventory, load_mapping

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Facts that stand in the report's header.
HEADER = (
    "project_name",
    "project_id",
    "plan_version",
    "date_submitted",
    "proponent",
    "proponent_contact",
    "credit_class",
    "credit_class_version",
    "methodology",
    "methodology_version",
    "start_date",
    "crediting_start",
    "crediting_end",
)


def cross_validate(ws: Workspace, session_id: str) -> ValidationResult:
    """Rows, checks and exceptions of a session; the workflow stores what this returns."""
    from pipeline.stages.computing import checklist_given, computed
    record = ws.sessions.read(session_id)
    inventory, mapping, extraction = load_inventory(ws, record), load_mapping(ws, record), load_extraction(ws, record)
    if inventory is None or mapping is None or extraction is None:
        raise StageFailed(f"{session_id} has no evidence yet.", f"Run: registry-review extract {session_id}")
    given = {
        **checklist_given(ws, record),
        "inventory": inventory.model_dump_json(),
        "mapping": mapping.model_dump_json(),
        "extraction": extraction.model_dump_json(),
    }
    return ValidationResult.model_validate_json(computed(ws, "validation", given, []))


def validation_of(
    checklist: Checklist, inventory: Inventory, mapping: MappingResult, extraction: ExtractionResult
) -> ValidationResult:
    """The verdicts, a pure function of what was found."""
    facts = Facts(extraction.facts)
    plan = PlanState.of(inventory, extraction)
    by_id = {r.requirement_id: r for r in extraction.requirements}
    rows, failures = [], list[Failure]()
    for requirement in checklist.requirements:
        row, failed = row_result(requirement, by_id[requirement.requirement_id], facts, plan)
        rows.append(row)
        failures += failed
    case = case_of(facts, checklist, inventory, extraction)
    checks = run_all(case)
    return ValidationResult(
        requirements=tuple(rows),
        checks=checks,
        exceptions=exceptions_of(rows, failures, checks, inventory, mapping, plan, checklist, extraction.papers),
        header=_header(facts),
        titles=case.titles,
        papers=case.papers,
        plan_differences=case.plan_differences,
    )


def _header(facts: Facts) -> tuple[Fact, ...]:
    """The first value of each header fact, in the order of the form."""
    return tuple(found[0] for name in HEADER if (found := facts.all(name)))
