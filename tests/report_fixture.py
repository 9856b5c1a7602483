"""A made-up report with everything in it that a page must survive: all statuses, long and hostile texts, no luck."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.models import (
    CheckResult,
    Document,
    DocumentSource,
    Evidence,
    Fact,
    Inventory,
    ProjectMetadata,
    Report,
    RequirementResult,
    ReviewException,
    SessionRecord,
    TestResult,
    ValidationResult,
)
from pipeline.reporting.model import build_report

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PLAN = "7310HarrowVale22 Project Plan.pdf"
REGISTER = "Official Copy (Register) - ZZ104477.pdf"
GHG = "7310HarrowVale22_GHG_Emissions_30_Sep_2022.pdf"
YIELDS = "Harrow Vale historic yields.xlsx"
#: Turns the characters after it around on the screen: "gpj.exe" would read as "exe.jpg".
OVERRIDE = "\u202e"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LONG_QUOTE = (
    "The sampling contractor walks each stratum with a positioning device, takes cores to 30 cm, composites them in a "
    "labelled bag and records every location before the bag leaves the field. " * 14
).strip()


@dataclass(frozen=True)
class FakeRequirement:
    """What the renderers read of a requirement."""

    requirement_id: str
    category: str
    title: str
    text: str
    accepted_evidence: str
    source: str
    mandatory: bool = True


@dataclass(frozen=True)
class FakeChecklist:
    """What the renderers read of a checklist."""

    requirements: tuple[FakeRequirement, ...]
    methodology: str = "soil-carbon-v1.2.2"
    title: str = "Registry agent review: project registration"
    version: str = "1"
    source: str = "Protocol for managed crop and grassland, Program Guide 1.1, in our own words"
    sha256: str = hashlib.sha256(b"checklist").hexdigest()


_ASKED = (
    ("General", "Current methodology", "Is the project registered under the newest credit class and methodology?"),
    ("Land Tenure", "Control of the land", "Does the proponent show legal control for the whole crediting period?"),
    ("Project Area", "No recent conversion", "Was the land kept from conversion for ten years before the start?"),
    ("Project Area", "Boundary", "Are eligible and ineligible land shown in boundary files and maps?"),
    ("Project Boundary", "Sources and sinks", "Are the sources, sinks and reservoirs listed?"),
    ("Project Ownership", "Credit ownership", "Who owns the credits, and how are they shared?"),
    ("Project Start Date", "Start date", "When does the project start, and why is that date eligible?"),
    ("Ecosystem Type", "Classification", "How are vegetation, soil and climate classified?"),
    ("Ecosystem Type", "Five years alike", "Was the ecosystem type the same for five years before the start?"),
    ("Crediting Period", "Ten-year term", "Is the crediting term ten years, and renewable?"),
    ("GHG Accounting", "Additionality", "Is the project additional by one of the listed tests?"),
    ("GHG Accounting", "Leakage", "Do yields stay within ten percent of the five-year average?"),
    ("GHG Accounting", "Permanence", "Is permanence promised for ten years after crediting?"),
    ("Regulatory Compliance", "Binding law", "Does the project attest that it keeps all binding law?"),
    ("Other Registries", "Other listings", "Is every other listing disclosed, past and planned?"),
    ("Plan Deviations", "Deviations", "Are deviations from the plan conservative?"),
    ("Monitoring Plan", "Monitoring plan", "Are indicators, methods and responsibilities given?"),
    ("Risk Management", "Buffer pool", "Does 20 % of every issuance go to the buffer pools?"),
    ("Safeguards", "Negative impacts", "Are negative impacts found and addressed?"),
    ("Safeguards", "No net harm", "Are impacts and their mitigation described?"),
    ("Safeguards", "Stakeholders", "Were local stakeholders found and consulted before the start?"),
    ("Safeguards", "Environmental assessment", "Was an environmental assessment made, and what did it find?"),
    ("Safeguards", "Public consultation", "Was the public consulted, and how were comments answered?"),
)
_STATUS = {2: "partial", 3: "needs_review", 4: "partial", 9: "missing", 12: "partial", 16: "not_applicable",
           20: "missing", 22: "partial"}  # fmt: skip


def checklist() -> FakeChecklist:
    """Return a checklist of 23 rows in the registry's categories, in words of our own."""
    return FakeChecklist(
        tuple(
            FakeRequirement(
                f"REQ-{n:03d}",
                category,
                title,
                f"{text} The answer has to stand in the submitted documents themselves.",
                "Deeds, leases, use agreements or a signed statement; a dated paper for each parcel of the project."
                if n == 2
                else "A statement in the project plan, with the documents it names.",
                f"Program Guide 8.{n}; Credit Class 3.{n}",
                n != 16,
            )
            for n, (category, title, text) in enumerate(_ASKED, 1)
        )
    )


