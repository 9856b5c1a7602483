"""What a command answers, from stored results: one value for programs and one text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from commands.text import review as text_review
from commands.text import tenure, terminal
from commands.text.review import decided
from pipeline.decisions.claims import claims_of
from pipeline.errors import NotMadeYet, ReviewError
from pipeline.home import exit_codes, lookup
from pipeline.home.probes import without_password
from pipeline.models import SCHEMA_VERSION, AddResult, FileOutcome, RequirementResult, SessionRecord, StageKey, wording
from pipeline.reporting import output as output_files
from pipeline.reporting.typed import typed
from pipeline.stages import run
from pipeline.status import progress
from pipeline.status.alarms import alarms
from pipeline.status.session import SessionStatus, Surroundings, look_around, status_of

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.settings import LoadedSettings
    from pipeline.upkeep.doctor import Finding

#: The forms that a report is made in.
FORMS = ("json", "md", "html", "docx", "pdf", "xlsx")
#: The commands that stand for stages, for showing them.
VERB_OF: dict[Any, str] = {"initialize": "create", **run.VERB_OF}


@dataclass(frozen=True)
class Answer:
    """`value` becomes one JSON document; `text` is for a terminal of the width that was asked for."""

    value: object
    text: str
    #: The exit code.
    code: int = exit_codes.DONE
    #: What is worth saying beside the result.
    notes: tuple[str, ...] = ()
    #: What went wrong for a part of what was asked, each with its cure; the rest was done.
    problems: tuple[tuple[str, str], ...] = ()
    #: Bytes to be handed on exactly as they are, in place of both forms.
    raw: bytes | None = None


def status(ws: Workspace, record: SessionRecord, width: int) -> Answer:
    """Where one session stands, what it waits for, and the next thing to do."""
    from pipeline.decisions.slips import slips

    found = status_of(ws, record).model_copy(update={"warnings": slips(ws, record)})
    return Answer(found, terminal.status(found, VERB_OF, width, text_review.review(found, width)))


def with_waits(answer: Answer, ws: Workspace, record: SessionRecord, verb: str) -> Answer:
    """`answer`, with what waits for a person within the stages up to `verb`, and the exit code that says so.

    An alarm is told too; the stages are done all the same, so it alone changes no exit code.
    """
    to = run.VERBS[verb]
    if run.ORDER.index(to) >= run.ORDER.index("cross_validation"):
        answer = replace(answer, notes=(*answer.notes, *(f"alarm: {alarm.message}" for alarm in alarms(ws, record))))
    waits = progress.waits(ws, record, to)
    if not waits:
        return answer
    said = (*(f"waits for you: {typed(wait)}" for wait in waits), typed(f"next: {progress.next_action(ws, record)}"))
    return replace(answer, code=exit_codes.NEEDS_YOU, notes=(*answer.notes, *said))


def overview(ws: Workspace, width: int) -> Answer:
    """Where every session stands; damaged ones are named, never left out."""
    around = look_around(ws)
    found, damaged = everything(ws, around)
    value = {"schema_version": SCHEMA_VERSION, "sessions": found, "damaged": damaged, "surroundings": around}
    return Answer(value, terminal.overview(found, damaged, around, width))


def everything(
    ws: Workspace, around: Surroundings | None = None, ids: Sequence[str] | None = None
) -> tuple[list[SessionStatus], list[str]]:
    """The status of all sessions, or of those of `ids`, and a sentence for each that cannot be read."""
    found, damaged = [], []
    around = around or look_around(ws)
    for session_id in ws.sessions.ids() if ids is None else ids:
        try:
            found.append(status_of(ws, ws.sessions.read(session_id), around))
        except ReviewError as error:
            damaged.append(f"{session_id}: {error}")
    return found, damaged


def sessions(ws: Workspace, width: int) -> Answer:
    """Every session with its project, status and numbers."""
    found, damaged = everything(ws)
    rows = [(s.session_id, s.project_metadata.project_name, s.status.replace("_", " "), _with_alarms(s)) for s in found]
    text = terminal.table(("session", "project", "status", ""), rows, width) if rows else "No sessions yet."
    value = {"schema_version": SCHEMA_VERSION, "sessions": found, "damaged": damaged}
    return Answer(value, terminal.parts(text, terminal.block("Damaged", terminal.items(damaged, width))))


def _with_alarms(found: SessionStatus) -> str:
    """The counts, after what cannot wait: other projects that claim the same."""
    others = ", ".join(alarm.session_id for alarm in found.alarms)
    review = text_review.in_short(found.review)
    told = "; ".join(filter(None, [terminal.counts(found), review]))
    return f"ALARM: shares land or files with {others}; {told}" if others else told


def session(ws: Workspace, record: SessionRecord, width: int) -> Answer:
    """One session: the project, its documents, its requirements and its exceptions."""
    inventory, validation = run.load_inventory(ws, record), run.load_validation(ws, record)
    value = (found := status_of(ws, record)).model_dump(mode="json")
    value["documents"] = list(inventory.documents) if inventory else list(record.documents.values())
    judged_rows = [decided(record, row) for row in validation.requirements] if validation else []
    value["requirements"] = judged_rows
    for part in ("exceptions", "titles", "papers", "plan_differences"):
        value[part] = list(getattr(validation, part)) if validation else []
    value["claims"] = claims = claims_of(ws, record)
    received = [d.filename for d in record.documents.values()]
    listed = terminal.documents(inventory.documents, width) if inventory else terminal.items(received, width)
    rows = terminal.rows(judged_rows, width) if validation else ""
    worst = terminal.exceptions(validation.exceptions, width) if validation else ""
    text = terminal.parts(
        terminal.project(found, width),
        terminal.block("Alarms", terminal.items((a.message for a in found.alarms), width)),
        terminal.block("Documents", listed),
        terminal.block("Requirements", rows),
        terminal.block("Titles", tenure.titles(validation.titles, width) if validation else ""),
        terminal.block("Named and not received", tenure.papers(validation.papers, width) if validation else ""),
        terminal.block("Exceptions, worst first", worst),
        text_review.claimed(claims, width),
        _unless_fresh(found),
        f"Next: {typed(found.next_action)}",
    )
    return Answer(value, text)


def requirement(ws: Workspace, record: SessionRecord, text: str, width: int) -> Answer:
    """One requirement with its tests, its quotes and what would clear it."""
    row = judged(ws, record, text)
    shown = terminal.requirement(row, width)
    words = text_review.words(row, text_review.words_on(ws, record, row.requirement_id), width)
    claims = text_review.claimed(claims_of(ws, record, row.requirement_id), width)
    return Answer(row, terminal.parts(shown, words, claims, _unless_fresh(status_of(ws, record))))


def why(ws: Workspace, record: SessionRecord, text: str, width: int) -> Answer:
    """Why a requirement says what it says: the short answer first, then everything that was weighed."""
    from commands.text.explanation import explanation
    from pipeline.desk.explain import explain

    found = explain(ws, record, judged(ws, record, text))
    return Answer(found, terminal.parts(explanation(found, width), _unless_fresh(status_of(ws, record))))


def judged(ws: Workspace, record: SessionRecord, text: str) -> RequirementResult:
    """The row that `text` names, with a person's decision on it; NotMadeYet when no row has been judged yet."""
    return decided(record, lookup.requirement(text, judged_rows(ws, record)))


