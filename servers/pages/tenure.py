"""The title ledger, line by line, and the papers that the documents name and nobody has sent."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from pipeline.desk.row import shown
from pipeline.reporting import tenure
from pipeline.workflow import results
from servers.context import Here
from servers.pages.frame import pages_router, show
from servers.pages.sheets import picture_address

router = pages_router()


@router.get("/review/{session_id}/tenure")
def ledger(request: Request, here: Here, session_id: str) -> Response:
    """Each title that the plan names or a register is of; open lines say what closes them."""
    record = here.session(session_id)
    validation = results.load_validation(here.ws, record)
    found = tenure.titles(validation) if validation else ()
    # Open ones first, otherwise as the report has them.
    lines = sorted(found, key=lambda one: not one[0].open)
    return show(
        request,
        "tenure.html.jinja",
        session=record,
        tab="tenure",
        crumbs=(("Land titles", request.url.path),),
        judged=validation is not None,
        lines=[(line, shown(here.ws, [quote.evidence for quote in quotes])) for line, quotes in lines],
        tenure=tenure,
        picture=picture_address,
    )


@router.get("/review/{session_id}/missing")
def missing(request: Request, here: Here, session_id: str) -> Response:
    """Papers that the documents name, those not received first."""
    record = here.session(session_id)
    validation = results.load_validation(here.ws, record)
    found = tenure.papers(validation) if validation else ()
    return show(
        request,
        "missing.html.jinja",
        session=record,
        tab="missing",
        crumbs=(("Not received", request.url.path),),
        judged=validation is not None,
        papers=[(paper, shown(here.ws, [quote.evidence for quote in quotes])) for paper, quotes in found],
        absent=[
            (row, row.expected_but_absent)
            for row in (validation.requirements if validation else ())
            if row.expected_but_absent
        ],
        tenure=tenure,
        picture=picture_address,
    )
