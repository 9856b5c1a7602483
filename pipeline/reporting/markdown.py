"""The report as Markdown: the registry's table, then every quote under its row; no HTML, whatever the documents say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.models import CheckResult, Document, Report, wording
from pipeline.models.characters import visible
from pipeline.reporting import tenure
from pipeline.reporting.as_json import render_json
from pipeline.reporting.layout import COLUMNS, Citation, ExceptionEntry, HeaderLine, Layout, Quote, Row, lay_out
from pipeline.reporting.people import HumanWord, Outcome, Remark

if TYPE_CHECKING:
    from pipeline.checklists import Checklist

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~!$>])")
#: What starts a list, a heading line or a numbered item when it stands first on a line.
_LINE_START = re.compile(r"^(\d+)([.)])|^([-+=:])")


def render_markdown(report: Report, checklist: Checklist) -> str:
    """Return the whole report as Markdown (tables as GitHub reads them), UTF-8, with a final newline."""
    page = lay_out(report, checklist)
    blocks = [
        f"# {inline(page.title)}",
        f"{inline(checklist.title)} · {inline(checklist.methodology)} {inline(checklist.version)}",
        *_header(page),
        *_outcome(page),
        *_exceptions(page.exceptions),
        *_requirements(page.rows),
        *_checks(report.checks, page.check_quotes),
        *_claims(report),
        *_tenure(report),
        *_plans(report),
        *_inventory(report.documents, page),
        *_provenance(report, page),
    ]
    return "\n\n".join(blocks) + "\n"


def inline(text: object) -> str:
    """Escape `text` for one line of Markdown: every mark means itself, line breaks and runs of blanks are one blank."""
    return _LINE_START.sub(_escaped_start, " ".join(_escape(str(text)).split()))


def quoted(text: str) -> str:
    """Return `text` as a block quote that keeps its lines and cannot end early."""
    lines = (_LINE_START.sub(_escaped_start, line.strip()) for line in _escape(text).splitlines())
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", visible(text)).replace("&", "&amp;").replace("<", "&lt;")


def _escaped_start(found: re.Match[str]) -> str:
    return f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell or " " for cell in line) + " |" for line in lines)


def _header(page: Layout) -> list[str]:
    rows = [[line.label, *_header_cells(line)] for line in page.header]
    rows.append(["Documents submitted", "; ".join(inline(d.filename) for d in page.submitted) or "none", ""])
    rows += [[reason, "; ".join(inline(d.filename) for d in found), ""] for reason, found in page.set_aside]
    return [_table(["Project", "As the documents state it", "Where"], rows)]


def _header_cells(line: HeaderLine) -> list[str]:
    if line.stated:
        places = [", ".join(map(inline, filter(None, [s.document, s.place]))) for s in line.stated]
        return ["; ".join(inline(s.text) for s in line.stated), "; ".join(places)]
    if line.people:
        return ["; ".join(map(inline, line.people)), "as they decided"]
    if line.blank:
        return ["", "filled in by hand"]
    if line.given:
        return [inline(line.given), "as given when the session was created; not found in the documents"]
    return ["not found in the documents", ""]


def _outcome(page: Layout) -> list[str]:
    said = page.outcome
    boxes = ("☒" if said.approved else "☐", "☒" if said.not_approved else "☐")
    return [
        "## Review outcome",
        "{} Approved   {} Not Approved".format(*boxes),
        *_determined(said),
        "The registry agent decides; the program never does.",
        " ".join(page.overview),
        _table([words for _, words, _ in page.counts], [[str(number) for _, _, number in page.counts]]),
    ]


def _determined(said: Outcome) -> list[str]:
    blocks = [f"**{inline(said.status)}**, {inline(said.actor)}, {said.date}: {inline(said.notes)}"] * bool(said.status)
    if said.actions:
        blocks += ["**Required actions**", "\n".join(f"- {inline(one)}" for one in said.actions)]
    return blocks


def _exceptions(entries: Sequence[ExceptionEntry]) -> list[str]:
    if not entries:
        return ["## Exceptions", "No exception: nothing was found that a person must settle before reading the rows."]
    blocks = ["## Exceptions, worst first"]
    for entry in entries:
        e = entry.exception
        rows = ", ".join(f"[{inline(r.result.requirement_id)}](#{r.anchor.lower()})" for r in entry.rows)
        blocks.append(f"### {entry.number}\\. {wording.SEVERITY[e.severity]}: {inline(e.message)}")
        blocks.append(f"**Clears when:** {inline(e.clears_when)}" + (f"\n\n**Rows:** {rows}" if rows else ""))
        blocks += _quotes(entry.quotes)
    return blocks


def _requirements(rows: Sequence[Row]) -> list[str]:
    table = _table(COLUMNS, [_form_row(row) for row in rows])
    key = "Submitted Material and Comments are written by the program; the Approved column is the registry agent's."
    blocks = [f"## Requirements ({len(rows)})", key, table, "## Passages and tests, row by row"]
    for row in rows:
        result = row.result
        blocks.append(f"### {inline(result.requirement_id)}")
        blocks.append(
            f"**{wording.ROW_STATUS[result.status]}** · {inline(result.title)} · {inline(row.tests_in_words)}"
        )
        if row.decision:
            blocks.append(f"**Registry agent:** {_decision(row)}")
            blocks += _before(row.decision)
        blocks += [_remark(remark) for remark in row.remarks]
        blocks += [inline(row.reason)] if row.reason else []
        blocks += _quotes(row.quotes)
        if result.tests:
            blocks.append("\n".join(_test_line(t.outcome, t.message, t.clears_when) for t in result.tests))
    return blocks


def _form_row(row: Row) -> list[str]:
    result, asked = row.result, row.requirement
    material = ["**N/A**"] if row.not_applicable else []
    if row.primary:
        material.append("**Primary Documentation:** " + "; ".join(map(_citation, row.primary)))
    if row.supplementary:
        material.append("**Supplementary Evidence:** " + "; ".join(map(_citation, row.supplementary)))
    if result.expected_but_absent:
        material.append("**Expected, not received:** " + "; ".join(map(inline, result.expected_but_absent)))
    comments = [f"**Registry agent:** {_decision(row)}"] if row.decision else []
    comments += [_remark(remark) for remark in row.remarks]
    comments.append(f"**{wording.ROW_STATUS[result.status]}.** {inline(row.reason)}".rstrip())
    for test in row.failed:
        clears = f" Clears when: {inline(test.clears_when)}" if test.clears_when else ""
        comments.append(f"✗ {inline(test.message)}{clears}")
    return [
        f"**{inline(result.category)}**" if row.first_of_category else "",
        f"**{inline(result.requirement_id)}** {inline(asked.text)} **Source:** {inline(asked.source)}",
        "; ".join(map(inline, row.accepted)),
        " · ".join(material) or "no passage found",
        row.decision.approved if row.decision else "",
        " ".join(comments),
    ]


def _decision(row: Row) -> str:
    assert row.decision is not None  # noqa: S101 - callers ask first; this only tells the type checker
    who = f" ({inline(row.decision.actor)})" if row.decision.actor else ""
    said = " ".join(filter(None, [inline(row.decision.status) + who + ".", inline(row.decision.reason)]))
    if row.decision.holds:
        return said
    return f"{said} **Re-opened, the answer changed:** {inline(' '.join(row.decision.changed))}"


def _remark(remark: Remark) -> str:
    return f"**{inline(remark.label)}** ({inline(remark.actor)}): {inline(remark.text)}"


def _before(word: HumanWord) -> list[str]:
    """What the row answered when it was decided, above what it answers now."""
    if word.before is None:
        return []
    blocks = [f"**When it was decided:** {wording.ROW_STATUS[word.before.status]}. {inline(word.before.reason)}"]
    for quote in word.before.quotes:
        blocks.append(f"{inline(quote.document)}, p. {inline(quote.page_label or quote.page)}:")
        blocks.append(quoted(quote.quote))
    return [*blocks, "**Now:**"]


def _citation(citation: Citation) -> str:
    where = ", ".join(map(inline, filter(None, [citation.document, citation.place])))
    return f"({citation.number}) {where}"


def _quotes(quotes: Sequence[Quote]) -> list[str]:
    blocks = []
    for quote in quotes:
        where = ", ".join(filter(None, [inline(quote.evidence.document), inline(quote.place)]))
        role = " · supplementary" if quote.evidence.role == "supplementary" else ""
        blocks.append(f"({quote.number}) {where}{role}:")
        blocks.append(quoted(quote.evidence.quote))
    return blocks


def _test_line(outcome: str, message: str, clears_when: str | None) -> str:
    clears = f" Clears when: {inline(clears_when)}" if clears_when and outcome != "pass" else ""
    return f"- {wording.TEST_OUTCOME[outcome]}: {inline(message)}{clears}"


def _checks(checks: Sequence[CheckResult], quotes: Sequence[Sequence[Quote]]) -> list[str]:
    if not checks:
        return ["## Checks", "No check was run: that is not a success."]
    rows = []
    for check, found in zip(checks, quotes, strict=True):
        clears = f" **Clears when:** {inline(check.clears_when)}" if check.clears_when else ""
        where = "; ".join(
            f"{inline(q.evidence.document)}, {inline(q.place)}: “{inline(q.evidence.quote)}”" for q in found
        )
        rows.append(
            [
                wording.CHECK_OUTCOME[check.outcome],
                inline(check.title),
                inline(check.message) + clears,
                where,
                inline(check.source),
                ", ".join(map(inline, check.requirement_ids)),
            ]
        )
    columns = ["Outcome", "Check", "What was found", "Passages", "Source", "Rows"]
    return [f"## Checks ({len(checks)})", _table(columns, rows)]


def _claims(report: Report) -> list[str]:
    if not report.claims:
        return []
    rows = [
        [
            inline(claim.requirement_id),
            f"“{inline(claim.evidence.quote)}”",
            ", ".join(filter(None, [inline(claim.evidence.document), inline(wording.place(claim.evidence))])),
            inline(claim.note or ""),
            inline(claim.by),
            "yes" if claim.stands else f"**no longer**: {wording.CLAIM_GONE}",
        ]
        for claim in report.claims
    ]
    return [f"## Claims ({len(rows)})", wording.CLAIMS, _table(wording.CLAIM_COLUMNS, rows)]


def _tenure(report: Report) -> list[str]:
    blocks = []
    if report.titles:
        rows = [
            [
                f"**{inline(line.title_number)}** {'open' if line.open else 'closed'}",
                ", ".join(map(inline, line.named)) or "–",
                "; ".join(map(inline, filter(None, [line.received, *line.other_copies]))) or "not received",
                inline(tenure.class_and_tenure(line)),
                "; ".join(inline(tenure.holder(h)) for h in line.proprietors) or "–",
                "; ".join(map(inline, line.lenders)) or "–",
                "; ".join(map(inline, tenure.dates(line))) or "–",
                " ".join(map(inline, line.closes_when)) or "–",
            ]
            for line, _ in tenure.titles(report)
        ]
        blocks += [f"## Tenure ledger ({len(rows)})", _table(tenure.TITLE_COLUMNS, rows)]
    if report.papers:
        rows = [
            [
                f"**{inline(paper.name)}**",
                "; ".join([inline(tenure.named_in(paper)), *(f"“{inline(q.evidence.quote)}”" for q in quotes)]),
                inline(tenure.received(paper)) if paper.received else "**not received**",
            ]
            for paper, quotes in tenure.papers(report)
        ]
        blocks += [f"## Papers that the documents name ({len(rows)})", _table(tenure.PAPER_COLUMNS, rows)]
    return blocks


def _plans(report: Report) -> list[str]:
    blocks = ["## Plans compared"] if report.plan_differences else []
    for difference, changes in tenure.differences(report):
        kind = wording.label(difference.kind, tenure.KIND)
        blocks.append(f"**{kind}:** {inline(difference.old)} against {inline(difference.new)}, which was read")
        rows = [
            [
                inline(entry.place),
                ", ".join(map(inline, entry.change.requirement_ids)) or "–",
                *(
                    "; ".join(f"“{inline(q.evidence.quote)}” ({inline(q.place)})" for q in side) or "says nothing more"
                    for side in (entry.old, entry.new)
                ),
                "**Look**" if entry.change.matters else inline(entry.change.why),
            ]
            for entry in changes
        ]
        blocks.append(_table(tenure.CHANGE_COLUMNS, rows) if rows else "Every answer is the same.")
    return blocks


def _inventory(documents: Sequence[Document], page: Layout) -> list[str]:
    blocks = [f"## Inventory ({len(documents)})"]
    if page.set_aside:
        lines = [f"- {reason}: {'; '.join(inline(d.filename) for d in found)}" for reason, found in page.set_aside]
        blocks.append("\n".join(lines))
    rows = []
    for d in documents:
        also = wording.other_names(d)
        notes = [*d.notes, f"also received as {wording.listing(list(also))}"] if also else list(d.notes)
        rows.append(
            [
                inline(d.filename),
                f"{wording.DOCUMENT_TYPE[d.document_type]}: {inline('; '.join(d.classified_by))}",
                wording.DOCUMENT_STATUS[d.status],
                str(d.pages or "–"),
                wording.page_list(d.unreadable_pages) or "–",
                inline("; ".join(notes)),
                d.sha256,
            ]
        )
    columns = ["Document", "Type and why", "Status", "Pages", "Pages without text", "Notes", "SHA-256"]
    return [*blocks, _table(columns, rows)]


def _provenance(report: Report, page: Layout) -> list[str]:
    facts = [
        ["Session", inline(report.session["session_id"])],
        ["Newest input", report.generated_at.isoformat().replace("+00:00", "Z")],
        ["Sources", "; ".join(map(inline, page.sources)) or "none"],
        ["Checklist", inline(" ".join([report.checklist["methodology"], report.checklist["version"]]))],
        ["Checklist source", inline(report.checklist["source"])],
        ["Checklist SHA-256", inline(report.provenance["checklist_sha256"])],
        ["Inputs fingerprint", inline(report.provenance["inputs_fingerprint"])],
        ["Program version", inline(report.provenance["program_version"])],
        ["SHA-256 of the JSON report", hashlib.sha256(render_json(report).encode("utf-8")).hexdigest()],
    ]
    command = f"The same inputs give the same bytes; this prints the last hash again:\n\n    {page.command}"
    return ["## Provenance", _table(["What", "Value"], facts), command]
