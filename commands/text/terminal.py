"""Results as plain text for a terminal: tables, lists and sentences; nothing here decides anything."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from commands.text import refused
from commands.text.typed import typed
from pipeline.errors import DuplicateSessionWarning, ReviewError
from pipeline.models import (
    SCHEMA_VERSION,
    AddResult,
    CheckResult,
    Document,
    DuplicateWarning,
    Evidence,
    ExtractionResult,
    FileOutcome,
    Inventory,
    MappingResult,
    RequirementResult,
    ReviewException,
    StageView,
    wording,
)
from pipeline.models.characters import plain

if TYPE_CHECKING:
    from pipeline.intake.inbox.folders import LeftAlone
    from pipeline.status.session import HomeState, SessionStatus
    from pipeline.upkeep.check_up import CheckUp

#: Columns that text is folded to when nobody says how wide the terminal is; 0 means: never fold.
WIDTH = 100


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], width: int = WIDTH) -> str:
    """Columns padded to their widest cell; the last one is folded to `width`, or left whole when `width` is 0."""
    lines = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(h), *(len(line[i]) for line in lines)) if lines else len(h) for i, h in enumerate(headers[:-1])]
    indent = sum(widths) + 2 * len(widths)
    room = max(width - indent, 24) if width else 0
    out = ["  ".join([*(h.ljust(w) for h, w in zip(headers, widths, strict=False)), headers[-1]]).rstrip()]
    for line in lines:
        last = textwrap.wrap(line[-1], room) if room else [line[-1]]
        head = "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=False))
        out.append(f"{head}  {last[0] if last else ''}".rstrip() if widths else (last[0] if last else ""))
        out += [" " * indent + more for more in last[1:]]
    return "\n".join(out)


def items(lines: Iterable[object], width: int = WIDTH, mark: str = "- ") -> str:
    """A list, one item a line, folded under itself."""
    return "\n".join(folded(line, width, mark) for line in lines)


def folded(text: object, width: int = WIDTH, mark: str = "") -> str:
    """One paragraph behind `mark`."""
    line = plain(text)
    if not width:
        return mark + line
    # A path or an option that is broken could not be copied.
    return textwrap.fill(line, width, initial_indent=mark, subsequent_indent=" " * len(mark),
                         break_on_hyphens=False, break_long_words=False)  # fmt: skip


def block(title: str, body: str) -> str:
    """A titled part of an answer; nothing at all when there is nothing under the title."""
    return f"{title}\n{textwrap.indent(body, '  ')}" if body else ""


def parts(*blocks: str) -> str:
    """Blocks with an empty line between them; empty ones leave no trace."""
    return "\n\n".join(b for b in blocks if b)


def moment(at: datetime | None) -> str:
    """A time to the second in UTC, or a dash."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "-"


# --- what was added --------------------------------------------------------------------------------------------------

_OUTCOMES = {"added": "added", "duplicate": "already here", "new_version": "new version", "refused": "REFUSED"}


def added(result: AddResult, width: int = WIDTH) -> str:
    """One line per file, refusals last, then the count."""
    rows = []
    for f in sorted(result.files, key=lambda f: f.outcome == "refused"):
        rows.append((_OUTCOMES[f.outcome], f.filename.strip() or "(no name)", _why(f)))
    lines = table(("outcome", "file", ""), rows, width) if rows else ""
    note = f"note: {plain(result.duplicate_warning.message)}" if result.duplicate_warning else ""
    return parts(lines, "\n".join(x for x in (plain(result.message), note) if x))


def outcomes(files: Iterable[FileOutcome]) -> list[str]:
    """One sentence per file."""
    return [f"{_OUTCOMES[f.outcome]}: {_outcome(f)}" for f in files]


def _outcome(f: FileOutcome) -> str:
    if f.outcome == "refused":
        return refusal(f.filename, f.reason or "")
    why = _why(f)
    return f"{plain(f.filename)} ({why})" if why else plain(f.filename)


def _why(f: FileOutcome) -> str:
    """Why, for a line that names the file already."""
    if f.reason:
        return plain(f.reason.split(f"{f.filename}: ", 1)[-1])
    return f"same bytes as {plain(f.duplicate_of)}" if f.duplicate_of else ""


