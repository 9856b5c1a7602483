"""A folder reviewed in memory: read, classified, extracted and judged, with nothing stored."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from pipeline.classification.inventory import inventory_from
from pipeline.models import DocumentRecord, Reading
from pipeline.reading.reader import read_file
from pipeline.stages.cross_validate import validation_of
from pipeline.stages.extract_evidence import evidence_of
from pipeline.stages.map_requirements import mapping_of
from tests.made_plan import CHECKLIST, Review


def review_folder(folder: Path) -> Review:
    """Extraction and validation of every file in a folder, office programs' lock files left out."""
    records: dict[str, DocumentRecord] = {}
    readings: dict[str, Reading] = {}
    for file in sorted(folder.iterdir()):
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        if file.name.startswith("~") or sha256 in records:
            continue
        readings[sha256] = read_file(file, sha256, 2000, 500_000)
        records[sha256] = DocumentRecord(
            document_id=f"doc-{sha256[:12]}",
            sha256=sha256,
            size=file.stat().st_size,
            filename=file.name,
            path=file.name,
            names=(file.name,),
            source_id="made",
            source_type="path",
            added_at=datetime(2030, 1, 1, tzinfo=UTC),
        )
    inventory = inventory_from(list(records.values()), readings)
    extraction = evidence_of(CHECKLIST, inventory, lambda document: readings[document.sha256])
    return Review(extraction, validation_of(CHECKLIST, inventory, mapping_of(CHECKLIST, inventory), extraction))
