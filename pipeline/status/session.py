"""What a person must know of a session right now: its stages, everything that waits and why, the next thing to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.decisions.review_state import ReviewState, review_state
from pipeline.decisions.review_times import ReviewTimes, times_of
from pipeline.filenames import printable
from pipeline.home import quarantine as intake_quarantine
from pipeline.home.health import troubles
from pipeline.home.pointing import trouble
from pipeline.home.presence import watcher_is_running, workers_running
from pipeline.home.probes import broker_trouble, without_password
from pipeline.home.quarantine import Kept
from pipeline.intake.inbox.folders import LeftAlone, folders_of, left_alone
from pipeline.intake.inbox.scan import scan, shown
from pipeline.intake.inbox.state import COMPLETED, WaitingFile, read_state
from pipeline.intake.sources.links import described
from pipeline.models import Document, Question, Session, SessionRecord, Value
from pipeline.status import progress
from pipeline.status.alarms import Alarm, alarms
from pipeline.store.files import is_writable
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


#: Seconds that a look around waits for the broker's server.
BROKER_SECONDS = 1.0
#: Why a file lies in the inbox when nobody is there to take it.
UNWATCHED = "no watcher is running"


class Superseded(Value):
    """A document that a newer one replaced; `keep` undoes it."""

    document_id: str
    filename: str
    by: str
    why: str


class HomeState(Value):
    """What is true of the whole home; looked at once, however many sessions are shown."""

    watcher_running: bool
    #: What is wrong with the home itself, in words: its disk, its rights, its inbox, its clock.
    troubles: tuple[str, ...] = ()
    #: "events", "polling", or None without a watcher; `watcher_reason` says why it polls.
    watcher_mode: str | None = None
    watcher_reason: str | None = None
    #: Which broker carries the messages, as it may be shown; why it cannot be used, in words; and, with a server, how
    #: many worker processes are at work.
    broker: str = "embedded"
    broker_trouble: str | None = None
    workers_running: int | None = None
    #: Files that lie in somebody's inbox folder and are not taken yet, with the reason.
    waiting: tuple[WaitingFile, ...] = ()
    #: What lies in the inbox for nobody, with the reason.
    left_alone: tuple[LeftAlone, ...] = ()
    #: Files that were refused and set aside, until a person removes them.
    quarantine: Kept = Kept(files=0, size=0)


class SessionStatus(Session):
    """A session with everything that waits, and the one next thing to do (contract: Session, and more)."""

    questions: tuple[Question, ...] = ()
    #: Files that could not be taken, newest last: filename, reason, at.
    refused: tuple[dict[str, str], ...] = ()
    superseded: tuple[Superseded, ...] = ()
    #: Documents that are kept and listed but could not be read, in words.
    unreadable: tuple[str, ...] = ()
    #: Documents that are listed and not read: what each is, who must look at it and what for.
    to_look_at: tuple[str, ...] = ()
    #: Likenesses that are worth knowing and ask nothing, and links that are only referred to.
    notes: tuple[str, ...] = ()
    #: Other projects that claim the same land or hold the same files; never part of a report.
    alarms: tuple[Alarm, ...] = ()
    waits: tuple[str, ...] = ()
    next_action: str
    #: What people decided, what they wait for, and what keeps the session from completion.
    review: ReviewState
    times: ReviewTimes
    #: Slips in what people wrote, told before signing; looked for when one session is shown.
    warnings: tuple[str, ...] = ()
    points_to: str | None = None
    #: Files in the session's inbox folder that are not taken yet, with the reason.
    waiting_files: tuple[WaitingFile, ...] = ()
    surroundings: HomeState


def look_around(ws: Workspace, record: SessionRecord | None = None) -> HomeState:
    """The home as it is at this moment; with a session, only its own folders are searched for files that wait."""
    home = {**_broker(ws), "troubles": troubles(ws), "quarantine": intake_quarantine.kept(ws)}
    alone = left_alone(ws)
    running = watcher_is_running(ws.data)
    state = read_state(ws.data) if running else None
    if state:
        mode, reason, waiting = state.mode, state.reason, state.waiting
        return HomeState(
            watcher_running=True, watcher_mode=mode, watcher_reason=reason, waiting=waiting, left_alone=alone, **home
        )
    why = "the watcher has only just begun" if running else UNWATCHED
    root = ws.inbox
    closed: dict[str, str] = {}
    sessions = {record.session_id} if record else set(ws.sessions.ids())
    below = folders_of(ws, record) if record else ((),)
    names = sorted(seen.path.removeprefix(f"{root}/") for seen in scan(root, sessions, closed.__setitem__, below))
    found = [WaitingFile(name=printable(name), reason=_stuck(root / name) or why) for name in names]
    found += [WaitingFile(name=shown(folder), reason=reason) for folder, reason in closed.items()]
    return HomeState(watcher_running=running, waiting=tuple(found), left_alone=alone, **home)


def waiting_in(ws: Workspace, around: HomeState, record: SessionRecord) -> tuple[WaitingFile, ...]:
    """Files in the session's own folders of the inbox that are not taken yet; why not, when it is complete."""
    folders = tuple(f"{'/'.join(parts)}/" for parts in folders_of(ws, record))
    found = tuple(file for file in around.waiting if file.name.startswith(folders))
    if not record.is_completed:
        return found
    # What lies under inbox/new/ is for another session now: a bound folder is free once its session is complete.
    own = f"{record.session_id}/"
    return tuple(f.model_copy(update={"reason": COMPLETED}) for f in found if f.name.startswith(own))


def _broker(ws: Workspace) -> dict[str, Any]:
    address = ws.settings.queue.broker
    if address == "embedded":
        return {}
    trouble = broker_trouble(address, BROKER_SECONDS)
    return {
        "broker": without_password(address),
        "broker_trouble": trouble,
        "workers_running": workers_running(ws.data),
    }


