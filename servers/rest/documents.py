"""Documents come into a session: sent inside the call, from a folder of the server, from a link, from a GPT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from pipeline.desk.acts import add_as_told
from pipeline.desk.sessions import likenesses
from pipeline.errors import UsageError
from pipeline.models import AddResult
from pipeline.stages.add_documents import add_documents, add_file_references
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.status.session import status_of
from servers.context import Actor, Context, Here, IfMatch, answer, expected_revision
from servers.paths import allowed_path
from servers.repeating import Caller, IdempotencyKey, asked, only_once
from servers.repeating import told as repeated
from servers.rest.documented import answers, problems, writes
from servers.rest.paging import MaxCharacters, fitted
from servers.rest.shapes import DuplicateReply, Duplicates, FileReference, NewDocuments, PathBody

router = APIRouter(tags=["documents"])


@router.post(
    "/sessions/{session_id}/documents",
    operation_id="add_documents",
    summary="Add documents",
    description="Stage 1b, as often as wanted: every file gets its own outcome, and a refused one stops no other. 409 "
    "when another session holds the same project: nothing was added yet.",
    responses={**answers(AddResult, "What became of each file.", revision=True), **problems(404, 409, 412)},
    openapi_extra=writes(),
)
def add(
    here: Here,
    actor: Actor,
    caller: Caller,
    session_id: str,
    body: NewDocuments,
    max_characters: MaxCharacters = None,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Add documents to a session."""

    def make() -> AddResult:
        revision = expected_revision(if_match, here.session(session_id))
        on_duplicate = body.on_duplicate if body.check_duplicates else "continue"
        add_to = _adding(here, body, actor, session_id, revision)
        return add_as_told(here.ws, session_id, add_to, on_duplicate, actor)

    request = asked(f"/sessions/{session_id}/documents", body) if idempotency_key is not None else ""
    made = only_once(here.ws, idempotency_key, request, caller, make)
    here.nudge(str(made.value["session_id"]))
    value = fitted(made.value, max_characters, "message")
    return answer(value, 200, here.session(session_id), headers=repeated(made))


def _adding(
    here: Context, body: NewDocuments, actor: str, asked_for: str, revision: int | None
) -> Callable[[str, bool], AddResult]:
    """What adds this body's source to a session; to the one that was asked for only at that revision."""
    references = [_as_sent(one) for one in body.openaiFileIdRefs or ()]
    if (body.source is None) == (not references):
        what = "There is nothing to add." if body.source is None else "Documents come from one place in a call."
        raise UsageError(what, 'Send either a source, such as {"type": "link", "url": ...}, or openaiFileIdRefs.')
    source = body.source.model_dump() if body.source else {}
    if isinstance(body.source, PathBody):
        source["path"] = allowed_path(body.source.path, here.ws.settings.server.path_roots)

    def add_to(session_id: str, check: bool) -> AddResult:
        expected = revision if session_id == asked_for else None
        if references:
            return add_file_references(here.ws, session_id, references, check, actor, expected)
        return add_documents(here.ws, session_id, source, check, actor, expected)

    return add_to


def _as_sent(reference: FileReference | str) -> dict[str, Any]:
    """A reference as the pipeline knows it; one that is an id alone has no link, and is refused alone."""
    return {"id": reference} if isinstance(reference, str) else reference.model_dump()


@router.post(
    "/sessions/{session_id}/duplicates",
    operation_id="answer_duplicate",
    summary="Answer a duplicate question",
    description="Answers the open question whether another session holds the same project.",
    responses={**answers(Duplicates, "What is still asked.", revision=True), **problems(404, 409, 412)},
    openapi_extra=writes(),
)
def reply(here: Here, actor: Actor, session_id: str, body: DuplicateReply, if_match: IfMatch = None) -> Response:
    """Answer a session's duplicate question."""
    record = here.session(session_id)
    expected_revision(if_match, record)
    answer_duplicate(here.ws, record.session_id, body.answer, actor)
    record = here.session(session_id)
    here.nudge(record.points_to or session_id)
    return answer(likenesses(here.ws, record, status_of(here.ws, record)), record=record)
