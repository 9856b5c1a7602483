"""What a command answers, from stored results: one value for programs and one text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from commands import output_files
from commands.text import duplicates as duplicates_text
from commands.text import review as text_review
from commands.text import tenure, terminal
from commands.text.typed import typed
from pipeline.decisions.claims import claims_of
from pipeline.desk.current_work import News
from pipeline.desk.rows import judged
from pipeline.desk.sessions import everything, likenesses, listed, status_with_slips, whole
from pipeline.desk.stage_result import StageResult, report_in_short, stage_result
from pipeline.errors import ReviewError
from pipeline.home import exit_codes
from pipeline.home.probes import without_password
from pipeline.models import (
    SCHEMA_VERSION,
    ExtractionResult,
    Inventory,
    MappingResult,
    SessionRecord,
    characters,
)
from pipeline.reporting import people
from pipeline.stages.generate_report import form_path
from pipeline.status import progress
from pipeline.status.alarms import alarms
from pipeline.status.session import SessionStatus, look_around, status_of
from pipeline.workflow import order
from pipeline.workflow.order import COMMAND_OF

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.settings import LoadedSettings
    from pipeline.upkeep.check_up import CheckUp


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
    found = status_with_slips(ws, record)
    people = (duplicates_text.in_status(found, width), text_review.review(found, width))
    return Answer(found, terminal.status(found, COMMAND_OF, width, terminal.parts(*people)))


def with_waits(answer: Answer, ws: Workspace, record: SessionRecord, verb: str) -> Answer:
    """`answer`, with what waits for a person within the stages up to `verb`, and the exit code that says so.

    An alarm is told too; the stages are done all the same, so it alone changes no exit code.
    """
    to = order.VERBS[verb]
    if order.ORDER.index(to) >= order.ORDER.index("cross_validation"):
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


def sessions(ws: Workspace, width: int) -> Answer:
    """Every session with its project, status and numbers."""
    value = listed(ws)
    found, damaged = value["sessions"], value["damaged"]
    rows = [(s.session_id, s.project_metadata.project_name, s.status.replace("_", " "), _with_alarms(s)) for s in found]
    text = terminal.table(("session", "project", "status", ""), rows, width) if rows else "No sessions yet."
    return Answer(value, terminal.parts(text, terminal.block("Damaged", terminal.items(damaged, width))))


def _with_alarms(found: SessionStatus) -> str:
    """The counts, after what cannot wait: other projects that claim the same."""
    others = ", ".join(alarm.session_id for alarm in found.alarms)
    review = people.in_short(found.review)
    if found.points_to is not None:
        return f"{found.points_to} is reviewed in its place"
    told = "; ".join(filter(None, [terminal.counts(found), review]))
    return f"ALARM: shares land or files with {others}; {told}" if others else told


def session(ws: Workspace, record: SessionRecord, width: int) -> Answer:
    """One session: the project, its documents, its requirements and its exceptions."""
    one = whole(ws, record)
    found, inventory, validation = one.status, one.inventory, one.validation
    received = [d.filename for d in record.documents.values()]
    listed = terminal.documents(inventory.documents, width) if inventory else terminal.items(received, width)
    rows = terminal.rows(one.rows, width) if validation else ""
    worst = terminal.exceptions(validation.exceptions, width) if validation else ""
    text = terminal.parts(
        terminal.project(found, width),
        terminal.block("Alarms", terminal.items((a.message for a in found.alarms), width)),
        terminal.block("Documents", listed),
        terminal.block("Requirements", rows),
        terminal.block("Titles", tenure.titles(validation.titles, width) if validation else ""),
        terminal.block("Named and not received", tenure.papers(validation.papers, width) if validation else ""),
        terminal.block("Exceptions, worst first", worst),
        text_review.claimed(one.claims, width),
        _unless_fresh(found),
        f"Next: {typed(found.next_action)}",
    )
    return Answer(one.value, text)


def requirement(ws: Workspace, record: SessionRecord, text: str, width: int) -> Answer:
    """One requirement with its tests, its quotes and what would clear it."""
    row = judged(ws, record, text)
    shown = terminal.requirement(row, width)
    words = text_review.words(row, people.words_on(ws, record, row.requirement_id), width)
    claims = text_review.claimed(claims_of(ws, record, row.requirement_id), width)
    return Answer(row, terminal.parts(shown, words, claims, _unless_fresh(status_of(ws, record))))


def why(ws: Workspace, record: SessionRecord, text: str, width: int) -> Answer:
    """Why a requirement says what it says: the short answer first, then everything that was weighed."""
    from commands.text.explanation import explanation  # start-up
    from pipeline.desk.explain import explain  # start-up

    found = explain(ws, record, judged(ws, record, text))
    return Answer(found, terminal.parts(explanation(found, width), _unless_fresh(status_of(ws, record))))


def _unless_fresh(found: SessionStatus) -> str:
    """A warning when what is shown was made from something that changed since."""
    if found.workflow_progress["cross_validation"].status in ("completed", "pending", "waiting"):
        return ""
    renew = f"The results above are older than the files; to renew them: registry-review validate {found.session_id}"
    return typed(renew)


def stage(ws: Workspace, record: SessionRecord, verb: str, width: int) -> Answer:
    """What one stage gave; the session's status when it has not been carried out."""
    found = stage_result(ws, record, verb)
    return Answer(found.value, _given(found, width)) if found else status(ws, record, width)


