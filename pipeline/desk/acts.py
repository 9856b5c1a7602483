"""What a person tells a session to do where nobody can be asked back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.errors import DuplicateSessionWarning
from pipeline.models import AddResult, SourceType
from pipeline.stages.answer_duplicate import note_cancelled, point_to

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def add_as_told(
    ws: Workspace,
    session_id: str,
    add: Callable[[str, bool], AddResult],
    on_duplicate: str,
    actor: str,
    source_type: SourceType = "upload",
) -> AddResult:
    """Add one source where nobody can be asked, and the answer to a duplicate question comes with it or later.

    `add` takes a session's id and whether to look for duplicates. `on_duplicate` is "ask", which raises
    DuplicateSessionWarning before anything is added, or a DuplicateChoice: continue adds all the same; use_existing
    adds to the other session, to which this one points from then on; cancel adds nothing and says so. `source_type` is
    what `add` adds.
    """
    if on_duplicate == "continue":
        return add(session_id, False)
    try:
        return add(session_id, True)
    except DuplicateSessionWarning as found:
        asking = found.asking or session_id
        if on_duplicate == "use_existing":
            other = found.warning.session_id
            added = add(other, False)
            point_to(ws, asking, other, actor, found.warning)
            message = f"{added.message} The files were added to the existing session {other}, not to {asking}."
            return added.model_copy(update={"duplicate_warning": found.warning, "message": message})
        if on_duplicate == "cancel":
            note_cancelled(ws, asking, found.warning, actor)
            message = f"Nothing was added. {found.message}"
            return AddResult(
                session_id=session_id,
                source_type=source_type,
                files_added=0,
                files=(),
                duplicate_warning=found.warning,
                message=message,
            )
        raise
