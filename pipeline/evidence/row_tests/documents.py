"""Tests on documents beside the plan: received, old enough, holding the right years."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.checklists.model import DocumentTest, MapAgeTest, WorkbookYearsTest
from pipeline.evidence.dossier import Dossier, unread
from pipeline.evidence.row_tests.verdict import Facts, Verdict
from pipeline.forms.normal import plain
from pipeline.models import Document, DocumentType, Evidence, Finding, Page

#: What reviewers call the types.
TYPE_WORDS: dict[DocumentType, str] = {
    "project_plan": "project plan",
    "baseline_report": "baseline report",
    "monitoring_report": "monitoring report",
    "ghg_emissions": "greenhouse gas emissions report",
    "land_tenure": "land register, deed or lease",
    "land_cover_map": "land cover map",
    "farm_management_records": "five-year management and yields workbook",
    "sampling_plan": "sampling plan",
    "lab_results": "laboratory results",
    "model_results": "model results",
    "imagery_metadata": "imagery metadata",
    "gis_boundary": "GIS boundary file",
    "methodology_reference": "methodology document",
    "registry_review": "finished registry review",
    "other": "document of unknown type",
}
_YEAR = re.compile(r"(?<![\d.,])(19[5-9]\d|20\d\d)(?![\d.,]\d|\d)")
_KIND = r"(?:land\s*(?:cover|use)|imager?y?|aerial|satellite|photo\w*|ndvi)"
_MAP_YEAR = re.compile(rf"{_KIND}\D{{0,24}}{_YEAR.pattern}|{_YEAR.pattern}\D{{0,16}}{_KIND}", re.I)
#: A column's head is short.
_HEAD = 16
_COMMON_WORDS = {
    "farm",
    "farms",
    "estate",
    "estates",
    "partnership",
    "project",
    "land",
    "cover",
    "map",
    "maps",
    "the",
    "and",
}
_COMMON_WORDS |= {
    "ltd",
    "limited",
    "llp",
    "corine",
    "sons",
    "co",
    "company",
    "location",
    "plan",
    "farming",
    "trust",
    "of",
}


def words_for(types: Sequence[DocumentType]) -> str:
    """Types as a reviewer says them."""
    return " or ".join(TYPE_WORDS[t] for t in types)


def lines_matching(dossier: Dossier, document: Document, patterns: Sequence[str], most: int = 1) -> list[Evidence]:
    """Lines of a document worth quoting: the first that hold a pattern, patterns in order of preference."""
    found: list[Evidence] = []
    for pattern in patterns:
        wanted = re.compile(pattern, re.I)
        for page in dossier.pages(document):
            for line in page.text.splitlines():
                if len(found) < most and wanted.search(plain(line)):
                    item = dossier.quote_line(document, page, line)
                    found += [item] if item and item not in found else []
    return found


class Received:
    """A document of one of the types is in the folder."""

    @staticmethod
    def find(test: DocumentTest, dossier: Dossier) -> Finding:
        """Its name, and a line worth quoting."""
        documents = dossier.of_type(*test.documents)
        closed = unread(dossier, *test.documents)
        items = [i for d in documents[:3] for i in lines_matching(dossier, d, test.quote)] if test.quote else []
        values = {"received": "; ".join(d.filename for d in documents), "unread": "; ".join(d.filename for d in closed)}
        return Finding(test=test.test, evidence=tuple(items[:2]), values={k: v for k, v in values.items() if v})

    @staticmethod
    def judge(test: DocumentTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when received and software could read it; a person must look at what it cannot judge."""
        what = words_for(test.documents)
        received, closed = finding.values.get("received"), finding.values.get("unread")
        if not received and closed:
            return Verdict.unread(closed, what)
        if not received:
            return Verdict("fail", f"No {what} was received.")
        if test.look:
            return Verdict(
                "fail", f"{received} was received; software does not judge it, a person must look.", "needs_review"
            )
        return Verdict("pass", f"Received: {received}.")


