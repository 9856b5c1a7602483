"""What stands where in the report, for every format that people read: the registry's form, cut into plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.models import Document, Evidence, Fact, Report, RequirementResult, ReviewException, TestResult, wording
from pipeline.reporting.people import (
    HumanWord,
    Outcome,
    Remark,
    agents,
    is_not_applicable,
    outcome_of,
    remarks_on,
    word_on,
)

if TYPE_CHECKING:
    from pipeline.checklists import Checklist, Requirement

#: The registry's columns, in its order and with its words.
COLUMNS = ("Category", "Requirement", "Accepted Evidence", "Submitted Material", "Approved", "Comments")

#: The header of the registry's form: label, the facts that fill it, and what the session was told instead.
_HEADER: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("Project name", ("project_name",), "project_name"),
    ("Project ID", ("project_id",), "project_id"),
    ("Project proponent", ("proponent", "proponent_contact"), "proponent"),
    ("Crediting period", ("crediting_period", "crediting_start", "crediting_end"), "crediting_period"),
    ("Date of submission", ("date_submitted", "plan_version"), None),
    ("Start date", ("start_date",), None),
    ("Program guide", ("program_guide_version", "program_guide"), None),
    ("Registry agents", (), None),
    ("Credit protocol", ("credit_class", "credit_class_version", "methodology", "methodology_version"), None),
)
#: What stands before a value that goes on from the one before it; a new matter follows a semicolon.
_JOINTS = dict.fromkeys(("credit_class_version", "methodology_version", "plan_version", "proponent_contact"), ", ")
_JOINTS["crediting_end"] = " to "
_WIDE = ("Credit protocol",)
#: Document statuses that are evidence or may become it; everything else is set aside, with its reason.
_IN_USE = ("pinned", "in_scope", "unreadable")
#: Why a document is set aside, by its status and, where the reason depends on it, its type.
_ASIDE = {
    ("excluded", "registry_review"): "Answer keys (finished reviews), never evidence",
    ("excluded", "methodology_reference"): "Methodology documents, never evidence",
    ("excluded", ""): "Excluded",
    ("superseded", ""): "Superseded by a newer version",
    ("ignored", ""): "Ignored by the reviewer",
    ("quarantined", ""): "Quarantined as broken or hostile",
}


@dataclass(frozen=True)
class Citation:
    """One place in one document; quotes that share the place share the number."""

    number: int
    document: str
    place: str


@dataclass(frozen=True)
class Quote:
    """A quote under the number of its citation."""

    number: int
    evidence: Evidence
    place: str


@dataclass(frozen=True)
class Stated:
    """What one place in one document states for a line of the header."""

    text: str
    document: str
    place: str


@dataclass(frozen=True)
class HeaderLine:
    """A line of the form's header; `given` is the session's own word where no document says it."""

    label: str
    stated: tuple[Stated, ...]
    given: str | None = None
    #: Too long for half the width of a page.
    wide: bool = False
    #: A person fills it in.
    blank: bool = False
    #: People who did so.
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A row of the registry's table."""

    anchor: str
    first_of_category: bool
    result: RequirementResult
    requirement: Requirement
    accepted: tuple[str, ...]
    primary: tuple[Citation, ...]
    supplementary: tuple[Citation, ...]
    quotes: tuple[Quote, ...]
    failed: tuple[TestResult, ...]
    not_run: tuple[TestResult, ...]
    passed: tuple[TestResult, ...]
    decision: HumanWord | None
    #: What else people said of it.
    remarks: tuple[Remark, ...] = ()
    #: "N/A" stands first in Submitted Material.
    not_applicable: bool = False

    @property
    def reason(self) -> str:
        """Why the row has its status, unless the failed tests, which stand right below it, say just that."""
        said = " ".join(test.message for test in self.failed)
        return "" if self.result.reason == said else self.result.reason

    @property
    def tests_in_words(self) -> str:
        """How many of the declared tests passed."""
        total = len(self.result.tests)
        return f"{len(self.passed)} of {wording.count(total, 'test')} passed" if total else "no test is declared"


