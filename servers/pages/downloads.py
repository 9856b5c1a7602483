"""Files that a page leads to: the report in its forms, the letter to the developer, a document as it was received."""

from __future__ import annotations

from fastapi.responses import FileResponse, Response

from pipeline.desk import review as desk
from pipeline.errors import ContentLost, NotFound
from pipeline.stages.generate_report import form_path
from servers.context import Here
from servers.media_types import MEDIA_TYPES
from servers.pages.frame import pages_router

router = pages_router()

#: A page that is shown, not saved: it may run its own script and reach nothing, not even this server's pages.
SANDBOX = "sandbox allow-scripts"
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@router.get("/review/{session_id}/report.{form}")
def report(here: Here, session_id: str, form: str) -> Response:
    """The report last made: the page is shown, every other form is saved."""
    if form not in MEDIA_TYPES:
        raise NotFound(f"There is no such form of the report: {form[:20]}.", f"It is made as {', '.join(MEDIA_TYPES)}.")
    path = form_path(here.ws, here.session(session_id), form)
    if form == "html":
        sandboxed = {**HEADERS, "Content-Security-Policy": SANDBOX}
        return FileResponse(path, headers=sandboxed, media_type=MEDIA_TYPES[form])
    return FileResponse(path, headers=HEADERS, media_type=MEDIA_TYPES[form], filename=path.name)


@router.get("/review/{session_id}/revision-letter.{form}")
def letter(here: Here, session_id: str, form: str) -> Response:
    """The letter to the developer."""
    if form not in desk.LETTER_FORMS:
        forms = ", ".join(desk.LETTER_FORMS)
        raise NotFound(f"There is no such form of the letter: {form[:20]}.", f"It is made as {forms}.")
    written = desk.letter(here.ws, here.session(session_id), form).data
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="revision-letter-{session_id}.{form}"'}
    return Response(written, 200, headers, MEDIA_TYPES[form])


@router.get("/review/{session_id}/documents/{document_id}/file")
def document(here: Here, session_id: str, document_id: str) -> Response:
    """A document as it was received; always saved, never shown, since anybody may have made it."""
    found = here.session(session_id).documents.get(document_id)
    if found is None:
        raise NotFound("There is no such document in this session.", "Go to its documents.")
    path = here.ws.content.path(found.sha256)
    if not path.is_file():
        raise ContentLost(f"The stored copy of {found.filename} is gone.", "See `registry-review doctor --deep`.")
    return FileResponse(path, headers=HEADERS, media_type="application/octet-stream", filename=found.filename)