def _given(found: StageResult, width: int) -> str:
    made = found.made
    if isinstance(made, Inventory):
        return terminal.inventory(made, width)
    if isinstance(made, MappingResult):
        return terminal.mapping(made, found.filenames, width)
    if isinstance(made, ExtractionResult):
        return terminal.extraction(made, width)
    return terminal.parts(
        terminal.rows(made.requirements, width),
        terminal.checks(made.checks, width),
        terminal.coverage(made.requirements),
    )


def report(ws: Workspace, record: SessionRecord, kind: str | None, output: str | None, width: int) -> Answer:
    """The report: where it is and what it says in short, or with `kind` one form of it, written to `output`.

    The file at `output` is written last and in one step, so that a failed run leaves none; "-" hands the bytes on.
    """
    if kind is None:
        found = report_in_short(ws, record)
        text = terminal.parts(
            terminal.coverage(found.report.requirements),
            terminal.block("Look at first", terminal.exceptions(found.report.exceptions, width, most=5)),
            "\n".join(f"{form:5} {path}" for form, path in found.paths.items()),
        )
        return Answer(found.value, text)
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
                found.append({"session_id": session_id, "stage": COMMAND_OF[key], **error_fields})
    rows = [
        (f["session_id"], f["stage"] or "-", f["code"], f"{f['message']} {typed(f.get('cure') or '')}".strip())
        for f in found
    ]
    listed = terminal.table(("session", "stage", "code", "why, and what to do"), rows, width)
    return Answer({"schema_version": SCHEMA_VERSION, "failed": found}, listed if rows else "Nothing failed.")


def duplicates(ws: Workspace, record: SessionRecord, width: int) -> Answer:
    """Every session that looks the same with the answer that holds, and what is still asked."""
    found = status_of(ws, record)
    told = likenesses(ws, record, found)
    alike = told["duplicates"]
    asked = record.points_to is None and any(one.answer is None for one in alike)
    code = exit_codes.NEEDS_YOU if asked else exit_codes.DONE
    return Answer(told, duplicates_text.duplicates(found, alike, width), code)


def findings(found: Sequence[CheckUp], width: int) -> Answer:
    """What the doctor found; a failed check is a failure."""
    code = exit_codes.FAILED if any(f.outcome == "fail" for f in found) else exit_codes.DONE
    value = {"schema_version": SCHEMA_VERSION, "checks": list(found)}
    return Answer(value, terminal.findings(found, width), code)


def news(told: News, only_trouble: bool = False) -> list[str]:
    """What the queue tells while it works, in lines for people; nothing for what is not worth one.

    With `only_trouble`, for a screen that shows the rest: refused files, stages that gave up, and the like.
    """
    head = told.session_id
    if told.result is not None:
        files = [f for f in told.result.files if f.outcome == "refused" or not only_trouble]
        return [f"{head}: {line}" for line in terminal.outcomes(files)]
    if told.kind == "stage_done" and told.stage and not only_trouble:
        return [f"{head}: `{COMMAND_OF[told.stage]}` is done"]
    if told.kind in ("stage_failed", "not_taken"):
        return [f"{head}: {characters.plain(told.message)}"]
    return []


class Over:
    """Counts the farms of a batch that are over, for a line each where nothing can be drawn."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._over = 0

    def lines(self, told: News) -> list[str]:
        """The line that a piece of news is worth, if any."""
        if told.kind == "wanted":
            self._names[told.session_id] = characters.plain(told.message)
        if told.kind != "over" or told.session_id not in self._names:
            return []
        self._over += 1
        name = self._names[told.session_id]
        return [f"{self._over} of {len(self._names)} farms: {name}: {characters.plain(told.message)}"]


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
