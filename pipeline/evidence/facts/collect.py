"""Values that the checks compare, each read from a named place with the quote it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.checklists.model import DateTest, PeriodTest, ShareTest
from pipeline.evidence.dates import DateMention, dates_in
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.facts import across_documents
from pipeline.evidence.facts.owners import credit_holders, land_owners
from pipeline.forms.normal import plain
from pipeline.models import Document, DocumentType, Fact, Page, RequirementEvidence
from pipeline.models.amounts import amount
from pipeline.models.fact_details import EstimateRow, Shares, Term

#: A developer's own id of a farm and round: 4-6 digits, the farm, the round's two-digit year.
_INTERNAL_ID = re.compile(r"(?<![A-Za-z0-9])(\d{4,6}[A-Z][A-Za-z]{2,30}\d{2})(?![A-Za-z0-9])")
_TERM_LINE = re.compile(r"\bcrediting\s+term\s+period\b", re.I)
_AREA_LINE = re.compile(r"\btotal\s+project\s+area\b\D*(\d[\d,]*(?:\.\d+)?)\s*\(?ha", re.I)
_ESTIMATE = re.compile(
    r"^(?P<year>(?:19|20)\d\d)\s+(?P<baseline>-?[\d,.]+)\s+(?P<removals>-?[\d,.]+)\s+"
    r"(?P<leakage>-?[\d,.]+|(?P<no_leakage>de minimis|negligible|nil|none|n/?a|zero))\s+(?P<net>-?[\d,.]+)\W*$",
    re.I,
)
#: Dates of a plan or report outside these years are slips of the pen (term ends lie 20 years ahead).
_YEARS = range(1990, 2100)
#: Per cent of each issuance that goes to the buffer pools (CC 5.4).
BUFFER = 20
#: Facts that tell which of two plans is the newer version of the other.
OF_VERSIONS = ("project_name", "project_id", "plan_version", "date_submitted")
#: Facts that are looked for among all dates of a document, wherever they stand.
OF_EVERY_DATE = ("impossible_date", "odd_date", "ambiguous_date")
_DATED: tuple[DocumentType, ...] = ("project_plan", "baseline_report", "monitoring_report", "ghg_emissions")

#: Header fields of the report: name, section of the plan, label.
_HEADER = (
    ("project_name", "1.1", "Project Name"),
    ("plan_version", "1.1", "Version of Document"),
    ("date_submitted", "1.1", "Date Submitted"),
    ("proponent", "1.6.1", "Organisation Name"),
    ("proponent", "1.6.1", "Organization Name"),
    ("proponent_contact", "1.6.1", "Contact Person"),
    ("credit_class", "1.3", "Credit Class Name"),
    ("credit_class_version", "1.3", "Credit Class Version"),
    ("methodology", "1.3", "Methodology Name"),
    ("methodology_version", "1.3", "Methodology Version"),
)


def gather(dossier: Dossier, rows: list[RequirementEvidence]) -> tuple[Fact, ...]:
    """Every fact of the dossier and of what the rows' tests found, in a fixed order."""
    facts = [
        *_header(dossier),
        *_from_rows(dossier, rows),
        *_holders(dossier),
        *_ids(dossier),
        *_odd_dates(dossier),
        *_reports(dossier),
        *_estimates(dossier),
        *_other_plans(dossier),
        *across_documents(dossier),
    ]
    return tuple(facts)


def _header(dossier: Dossier) -> Iterator[Fact]:
    if not dossier.plan:
        return
    done: set[str] = set()
    for name, section, label in _HEADER:
        field = dossier.plan.field(section, label)
        if not field or name in done:
            continue
        items = dossier.quote_paragraph(field.paragraph, 0, len(field.paragraph.text))
        if items:
            done.add(name)
            yield Fact(name=name, value=plain(field.value), evidence=items[0])
            if name == "project_name" and (found := _INTERNAL_ID.search(field.value)):
                yield Fact(name="project_id", value=found.group(1), evidence=items[0])


def _from_rows(dossier: Dossier, rows: list[RequirementEvidence]) -> Iterator[Fact]:
    """The dates that the rows' tests read."""
    tests = {(r.requirement_id, t.test): t for r in dossier.checklist.requirements for t in r.tests}
    for row in rows:
        for finding in row.findings:
            test = tests[row.requirement_id, finding.test]
            if isinstance(test, ShareTest) and test.total == BUFFER and finding.values and finding.evidence:
                said = finding.values["shares"]
                shares = Shares(percents=tuple(float(share) for share in said.split()))
                yield Fact(name="buffer_shares", value=said, evidence=finding.evidence[0], detail=shares)
            if isinstance(test, DateTest | PeriodTest) and finding.evidence:
                for name, value in sorted(finding.values.items(), reverse=True):
                    if "impossible" not in name:
                        yield Fact(name=name, value=value, evidence=finding.evidence[0])


