"""Stage 2, discovery: look at every source again, read every document, and say what each one is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from pipeline.errors import ContentLost
from pipeline.inventory import inventory_from
from pipeline.models import DocumentRecord, Inventory, Reading
from pipeline.names import printable
from pipeline.reading import READER_VERSION
from pipeline.stages.add_documents import rescan_sources

if TYPE_CHECKING:
    from pipeline.workspace import Workspace

log = logging.getLogger("registry_review.discovery")

#: Called after each document with: documents read so far, documents in all, the file name.
Progress = Callable[[int, int, str], None]


def discover_documents(ws: Workspace, session_id: str, on_event: Progress | None = None) -> Inventory:
    """Every document of the session with its type, status, facts and the cue that decided.

    Sources are looked at again first: a path's new and changed files are taken as by `add_documents`. Nothing else
    is changed; the caller stores the result.
    """
    scanned = rescan_sources(ws, session_id)
    records = list(ws.sessions.read(session_id).documents.values())
    return inventory_from(records, _read(ws, records, on_event), scanned)


def _reading(ws: Workspace, record: DocumentRecord) -> Reading:
    """The document's reading; a document whose bytes the store has lost hurts only itself."""
    try:
        # Asked first: an older reading may be kept, but nobody could compare its quotes with the document.
        if ws.content.has(record.sha256):
            return ws.reader.read(record.sha256, record.names)
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


def _read(ws: Workspace, records: Sequence[DocumentRecord], on_event: Progress | None) -> dict[str, Reading]:
    """Readings by hash; as many at once as there are reading processes, since threads only wait for those."""
    readings: dict[str, Reading] = {}
    with ThreadPoolExecutor(max_workers=max(1, ws.settings.reading.processes)) as pool:
        work = {pool.submit(_reading, ws, record): record for record in records}
        for future in as_completed(work):
            record = work[future]
            readings[record.sha256] = future.result()
            if on_event is not None:
                on_event(len(readings), len(records), record.filename)
    return readings