def evidence(document: str, page: int, quote: str, section: str | None = None, **more: Any) -> Evidence:
    """Return a piece of evidence whose ids are made from its content, as extraction makes them."""
    sha = hashlib.sha256(document.encode()).hexdigest()
    return Evidence(
        evidence_id=hashlib.sha256(f"{sha}{page}{quote}".encode()).hexdigest()[:16],
        document=document,
        document_id=sha[:12],
        sha256=sha,
        page=page,
        section=section,
        quote=quote,
        **more,
    )


def document(name: str, kind: str, **more: Any) -> Document:
    """Return an inventory entry; anything but name and type can be given."""
    sha = hashlib.sha256(name.encode()).hexdigest()
    fields: dict[str, Any] = {
        "document_id": sha[:12],
        "filename": name,
        "path": f"submission/{name}",
        "names": (name,),
        "sha256": sha,
        "size": 48_213,
        "document_type": kind,
        "classified_by": ("its first page says so",),
        "status": "in_scope",
        "pages": 1,
        "source_type": "path",
        "added_at": NOON,
    }
    return Document(**{**fields, **more})


def inventory() -> Inventory:
    """Return documents of every status, in no particular order."""
    return Inventory(
        documents=(
            document(GHG, "ghg_emissions", pages=11, classified_by=("page 1 is headed “Farm Carbon Calculator”",)),
            document("Registry Agent Review Harrow Vale.pdf", "registry_review", status="excluded", pages=9,
                     classified_by=("page 1 says “Registry agent review” and its Approved column is filled",),
                     notes=("A finished review is an answer key; nothing in it is used.",)),
            document("Farm calculator methodology.pdf", "methodology_reference", status="excluded", pages=120,
                     notes=("Says how something is done, not what this project did.",)),
            document(PLAN, "project_plan", pages=35, size=2_345_678, unreadable_pages=(14, 15, 16, 31),
                     visibility="public", added_at=NOON + timedelta(minutes=5),
                     names=(PLAN, "plan (1).pdf", "copy of plan.pdf"),
                     classified_by=("page 1 says “Project Plan: 7310HarrowVale22”", "contents list from 1.1 to 5.3"),
                     facts={"version": "2", "date": "31/03/2022"}),
            document("7310HarrowVale22 Project Plan v1.pdf", "project_plan", status="superseded", pages=35,
                     notes=("Version 1 of 02/02/2022; version 2 stands in the same folder.",)),
            document(REGISTER, "land_tenure", pages=4, classified_by=("“Title number ZZ104477”, registers A to C",)),
            document("ZZ104478 title plan.pdf", "land_tenure", status="unreadable", unreadable_pages=(1,),
                     notes=("One page without text: a person has to look at it.",)),
            document("Land cover 2012.pdf", "land_cover_map", unreadable_pages=(1,)),
            document(YIELDS, "farm_management_records", pages=3, classified_by=("cell A1 names a five-year history",)),
            document("boundary.zip", "gis_boundary", status="unreadable", pages=0, size=91_000,
                     notes=("An archive; unpack it and add its files.",)),
            document(f"invoice{OVERRIDE}fdp.exe", "other", status="quarantined", pages=0, size=0,
                     classified_by=("nothing in it could be read",), notes=(f"Broken. {SCRIPT}",)),
            document("W" * 180 + ".pdf", "other", status="ignored"),
        )
    )  # fmt: skip


