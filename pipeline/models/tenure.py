"""Titles, papers and plans compared: what stands where, line by line, for the reviewer and for programs."""

from __future__ import annotations

import re
from typing import Literal

from pipeline.models.base import DocumentType, Value
from pipeline.models.evidence import Evidence


class Paper(Value):
    """A document that another document names (contract: papers)."""

    #: As one would ask for it: "Register QX510001", "2023_Sample_Plan_Results.csv".
    name: str
    #: What it would be, where its name or the sentence says so.
    document_type: DocumentType | None = None
    title_number: str | None = None
    #: True when the words name the title's plan, not its register.
    is_plan: bool = False
    #: The words that name it, document by document.
    where: tuple[Evidence, ...] = ()
    #: The file that is it; None when none was received.
    received: str | None = None
    received_id: str | None = None
    #: Why that file, or what else is known, in words.
    why: str = ""
    #: Received, but software cannot open it.
    unread: bool = False


class TitleHolder(Value):
    """A proprietor of a title and how the name stands to the owner in the plan."""

    name: str
    #: none, initials, trustee ... (pipeline/evidence/tenure/people.py); None when there is no owner to compare with.
    difference: str | None = None
    words: str = ""


class TitleLine(Value):
    """One title of the tenure ledger (contract: titles); what is None was not read."""

    title_number: str
    #: The papers of this title that the plan names: "Register QX510001", "Title plan QX510001".
    named: tuple[str, ...] = ()
    #: The plan's words.
    named_where: tuple[Evidence, ...] = ()
    #: The register of this title; where several copies came, the one issued last.
    received: str | None = None
    received_id: str | None = None
    other_copies: tuple[str, ...] = ()
    class_of_title: str | None = None
    tenure: str | None = None
    proprietors: tuple[TitleHolder, ...] = ()
    lenders: tuple[str, ...] = ()
    pending: bool = False
    edition_date: str | None = None
    issued_on: str | None = None
    #: What keeps the line open, and what would close it; both empty when it is closed.
    open: tuple[str, ...] = ()
    closes_when: tuple[str, ...] = ()
    #: What is worth knowing and keeps nothing open.
    notes: tuple[str, ...] = ()
    #: The register's words.
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_numbered(self) -> bool:
        """False for the line of a register whose own number could not be read."""
        return bool(re.fullmatch(r"[A-Z]{1,4}\d{1,7}", self.title_number))

    @property
    def place(self) -> str:
        """Where this project claims the title, in words."""
        if self.received:
            return f"register {self.received}"
        named = next(iter(self.named_where), None)
        return f"named in {named.document}, PDF page {named.page}" if named else "named"


class AnswerChange(Value):
    """A section of the form that says something else in another plan."""

    section: str
    section_title: str = ""
    kind: Literal["changed", "added", "removed"]
    old: tuple[Evidence, ...] = ()
    new: tuple[Evidence, ...] = ()
    #: Figures that stand in the changed sentences of one side only.
    figures: tuple[str, ...] = ()
    #: Set by cross-validation: the rows answered there, and whether a reviewer must know.
    requirement_ids: tuple[str, ...] = ()
    matters: bool = False
    why: str = ""


class PlanDifference(Value):
    """Two plans of one project compared in answers (contract: plan_differences); `new` is the one that was read."""

    kind: Literal["version", "public_private", "unsure"]
    old: str
    old_id: str
    new: str
    new_id: str
    #: Which of the two is the public form, where one is.
    public_id: str | None = None
    #: Section by section in the order of the form; what only layout changed is not here.
    changes: tuple[AnswerChange, ...] = ()