def _stuck(file: Path) -> str | None:
    """Why a watcher cannot finish with a file; None when it can."""
    if is_writable(file.parent):
        return None
    return "it can be taken but not removed; give this user the right to write its folder"


def status_of(ws: Workspace, record: SessionRecord, around: HomeState | None = None) -> SessionStatus:
    """Everything about one session; reads stored results only and starts no work."""
    from pipeline.intake.duplicates import similar_content  # start-up

    around = around or look_around(ws, record)
    inventory = results.load_inventory(ws, record)
    listed = inventory.documents if inventory else ()
    nowhere = trouble(ws, record) if record.points_to is not None else None
    waiting = waiting_in(ws, around, record)
    if nowhere is not None:
        waiting = tuple(file.model_copy(update={"reason": str(nowhere)}) for file in waiting)
    state = review_state(ws, record)
    views = progress.progress(ws, record, state)
    view = progress.session_view(ws, record, views, state)
    if around.broker_trouble:
        view = _stranded(view, f"waits for the broker, which {around.broker_trouble}")
    waits = progress.waits(ws, record)
    coming = _coming(record, waiting)
    if coming:
        # They were dropped already: nobody is to be called for them.
        waits = [one for one in waits if not one.startswith(progress.NO_FILES)]
        view = _arriving(view)
    return SessionStatus(
        **view.model_dump(),
        questions=tuple(record.questions.values()),
        refused=record.refused,
        superseded=_superseded(record, listed),
        unreadable=tuple(
            f"{d.filename}: {d.notes[0] if d.notes else d.status}"
            for d in listed
            if d.status in ("unreadable", "quarantined")
        ),
        to_look_at=tuple(f"{d.filename}: {d.look}" for d in listed if d.look),
        notes=(*similar_content(ws, record.session_id), *_referred_to(record)),
        alarms=tuple(alarms(ws, record)),
        waits=tuple(waits),
        next_action=_next_action(record, waiting, around.watcher_running)
        or (_wait_for(coming) if coming else None)
        or progress.next_action(ws, record, views, state),
        review=state,
        times=times_of(ws.sessions.audit(record.session_id)),
        points_to=record.points_to,
        waiting_files=waiting,
        surroundings=around,
    )


def _referred_to(record: SessionRecord) -> list[str]:
    """Links whose file is not kept."""
    said = (described(source) for _, source in sorted(record.sources.items()))
    return [one for one in said if one]


def _stranded(view: Session, why: str) -> Session:
    """What is queued waits for more than a worker while the broker is away."""
    stages = {
        key: one.model_copy(update={"reason": why}) if one.reason == progress.FOR_A_WORKER else one
        for key, one in view.workflow_progress.items()
    }
    return view.model_copy(update={"workflow_progress": stages})


def _coming(record: SessionRecord, waiting: tuple[WaitingFile, ...]) -> tuple[WaitingFile, ...]:
    """Files in the inbox of a session that holds none yet; a watcher takes them, or says why it cannot."""
    if record.documents or record.is_completed or record.points_to:
        return ()
    return tuple(file for file in waiting if not file.name.endswith("/"))


def _arriving(view: Session) -> Session:
    stages = {
        key: one.model_copy(update={"reason": "its files lie in the inbox and are not taken yet"})
        if one.reason and one.reason.startswith(progress.NO_FILES)
        else one
        for key, one in view.workflow_progress.items()
    }
    return view.model_copy(update={"workflow_progress": stages})


def _wait_for(coming: tuple[WaitingFile, ...]) -> str:
    files = "1 file in the inbox is" if len(coming) == 1 else f"{len(coming)} files in the inbox are"
    return f"Wait: {files} not taken yet ({coming[0].reason})."


def _next_action(record: SessionRecord, waiting: tuple[WaitingFile, ...], watched: bool) -> str | None:
    """What to do about files nobody will take, which comes before what the workflow says; None when there are none."""
    if record.points_to is not None:
        return None
    if record.is_completed and waiting:
        files = "1 file waits" if len(waiting) == 1 else f"{len(waiting)} files wait"
        reopen = f"registry-review reopen {record.session_id} --by NAME --reason TEXT"
        return f"{files} for a session that is complete: {reopen}"
    asked = any(q.answer is None for q in record.questions.values())
    takeable = [file for file in waiting if file.reason == UNWATCHED]
    if takeable and not watched and not asked:
        files = "1 file waits" if len(takeable) == 1 else f"{len(takeable)} files wait"
        return f"{files} in the inbox and no watcher is running: registry-review watch --once --to report"
    return None


def _superseded(record: SessionRecord, listed: tuple[Document, ...]) -> tuple[Superseded, ...]:
    """By path, as the store knows at once, and by content, as discovery recognised it."""
    names = {d.document_id: d.filename for d in record.documents.values()}
    by_path = [
        Superseded(
            document_id=d.document_id,
            filename=d.filename,
            by=names.get(d.superseded_by, d.superseded_by),
            why="came later under the same path in the same source",
        )
        for d in record.documents.values()
        if d.superseded_by
    ]
    known = {one.document_id for one in by_path}
    by_content = [
        Superseded(
            document_id=d.document_id,
            filename=d.filename,
            by=names.get(d.superseded_by, d.superseded_by),
            why=d.notes[0] if d.notes else "recognised by its content",
        )
        for d in listed
        # Results may be older than what a person undid since.
        if d.superseded_by
        and d.document_id in names
        and d.document_id not in known
        and record.documents[d.document_id].kept_by is None
    ]
    return tuple(sorted([*by_path, *by_content], key=lambda one: (one.filename, one.document_id)))