def refusal(filename: str, reason: str) -> str:
    """A refused file with the reason; most reasons begin with the file's whole path, which is then not said twice."""
    return plain(reason) if f"{filename}: " in reason else f"{plain(filename).strip() or '(no name)'}: {plain(reason)}"


def added_together(
    session_id: str, results: Sequence[AddResult], wrong: Sequence[tuple[str, ReviewError]]
) -> dict[str, Any]:
    """Several sources' results as one, in the shape of a single one, and each also by itself."""
    warnings = [r.duplicate_warning for r in results if r.duplicate_warning]
    warnings += [error.warning for _, error in wrong if isinstance(error, DuplicateSessionWarning)]
    problems = [{"source": s, "code": e.code, "message": e.message, "cure": e.cure} for s, e in wrong]
    return {
        "schema_version": SCHEMA_VERSION,
        "session_id": results[0].session_id if results else session_id,
        "source_type": results[0].source_type if results else None,
        "files_added": sum(r.files_added for r in results),
        "files": [f for r in results for f in r.files],
        "duplicate_warning": warnings[0] if warnings else None,
        "message": " ".join(r.message for r in results) or "Nothing was added.",
        "results": list(results),
        "problems": problems,
    }


def likeness(warning: DuplicateWarning) -> str:
    """Why another session looks the same, in two lines."""
    return (
        f"{plain(warning.message)}\n"
        f"  {warning.session_id}  {plain(warning.project_name)}: {warning.shared_files} of {warning.of_files} files "
        f"here are also there ({warning.file_overlap:.0%}); {warning.reverse_overlap:.0%} of its files are here; "
        f"names {warning.name_similarity:.0f} % alike"
    )


# --- sessions --------------------------------------------------------------------------------------------------------


def stages(progress: dict[Any, StageView], verbs: dict[Any, str], width: int = WIDTH) -> str:
    """Every stage with its status and the reason."""
    rows = []
    for key, view in progress.items():
        when = moment(view.finished_at) if view.status == "completed" else ""
        rows.append((verbs.get(key, str(key).replace("_", " ")), view.status, typed(view.reason or when)))
    return table(("stage", "status", ""), rows, width)


def status(s: SessionStatus, verbs: dict[Any, str], width: int = WIDTH, people: str = "") -> str:
    """One session: head, stages, everything that waits, what people said, and last the one next thing to do."""
    asked = [likeness(q.warning) for q in s.questions if q.answer is None]
    return parts(
        f"{s.session_id}  {plain(s.project_metadata.project_name)}\n{s.status.replace('_', ' ')}; {counts(s)}",
        stages(s.workflow_progress, verbs, width),
        block("Waits for you", items(map(typed, s.waits), width)),
        people,
        block("Alarms", items((a.message for a in s.alarms), width)),
        block("Duplicate questions", "\n".join(asked)),
        block(_refused_head(s), items((refusal(r["filename"], r["reason"]) for r in s.refused), width)),
        block("Could not be read", items(s.unreadable, width)),
        block("Listed and not read: a person must look", items(s.to_look_at, width)),
        block(
            typed(f"Replaced by a newer version (undo: registry-review keep {s.session_id} DOCUMENT --by NAME)"),
            items((f"{x.document_id}  {x.filename} by {x.by}: {x.why}" for x in s.superseded), width),
        ),
        block("Notes", items(s.notes, width)),
        block("In the inbox, not taken yet", items((f"{w.name}: {typed(w.reason)}" for w in s.waiting_files), width)),
        alone(s.surroundings.left_alone, width),
        watcher(s.surroundings),
        f"Next: {typed(s.next_action)}",
    )


def _refused_head(s: SessionStatus) -> str:
    dropped = any(r.get("source") == "inbox" for r in s.refused)
    head = f"Refused files (the dropped ones lie in inbox/.quarantine/{s.session_id}/)"
    return typed(head) if dropped else "Refused files"


def alone(entries: Sequence[LeftAlone], width: int = WIDTH) -> str:
    """What lies in the inbox for nobody, and what to do with it."""
    return block("Left alone in the inbox", items((f"{e.name}: {typed(e.reason)}" for e in entries), width))