@dataclass(frozen=True)
class ExceptionEntry:
    """An exception with its quotes and the rows it concerns."""

    number: int
    exception: ReviewException
    quotes: tuple[Quote, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Layout:
    """Everything a page of the report shows, in order."""

    title: str
    header: tuple[HeaderLine, ...]
    #: The document most header facts were read from; their places leave its name out.
    header_document: str | None
    submitted: tuple[Document, ...]
    set_aside: tuple[tuple[str, tuple[Document, ...]], ...]
    overview: tuple[str, ...]
    outcome: Outcome
    exceptions: tuple[ExceptionEntry, ...]
    rows: tuple[Row, ...]
    check_quotes: tuple[tuple[Quote, ...], ...]
    counts: tuple[tuple[str, str, int], ...]
    sources: tuple[str, ...]
    command: str


def _as_printed(value: str) -> str:
    """A date the way the registry's documents print it (DD/MM/YYYY); anything else as it is."""
    iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", value)
    return "/".join(reversed(iso.groups())) if iso else value


def lay_out(report: Report, checklist: Checklist) -> Layout:
    """Arrange a report as the registry's form; nothing is judged here and nothing is left out."""
    rows = _rows(report, checklist)
    by_id = {row.result.requirement_id: row for row in rows}
    submitted = tuple(d for d in report.documents if d.status in _IN_USE)
    header = _header(report)
    name = next((fact.value for fact in report.header if fact.name == "project_name"), None)
    return Layout(
        title=name or report.session["project_metadata"]["project_name"],
        header=header,
        header_document=_most_cited(report.header),
        submitted=submitted,
        set_aside=_set_aside(report.documents),
        overview=_overview(report, len(submitted)),
        outcome=outcome_of(report),
        exceptions=tuple(
            ExceptionEntry(number, e, numbered(e.evidence)[1], tuple(by_id[r] for r in e.requirement_ids if r in by_id))
            for number, e in enumerate(report.exceptions, 1)
        ),
        rows=rows,
        check_quotes=tuple(numbered(check.evidence)[1] for check in report.checks),
        counts=tuple((key, words, report.summary[key]) for key, words in wording.ROW_STATUS.items()),
        sources=tuple(_source(source) for source in report.session["document_sources"]),
        command=f"registry-review report {report.session['session_id']} --format json -o - | sha256sum",
    )


def _header(report: Report) -> tuple[HeaderLine, ...]:
    """The form's lines in the form's order, then whatever else was read, so that no fact is dropped."""
    lines: list[HeaderLine] = []
    used: set[str] = set()
    for label, names, told in _HEADER:
        facts = [fact for name in names for fact in report.header if fact.name == name]
        used.update(names)
        given = report.session["project_metadata"].get(told) if told else None
        people = agents(report) if not names else ()
        blank = not names and not people
        lines.append(HeaderLine(label, _stated(facts), None if facts else given, label in _WIDE, blank, people))
    others = dict.fromkeys(fact.name for fact in report.header if fact.name not in used)
    for name in others:
        facts = [fact for fact in report.header if fact.name == name]
        lines.append(HeaderLine(wording.label(name, {}), _stated(facts)))
    return tuple(lines)


def _stated(facts: Sequence[Fact]) -> tuple[Stated, ...]:
    """Values that stand in one place are one statement: a name and its version need no second citation."""
    together: dict[tuple[str, str], str] = {}
    for fact in facts:
        key = fact.evidence.document, wording.place(fact.evidence)
        before = together.get(key)
        value = f"version {fact.value}" if fact.name.endswith("_version") else _as_printed(fact.value)
        together[key] = f"{before}{_JOINTS.get(fact.name, '; ')}{value}" if before else value
    return tuple(Stated(text, document, place) for (document, place), text in together.items())


def _most_cited(facts: Sequence[Fact]) -> str | None:
    documents = [fact.evidence.document for fact in facts]
    return max(dict.fromkeys(documents), key=documents.count, default=None)


def _rows(report: Report, checklist: Checklist) -> tuple[Row, ...]:
    asked = {r.requirement_id: r for r in checklist.requirements}
    rows: list[Row] = []
    for index, result in enumerate(report.requirements):
        citations, quotes = numbered(result.evidence)
        before = rows[-1].result.category if rows else None
        rows.append(
            Row(
                anchor=anchor(result.requirement_id, index),
                first_of_category=result.category != before,
                result=result,
                requirement=asked[result.requirement_id],
                accepted=_items(asked[result.requirement_id].accepted_evidence),
                primary=tuple(c for c, role in citations if role == "primary"),
                supplementary=tuple(c for c, role in citations if role == "supplementary"),
                quotes=quotes,
                failed=tuple(t for t in result.tests if t.outcome == "fail"),
                not_run=tuple(t for t in result.tests if t.outcome == "not_run"),
                passed=tuple(t for t in result.tests if t.outcome == "pass"),
                decision=word_on(result),
                remarks=remarks_on(result.requirement_id, report),
                not_applicable=is_not_applicable(result),
            )
        )
    return tuple(rows)


def numbered(evidence: Sequence[Evidence]) -> tuple[tuple[tuple[Citation, str], ...], tuple[Quote, ...]]:
    """Number the places in the order of the quotes; two quotes from one place stand under one number."""
    citations: dict[tuple[str, str, str], Citation] = {}
    quotes = []
    for item in evidence:
        place = wording.place(item)
        key = (item.role, item.sha256, place)
        citation = citations.setdefault(key, Citation(len(citations) + 1, item.document, place))
        quotes.append(Quote(citation.number, item, place))
    return tuple((c, key[0]) for key, c in citations.items()), tuple(quotes)


def _items(text: str | Sequence[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def anchor(requirement_id: str, index: int) -> str:
    """The row's place for links; an id from somebody's own checklist may hold anything, so that gets a plain number."""
    return requirement_id if re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", requirement_id) else f"row-{index + 1}"


def _set_aside(documents: Sequence[Document]) -> tuple[tuple[str, tuple[Document, ...]], ...]:
    """Documents that are no evidence, by the reason for it, in the order of `_ASIDE`."""
    found: dict[str, list[Document]] = {reason: [] for reason in _ASIDE.values()}
    for document in documents:
        if document.status in _IN_USE:
            continue
        kind = document.document_type if document.status == "excluded" else ""
        found[_ASIDE.get((document.status, kind), _ASIDE[(document.status, "")])].append(document)
    return tuple((reason, tuple(group)) for reason, group in found.items() if group)


def _overview(report: Report, in_use: int) -> tuple[str, ...]:
    """The form's short overview: what was read, what stands, what waits for a person."""
    summary, total = report.summary, report.summary["requirements_total"]
    aside = len(report.documents) - in_use
    others = [
        f"{summary[key]} {words.lower()}"
        for key, words in wording.ROW_STATUS.items()
        if key != "covered" and summary[key]
    ]
    checks = summary["checks"]
    ran = sum(checks.values()) - checks["not_run"]
    found = [f"{checks['fail']} failed"] * bool(checks["fail"])
    found += [f"{checks['warning']} gave a warning"] * bool(checks["warning"])
    return (
        f"{wording.count(in_use, 'document').capitalize()} in use, {wording.count(aside, 'other')} set aside.",
        f"{summary['covered']} of {wording.count(total, 'requirement')} covered"
        + (f"; {wording.listing(others)}." if others else "."),
        f"{ran} of {wording.count(sum(checks.values()), 'check')} ran"
        + (f"; {wording.listing(found)}." if found else "; none failed." if ran else ": that is not a success."),
    )


def _source(source: dict[str, Any]) -> str:
    """A source in words: its type, what it was given and when."""
    details = [f"{key.replace('_', ' ')} {value}" for key, value in sorted(source["metadata"].items())]
    return ", ".join([source["source_type"], *details, f"added {source['added_at']}"])
