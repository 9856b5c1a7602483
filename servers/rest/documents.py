"""Documents come into a session: sent inside the call, from a folder of the server, from a link, from a GPT."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from pipeline import acts
from pipeline.errors import UsageError
from pipeline.models import AddResult
from pipeline.stages.add_documents import add_documents, add_file_references
from servers.paths import allowed_path
from servers.repeating import Repeated, replayed
from servers.rest.documented import answers, problems, writes
from servers.rest.paging import MaxCharacters, fitted
from servers.rest.shapes import DuplicateReply, Duplicates, NewDocuments, PathBody
from servers.served import Actor, Here, IfMatch, Served, answer, expected_revision

router = APIRouter(tags=["documents"])

#: Adds to a session, and looks for duplicates or not.
Add = Callable[[str, bool], AddResult]


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
    repeated: Repeated,
    session_id: str,
    body: NewDocuments,
    max_characters: MaxCharacters = None,
    if_match: IfMatch = None,
) -> Response:
    """Add documents to a session."""
    on_duplicate = body.on_duplicate if body.check_duplicates else "continue"

    def add_once() -> AddResult:
        expected = expected_revision(if_match, here.session(session_id))
        add_to = _adding(here, body, session_id, expected, actor)
        return acts.add_as_told(here.ws, session_id, add_to, on_duplicate, actor)

    result = repeated.once(here.ws, body, add_once)
    here.nudge(result.value["session_id"])
    fitting = fitted(result.value, max_characters, "message")
    return answer(fitting, record=here.session(session_id), headers=replayed(result))


def _adding(here: Served, body: NewDocuments, own: str, expected: int | None, actor: str) -> Add:
    """What adds this body's source to a session; `expected` is the revision of the session `own` alone."""
    if (body.source is None) == (body.openaiFileIdRefs is None):
        what = "Send a source, or openaiFileIdRefs." if body.source is None else "Send one of them."
        raise UsageError("It is not said what is to be added: source and openaiFileIdRefs are two ways.", what)
    source = _source(here, body)
    # What is no reference at all is refused alone, as a broken file of an upload is.
    references = [{"id": one} if isinstance(one, str) else one.model_dump() for one in body.openaiFileIdRefs or ()]

    def add_to(session_id: str, check: bool) -> AddResult:
        known = expected if session_id == own else None
        if body.openaiFileIdRefs is not None:
            return add_file_references(here.ws, session_id, references, check, actor, known)
        return add_documents(here.ws, session_id, source, check, actor, known)

    return add_to


def _source(here: Served, body: NewDocuments) -> dict[str, Any]:
    source: dict[str, Any] = body.source.model_dump() if body.source else {}
    if isinstance(body.source, PathBody):
        source["path"] = allowed_path(body.source.path, here.ws.settings.server.path_roots)
    return source


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
    found = acts.answer_duplicate(here.ws, record, body.answer, actor, 0)
    return answer(found.value, record=here.session(session_id))