def _answers(n: int) -> tuple[Evidence, ...]:
    section, title = f"1.{n}", _ASKED[n - 1][1]
    if n == 2:
        return (
            evidence(PLAN, 10, "The whole of the land is owned by Harrow Vale Estates Limited.", "1.7",
                     section_title="Project Ownership", page_label="7"),
            evidence(PLAN, 34, "ZZ104477, ZZ104478 and ZZ104479 are attached as official copies.", "Appendix",
                     section_title="Land Ownership", page_label="31"),
            evidence(REGISTER, 2, "PROPRIETOR: HARROW VALE ESTATES LTD (Co. Regn. No. 00000000)\nof Vale House",
                     role="supplementary", page_label="2"),
        )  # fmt: skip
    if n == 12:
        return (
            evidence(PLAN, 24, "Average yields may not fall by more than 10 % against the five-year average.", "4.3",
                     section_title="Leakage", page_label="21"),
            evidence(YIELDS, 1, "Average Yield (t/ha) 2018 8.1 2019 7.9 2020 6.4 2021 8.3 2022 8.0",
                     section_title="Sheet1", role="supplementary"),
        )  # fmt: skip
    if n == 14:
        return (evidence(PLAN, 14, f"The project keeps the law. {SCRIPT} | a | b |\n# not a heading{OVERRIDE}", "1.14",
                         section_title="Laws, Statutes and Other", page_label="11"),)  # fmt: skip
    if n == 17:
        return (
            evidence(PLAN, 29, LONG_QUOTE, "5.3", section_title="Monitoring Plan", page_label="26"),
            evidence(PLAN, 30, "Emissions are calculated each harvest year.", "5.3",
                     section_title="Monitoring Plan", page_label="27"),
        )  # fmt: skip
    if n in (9, 20):
        return ()
    quote = f"For this farm the answer to “{title.lower()}” is given here, in a whole sentence of the proponent."
    return (evidence(PLAN, 3 + n, quote, section, section_title=title, page_label=str(n)),)


def _row(n: int) -> RequirementResult:
    status = _STATUS.get(n, "covered")
    passed = [
        TestResult(test="answered", outcome="pass", message="The section is answered in the proponent’s own words."),
        TestResult(test="own_section", outcome="pass", message="The answer stands in the section the form gives it."),
    ]
    tests = {
        "covered": passed,
        "not_applicable": passed,
        "partial": [*passed, TestResult(
            test="named_papers_received", outcome="fail",
            message="Two of three title papers that the plan names were not received: ZZ104478 and ZZ104479.",
            clears_when="the official copies of ZZ104478 and ZZ104479 are in the folder.")],
        "needs_review": [passed[0], TestResult(
            test="image_is_dated", outcome="not_run",
            message="The land cover map is a picture; its year and its content cannot be read.",
            clears_when="a person has looked at Land cover 2012.pdf.")],
        "missing": [TestResult(
            test="answered", outcome="fail", message="No answer stands under the section; only its instruction does.",
            clears_when="the plan answers the section.")],
    }[status]  # fmt: skip
    reason = {
        "covered": "Every declared test passed.",
        "partial": "The statement is there; a document it depends on is not.",
        "missing": "The section was found and holds no answer.",
        "needs_review": "A picture has to be looked at.",
        "not_applicable": "The plan says “None.”",
    }[status]
    return RequirementResult(
        requirement_id=f"REQ-{n:03d}", category="", title="", status=status, reason=reason, tests=tuple(tests),
        evidence=_answers(n),
        expected_but_absent=("official copy of ZZ104478", "official copy of ZZ104479") if n == 2 else (),
    )  # fmt: skip


def _exception(severity: str, message: str, clears: str, *rows: int, **more: Any) -> ReviewException:
    ids = tuple(f"REQ-{n:03d}" for n in rows)
    kind = more.pop("kind", "missing_document")
    return ReviewException(
        kind=kind, severity=severity, message=message, clears_when=clears, requirement_ids=ids, **more
    )


