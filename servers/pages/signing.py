"""The end of a review: what still waits, a person's word on the whole session, its signature, and opening it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import Path, Query, Request
from fastapi.responses import FileResponse, Response

from pipeline.desk.rows import judged
from pipeline.desk.signing import signing_view
from pipeline.errors import NotFound, ReviewError
from pipeline.models import DeterminationKind
from pipeline.stages import complete, human_review
from servers.context import Context, Here
from servers.pages.conflict_form import again
from servers.pages.downloads import HEADERS
from servers.pages.frame import Reviewer, address, back, pages_router, show
from servers.pages.rows import Ids, Seen, Short, Words, fields

router = pages_router()

PAGE = "/review/{session_id}/signing"


@router.get(PAGE)
def signing(
    request: Request, here: Here, session_id: str, done: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    """What waits, and everything that ends a review; `done` is the row that was decided just before."""
    return _page(request, here, session_id, done=done)


@router.post(f"{PAGE}/clean")
def approve_clean(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    rows: Ids = None,
    reason: Words = "",
    revision: Seen = None,
) -> Response:
    """Approve the covered rows that were chosen; all of them or none."""
    typed = {"rows": rows or [], "reason": reason}

    def act() -> object:
        told = (rows or [], "approved", reason, person.name, revision)
        return human_review.record_decisions(here.ws, session_id, *told)  # type: ignore[arg-type]  # "approved" is one

    return _acted(request, here, session_id, act, "clean", typed)


@router.post(f"{PAGE}/determine")
def determine(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    determination: Short = "",
    notes: Words = "",
    conditions: Words = "",
    revision: Seen = None,
) -> Response:
    """Determine on the session; each line of `conditions` is one."""
    typed = {"determination": determination, "notes": notes, "conditions": conditions}

    def act() -> object:
        kind = cast("DeterminationKind", determination)
        lines = [line for line in conditions.splitlines() if line.strip()]
        return human_review.determine(here.ws, session_id, kind, notes, person.name, lines, revision)

    return _acted(request, here, session_id, act, "determine", typed, "determination")


@router.post(f"{PAGE}/clear")
def clear(
    request: Request, here: Here, person: Reviewer, session_id: str, reason: Words = "", revision: Seen = None
) -> Response:
    """Take the determination back."""

    def act() -> object:
        return human_review.clear_determination(here.ws, session_id, reason, person.name, revision)

    return _acted(request, here, session_id, act, "clear", {"reason": reason}, "determination")


@router.post(f"{PAGE}/complete")
def sign(
    request: Request, here: Here, person: Reviewer, session_id: str, statement: Words = "", revision: Seen = None
) -> Response:
    """Sign the session and lock it."""

    def act() -> object:
        return complete.complete_session(here.ws, session_id, person.name, statement, revision)

    return _acted(request, here, session_id, act, "complete", {"statement": statement}, "packages")


@router.post(f"{PAGE}/reopen")
def reopen(request: Request, here: Here, person: Reviewer, session_id: str, reason: Words = "") -> Response:
    """Open a completed session again; its package stays."""

    def act() -> object:
        return complete.reopen(here.ws, session_id, person.name, reason)

    return _acted(request, here, session_id, act, "reopen", {"reason": reason})


@router.get(f"{PAGE}/package-{{version}}.zip")
def package(here: Here, session_id: str, version: Annotated[int, Path(ge=1, le=1_000_000)]) -> Response:
    """A package, to be saved."""
    record = here.session(session_id)
    if str(version) not in record.packages:
        raise NotFound("There is no such package.", "Look at the signing page.")
    path = complete.package_path(here.ws, record, version)
    return FileResponse(path, headers=HEADERS, media_type="application/zip", filename=path.name)


def _acted(
    request: Request,
    here: Context,
    session_id: str,
    act: Callable[[], object],
    form: str,
    typed: dict[str, Any],
    anchor: str = "",
) -> Response:
    """Carry out what a form says, and show the page again; with what was typed when it could not be done."""
    try:
        act()
    except ReviewError as error:
        return _page(request, here, session_id, error, form, typed)
    here.nudge(session_id)
    return back(address(session_id, "signing"), anchor)


def _page(
    request: Request,
    here: Context,
    session_id: str,
    trouble: ReviewError | None = None,
    form: str = "",
    typed: dict[str, Any] | None = None,
    done: str = "",
) -> Response:
    record = here.session(session_id)
    place = address(session_id, "signing")
    return show(
        request,
        "signing.html.jinja",
        session=record,
        tab="signing",
        crumbs=(("Signing", place),),
        trouble=trouble,
        view=signing_view(here.ws, record),
        place=place,
        conflict=again(trouble, f"{place}/{form}", fields(typed or {})),
        form=form,
        typed=typed or {},
        done=judged(here.ws, record, done) if done in record.decisions else None,
        done_place=address(session_id, "requirements", done),
        completed=record.is_completed,
    )