def judged_rows(ws: Workspace, record: SessionRecord) -> tuple[RequirementResult, ...]:
    """Every row, in the checklist's order; NotMadeYet when none has been judged yet."""
    validation = run.load_validation(ws, record)
    if validation is None:
        cure = f"registry-review validate {record.session_id}"
        raise NotMadeYet(f"The requirements of {record.session_id} have not been judged yet.", cure)
    return validation.requirements


def _unless_fresh(found: SessionStatus) -> str:
    """A warning when what is shown was made from something that changed since."""
    if found.workflow_progress["cross_validation"].status in ("completed", "pending", "waiting"):
        return ""
    renew = f"The results above are older than the files; to renew them: registry-review validate {found.session_id}"
    return typed(renew)


def stage(ws: Workspace, record: SessionRecord, verb: str, width: int) -> Answer:
    """What one stage gave; the session's status when it has not been carried out."""
    head: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "session_id": record.session_id}
    inventory = run.load_inventory(ws, record)
    if verb == "discover" and inventory:
        found = {"documents_found": len(inventory.documents), **inventory.model_dump(mode="json")}
        return Answer({**head, **found}, terminal.inventory(inventory, width))
    if verb == "map" and inventory and (mapping := run.load_mapping(ws, record)):
        names = {d.document_id: d.filename for d in inventory.documents}
        return Answer({**head, **mapping.model_dump(mode="json")}, terminal.mapping(mapping, names, width))
    if verb == "extract" and (extraction := run.load_extraction(ws, record)):
        return Answer({**head, **extraction.model_dump(mode="json")}, terminal.extraction(extraction, width))
    if verb == "validate" and (validation := run.load_validation(ws, record)):
        text = terminal.parts(
            terminal.rows(validation.requirements, width),
            terminal.checks(validation.checks, width),
            terminal.coverage(validation.requirements),
        )
        return Answer({**head, **validation.model_dump(mode="json")}, text)
    return status(ws, record, width)


