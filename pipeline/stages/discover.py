"""Stage 2, discovery: look at every source again, read every document, and say what each one is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ContentLost, StageFailed
from pipeline.filenames import printable
from pipeline.models import DocumentRecord, Inventory, Reading
from pipeline.reading import READER_VERSION
from pipeline.reading.stopping import Stopped
from pipeline.stages.add_documents import rescan_sources
from pipeline.stages.computing import LAST_ADDED, PASSES

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.discovery")


@dataclass(frozen=True)
class Step:
    """A document is being read (`done` is None), or is dealt with: the `done`th of `total`."""

    filename: str
    total: int
    done: int | None = None
    #: How many pages were read; None when it had been read before.
    pages: int | None = None


#: Called when a document begins to be read, from several threads, and after each document.
Progress = Callable[[Step], None]


def _unwatched(_step: Step) -> None:
    """Nobody watches."""


def discover_documents(ws: Workspace, session_id: str, on_event: Progress = _unwatched) -> Inventory:
    """Every document of the session with its type, status, facts and the cue that decided.

    Sources are looked at again first: a path's new and changed files are taken as by `add_documents`. Nothing else
    is changed; the caller stores the result.
    """
    scanned = rescan_sources(ws, session_id)
    records = list(ws.sessions.read(session_id).documents.values())
    readings = _read(ws, records, on_event)
    given = {"records": [one.model_dump(mode="json") for one in records], "scanned": scanned}
    # Most are kept; the process that looks at them takes those from there, which is less than to hand them over.
    passed = {sha256: one for sha256, one in readings.items() if one.status != "ok"}
    while True:
        try:
            return Inventory.model_validate_json(ws.reader.compute(PASSES, "inventory", given, list(readings), passed))
        except Stopped as stopped:
            apart = ws.reader.set_apart(stopped)
            if apart is None or apart.sha256 in passed:
                raise StageFailed(stopped.note, LAST_ADDED) from stopped
            passed[apart.sha256] = apart


def _reading(ws: Workspace, record: DocumentRecord, on_begin: Callable[[], None]) -> Reading:
    """The document's reading; a document whose bytes the store has lost hurts only itself."""
    try:
        # Asked first: an older reading may be kept, but nobody could compare its quotes with the document.
        if ws.content.has(record.sha256):
            return ws.reader.read(record.sha256, record.names, on_begin=on_begin)
    except ContentLost as error:
        log.warning("%s: %s", printable(record.filename), error)
    return Reading(
        sha256=record.sha256,
        reader="none",
        reader_version=READER_VERSION,
        kind="unknown",
        status="unreadable",
        code=ContentLost.code,
        note="Its stored copy is gone from the data folder, or was changed there. Add the same file again.",
    )


def _read(ws: Workspace, records: Sequence[DocumentRecord], on_event: Progress) -> dict[str, Reading]:
    """Readings by hash; as many at once as there are reading processes, since threads only wait for those."""
    readings: dict[str, Reading] = {}
    begun: set[str] = set()

    def read(record: DocumentRecord) -> Reading:
        def begin() -> None:
            begun.add(record.sha256)
            on_event(Step(record.filename, len(records)))

        return _reading(ws, record, begin)

    with ThreadPoolExecutor(max_workers=max(1, ws.settings.reading.processes)) as pool:
        work = {pool.submit(read, record): record for record in records}
        for future in as_completed(work):
            record, reading = work[future], future.result()
            readings[record.sha256] = reading
            pages = reading.page_count if record.sha256 in begun else None
            on_event(Step(record.filename, len(records), len(readings), pages))
    return readings