def watcher(around: HomeState) -> str:
    """Whether somebody takes what is dropped, and how; with a server for a broker, whether it and workers are there."""
    how = f", scanning only: {around.watcher_reason}" if around.watcher_reason else ""
    lines = [f"Home: {plain(trouble)}" for trouble in around.troubles]
    lines.append(f"Watcher: at work{how}" if around.watcher_running else "Watcher: not running")
    if around.workers_running is not None:
        trouble = around.broker_trouble
        goes_on = "; nothing is lost, and work goes on when it is back"
        lines.append(f"Broker: {around.broker} {trouble + goes_on if trouble else 'answers'}")
        lines.append(f"Workers: {around.workers_running or 'none is running: registry-review worker'}")
    return typed("\n".join(lines))


def counts(s: SessionStatus) -> str:
    """The session's numbers in one sentence."""
    n = s.statistics
    rows = [(n.covered, "covered"), (n.partial, "partial"), (n.missing, "missing")]
    rows += [(n.needs_review, "need review"), (n.not_applicable, "not applicable")]
    said = ", ".join(f"{count} {word}" for count, word in rows if count)
    head = f"{n.documents_found} {'document' if n.documents_found == 1 else 'documents'}"
    return f"{head}; of {n.requirements_total} requirements: {said}" if said else head


def overview(all_of: Sequence[SessionStatus], damaged: Sequence[str], around: HomeState, width: int = WIDTH) -> str:
    """All sessions: where each stands and what it waits for."""
    rows = []
    for s in all_of:
        waiting = typed("; ".join(s.waits) or s.next_action)
        rows.append((s.session_id, s.project_metadata.project_name, s.status.replace("_", " "), waiting))
    listed = table(("session", "project", "status", "waits for, or next"), rows, width) if rows else ""
    empty = "" if rows or damaged else typed('No sessions yet. Next: registry-review create "PROJECT NAME"')
    taken = block("In the inbox, not taken yet", items((f"{w.name}: {typed(w.reason)}" for w in around.waiting), width))
    damage = block("Damaged", items(damaged, width))
    refusals = block("Refused files (status SESSION names each)", items(refused.lines(all_of, around), width))
    return parts(listed, empty, damage, taken, alone(around.left_alone, width), refusals, watcher(around))


def project(s: SessionStatus, width: int = WIDTH) -> str:
    """What was said of the project, and where its documents came from."""
    m = s.project_metadata
    facts: list[tuple[str, str | None]] = [("session", s.session_id), ("project", m.project_name)]
    facts += [("methodology", m.methodology)]
    facts += [("project id", m.project_id), ("proponent", m.proponent), ("crediting period", m.crediting_period)]
    facts += [("created", moment(s.created_at)), ("changed", f"{moment(s.updated_at)} (revision {s.revision})")]
    facts += [("status", s.status.replace("_", " "))]
    came = [
        f"{d.source_type} {d.metadata.get('path') or d.metadata.get('folder') or d.metadata.get('url') or ''}"
        for d in s.document_sources
    ]
    shown = "\n".join(f"{name:17} {plain(value)}" for name, value in facts if value)
    return parts(shown, block("Sources", items(came, width)))


# --- results of stages -----------------------------------------------------------------------------------------------


def documents(listed: Sequence[Document], width: int = WIDTH) -> str:
    """The inventory: every document with its type, status and what decided."""
    rows = []
    for d in listed:
        why = "; ".join((*d.notes, *d.classified_by[:1]))
        name = f"{d.filename} (+{len(d.names) - 1} names)" if len(d.names) > 1 else d.filename
        rows.append((d.document_id, name, d.document_type, d.status, d.pages or "-", why))
    return table(("document", "file", "type", "status", "pages", "because"), rows, width) if rows else "No documents."


def inventory(found: Inventory, width: int = WIDTH) -> str:
    """The inventory with a count per type."""
    summary = ", ".join(f"{n} {kind}" for kind, n in sorted(found.classification_summary.items()))
    return parts(documents(found.documents, width), f"{len(found.documents)} documents: {summary}" if summary else "")


