"""A finding that somebody else brought, kept apart from what the machine found."""

from __future__ import annotations

from datetime import datetime

from pipeline.models.base import Value
from pipeline.models.evidence import Evidence


class Claim(Value):
    """A quote that stands where it is said to, for one requirement; never evidence, and never a verdict."""

    claim_id: str
    requirement_id: str
    evidence: Evidence
    note: str | None = None
    by: str
    at: datetime
    #: False when its document was taken out, replaced or set aside since; set where claims are shown.
    stands: bool = True
