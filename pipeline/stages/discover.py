"""Stage 2, discovery: look at every source again, read every document, and say what each one is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from pipeline.inventory import inventory_from
from pipeline.models import DocumentRecord, Inventory, Reading
from pipeline.stages.add_documents import rescan_sources

if TYPE_CHECKING:
    from pipeline.workspace import Workspace

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


def _read(ws: Workspace, records: Sequence[DocumentRecord], on_event: Progress | None) -> dict[str, Reading]:
    """Readings by hash; as many at once as there are reading processes, since threads only wait for those."""
    readings: dict[str, Reading] = {}
    with ThreadPoolExecutor(max_workers=max(1, ws.settings.reading.processes)) as pool:
        work = {pool.submit(ws.reader.read, record.sha256, record.names): record for record in records}
        for future in as_completed(work):
            record = work[future]
            readings[record.sha256] = future.result()
            if on_event is not None:
                on_event(len(readings), len(records), record.filename)
    return readings