def mapping(made: MappingResult, names: dict[str, str], width: int = WIDTH) -> str:
    """Which documents are looked at for each requirement, and which kinds are lacking."""
    rows = []
    for m in made.mappings:
        lacking = f"lacking: {', '.join(m.missing_types)}" if m.missing_types else ""
        looked = ", ".join(names.get(d, d) for d in m.document_ids) or "no document"
        rows.append((m.requirement_id, m.status, "; ".join(x for x in (looked, lacking) if x)))
    return table(("requirement", "mapping", "documents"), rows, width)


def extraction(found: ExtractionResult, width: int = WIDTH) -> str:
    """Where the first quote of each requirement stands."""
    rows = []
    for r in found.requirements:
        first = f"{place(r.evidence[0])}: {r.evidence[0].quote}" if r.evidence else "nothing found"
        short = first if len(first) < 160 or not width else first[:157] + "..."
        rows.append((r.requirement_id, len(r.evidence), short))
    return table(("requirement", "quotes", "first"), rows, width)


def place(e: Evidence) -> str:
    """Document, section and page of a quote, as the report cites them."""
    return ", ".join(x for x in (plain(e.document), plain(wording.place(e))) if x)


def rows(found: Sequence[RequirementResult], width: int = WIDTH) -> str:
    """One line per requirement."""
    listed = [(r.requirement_id, wording.label(r.status, wording.ROW_STATUS), r.category, r.reason) for r in found]
    return table(("requirement", "status", "category", "why"), listed, width)


def checks(found: Sequence[CheckResult], width: int = WIDTH) -> str:
    """Cross-checks, failures first and passes last."""
    order = {"fail": 0, "warning": 1, "not_run": 2, "pass": 3}
    listed = sorted(found, key=lambda c: order[c.outcome])
    shown = [(c.check_id, c.outcome.replace("_", " "), c.message) for c in listed]
    return table(("check", "outcome", ""), shown, width)


def exceptions(found: Sequence[ReviewException], width: int = WIDTH, most: int | None = None) -> str:
    """What a person must look at, worst first, each with what clears it."""
    shown = found[:most] if most else found
    lines = [
        f"{folded(e.message, width, f'{n}. [{e.severity}] ')}\n{folded(e.clears_when, width, '   clears when: ')}"
        for n, e in enumerate(shown, 1)
    ]
    if len(shown) < len(found):
        lines.append(f"... and {len(found) - len(shown)} more in the report.")
    return "\n".join(lines)


def coverage(found: Sequence[RequirementResult]) -> str:
    """The numbers of a report in one line."""
    statuses = [r.status for r in found]
    said = ", ".join(f"{statuses.count(k)} {w.lower()}" for k, w in wording.ROW_STATUS.items() if k in statuses)
    return f"{len(found)} requirements: {said}" if said else "no requirements"


def requirement(r: RequirementResult, width: int = WIDTH) -> str:
    """One row in full: its tests, what would clear it, and the quotes with the place each stands in."""
    tests = [
        folded(f"{t.test}: {t.message}" + (f" Clears when: {t.clears_when}" if t.clears_when else ""), width, mark)
        for t in r.tests
        for mark in ({"pass": "[pass]    ", "fail": "[fail]    ", "not_run": "[not run] "}[t.outcome],)
    ]
    quotes = [
        f"{number}. {place(e)} ({e.role})\n{folded(f'“{plain(e.quote)}”', width, '   ')}"
        for number, e in enumerate(r.evidence, 1)
    ]
    return parts(
        f"{r.requirement_id}  {plain(r.title)}\n{r.category}: {wording.label(r.status, wording.ROW_STATUS)}",
        folded(r.reason, width),
        block("Tests", "\n".join(tests)),
        block("Evidence", "\n".join(quotes)) or "Evidence\n  none",
        block("Expected but absent", items(r.expected_but_absent, width)),
    )


# --- the machine -----------------------------------------------------------------------------------------------------


def findings(found: Sequence[CheckUp], width: int = WIDTH) -> str:
    """What the doctor found, the cure under each thing that needs one."""
    listed = []
    for f in found:
        listed.append(folded(typed(f.message), width, f"{f.outcome.replace('_', ' '):8} {f.title:15} "))
        if f.cure and f.outcome != "ok":
            listed.append(folded(typed(f.cure), width, f"{'':24} cure: "))
    return "\n".join(listed)