def validation() -> ValidationResult:
    """Return 23 rows of all statuses, nine exceptions and checks of every outcome."""
    start = evidence(PLAN, 11, "The project starts on 01/01/2022.", "1.8", section_title="Start Date", page_label="8")
    term = evidence(PLAN, 11, "The crediting period is 01/01/2022 to 01/01/2032.", "1.9",
                    section_title="Crediting Period", page_label="8")  # fmt: skip
    first = evidence(PLAN, 4, "Project Plan: 7310HarrowVale22", "1.1", section_title="General Information",
                     page_label="1")  # fmt: skip
    exceptions = (
        _exception("low", "The copy of the register ZZ104477 was issued fourteen months before the submission.",
                   "a person accepts the date, or a newer copy is received.", 2, kind="old_copy"),
        _exception("high", "Two title papers that the plan names were not received: ZZ104478 and ZZ104479.",
                   "the official copies of both titles are in the folder.", 2, evidence=_answers(2)[1:2]),
        _exception("high", "The crediting period ends one day late: ten years from 01/01/2022 end on 31/12/2031.",
                   "the plan states 31/12/2031, or a person accepts the printed date.", 7, 10, 13,
                   kind="check_failed", evidence=(start, term)),
        _exception("high", "Section 2.1 holds no answer, only the form’s instruction.",
                   "the plan answers 2.1 in the proponent’s own words.", 20, kind="no_answer"),
        _exception("high", "No land-use record covers the five years before the start.",
                   "the historic yields name the years 2017 to 2021.", 9),
        _exception("medium", "The boundary came as an archive that was not opened: boundary.zip.",
                   "its files (.shp, .shx, .dbf, .prj) are added unpacked.", 4, kind="unreadable"),
        _exception("medium", "The land cover map is a picture; no text says which year or which farm it shows.",
                   "a person has looked at it and says what it shows.", 3, kind="image_only"),
        _exception("medium", "The proprietor in the register is “HARROW VALE ESTATES LTD”, the owner in the plan "
                   "“Harrow Vale Estates Limited”.", "a person accepts that both are one company.", 2, 6, kind="names"),
        _exception("medium", "Four pages of the plan hold no text: 14–16 and 31.",
                   "a person has looked at these pages.", 14, 15, 17, 19, 21, 22, 23, kind="unreadable"),
    )  # fmt: skip
    checks = (
        CheckResult(check_id="start-in-term", title="The start date opens the crediting period", outcome="pass",
                    severity="high", message="Both say 01/01/2022.", source="Program Guide 8.6",
                    evidence=(start, term), requirement_ids=("REQ-007", "REQ-010")),
        CheckResult(check_id="term-length", title="The crediting period is ten years", outcome="fail", severity="high",
                    message="01/01/2022 plus ten years ends on 31/12/2031; the plan says 01/01/2032.",
                    source="Credit Class 3.7", evidence=(term,), requirement_ids=("REQ-010",),
                    clears_when="the plan states 31/12/2031."),
        CheckResult(check_id="owner-register", title="The owner is the registered proprietor", outcome="warning",
                    severity="medium", message="The names differ by the company’s form only.",
                    source="Program Guide 8.2", evidence=_answers(2)[:1],
                    requirement_ids=("REQ-002",), clears_when="a person accepts the names."),
        CheckResult(check_id="in-force", title="The methodology was in force at submission", outcome="not_run",
                    severity="low", message="The checklist gives no dates of force.",
                    source="Program Guide 8.1"),
    )  # fmt: skip
    header = (
        Fact(name="project_name", value="Harrow Vale Farm 2022", evidence=first),
        Fact(name="project_id", value="7310HarrowVale22", evidence=first),
        Fact(name="proponent", value="Vale Soil Partners Ltd", evidence=evidence(
            PLAN, 8, "Vale Soil Partners Ltd", "1.6.1", section_title="Project Proponent", page_label="5")),
        Fact(name="crediting_start", value="2022-01-01", evidence=term),
        Fact(name="crediting_end", value="2032-01-01", evidence=term),
        Fact(name="date_submitted", value="31/03/2022", evidence=first),
        Fact(name="plan_version", value="2", evidence=first),
        Fact(name="farm_name", value="Harrow Vale", evidence=first),
        *(Fact(name=name, value=value, evidence=evidence(
            PLAN, 5, value, "1.3", section_title="Credit Class and Methodology", page_label="2"))
          for name, value in (("credit_class", "GHG Benefits in Managed Crop and Grassland Systems"),
                              ("credit_class_version", "1.5.1"), ("methodology", "Soil Organic Carbon Estimation"),
                              ("methodology_version", "1.2.2"))),
    )  # fmt: skip
    rows = tuple(_row(n) for n in range(1, 24))
    return ValidationResult(requirements=rows, checks=checks, exceptions=exceptions, header=header)


def record(session_id: str = "session-20260302-120000", source_type: str = "path") -> SessionRecord:
    """Return a session whose times and sources can differ while its content is the same."""
    return SessionRecord(
        session_id=session_id,
        project_metadata=ProjectMetadata(project_name="Harrow Vale"),
        sources={
            "src-1": DocumentSource(source_id="src-1", source_type=source_type, added_at=NOON,
                                    metadata={"path": "/srv/submissions/harrow-vale", "file_count": 12}),
        },
        created_at=NOON - timedelta(hours=1),
        updated_at=NOON,
    )  # fmt: skip


def report() -> Report:
    """Return the whole report."""
    return build_report(record(), inventory(), validation(), checklist())


def boxed(report: Report) -> Report:
    """Return the report with a box for every quote, as if all of its documents were PDFs."""

    def with_box(items: Sequence[Evidence]) -> tuple[Evidence, ...]:
        return tuple(item.model_copy(update={"boxes": ((72.0, 90.0, 200.0, 104.0),)}) for item in items)

    return report.model_copy(
        update={
            name: tuple(e.model_copy(update={"evidence": with_box(e.evidence)}) for e in getattr(report, name))
            for name in ("exceptions", "requirements", "checks")
        }
    )
