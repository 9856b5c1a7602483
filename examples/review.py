"""A finished review on the registry's form, filled in by a made-up agent, rightly or with the slips people make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from examples.farm import Farm
from examples.monitoring import Round, draw_round
from examples.sheet import Sheet, print_pages
from examples.style import Face
from pipeline.checklists import load

Form = Literal["registration", "issuance"]
_LEFT = 40.0
_HEADS = ("Category", "Requirement", "Accepted Evidence", "Submitted Material", "Approved", "Comments")
_SHARES = (0.11, 0.24, 0.19, 0.22, 0.09, 0.15)
_OPENING = (
    "Registry Agent Review Overview",
    "This form holds what was looked at and what was found.",
    "Approved: what was sent meets the requirement.",
    "Review Outcome",
    "[x] Approved",
    "[ ] Not Approved",
    "Outcome Summary",
)
_AGENT = "Marian Quillfeather, a registry"


@dataclass(frozen=True)
class Slips:
    """What the writer got wrong; the default is a review without a fault."""

    #: The permanence period ends in a month that no year has.
    impossible_date: bool = False
    #: A farm that the outcome names in place of this one: a sentence copied from another review.
    other_farm: str | None = None
    #: The name in the header: the whole review is of another farm.
    header_name: str | None = None
    #: Date of Submission, in place of the day on which the reviewed document was handed in.
    submitted: date | None = None
    #: First and last day of the header's period.
    period: tuple[date, date] | None = None
    #: The model's error in percent, in place of the report's.
    mape: float | None = None
    #: Papers that are listed and were not sent.
    absent_papers: tuple[str, ...] = ()
    #: Rows that are approved though their material is to follow, or could not be opened.
    unproven: bool = False
    #: The outcome remarks that register and plan name the owner differently.
    owner_doubt: bool = False
    #: Ledger id in the outcome, in place of the header's.
    ledger_id: str | None = None


@dataclass
class _Row:
    category: str
    requirement: str
    accepted: str
    submitted: str
    comment: str = ""
    approved: str = field(default="Approved")


def write_review(
    farm: Farm, form: Form = "registration", papers: Sequence[str] = (), slips: Slips | None = None, plain: bool = False
) -> bytes:
    """The review as PDF, its dates month first in the header as the form wants them.

    `papers` is its list of documents submitted. With `plain` the tables have no rules, as in a review that was copied
    into a letter: then nothing tells a reader where a cell ends.
    """
    slips = slips or Slips()
    done = draw_round(farm)
    sheet = Sheet("a4 across", top=56, bottom=50, right=_LEFT)
    width = sheet.width - 2 * _LEFT
    big, text, small = Face("helvetica", "B", 15), Face("helvetica", "", 10), Face("helvetica", "", 8.5)
    sheet.paragraph("REGISTRY AGENT REVIEW", 260, big, gap=4)
    sheet.paragraph("Project Registration" if form == "registration" else "Credit Issuance", 310, text, gap=10)
    for label, lines in _header(farm, form, (*papers, *slips.absent_papers), slips, done):
        _header_row(sheet, label, lines, text, width, plain)
    sheet.new_page()
    for words in _OPENING:
        sheet.paragraph(words, _LEFT, text, gap=4)
    for words in _outcome(farm, form, slips):
        sheet.paragraph(words, _LEFT, text, gap=6)
    sheet.paragraph("Required Actions: None", _LEFT, text)
    sheet.new_page()
    sheet.paragraph("Registry Agent Review Checklist", _LEFT, text, gap=6)
    widths = [width * share for share in _SHARES]
    for row in (_HEADS, *_cells(_registration(farm, slips) if form == "registration" else _issuance(done, slips))):
        if plain:
            sheet.paragraph(" ".join(filter(None, row)), _LEFT, small, gap=2)
        else:
            sheet.row(row, [small] * len(row), _LEFT, widths)
    return print_pages(sheet.paper, sheet.pages)


def _header_row(sheet: Sheet, label: str, lines: Sequence[str], face: Face, width: float, plain: bool) -> None:
    if plain:
        first, *rest = (f"{label} {lines[0]}", *lines[1:]) if len(lines) == 1 else (label, *lines)
        for line in (first, *rest):
            sheet.paragraph(line, _LEFT, face)
        return
    for n, line in enumerate(lines):
        sides = "all" if len(lines) == 1 else "no bottom" if n == 0 else "no top" if n == len(lines) - 1 else "neither"
        sheet.row(
            (label if n == 0 else "", line), [face, face], _LEFT, [width * 0.25, width * 0.75],
            sides=sides,  # type: ignore[arg-type]  # one of the four words, which a conditional widens to str
        )  # fmt: skip


def _header(
    farm: Farm, form: Form, papers: Sequence[str], slips: Slips, done: Round
) -> list[tuple[str, Sequence[str]]]:
    own = (
        (farm.start, farm.crediting_end) if form == "registration" else (date(done.year, 1, 1), date(done.year, 12, 31))
    )
    first, last = slips.period or own
    sent = slips.submitted or (farm.submitted if form == "registration" else done.reported)
    return [
        ("Project Name", (slips.header_name or farm.name,)),
        ("Project ID", ("C99-017",)),
        (
            "Crediting period" if form == "registration" else "Reporting Period",
            (f"{first:%m/%d/%Y} - {last:%m/%d/%Y}",),
        ),
        ("Date of Submission", (f"{sent:%m/%d/%Y}",)),
        ("Credit Protocol", (f"A credit class 1.5.1, a methodology v {farm.methodology_version}",)),
        ("Program Guide Version", ("1.1",)),
        ("Project Proponent", (f"{farm.developer.person}, {farm.developer.organisation}",)),
        ("Registry Agents", (_AGENT,)),
        ("Documents Submitted", papers or ("None",)),
    ]


def _outcome(farm: Farm, form: Form, slips: Slips) -> list[str]:
    what = "registration" if form == "registration" else "issuance"
    told = [f"The {slips.other_farm or farm.name} submission for {what} was looked at and meets what is asked."]
    if slips.owner_doubt:
        told.append("Note that the land register and the plan give different first names for the landowner.")
    if slips.ledger_id:
        told.append(f"The project is entered as {slips.ledger_id}.")
    return [" ".join(told), "Nothing further is needed at this stage."]


def _cells(rows: Sequence[_Row]) -> list[tuple[str, ...]]:
    """Rows as they are printed: a category stands once, in front of its first row."""
    before = ""
    printed: list[tuple[str, ...]] = []
    for row in rows:
        shown = row.category if row.category != before else ""
        printed.append((shown, row.requirement, row.accepted, row.submitted, row.approved, row.comment))
        before = row.category
    return printed


def _registration(farm: Farm, slips: Slips) -> list[_Row]:
    last = f"23/31/{farm.permanence_end.year}" if slips.impossible_date else f"{farm.permanence_end:%d/%m/%Y}"
    comments = {
        "REQ-002": "The land is 100% owned by the project owner.",
        "REQ-004": f"Project area {farm.hectares:.2f} ha.",
        "REQ-007": f"Starts on {farm.start:%d/%m/%Y}.",
        "REQ-010": "The crediting period is 10 years.",
        "REQ-013": f"Stated as {farm.permanence_start:%d/%m/%Y} to {last}.",
        "REQ-019": "No further papers beyond the plan.",
    }
    rows = [
        _Row(
            requirement.category,
            f"{requirement.title}: {requirement.text} Source: {requirement.source}",
            requirement.accepted_evidence,
            f"Primary Documentation: Project Plan, Section {requirement.answer.sections[0].partition('/')[0]}",
            comments.get(requirement.requirement_id, ""),
        )
        for requirement in load("soil-carbon-v1.2.2").requirements
    ]
    deviations = next(n for n, r in enumerate(rows) if "eviation" in r.category)
    rows[deviations].submitted, rows[deviations].comment = "N/A", "No deviations submitted."
    if slips.unproven:
        rows[1].submitted, rows[1].comment = "Not provided", "Deeds to follow."
    return rows


def _issuance(done: Round, slips: Slips) -> list[_Row]:
    report = f"Primary Documentation: {done.project_id} Monitoring Report {done.year}"
    mape = slips.mape if slips.mape is not None else done.mape
    statement = ("Not present", "In progress, will be added later") if slips.unproven else (report, "")
    imagery = "The agents were not able to open the .mat files." if slips.unproven else ""
    mape_said = f"MAPE reported at {mape:.2f}% for {done.year}, under the limit of 20%."
    grid = f"{done.strata_ha} ha grid, {done.samples} samples"
    year, credits = f"Monitoring year {done.year}", f"{done.credits} credits in all"
    return [
        _Row("Boundaries", "The area with its eligible parts", "Polygons", report),
        _Row("Period", "First and last day of the round", "Dates in the report", report, year),
        _Row("Soil sampling", "Design: strata, cores and how they were placed", "Map and description", report, grid),
        _Row("Soil sampling", "Accuracy of positions: \u00b14 m or better", "Device details", report),
        _Row("Model", "Uncertainty given as MAPE", "Calculation, under 20% uncertainty", report, mape_said),
        _Row("Model", "Imagery within 4 months of sampling", "Sensing dates", report, imagery),
        _Row("Accounting", "One credit for a tonne of CO2e", "Credit statement", report, credits),
        _Row("Disclosures", "Signed statement of the monitor", "Statement", *statement),
        _Row("Deviations", "Deviations with evidence", "Stated in the report", "No deviations reported"),
    ]
