"""A stage's computing where it can be ended, and what becomes of the document at which it had to be."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline import checklists
from pipeline.errors import SetApart, StageFailed
from pipeline.reading.stopping import Stopped

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord


#: By its name: it imports the stages, and the reading processes are told of it.
PASSES = "pipeline.stages.passes"
LAST_ADDED = "Run it again; take out what was added last if that does not help."


def checklist_given(ws: Workspace, record: SessionRecord) -> dict[str, str]:
    """The session's checklist as the computing process is given it: the bytes of its file, and where it stands."""
    content, where = checklists.source(record.project_metadata.methodology, ws.settings.checklist.folder)
    return {"checklist": base64.b64encode(content).decode("ascii"), "checklist_where": where}


def computed(ws: Workspace, over: str, given: Mapping[str, Any], sha256s: Sequence[str]) -> str:
    """The result as JSON. Raises SetApart when a document stopped it and is quarantined from now on."""
    try:
        return ws.reader.compute(PASSES, over, given, sha256s)
    except Stopped as stopped:
        # One that was apart already was not looked at again: then nobody knows what it stopped at.
        known = stopped.at is None or ws.reader.is_apart(stopped.at)
        if known or ws.reader.set_apart(stopped) is None:
            raise StageFailed(stopped.note, LAST_ADDED) from stopped
        raise SetApart(stopped.note) from stopped
