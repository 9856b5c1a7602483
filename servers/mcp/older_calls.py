"""Calls of the earlier system that still work: each warns, names its successor, and does what the successor does.

What they did and no longer do: lead new files into an older session that looks alike, or drop them. The new files are
always in the session that was asked for; the likeness is in the answer, and a question in `status`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.models import AddResult, StageKey, Value
from pipeline.stages import run
from pipeline.stages.add_documents import add_and_ask_later, require_usable
from pipeline.stages.initialize import create_session

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: From this version on they are gone.
REMOVED_IN = "1.0.0"


class Deprecation(Value):
    """What a caller of an older call is told."""

    call: str
    successor: str
    removed_in: str = REMOVED_IN
    message: str


class OlderAdded(AddResult):
    """Answer of upload_additional_files: that of add_documents, and the note."""

    success: bool = True
    deprecation: Deprecation


class OlderCreated(OlderAdded):
    """Answer of the calls that make a session with its files: create_session's, add_documents', and the note."""

    project_name: str
    methodology: str
    created_at: datetime
    #: How far the session goes by itself.
    advance_to: StageKey


def create_session_with_documents(
    ws: Workspace,
    project_name: str,
    documents_path: str,
    methodology: str = "soil-carbon-v1.2.2",
    project_id: str | None = None,
    proponent: str | None = None,
    crediting_period: str | None = None,
    deduplicate: bool = True,
    force_new_session: bool = False,
    actor: str = "system",
) -> OlderCreated:
    """As create_session with `documents_path` was: a session, and that folder or file added to it by path.

    UsageError, and no session, when there is nothing at that path.
    """
    note = _warned("create_session(documents_path=...)", 'create_session, then add_documents with a "path" source')
    metadata = (project_name, methodology, project_id, proponent, crediting_period)
    return _made(ws, metadata, {"type": "path", "path": documents_path}, actor, note)


def create_session_from_uploads(
    ws: Workspace,
    project_name: str,
    files: Sequence[dict[str, Any]],
    methodology: str = "soil-carbon-v1.2.2",
    project_id: str | None = None,
    proponent: str | None = None,
    crediting_period: str | None = None,
    deduplicate: bool = True,
    force_new_session: bool = False,
    actor: str = "system",
) -> OlderCreated:
    """A new session with these files, each {"filename", "content_base64"}.

    `deduplicate` and `force_new_session` change nothing: the same bytes are always one document, the session is always
    new. UsageError, and no session, without files.
    """
    note = _warned("create_session_from_uploads", "create_session, then add_documents or request_upload")
    metadata = (project_name, methodology, project_id, proponent, crediting_period)
    return _made(ws, metadata, {"type": "upload", "files": list(files)}, actor, note)


def start_review_from_uploads(
    ws: Workspace,
    project_name: str,
    files: Sequence[dict[str, Any]],
    methodology: str = "soil-carbon-v1.2.2",
    project_id: str | None = None,
    proponent: str | None = None,
    crediting_period: str | None = None,
    auto_extract: bool = True,
    deduplicate: bool = True,
    force_new_session: bool = False,
    actor: str = "system",
) -> OlderCreated:
    """As create_session_from_uploads; the session then goes on to evidence extraction, or to discovery only.

    The stages are asked for, not waited for: the queue of whoever calls carries them out.
    """
    note = _warned("start_review_from_uploads", "create_session, add_documents, then extract_evidence")
    metadata = (project_name, methodology, project_id, proponent, crediting_period)
    made = _made(ws, metadata, {"type": "upload", "files": list(files)}, actor, note)
    to: StageKey = "evidence_extraction" if auto_extract else "document_discovery"
    record = run.request(ws, made.session_id, to, actor)
    return made.model_copy(update={"advance_to": record.advance_to})


def upload_additional_files(
    ws: Workspace, session_id: str, files: Sequence[dict[str, Any]], deduplicate: bool = True, actor: str = "system"
) -> OlderAdded:
    """Add these files, each {"filename", "content_base64"}, to that session."""
    note = _warned("upload_additional_files", "add_documents, or request_upload and process_upload")
    added = add_and_ask_later(ws, session_id, {"type": "upload", "files": list(files)}, actor)
    return OlderAdded(**dict(added), deprecation=note)


def _warned(call: str, successor: str) -> Deprecation:
    message = f"{call} is deprecated and goes in version {REMOVED_IN}; use {successor}."
    # 3: the line that called the older call.
    warnings.warn(message, DeprecationWarning, stacklevel=3)
    return Deprecation(call=call, successor=successor, message=message)


def _made(
    ws: Workspace,
    metadata: tuple[str, str, str | None, str | None, str | None],
    source: dict[str, Any],
    actor: str,
    note: Deprecation,
) -> OlderCreated:
    require_usable(ws, source)
    made = create_session(ws, *metadata, actor=actor)
    added = add_and_ask_later(ws, made.session_id, source, actor)
    return OlderCreated(
        **dict(added),
        deprecation=note,
        project_name=made.project_name,
        methodology=made.methodology,
        created_at=made.created_at,
        advance_to=ws.sessions.read(made.session_id).advance_to,
    )