class WorkbookYears:
    """The farm records hold the years before the start."""

    @staticmethod
    def find(test: WorkbookYearsTest, dossier: Dossier) -> Finding:
        """The row of calendar years, as stored."""
        documents = dossier.of_type("farm_management_records")
        values = {"received": "; ".join(d.filename for d in documents)} if documents else {}
        for document in documents:
            for page in dossier.pages(document):
                row = _years_row(page)
                if row:
                    cells, years = row
                    item = dossier.quote_row(document, page, cells)
                    values["years"] = " ".join(str(y) for y in years)
                    return Finding(test=test.test, evidence=(item,) if item else (), values=values)
        return Finding(test=test.test, values=values)

    @staticmethod
    def judge(test: WorkbookYearsTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when every year is there; more years do no harm."""
        start = facts.day("start_date") or facts.day("crediting_start")
        stated = {int(y) for y in finding.values.get("years", "").split()}
        if not finding.values.get("received"):
            return Verdict("not_run", "Not looked for: no management workbook that can be read was received.")
        if not stated:
            return Verdict("fail", f"No row of calendar years was found in {finding.values['received']}.")
        if not start:
            return Verdict("not_run", "Not compared: the plan's start date could not be read.")
        wanted = [start.year - n for n in range(test.years, 0, -1)]
        absent = [str(y) for y in wanted if y not in stated]
        if absent:
            return Verdict(
                "fail", f"The workbook does not hold {', '.join(absent)}; it holds {min(stated)} to {max(stated)}."
            )
        return Verdict("pass", f"The workbook holds {wanted[0]} to {wanted[-1]}.")


def _years_row(page: Page) -> tuple[tuple[str, ...], list[int]] | None:
    """The first row with three or more calendar years in a run."""
    for row in page.rows[:40]:
        # "2018", "Harvest 2018"; a date or a sentence with a year in it is no head of a column
        years = [int(found[0]) for c in row if len(c) <= _HEAD and len(found := _YEAR.findall(c)) == 1]
        distinct = sorted(set(years))
        if len(distinct) >= 3 and distinct[-1] - distinct[0] == len(distinct) - 1:
            return row, distinct
    return None


class MapAge:
    """A dated map or image is old enough and shows this farm."""

    @staticmethod
    def find(test: MapAgeTest, dossier: Dossier) -> Finding:
        """The years in the names and in what little text maps have; whether the farm's name is there."""
        documents = dossier.of_type("land_cover_map")
        values: dict[str, str] = {}
        items: list[Evidence] = []
        years: list[int] = []
        named = False
        for document in documents:
            text = " ".join(p.text for p in dossier.pages(document))
            said = " ".join((document.filename, *document.names, text))
            years += _map_years(said)
            named = named or bool(_farm_words(dossier) & _words(said))
            items += lines_matching(dossier, document, [r"\b(?:19|20)\d\d\b", r"\w{4}"])
        if documents:
            values = {"received": "; ".join(d.filename for d in documents), "named": "yes" if named else "no"}
        if years:
            values["year"], values["years"] = str(min(years)), " ".join(str(y) for y in sorted(set(years)))
        if closed := unread(dossier, "land_cover_map"):
            values["unread"] = "; ".join(d.filename for d in closed)
        stood_on = tuple(_farm_name(dossier)) if documents else ()
        return Finding(test=test.test, evidence=tuple(items[:2]), values=values, stood_on=stood_on)

    @staticmethod
    def judge(test: MapAgeTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when the year is early enough beyond doubt and the farm is named; the exact edge is for a person."""
        received, closed = finding.values.get("received"), finding.values.get("unread")
        if not received and closed:
            return Verdict.unread(closed, "map")
        if not received:
            return Verdict("fail", "No dated land cover map, photograph or legal paper was received.")
        year, start = finding.values.get("year"), facts.day("start_date") or facts.day("crediting_start")
        if not year:
            return Verdict("fail", f"{received} carries no year that can be read; a person must look.", "needs_review")
        if not start:
            return Verdict("not_run", "Not compared: the plan's start date could not be read.")
        limit = start.year - test.years
        if int(year) > limit:
            return Verdict(
                "fail", f"{received} is of {year}; {limit} or earlier is needed for a start in {start.year}."
            )
        later = [y for y in finding.values["years"].split() if int(y) > limit]
        if later:
            return Verdict(
                "fail",
                f"{received} carries the years {finding.values['years'].replace(' ', ', ')}; only a person can see "
                "which of them is the map's.",
                "needs_review",
            )
        if finding.values.get("named") != "yes":
            return Verdict(
                "fail", f"{received} does not name this farm where it can be read; a person must look.", "needs_review"
            )
        if int(year) == limit:
            return Verdict(
                "fail",
                f"{received} is of {year}, exactly {test.years} calendar years before the start year; "
                "only a person can see whether its day is early enough.",
                "needs_review",
            )
        return Verdict("pass", f"{received} is of {year}, more than {test.years} years before {start.year}.")


def _map_years(said: str) -> list[int]:
    """The years beside the words "land cover" or the picture's kind; for want of them, every year that is said."""
    text = re.sub(r"[_-]", " ", said)
    beside = [int(a or b) for a, b in _MAP_YEAR.findall(text)]
    return beside or [int(y) for y in _YEAR.findall(text)]


def _farm_words(dossier: Dossier) -> set[str]:
    field = dossier.plan.field("1.1", "Project Name") if dossier.plan else None
    return _words(field.value) if field else set()


def _farm_name(dossier: Dossier) -> list[Evidence]:
    """The cell that the farm's name is taken from."""
    field = dossier.plan.field("1.1", "Project Name") if dossier.plan else None
    return dossier.quote_paragraph(field.paragraph, 0, len(field.paragraph.text)) if field else []


def _words(text: str) -> set[str]:
    """The words of a name that tell farms apart."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|\d+|_", " ", text)
    return {w for w in re.findall(r"[a-z]{3,}", plain(spaced).casefold()) if w not in _COMMON_WORDS}
