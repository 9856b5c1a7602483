"""Stage 1: a session is made from what is said of the project; documents come afterwards."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pipeline import checklists
from pipeline.errors import UsageError
from pipeline.filenames import printable
from pipeline.models import SCHEMA_VERSION, ProjectMetadata, Value

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: The longest text that is taken for one field, in characters.
LONGEST = 200


class CreatedSession(Value):
    """Answer of create_session."""

    schema_version: int = SCHEMA_VERSION
    session_id: str
    project_name: str
    methodology: str
    status: Literal["initialized"] = "initialized"
    created_at: datetime


class CreatedBesideOthers(CreatedSession):
    """The answer where sessions of a like name are there already."""

    #: Which they are, by their ids, in words.
    note: str


def create_session(
    ws: Workspace,
    project_name: str,
    methodology: str = "soil-carbon-v1.2.2",
    project_id: str | None = None,
    proponent: str | None = None,
    crediting_period: str | None = None,
    actor: str = "system",
    bound_folder: str | None = None,
    upload_id: str | None = None,
    before: Callable[[str], None] | None = None,
) -> CreatedSession:
    """Make a session with its id, its metadata and its inbox folder; nothing is compared or read yet.

    `bound_folder`: name of the folder under inbox/new/ whose files belong to it. `upload_id`, `before`: see
    SessionStore.create. Raises UsageError for a name that cannot be shown and ChecklistError for a methodology without
    a usable checklist; then no session is made.
    """
    from pipeline.intake.like_named import note_of

    metadata = metadata_of(ws, project_name, methodology, project_id, proponent, crediting_period)
    record = ws.sessions.create(metadata, actor=actor, bound_folder=bound_folder, upload_id=upload_id, before=before)
    made = CreatedSession(
        session_id=record.session_id,
        project_name=metadata.project_name,
        methodology=methodology,
        created_at=record.created_at,
    )
    note = note_of(ws, metadata.project_name, record.session_id)
    return CreatedBesideOthers(**dict(made), note=note) if note else made


def metadata_of(
    ws: Workspace,
    project_name: str,
    methodology: str = "soil-carbon-v1.2.2",
    project_id: str | None = None,
    proponent: str | None = None,
    crediting_period: str | None = None,
) -> ProjectMetadata:
    """What is said of a project, tidied and checked; raises what create_session would raise for it."""
    metadata = ProjectMetadata(
        project_name=_text("project name", project_name) or _no_name(),
        methodology=methodology,
        project_id=_text("project id", project_id),
        proponent=_text("proponent", proponent),
        crediting_period=_text("crediting period", crediting_period),
    )
    checklists.load(methodology, ws.settings.checklist.folder)
    return metadata


def _text(field: str, value: str | None) -> str | None:
    """The text with its spaces tidied; None when there is none."""
    text = " ".join(unicodedata.normalize("NFC", value or "").split())
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise UsageError(f"The {field} holds characters that cannot be shown: {printable(text)}.", "Type it again.")
    if len(text) > LONGEST:
        raise UsageError(f"The {field} is longer than {LONGEST} characters.", "Shorten it.")
    return text or None


def _no_name() -> str:
    raise UsageError("A session needs a project name.", 'For example: registry-review create "Meadow Farm 2026"')


def create_for_folder(ws: Workspace, name: str, folder: str) -> str:
    """Make a session for a folder under inbox/new/, which stays bound to it; returns the session's id."""
    return create_session(ws, name, actor="inbox", bound_folder=folder).session_id
