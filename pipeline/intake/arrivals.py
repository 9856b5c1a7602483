"""What each arriving file is for the session: a new document, a new version, or one that is there already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.errors import FileRefused
from pipeline.filenames import SafeName
from pipeline.models import DocumentRecord, FileOutcome, SessionRecord, SourceType

#: Hex digits of the hash in a document's id: 64 bits, and the whole hash should two ever begin alike.
ID_DIGITS = 16


@dataclass(frozen=True)
class Arrival:
    """A file whose bytes are known."""

    name: SafeName
    sha256: str
    size: int


@dataclass
class ArrivalPlan:
    """What taking a batch would change."""

    #: The session's documents afterwards, by id.
    documents: dict[str, DocumentRecord]
    #: One outcome per file, in the order of their paths, each with the path it came under.
    outcomes: list[tuple[str, FileOutcome]] = field(default_factory=list)
    #: Audit events: action and details.
    acts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: Ids of the documents that are new.
    fresh: list[str] = field(default_factory=list)

    @property
    def hashes(self) -> set[str]:
        """Every content the session would hold."""
        return {d.sha256 for d in self.documents.values()}


def session_full(most: int) -> FileRefused:
    """The refusal for a file too many."""
    return FileRefused(
        f"A session may hold {most} files.", "Make another session, or raise inbox.max_files_per_session."
    )


def document_id_of(sha256: str, taken: dict[str, DocumentRecord]) -> str:
    """The id of the document with these bytes; the same in every session."""
    short = f"doc-{sha256[:ID_DIGITS]}"
    holder = taken.get(short)
    return short if holder is None or holder.sha256 == sha256 else f"doc-{sha256}"


def decide(
    record: SessionRecord,
    source_id: str,
    source_type: SourceType,
    arrivals: Iterable[Arrival],
    at: datetime,
    max_documents: int,
) -> ArrivalPlan:
    """What `arrivals` from one source are, all seen at the same moment; changes nothing.

    The order in which they are given does not matter: they are looked at by path. Same bytes as a document: its name
    is recorded there. New bytes under a path that this source had before: a new version, which supersedes. Two files of
    one batch never supersede each other, even under one path, since neither came later.
    """
    plan = ArrivalPlan(dict(record.documents))
    by_hash = {d.sha256: d.document_id for d in record.documents.values()}
    earlier: dict[str, list[str]] = {}
    for document in record.documents.values():
        if document.source_id == source_id and document.superseded_by is None and document.kept_by is None:
            earlier.setdefault(document.path, []).append(document.document_id)
    for arrival in sorted(arrivals, key=lambda a: (a.name.path, a.sha256)):
        known = by_hash.get(arrival.sha256)
        if known is not None:
            _again(plan, known, arrival, source_id)
        elif len(plan.documents) >= max_documents:
            _note(plan, arrival, "refused", reason=str(session_full(max_documents)))
        else:
            document = _new(plan, arrival, source_id, source_type, at)
            by_hash[arrival.sha256] = document.document_id
            replaced = earlier.pop(arrival.name.path, [])
            _supersede(plan, replaced, document)
            _received(plan, document, arrival, replaced)
    return plan


def _note(plan: ArrivalPlan, arrival: Arrival, outcome: Any, **fields: Any) -> None:
    told = FileOutcome(filename=arrival.name.filename, outcome=outcome, sha256=arrival.sha256, **fields)
    plan.outcomes.append((arrival.name.path, told))


def _again(plan: ArrivalPlan, document_id: str, arrival: Arrival, source_id: str) -> None:
    """Bytes that the session holds: only their other name is news."""
    document = plan.documents[document_id]
    name = arrival.name.filename
    reason = None
    if document.superseded_by is not None:
        newer = (
            plan.documents[document.superseded_by].filename if document.superseded_by in plan.documents else "another"
        )
        reason = f"These bytes are an earlier version; {newer} superseded it. Undo that if this one is to count."
    if name not in document.names:
        names = tuple(sorted({*document.names, name}))
        plan.documents[document_id] = document.model_copy(update={"names": names})
        plan.acts.append(
            (
                "name_recorded",
                {"document_id": document_id, "name": name, "path": arrival.name.path, "source_id": source_id},
            )
        )
    _note(plan, arrival, "duplicate", document_id=document_id, duplicate_of=document.filename, reason=reason)


def _new(plan: ArrivalPlan, arrival: Arrival, source_id: str, source_type: SourceType, at: datetime) -> DocumentRecord:
    document = DocumentRecord(
        document_id=document_id_of(arrival.sha256, plan.documents),
        sha256=arrival.sha256,
        size=arrival.size,
        filename=arrival.name.filename,
        path=arrival.name.path,
        names=(arrival.name.filename,),
        source_id=source_id,
        source_type=source_type,
        added_at=at,
    )
    plan.documents[document.document_id] = document
    plan.fresh.append(document.document_id)
    return document


def _supersede(plan: ArrivalPlan, replaced: list[str], by: DocumentRecord) -> None:
    for document_id in replaced:
        old = plan.documents[document_id]
        plan.documents[document_id] = old.model_copy(update={"superseded_by": by.document_id})


def _received(plan: ArrivalPlan, document: DocumentRecord, arrival: Arrival, replaced: list[str]) -> None:
    details = {
        "document_id": document.document_id,
        "sha256": document.sha256,
        "size": document.size,
        "path": document.path,
        "source_id": document.source_id,
    }
    plan.acts.append(("file_received", details))
    if not replaced:
        _note(plan, arrival, "added", document_id=document.document_id)
        return
    for document_id in replaced:
        plan.acts.append(("document_superseded", {"document_id": document_id, "superseded_by": document.document_id}))
    reason = f"It came under the path of {', '.join(replaced)}, which it supersedes; this can be undone."
    _note(plan, arrival, "new_version", document_id=document.document_id, reason=reason)
