"""The registry's own form, ready to be typeset: which words stand in which cell, and who said them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.models import Claim, Report, wording
from pipeline.reporting.layout import COLUMNS, Citation, HeaderLine, Layout, Row, lay_out
from pipeline.reporting.people import DETERMINATION, HumanWord, Outcome, day

if TYPE_CHECKING:
    from pipeline.checklists import Checklist

#: The form prints its own words in near-black, the machine's blue, a person's black (domain: The report).
Voice = Literal["form", "machine", "human"]

#: The nine rows of the form's header, and the lines of the layout that fill them (domain: The report, Header).
HEADER: tuple[tuple[str, str], ...] = (
    ("Project Name", "Project name"),
    ("Project ID", "Project ID"),
    ("Crediting period", "Crediting period"),
    ("Date of Submission", "Date of submission"),
    ("Credit Protocol", "Credit protocol"),
    ("Program Guide Version", "Program guide"),
    ("Project Proponent", "Project proponent"),
    ("Registry Agents", "Registry agents"),
)
DOCUMENTS = "Documents Submitted"
BOX, TICKED = "☐", "☒"


@dataclass(frozen=True)
class Run:
    """Words of one voice."""

    text: str
    voice: Voice = "form"
    bold: bool = False


Paragraph = tuple[Run, ...]
Cell = tuple[Paragraph, ...]


@dataclass(frozen=True)
class RegistryForm:
    """The whole document: a header of nine rows, the outcome, and a table of six columns."""

    title: str
    subtitle: str
    #: The project; it runs along the head of the pages.
    running: str
    header: tuple[tuple[str, Cell], ...]
    overview: Cell
    #: Before Approved and Not Approved; neither is ticked until a person has determined it and nothing changed since.
    boxes: tuple[str, str]
    outcome: Cell
    actions: Cell
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    #: What others brought, apart from the program's evidence; empty when nobody brought anything.
    claims: tuple[tuple[Cell, ...], ...]
    closing: Cell


def arrange(report: Report, checklist: Checklist) -> RegistryForm:
    """The report as the registry's form; nothing is judged here, and no box is ticked that no person ticked."""
    page = lay_out(report, checklist)
    made = page.outcome
    return RegistryForm(
        title="Registry Agent Review",
        subtitle=f"{checklist.title} · {checklist.methodology}, checklist version {checklist.version}",
        running=page.title,
        header=_header(page),
        overview=tuple(_machine(line) for line in page.overview),
        boxes=(TICKED if made.approved else BOX, TICKED if made.not_approved else BOX),
        outcome=_outcome(report, made),
        actions=_actions(made),
        columns=COLUMNS,
        rows=tuple(_row(row) for row in page.rows),
        claims=tuple(_claim(one) for one in report.claims),
        closing=_closing(report),
    )


def _form(text: str) -> Run:
    return Run(text, "form", bold=True)


def _machine(text: str) -> Paragraph:
    return (Run(text, "machine"),)


def _human(text: str) -> Paragraph:
    return (Run(text, "human"),)


# --- before the table -------------------------------------------------------------------------------------------------


def _header(page: Layout) -> tuple[tuple[str, Cell], ...]:
    by_label = {line.label: line for line in page.header}
    rows = [(label, _stated(by_label[name])) for label, name in HEADER]
    listed = [_machine(d.filename) for d in page.submitted] or [_machine("none")]
    for reason, documents in page.set_aside:
        listed += [(_form(f"{reason}: "), Run("; ".join(d.filename for d in documents), "machine"))]
    return (*rows, (DOCUMENTS, tuple(listed)))


def _stated(line: HeaderLine) -> Cell:
    if line.stated:
        return tuple(_machine(one.text) for one in line.stated)
    if line.people or line.blank:
        return tuple(_human(name) for name in line.people)
    if line.given:
        return (_machine(f"{line.given} (as given for the session; not found in the documents)"),)
    return (_machine("not found in the documents"),)


def _outcome(report: Report, made: Outcome) -> Cell:
    if made.status:
        words = (_human(line) for line in made.notes.splitlines() if line.strip())
        return (_human(f"{made.status}: {made.actor}, {made.date}"), *words)
    if (before := report.determination) is not None:
        said = f"{DETERMINATION[before.determination]}: {before.by}, {day(before.at)}"
        return (_machine(f"Rows answer something else since it was determined ({said}), so no box is ticked."),)
    return (_machine("The registry agent decides; nothing has been determined yet."),)


