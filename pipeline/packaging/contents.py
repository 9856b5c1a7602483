"""What a package holds, as files by name; a pure function of the completed session's record, results and audit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from pipeline.checklists import Checklist
from pipeline.models import SCHEMA_VERSION, AuditEvent, Package, Report, SessionRecord
from pipeline.models.characters import escaped_in_json

#: Names in the package that `verify.py` knows.
MANIFEST, MANIFEST_SHA, VERIFY, AUDIT = "manifest.json", "manifest.sha256", "verify.py", "audit.jsonl"
#: What an attestation is, in every package: no more is claimed than there is.
NO_SEAL = (
    "A statement recorded under a name, not a cryptographic signature. The hashes show whether anything in this "
    "package was changed after it was made; who the person is, the registry knows."
)


def package_files(
    record: SessionRecord,
    package: Package,
    report: Report,
    forms: Mapping[str, bytes],
    events: Sequence[AuditEvent],
    checklist: Checklist,
    checklist_toml: bytes,
) -> dict[str, bytes]:
    """Every file of the package by its name, in the order they are written.

    `forms` are the report's files by their ending. `events` end with the completion. The same values give the same
    bytes.
    """
    signed: dict[str, bytes] = {f"report/report.{kind}": content for kind, content in sorted(forms.items())}
    signed[f"checklist/{checklist.methodology}.toml"] = checklist_toml
    signed["inventory.json"] = _json(_inventory(report))
    signed["decisions.json"] = _json(_decisions(record, report))
    signed["ledger.json"] = _json(_ledger(record, package, report))
    signed["provenance.json"] = _json(_provenance(record, report, events))
    signed[AUDIT] = b"".join(event.model_dump_json().encode() + b"\n" for event in events)
    found = {**signed, "attestation.json": _json(_attestation(record, package, signed, events))}
    found["README.txt"] = _readme(record, package).encode()
    found[VERIFY] = files("pipeline.packaging").joinpath("verify.py").read_bytes()
    listed = {name: {"sha256": sha256(data), "size": len(data)} for name, data in sorted(found.items())}
    head = {"schema_version": SCHEMA_VERSION, "package": package.filename, "session_id": record.session_id}
    manifest = _json({**head, "version": package.version, "files": listed})
    return {**found, MANIFEST: manifest, MANIFEST_SHA: f"{sha256(manifest)}  {MANIFEST}\n".encode()}


def sha256(data: bytes) -> str:
    """As hex digits."""
    return hashlib.sha256(data).hexdigest()


def _json(value: Any) -> bytes:
    return (escaped_in_json(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)) + "\n").encode()


def _inventory(report: Report) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "documents": [d.model_dump(mode="json") for d in report.documents]}


def _decisions(record: SessionRecord, report: Report) -> dict[str, Any]:
    """People's words: those that stand; what was replaced or taken back is in the audit."""
    said = [d for d in record.documents.values() if d.reviewer]
    return {
        "schema_version": SCHEMA_VERSION,
        "rows": {r.requirement_id: r.decision for r in report.requirements},
        "annotations": [one.model_dump(mode="json") for one in report.annotations],
        "revisions": [one.model_dump(mode="json") for one in report.revisions],
        "discarded": [one.model_dump(mode="json") for one in report.discarded],
        "remapped": [one.model_dump(mode="json") for one in report.remapped],
        "documents": [
            {
                "document_id": d.document_id,
                "sha256": d.sha256,
                "filename": d.filename,
                "status": d.reviewer_status,
                "document_type": d.reviewer_type,
                "by": d.reviewer,
                "reason": d.reviewer_reason,
                "at": _time(d.reviewer_at),
            }
            for d in sorted(said, key=lambda d: d.document_id)
        ],
        "determination": report.determination.model_dump(mode="json") if report.determination else None,
    }


def _ledger(record: SessionRecord, package: Package, report: Report) -> dict[str, Any]:
    """What a public ledger would hold: project, checklist, assessments, decision, hashes; no document's text."""
    made = report.determination
    own = {fact.name: fact.value for fact in reversed(report.header)}
    meta = record.project_metadata
    return {
        "schema_version": SCHEMA_VERSION,
        "project": {
            "name": own.get("project_name") or meta.project_name,
            "file_id": own.get("project_id"),
            "ledger_id": meta.project_id,
            "proponent": own.get("proponent") or meta.proponent,
            "crediting_start": own.get("crediting_start"),
            "crediting_end": own.get("crediting_end"),
        },
        "checklist": {**report.checklist, "sha256": report.provenance["checklist_sha256"]},
        "assessments": [
            {
                "requirement_id": r.requirement_id,
                "title": r.title,
                "found": r.status,
                "decided": r.decision["status"] if r.decision else None,
            }
            for r in report.requirements
        ],
        "decision": {
            "determination": made.determination if made else None,
            "conditions": list(made.conditions) if made else [],
            "determined_at": _time(made.at) if made else None,
            "completed_at": _time(package.at),
        },
        "documents": sorted(d.sha256 for d in report.documents),
        "summary": report.summary,
        "version": package.version,
    }


def _provenance(record: SessionRecord, report: Report, events: Sequence[AuditEvent]) -> dict[str, Any]:
    return {
        **report.provenance,
        "session_id": record.session_id,
        "created_at": _time(record.created_at),
        "newest_input_at": _time(report.generated_at),
        "sources": [one.model_dump(mode="json") for _, one in sorted(record.sources.items())],
        "audit": {"events": len(events), "head": events[-1].hash},
    }


def _attestation(
    record: SessionRecord, package: Package, signed: Mapping[str, bytes], events: Sequence[AuditEvent]
) -> dict[str, Any]:
    made = record.determination
    return {
        "schema_version": SCHEMA_VERSION,
        "session_id": record.session_id,
        "version": package.version,
        "signed_by": package.by,
        "signed_at": _time(package.at),
        "statement": package.statement,
        "determination": made.determination if made else None,
        "determined_by": made.by if made else None,
        "covers": {name: sha256(data) for name, data in sorted(signed.items())},
        "audit_head": {"seq": events[-1].seq, "hash": events[-1].hash},
        "kind": NO_SEAL,
    }


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _readme(record: SessionRecord, package: Package) -> str:
    return f"""Registry review of {record.project_metadata.project_name}
{record.session_id}, version {package.version}, signed by {package.by}

report/           the review in every form; report.json is what programs read
checklist/        the requirements and tests it was reviewed by
inventory.json    every document with its SHA-256
decisions.json    what people decided, remarked and asked for
ledger.json       the short form, without the text of any document
audit.jsonl       every act, each line carrying the hash of the line before
provenance.json   what it was made from, and by which version of the program
attestation.json  who signed what, and when
manifest.json     the SHA-256 of every file here

To see whether anything was changed since:   python3 verify.py
To compare the documents themselves as well: python3 verify.py --documents FOLDER
It needs Python 3 and nothing else.
"""
