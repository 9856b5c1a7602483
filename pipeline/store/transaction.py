"""One change to one session: collected in memory, validated, committed as a whole or forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.models import (
    AuditEvent,
    Claim,
    DocumentRecord,
    DocumentSource,
    Question,
    SessionRecord,
    StageKey,
    StageRecord,
)
from pipeline.store.audit import AuditHead
from pipeline.store.storage import SessionDatabase

#: The fields of SessionRecord that are tables of their own, each row under its natural key.
TABLES = (
    *("sources", "documents", "archives", "stages", "questions"),
    *("decisions", "annotations", "revisions", "discarded", "remapped", "opened", "packages"),
    "claims",
)
#: What only a commit sets.
_COMMITTED = frozenset({"schema_version", "session_id", "revision", "created_at", "updated_at"})

ValueT = TypeVar("ValueT")


class Transaction:
    """The state of a session while it is being changed; made by SessionStore.transaction."""

    def __init__(self, record: SessionRecord, actor: str) -> None:
        self._record = record
        self.before = record
        self.actor = actor
        self.acts: list[tuple[str, dict[str, Any]]] = []

    @property
    def record(self) -> SessionRecord:
        """The session as it stands now; after the `with` block, as it was committed."""
        return self._record

    def update(self, **fields: Any) -> None:
        """Set fields of the record, checked against its model; what a commit sets by itself cannot be set."""
        if fixed := _COMMITTED & fields.keys():
            raise ValueError(f"set by the store alone: {', '.join(sorted(fixed))}")
        # Values that are models already pass as they are, so this does not copy thousands of documents.
        try:
            self._record = SessionRecord.model_validate({**dict(self._record), **fields})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise UsageError(f"The session cannot hold that value for {where}: {first['msg']}.") from error

    def put_document(self, document: DocumentRecord) -> None:
        """Add or replace a document; ValueError when its bytes stand in this session under another id already."""
        for other in self._record.documents.values():
            if other.sha256 == document.sha256 and other.document_id != document.document_id:
                raise ValueError(f"{document.sha256} is document {other.document_id} in this session already")
        self._put("documents", document.document_id, document, DocumentRecord)

    def drop_document(self, document_id: str) -> None:
        """Take a document out of the record; one that is not there is no error."""
        left = {key: one for key, one in self._record.documents.items() if key != document_id}
        self._record = self._record.model_copy(update={"documents": left})

    def put_source(self, source: DocumentSource) -> None:
        """Add or replace a source."""
        self._put("sources", source.source_id, source, DocumentSource)

    def put_stage(self, key: StageKey, stage: StageRecord) -> None:
        """Set what is stored of a stage."""
        self._put("stages", key, stage, StageRecord)

    def put_question(self, question: Question) -> None:
        """Add or replace a question."""
        self._put("questions", question.question_id, question, Question)

    def put_claim(self, claim: Claim) -> None:
        """Add or replace a claim."""
        self._put("claims", claim.claim_id, claim, Claim)

    def log(self, action: str, **details: Any) -> None:
        """Note an act for the audit; it is committed together with the change."""
        self.acts.append((action, details))

    def _put(self, table: str, key: str, value: ValueT, kind: type[ValueT]) -> None:
        if not isinstance(value, kind):
            raise TypeError(f"{table} holds {kind.__name__}, not {type(value).__name__}")
        self._record = self._record.model_copy(update={table: {**getattr(self._record, table), key: value}})

    @property
    def changed_fields(self) -> list[str]:
        """Names of the record's fields that differ from the state before."""
        return [
            name for name in SessionRecord.model_fields if getattr(self._record, name) != getattr(self.before, name)
        ]

    def committed_as(self, record: SessionRecord) -> None:
        """Called by the store once the commit is on disk."""
        self._record = self.before = record
        self.acts = []


def compose(database: SessionDatabase) -> SessionRecord:
    """The record that the tables hold; pydantic's ValidationError or KeyError when they do not fit together."""
    with database.file.view():
        row = database.keyed("session").rows()["session"]
        return SessionRecord.model_validate({**row, **{name: database.keyed(name).rows() for name in TABLES}})


def audit_head(database: SessionDatabase) -> AuditHead:
    """The end of the audit chain as of the last commit."""
    return AuditHead.model_validate(database.keyed("audit").rows().get("head", {}))


def pending_events(database: SessionDatabase) -> list[AuditEvent]:
    """Events of the last commit; they may or may not stand in the audit file yet."""
    return [AuditEvent.model_validate(row) for row in database.keyed("audit_pending").rows().values()]


def spread(
    database: SessionDatabase, record: SessionRecord, before: SessionRecord | None, events: Sequence[AuditEvent]
) -> None:
    """Put `record` and the events that led to it into the tables; tables equal to those of `before` stay."""
    for name in TABLES:
        rows = getattr(record, name)
        if before is None or getattr(before, name) != rows:
            database.keyed(name).set_rows({key: one.model_dump(mode="json") for key, one in rows.items()})
    database.keyed("session").set_rows({"session": record.model_dump(mode="json", exclude=set(TABLES))})
    database.keyed("audit").set_rows({"head": AuditHead(seq=events[-1].seq, hash=events[-1].hash).model_dump()})
    database.keyed("audit_pending").set_rows({str(event.seq): event.model_dump(mode="json") for event in events})