def _actions(made: Outcome) -> Cell:
    """Conditions, and what the developer is still asked for, in people's words."""
    return tuple(_human(one) for one in made.actions) or ((Run("None."),) if made.status else _machine("None yet."),)


# --- the table --------------------------------------------------------------------------------------------------------


def _row(row: Row) -> tuple[Cell, ...]:
    word = row.decision
    return (
        ((_form(row.result.category),),) if row.first_of_category else (),
        (
            (_form(f"{row.result.requirement_id} "), Run(row.requirement.text)),
            (_form("Source: "), Run(row.requirement.source)),
        ),
        tuple((Run(item),) for item in row.accepted),
        _material(row),
        (_human(word.approved),) if word and word.approved else (),
        (*_decided(word), *_remarks(row), *_before(word), *_machine_words(row)),
    )


def _material(row: Row) -> Cell:
    cell: list[Paragraph] = [_human("N/A")] if row.not_applicable else []
    cell += _citations("Primary Documentation:", row.primary)
    cell += _citations("Supplementary Evidence:", row.supplementary)
    if row.result.expected_but_absent:
        cell.append((_form("Expected, not received:"),))
        cell += [_machine(name) for name in row.result.expected_but_absent]
    return tuple(cell) or (_machine("No passage was found."),)


def _citations(label: str, found: Sequence[Citation]) -> Iterable[Paragraph]:
    if found:
        yield (_form(label),)
    for one in found:
        yield _machine(f"({one.number}) {', '.join(filter(None, [one.document, one.place]))}")


def _decided(word: HumanWord | None) -> Cell:
    """The person's own words first: the form is theirs."""
    if word is None:
        return ()
    who = f" ({word.actor})" if word.actor else ""
    said = " ".join(filter(None, [f"{word.status}{who}.", word.reason]))
    decided: Paragraph = (_form("Registry agent: "), Run(said, "human"))
    if word.holds:
        return (decided,)
    return (decided, (_form("Re-opened, the answer changed: "), Run(" ".join(word.changed), "machine")))


def _remarks(row: Row) -> Cell:
    return tuple((_form(f"{one.label} ({one.actor}): "), Run(one.text, "human")) for one in row.remarks)


def _before(word: HumanWord | None) -> Cell:
    """What the row answered when it was decided, above what it answers now."""
    if word is None or word.before is None:
        return ()
    status = wording.ROW_STATUS[word.before.status]
    quotes = (_machine(f"“{q.quote}” ({q.document}, p. {q.page_label or q.page})") for q in word.before.quotes)
    then: Paragraph = (_form("When it was decided: "), Run(f"{status}. {word.before.reason}", "machine"))
    return (then, *quotes, (_form("Now:"),))


def _machine_words(row: Row) -> Cell:
    status = wording.ROW_STATUS[row.result.status]
    cell: list[Paragraph] = [(Run(f"{status}. ", "machine", bold=True), Run(row.reason, "machine"))]
    for test in (*row.failed, *row.not_run):
        clears = f" Clears when: {test.clears_when}" if test.clears_when else ""
        cell.append(_machine(f"✗ {test.message}{clears}"))
    return (*cell, *(_machine(f"({quote.number}) “{quote.evidence.quote}”") for quote in row.quotes))


# --- after the table --------------------------------------------------------------------------------------------------


def _claim(claim: Claim) -> tuple[Cell, ...]:
    where = ", ".join(filter(None, [claim.evidence.document, wording.place(claim.evidence)]))
    stands = "yes" if claim.stands else f"no longer: {wording.CLAIM_GONE}"
    said = (claim.requirement_id, f"“{claim.evidence.quote}”", where, claim.note or "", claim.by, stands)
    return tuple(((Run(text),),) for text in said)


def _closing(report: Report) -> Cell:
    facts = (
        "Blue: found by the program, with the place it was found in. Black: written by a person.",
        f"Session {report.session['session_id']}. Newest input {report.generated_at:%Y-%m-%dT%H:%M:%SZ}.",
        f"Inputs {report.provenance['inputs_fingerprint']}. Checklist {report.provenance['checklist_sha256']}. "
        f"Made by registry-review {report.provenance['program_version']}; the same inputs and decisions give the same "
        "bytes.",
    )
    return tuple(_machine(line) for line in facts)
