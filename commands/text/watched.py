"""What one run of the watcher came to, for the command that ran it: what it took, and what it leaves lying there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from commands.text.answers import Answer
from commands.text.typed import typed
from pipeline.home import exit_codes
from pipeline.models import SCHEMA_VERSION, StageKey, wording
from pipeline.status import progress
from pipeline.status.session import status_of

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.intake.inbox.state import WaitingFile
    from watcher import Summary

#: So many files that nobody takes get a line each; with --json all of them.
UNTAKEN_TOLD = 20


def watched(ws: Workspace, run: Summary, to: StageKey) -> Answer:
    """What one run of the watcher came to: per session its files, its failures and what waits for a person."""
    sessions, files, failures = run.sessions, run.files, run.failures
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
        "held_open": list(run.held_open),
        "untaken": list(run.untaken),
    }
    codes = [exit_codes.FAILED] * bool(failures) + [exit_codes.PARTLY] * bool(refused or run.untaken)
    codes += [exit_codes.NEEDS_YOU] * any(waits.values()) + [exit_codes.TRY_AGAIN] * bool(run.held_open)
    lines = []
    for session_id, one in found.items():
        if one.unreadable:
            unread = wording.count(len(one.unreadable), "document")
            lines.append(typed(f"{session_id}  {unread} could not be read: registry-review status {session_id}"))
        lines.append(typed(f"{session_id}  {progress.next_action(ws, records[session_id])}"))
    head = f"{wording.count(len(files), 'file')} for {wording.count(len(records), 'session')}; {len(refused)} refused."
    said = tuple(typed(f"{i} waits for you: {wait}") for i, asked in waits.items() for wait in asked)
    problems = tuple((typed(f"{i}: {message}"), f"registry-review status {i}") for i, message in failures)
    later = "Close it there, or wait until it is done; then run it again. Nothing was lost."
    problems += tuple((f"{one.name} was not taken: {one.reason}.", later) for one in run.held_open)
    problems += tuple(_nobody_takes(run.untaken))
    return Answer(value, "\n".join([head, *lines]), exit_codes.gravest(codes), said, problems)


def _nobody_takes(untaken: Sequence[WaitingFile]) -> list[tuple[str, str]]:
    """A line for each of the first files that stay in the inbox, with what to do about it, and one for the rest."""
    told = [(f"{one.name} stays in the inbox and nobody takes it.", one.reason) for one in untaken[:UNTAKEN_TOLD]]
    if rest := len(untaken) - len(told):
        told.append((f"{wording.count(rest, 'more file')} stay in the inbox.", "registry-review watch --once --json"))
    return told
