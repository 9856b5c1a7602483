"""One requirement: what is asked, what was found beside the page it stands on, and a person's word on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, cast
from urllib.parse import urlencode

from fastapi import Form, Query, Request
from fastapi.responses import Response

from pipeline.desk.comparison import row_own
from pipeline.desk.comparison.in_words import in_words
from pipeline.desk.next_row import next_waiting
from pipeline.desk.row import row_view
from pipeline.desk.rows import judged
from pipeline.errors import ReviewError
from pipeline.models import AnnotationKind, DecisionStatus, Priority
from pipeline.models.characters import split_long
from pipeline.stages import human_review
from pipeline.status.session import status_of
from pipeline.workflow import freshness
from servers.context import Context, Here
from servers.pages.conflict_form import again
from servers.pages.frame import Reviewer, Visitor, address, back, pages_router, show
from servers.pages.session import work_of
from servers.pages.sheets import picture_address

router = pages_router()

#: What a person types: a sentence or a few.
Words = Annotated[str, Form(max_length=10_000)]
Short = Annotated[str, Form(max_length=300)]
#: The revision of the session that the page showed.
Seen = Annotated[int | None, Form()]
#: Ids of documents.
Ids = Annotated[list[str] | None, Form(max_length=2000)]
ROW = "/review/{session_id}/requirements/{requirement_id}"


@router.get(ROW)
def row(
    request: Request,
    here: Here,
    person: Visitor,
    session_id: str,
    requirement_id: str,
    quote: Annotated[int, Query(ge=1, le=10_000)] = 1,
    done: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """One row; `quote` is the one whose page is shown, `done` the row that was decided just before."""
    if person is not None and person.may_write and not _is_fetched_ahead(request):
        human_review.note_row_opened(here.ws, session_id, requirement_id, person.name)
    return _page(request, here, session_id, requirement_id, quote=quote, done=done)


@router.post(f"{ROW}/decide")
def decide(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    requirement_id: str,
    status: Short = "",
    reason: Words = "",
    revision: Seen = None,
) -> Response:
    """Decide on the row, then go on to the next one that waits."""
    typed = {"status": status, "reason": reason}
    try:
        kind = cast("DecisionStatus", status)
        made = human_review.record_decision(
            here.ws, session_id, requirement_id, kind, reason, person.name, revision
        )  # fmt: skip
    except ReviewError as error:
        return _page(request, here, session_id, requirement_id, error, "decide", typed)
    return _onward(here, session_id, made.requirement_id)


@router.post(f"{ROW}/undo")
def undo(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    requirement_id: str,
    reason: Words = "",
    revision: Seen = None,
) -> Response:
    """Take the decision back."""
    typed = {"reason": reason}

    def act() -> object:
        return human_review.clear_decision(here.ws, session_id, requirement_id, reason, person.name, revision)

    return _acted(request, here, session_id, requirement_id, act, "undo", typed)


@router.post(f"{ROW}/note")
def note(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    requirement_id: str,
    kind: Short = "note",
    text: Words = "",
    revision: Seen = None,
) -> Response:
    """Remark on the row."""
    typed = {"kind": kind, "text": text}

    def act() -> object:
        what = cast("AnnotationKind", kind)
        return human_review.annotate(here.ws, session_id, requirement_id, text, person.name, what, revision)

    return _acted(request, here, session_id, requirement_id, act, "note", typed, anchor="said")


@router.post(f"{ROW}/ask")
def ask(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    requirement_id: str,
    what: Words = "",
    clears_when: Words = "",
    priority: Short = "",
    suggested_filename: Short = "",
    revision: Seen = None,
) -> Response:
    """Ask the developer for what the row lacks."""
    typed = {
        "what": what,
        "clears_when": clears_when,
        "priority": priority,
        "suggested_filename": suggested_filename,
    }

    def act() -> object:
        return human_review.request_revision(
            here.ws,
            session_id,
            requirement_id,
            person.name,
            what=what.strip() or None,
            clears_when=clears_when.strip() or None,
            priority=cast("Priority | None", priority or None),
            suggested_filename=suggested_filename.strip() or None,
            expected_revision=revision,
        )

    return _acted(request, here, session_id, requirement_id, act, "ask", typed, anchor="asked")


@router.post(f"{ROW}/resolve")
def resolve(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    requirement_id: str,
    revision_id: Short = "",
    note: Words = "",
    revision: Seen = None,
) -> Response:
    """Say that a request is settled."""
    typed = {"revision_id": revision_id, "note": note}

    def act() -> object:
        return human_review.resolve_revision(here.ws, session_id, revision_id, note, person.name, revision)

    return _acted(request, here, session_id, requirement_id, act, "resolve", typed, anchor="asked")


@router.post(f"{ROW}/quote")
def weigh(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    requirement_id: str,
    evidence_id: Short = "",
    counts: Annotated[bool, Form()] = False,
    reason: Words = "",
    revision: Seen = None,
) -> Response:
    """Take a quote from the row, or let it count again; the row is judged anew."""
    typed = {"evidence_id": evidence_id, "counts": str(counts).lower(), "reason": reason}

    def act() -> object:
        change = human_review.restore_quote if counts else human_review.discard_quote
        return change(here.ws, session_id, requirement_id, evidence_id, reason, person.name, revision)

    return _acted(request, here, session_id, requirement_id, act, "quote", typed)


@router.post(f"{ROW}/mapping")
def remap(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    requirement_id: str,
    look: Ids = None,
    was: Ids = None,
    reason: Words = "",
    revision: Seen = None,
) -> Response:
    """Say which documents the row looks at: `look` as it is to be, `was` as the page showed it."""
    wanted, shown = look or [], was or []
    typed = {"look": wanted, "was": shown, "reason": reason}

    def act() -> object:
        more = [one for one in wanted if one not in shown]
        less = [one for one in shown if one not in wanted]
        return human_review.remap(
            here.ws, session_id, requirement_id, reason, person.name, more, less, revision
        )  # fmt: skip

    return _acted(request, here, session_id, requirement_id, act, "mapping", typed)


def _acted(
    request: Request,
    here: Context,
    session_id: str,
    requirement_id: str,
    act: Callable[[], object],
    form: str,
    typed: dict[str, Any],
    anchor: str = "",
) -> Response:
    """Carry out what a form says, and show the row again; with what was typed when it could not be done."""
    try:
        act()
    except ReviewError as error:
        return _page(request, here, session_id, requirement_id, error, form, typed)
    here.nudge(session_id)
    return back(address(session_id, "requirements", requirement_id), anchor)


def _onward(here: Context, session_id: str, decided: str) -> Response:
    """To the next row that waits, which says what was recorded on the one before; from the last one to signing."""
    following = next_waiting(here.ws, here.session(session_id), decided)
    page = address(session_id, "requirements", following) if following else address(session_id, "signing")
    return back(f"{page}?{urlencode({'done': decided})}")


def _is_fetched_ahead(request: Request) -> bool:
    """True when a browser fetches the page in case somebody opens it: then nobody has looked at it."""
    told = (request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    return any("prefetch" in one or "preview" in one or "prerender" in one for one in told)


def _page(
    request: Request,
    here: Context,
    session_id: str,
    requirement_id: str,
    trouble: ReviewError | None = None,
    form: str = "",
    typed: dict[str, Any] | None = None,
    quote: int = 1,
    done: str = "",
) -> Response:
    record = here.session(session_id)
    view = row_view(here.ws, record, requirement_id)
    row_id = view.result.requirement_id
    place = address(session_id, "requirements", row_id)
    own = row_own(here.ws, record, row_id)
    works = not record.is_completed and freshness.due(here.ws, record) is not None
    return show(
        request,
        "row.html.jinja",
        session=record,
        tab="rows",
        crumbs=((row_id, place),),
        trouble=trouble,
        view=view,
        place=place,
        # The page of one quote is shown at a time; a number that no quote has is the first's.
        chosen=quote if quote <= len(view.quotes) else 1,
        picture=picture_address,
        words_split=split_long,
        own=own,
        own_words=in_words(own) if own else "",
        conflict=again(trouble, f"{place}/{form}", fields(typed or {})),
        form=form,
        typed=typed or {},
        done=judged(here.ws, record, done) if done in record.decisions else None,
        done_place=address(session_id, "requirements", done),
        work=work_of(here, record, status_of(here.ws, record)) if works else None,
        may_decide=not record.is_completed,
    )


def fields(typed: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """Everything that was typed as the fields of a form; one of several values as often as it has any."""
    return [(name, one) for name, value in typed.items() for one in (value if isinstance(value, list) else [value])]
