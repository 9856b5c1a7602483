"""A session in whose place another one is reviewed: where what is meant for it goes, and why it may go nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import PointsElsewhere, PointsNowhere, SessionNotFound
from pipeline.models import AddResult, SessionRecord

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def receiver(ws: Workspace, session_id: str) -> SessionRecord:
    """The session that takes what is meant for this one: itself, or the one at the end of the way it points.

    SessionNotFound; PointsNowhere when the way ends at a session that is deleted or complete, or in a circle.
    """
    first = record = ws.sessions.read(session_id)
    passed = {session_id}
    while record.points_to is not None:
        there = record.points_to
        if there in passed:
            what = f"{session_id} points to {first.points_to}, and that way leads back to itself."
            raise PointsNowhere(what, undoing(session_id))
        passed.add(there)
        try:
            record = ws.sessions.read(there)
        except SessionNotFound as error:
            what = f"{session_id} points to {there}, which was deleted."
            raise PointsNowhere(what, undoing(session_id)) from error
    if record is not first and record.is_completed:
        reopen = f"registry-review reopen {record.session_id} --by NAME --reason TEXT"
        what = f"{session_id} points to {record.session_id}, which is complete and takes nothing more."
        raise PointsNowhere(what, f"To add to it: {reopen}. {undoing(session_id)}")
    return record


def undoing(session_id: str) -> str:
    """How a session becomes a review of its own again."""
    return f"To review {session_id} by itself again: registry-review duplicates {session_id} --answer continue"


def goes_on_in(ws: Workspace, record: SessionRecord) -> str:
    """The id of the session that is reviewed in place of `record`, as far as the way can be followed."""
    there, passed = record.points_to or record.session_id, {record.session_id}
    while there not in passed:
        passed.add(there)
        try:
            there = ws.sessions.read(there).points_to or there
        except SessionNotFound:
            break
    return there


def trouble(ws: Workspace, record: SessionRecord) -> PointsNowhere | None:
    """Why nothing that is meant for the session can be taken; None when it points nowhere, or to one that takes it."""
    try:
        receiver(ws, record.session_id)
    except PointsNowhere as error:
        return error
    return None


def left_behind(ws: Workspace, record: SessionRecord) -> int:
    """How many files of the session the one that is reviewed in its place has never got.

    Sessions that pointed before all files went along have such.
    """
    if record.points_to is None:
        return 0
    try:
        there = receiver(ws, record.session_id)
    except PointsNowhere:
        return 0
    known = {document.sha256 for document in there.documents.values()} | set(there.removed)
    return sum(d.superseded_by is None and d.sha256 not in known for d in record.documents.values())


def sending(session_id: str) -> str:
    """How the files that were left behind are added to the other session."""
    return f"registry-review duplicates {session_id} --answer use-existing"


def in_words(ws: Workspace, record: SessionRecord) -> str:
    """That the session points to another one, as one reads it in place of how far its stages are."""
    wrong = trouble(ws, record)
    return wrong.message if wrong else f"{goes_on_in(ws, record)} is reviewed in its place, and holds its files"


def require_own_review(ws: Workspace, record: SessionRecord, what: str = "its stages are not run") -> None:
    """PointsElsewhere, naming the other session, when the session is not reviewed by itself."""
    if record.points_to is None:
        return
    there = goes_on_in(ws, record)
    raise PointsElsewhere(
        f"{record.session_id} points to {there}, which is reviewed in its place: {what}.",
        f"Go on with {there}: registry-review status {there}. {undoing(record.session_id)}",
    )


def told(result: AddResult, asked_for: str) -> AddResult:
    """The answer of an addition, saying so when the files went to the session that `asked_for` points to."""
    there = result.session_id
    if there == asked_for:
        return result
    message = f"{result.message} {asked_for} points to {there}, so that is where they went."
    return result.model_copy(update={"message": message})
