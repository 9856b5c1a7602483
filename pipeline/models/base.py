"""Words that every other value is made of: statuses, types, outcomes, and the frozen base class."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1

StageKey = Literal[
    "initialize",
    "document_discovery",
    "requirement_mapping",
    "evidence_extraction",
    "cross_validation",
    "report_generation",
    "human_review",
    "completion",
]
StageStatus = Literal["pending", "queued", "running", "completed", "stale", "failed", "waiting"]
SourceType = Literal["inbox", "upload", "path", "link"]
DocumentType = Literal[
    "project_plan",
    "baseline_report",
    "monitoring_report",
    "ghg_emissions",
    "land_tenure",
    "land_cover_map",
    "farm_management_records",
    "sampling_plan",
    "lab_results",
    "model_results",
    "imagery_metadata",
    "gis_boundary",
    "methodology_reference",
    "registry_review",
    "other",
]
DocumentStatus = Literal["in_scope", "pinned", "ignored", "excluded", "superseded", "unreadable", "quarantined"]
RowStatus = Literal["covered", "partial", "missing", "not_applicable", "needs_review"]
FileOutcomeKind = Literal["added", "duplicate", "new_version", "refused"]
DuplicateChoice = Literal["continue", "use_existing", "cancel"]
Severity = Literal["high", "medium", "low"]
CheckOutcome = Literal["pass", "warning", "fail", "not_run"]
TestOutcome = Literal["pass", "fail", "not_run"]
#: A box on a page in PDF points, origin top left: x0, y0, x1, y1.
Box = tuple[float, float, float, float]


class Value(BaseModel):
    """A frozen value; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