def report(ws: Workspace, record: SessionRecord, kind: str | None, output: str | None, width: int) -> Answer:
    """The report: where it is and what it says in short, or with `kind` one form of it, written to `output`.

    The file at `output` is written last and in one step, so that a failed run leaves none; "-" hands the bytes on.
    """
    from pipeline.stages.generate_report import form_path, report_paths

    if kind is None:
        made, paths = report_paths(ws, record)
        value = {
            "schema_version": SCHEMA_VERSION,
            "session_id": record.session_id,
            "paths": {form: str(path) for form, path in paths.items()},
            "summary": made.summary,
            "exceptions": made.exceptions,
        }
        text = terminal.parts(
            terminal.coverage(made.requirements),
            terminal.block("Look at first", terminal.exceptions(made.exceptions, width, most=5)),
            "\n".join(f"{form:5} {path}" for form, path in paths.items()),
        )
        return Answer(value, text)
    path = form_path(ws, record, kind)
    if output == "-":
        return Answer(None, "", raw=path.read_bytes())
    if (target := output_files.place(output)) is not None:
        output_files.write(target, path.read_bytes())
        path = target
    return Answer({"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "path": str(path)}, str(path))


def failures(ws: Workspace, width: int) -> Answer:
    """Every stage that gave up, why, and what would mend it."""
    found = []
    for session_id in ws.sessions.ids():
        try:
            record = ws.sessions.read(session_id)
        except ReviewError as error:
            found.append({"session_id": session_id, "stage": None, "code": error.code, "message": str(error)})
            continue
        for key, stage_record in record.stages.items():
            if stage_record.status == "failed" and stage_record.error:
                error_fields = stage_record.error.model_dump(mode="json")
                found.append({"session_id": session_id, "stage": VERB_OF[key], **error_fields})
    rows = [
        (f["session_id"], f["stage"] or "-", f["code"], f"{f['message']} {typed(f.get('cure') or '')}".strip())
        for f in found
    ]
    listed = terminal.table(("session", "stage", "code", "why, and what to do"), rows, width)
    return Answer({"schema_version": SCHEMA_VERSION, "failed": found}, listed if rows else "Nothing failed.")


def duplicates(ws: Workspace, record: SessionRecord, width: int) -> Answer:
    """What looks like other sessions, and what is still asked."""
    found = status_of(ws, record)
    value = {
        "schema_version": SCHEMA_VERSION,
        "session_id": record.session_id,
        "questions": found.questions,
        "notes": found.notes,
        "points_to": found.points_to,
    }
    asked = any(q.answer is None for q in found.questions)
    return Answer(value, terminal.duplicates(found, width), exit_codes.NEEDS_YOU if asked else exit_codes.DONE)


def watched(
    ws: Workspace,
    sessions: Sequence[str],
    files: Sequence[tuple[str, FileOutcome]],
    failures: Sequence[tuple[str, str]],
    to: StageKey,
) -> Answer:
    """What one run of the watcher came to: per session its files, its failures and what waits for a person."""
    there = set(ws.sessions.ids())  # one of them may have been deleted meanwhile
    records = {session_id: ws.sessions.read(session_id) for session_id in sessions if session_id in there}
    found = {i: status_of(ws, record) for i, record in records.items()}
    waits = {i: progress.waits(ws, record, to) for i, record in records.items()}
    refused = [f for _, f in files if f.outcome == "refused"]
    value = {
        "schema_version": SCHEMA_VERSION,
        "sessions": list(found.values()),
        "files": [{"session_id": i, **f.model_dump(mode="json")} for i, f in files],
        "failures": [{"session_id": i, "message": message} for i, message in failures],
    }
    codes = (
        [exit_codes.FAILED] * bool(failures)
        + [exit_codes.PARTLY] * bool(refused)
        + [exit_codes.NEEDS_YOU] * any(waits.values())
    )
    lines = []
    for session_id, one in found.items():
        if one.unreadable:
            unread = wording.count(len(one.unreadable), "document")
            lines.append(typed(f"{session_id}  {unread} could not be read: registry-review status {session_id}"))
        lines.append(typed(f"{session_id}  {progress.next_action(ws, records[session_id])}"))
    head = f"{wording.count(len(files), 'file')} for {wording.count(len(records), 'session')}; {len(refused)} refused."
    said = tuple(typed(f"{i} waits for you: {wait}") for i, asked in waits.items() for wait in asked)
    problems = tuple((f"{i}: {message}", f"registry-review status {i}") for i, message in failures)
    return Answer(value, "\n".join([head, *lines]), exit_codes.gravest(codes), said, problems)


def findings(found: Sequence[Finding], width: int) -> Answer:
    """What the doctor found; a failed check is a failure."""
    code = exit_codes.FAILED if any(f.outcome == "fail" for f in found) else exit_codes.DONE
    value = {"schema_version": SCHEMA_VERSION, "checks": list(found)}
    return Answer(value, terminal.findings(found, width), code)


class News(Protocol):
    """What is shown of the queue's news; the pipeline knows no queue."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - described by its class
    @property
    def session_id(self) -> str: ...  # noqa: D102 - described by its class
    @property
    def message(self) -> str: ...  # noqa: D102 - described by its class
    @property
    def stage(self) -> StageKey | None: ...  # noqa: D102 - described by its class
    @property
    def done(self) -> int | None: ...  # noqa: D102 - described by its class
    @property
    def total(self) -> int | None: ...  # noqa: D102 - described by its class
    @property
    def result(self) -> AddResult | None: ...  # noqa: D102 - described by its class
    @property
    def document(self) -> str | None: ...  # noqa: D102 - described by its class
    @property
    def pages(self) -> int | None: ...  # noqa: D102 - described by its class
    @property
    def error(self) -> Exception | None: ...  # noqa: D102 - described by its class


def news(told: News, only_trouble: bool = False) -> list[str]:
    """What the queue tells while it works, in lines for people; nothing for what is not worth one.

    With `only_trouble`, for a screen that shows the rest: refused files, stages that gave up, and the like.
    """
    head = told.session_id
    if told.result is not None:
        files = [f for f in told.result.files if f.outcome == "refused" or not only_trouble]
        return [f"{head}: {line}" for line in terminal.outcomes(files)]
    if told.kind == "stage_done" and told.stage and not only_trouble:
        return [f"{head}: `{VERB_OF[told.stage]}` is done"]
    if told.kind in ("stage_failed", "not_taken"):
        return [f"{head}: {terminal.plain(told.message)}"]
    return []


class Over:
    """Counts the farms of a batch that are over, for a line each where nothing can be drawn."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._over = 0

    def lines(self, told: News) -> list[str]:
        """The line that a piece of news is worth, if any."""
        if told.kind == "wanted":
            self._names[told.session_id] = terminal.plain(told.message)
        if told.kind != "over" or told.session_id not in self._names:
            return []
        self._over += 1
        name = self._names[told.session_id]
        return [f"{self._over} of {len(self._names)} farms: {name}: {terminal.plain(told.message)}"]


def project_name(ws: Workspace, session_id: str) -> str:
    """What a session's project is called, or its id when that cannot be read."""
    try:
        return ws.sessions.read(session_id).project_metadata.project_name
    except ReviewError:
        return session_id


def doing(told: News) -> str:
    """What is being done, in a few words, with how far it is where that is counted."""
    stage = VERB_OF.get(told.stage, "queue")
    so_far = f" {told.done} of {told.total}" if told.total else ""
    return f"{stage}:{so_far} {terminal.plain(told.message or told.kind.replace('_', ' '))}"


def settings(loaded: LoadedSettings, width: int) -> Answer:
    """Every setting with its value and where that came from; a broker's password stays hidden."""
    values = loaded.settings.model_dump(mode="json")
    found = {}
    for name, origin in sorted(loaded.origins.items()):
        section, key = name.split(".")
        value = values[section][key]
        found[name] = {"value": without_password(value) if isinstance(value, str) else value, "origin": origin}
    rows = [(name, "" if one["value"] is None else one["value"], one["origin"]) for name, one in found.items()]
    shown = {"schema_version": SCHEMA_VERSION, "settings": found}
    return Answer(shown, terminal.table(("setting", "value", "from"), rows, width))