def _holders(dossier: Dossier) -> Iterator[Fact]:
    for owner in land_owners(dossier):
        yield Fact(name="owner", value=owner.name, evidence=owner.evidence)
    for holder in credit_holders(dossier):
        yield Fact(name="credit_holder", value=holder.name, evidence=holder.evidence)


def _ids(dossier: Dossier) -> Iterator[Fact]:
    """Each internal id of the plan once, where it first stands; the contents of its file names are not looked at."""
    if not dossier.plan_document:
        return
    seen: set[str] = set()
    for page in dossier.pages(dossier.plan_document):
        for line in page.text.splitlines():
            for found in _INTERNAL_ID.findall(line):
                item = dossier.quote_line(dossier.plan_document, page, line)
                if found not in seen and item:
                    seen.add(found)
                    yield Fact(name="internal_id", value=found, evidence=item)


def _odd_dates(dossier: Dossier) -> Iterator[Fact]:
    """Dates that do not exist or lie outside reason; per document, the first that could be read in two ways."""
    for document in dossier.of_type(*_DATED):
        either_way = False
        for page, line, mention in _mentions(dossier, document):
            item = dossier.quote_line(document, page, line)
            if not item:
                continue
            if mention.value is None:
                yield Fact(name="impossible_date", value=mention.raw, evidence=item)
            elif mention.value.year not in _YEARS:
                yield Fact(name="odd_date", value=mention.raw, evidence=item)
            elif mention.ambiguous and mention.value.day != mention.value.month and not either_way:
                either_way = True
                yield Fact(name="ambiguous_date", value=mention.raw, evidence=item)


def _mentions(dossier: Dossier, document: Document) -> Iterator[tuple[Page, str, DateMention]]:
    for page in dossier.pages(document):
        for line in page.text.splitlines():
            for mention in dates_in(line):
                yield page, line, mention


def _reports(dossier: Dossier) -> Iterator[Fact]:
    """What the project reports repeat: the crediting term and the project area."""
    for document in dossier.of_type("baseline_report", "monitoring_report"):
        for page in dossier.pages(document):
            for line in page.text.splitlines():
                days = [m.value for m in dates_in(line) if m.value] if _TERM_LINE.search(plain(line)) else []
                area = _AREA_LINE.search(plain(line))
                item = dossier.quote_line(document, page, line) if days or area else None
                if item and len(days) >= 2:
                    said = f"{days[0].isoformat()} to {days[1].isoformat()}"
                    yield Fact(
                        name="report_term", value=said, evidence=item, detail=Term(first=days[0], last=days[1])
                    )
                if item and area:
                    yield Fact(name="report_area", value=area.group(1).replace(",", ""), evidence=item)


def _estimates(dossier: Dossier) -> Iterator[Fact]:
    """Rows of table 4.4: year, baseline emissions, removals, leakage, net."""
    for paragraph in dossier.paragraphs(["4.4"]):
        for piece in paragraph.pieces:
            for line in piece.lines:
                row = _ESTIMATE.match(plain(line))
                if not row:
                    continue
                at = paragraph.text.find(line.strip())
                items = dossier.quote_paragraph(paragraph, max(at, 0), max(at, 0) + len(line.strip()))
                if items:
                    yield Fact(name="estimate", value=row.group(), evidence=items[0], detail=_estimate_row(row))


def _estimate_row(row: re.Match[str]) -> EstimateRow:
    return EstimateRow(
        year=int(row["year"]),
        baseline=amount(row["baseline"]),
        removals=amount(row["removals"]),
        leakage=0.0 if row["no_leakage"] else amount(row["leakage"]),
        net=amount(row["net"]),
    )


def _other_plans(dossier: Dossier) -> Iterator[Fact]:
    """Plans in scope beside the one that is read, each with its first line."""
    for document in dossier.plans[1:]:
        for page in dossier.pages(document):
            line = next((line for line in page.text.splitlines() if len(line.strip()) > 8), None)
            item = dossier.quote_line(document, page, line) if line else None
            if item:
                yield Fact(name="other_plan", value=document.filename, evidence=item)
                break
