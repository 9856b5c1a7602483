"""Sessions of a like name: said when another one is made, and while a session without files waits for some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.intake.likeness import GRACE, name_similarity
from pipeline.models import Value
from pipeline.models.project_names import fold

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord

#: So many are named, the oldest first.
NAMED = 3


class LikeNamed(Value):
    """A session whose name is alike enough for the duplicate rule."""

    session_id: str
    project_name: str
    documents: int


def like_named(ws: Workspace, project_name: str, exclude_session: str | None = None) -> list[LikeNamed]:
    """Sessions whose name is alike by the duplicate rule and begins with the same letter; the oldest first.

    The letter keeps the question as quick among ten thousand sessions as among ten; content is compared whatever the
    letter. Sessions in whose place another one is reviewed are left out.
    """
    limit = ws.settings.duplicates.name_similarity - GRACE
    return [
        LikeNamed(session_id=session_id, project_name=name, documents=documents)
        for session_id, name, documents in ws.catalog.named(fold(project_name)[:1])
        if session_id != exclude_session and name_similarity(project_name, name) >= limit
    ]


def note_of(ws: Workspace, project_name: str, made: str | None = None) -> str | None:
    """What whoever makes a session of that name must know of others, by their ids; None when there are none.

    `made` is the new session, None while it is still to be made.
    """
    found = like_named(ws, project_name, made)
    if not found:
        return None
    best = next((one for one in found if not one.documents), found[0]).session_id
    there = "A session of a like name is" if len(found) == 1 else "Sessions of a like name are"
    if made is None:
        what = f"the files of this upload go to a new one. To add to one of these, ask again with session_id {best}."
    else:
        what = f"{made} is another one. If it is the same project, go on with {best}."
    return f"{there} there already, {_listed(found)}; {what}"


def elsewhere(ws: Workspace, record: SessionRecord) -> str | None:
    """What a session without files is told of those of a like name that have some; None when there are none."""
    found = [one for one in like_named(ws, record.project_metadata.project_name, record.session_id) if one.documents]
    if not found:
        return None
    them = "these are" if len(found) > 1 else "this is"
    return f"files came to a session of a like name, {_listed(found)}: if {them} the same project, go on there"


def _listed(found: list[LikeNamed]) -> str:
    told = [f"{one.session_id} ({_files(one.documents)})" for one in found[:NAMED]]
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(told) + more


def _files(count: int) -> str:
    return "no files yet" if not count else "1 file" if count == 1 else f"{count} files"
