"""Taking things out again: one document, a whole session, a supersession, or copies of the originals."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline import filenames
from pipeline.decisions.row_decisions import forget_words_of
from pipeline.errors import ReviewError, TryAgain, UsageError
from pipeline.home import lookup
from pipeline.intake import kept_archives
from pipeline.models import DocumentRecord, Inventory, SessionRecord

log = logging.getLogger("registry_review.sources")

#: Under the data folder: one JSON line for each session that was deleted, with when and by whom.
DELETIONS = "deletions.jsonl"

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.transaction import Transaction


def remove_document(ws: Workspace, session_id: str, document: str, by: str, reason: str) -> DocumentRecord:
    """Take a document out of the session and return what it was; the audit keeps its hash, who and why.

    `document`: id, start of the id or hash, or a name that only one document has. What it superseded counts again. Its
    bytes, and what was read from them, go as soon as no session refers to them.
    """
    who, why = lookup.said("by", by), lookup.said("reason", reason)
    with ws.content.lock():
        with ws.sessions.transaction(session_id, who) as tx:
            gone = lookup.document(document, tx.record)
            hashes = take_out(tx, [gone.document_id], who, why)
        kept_archives.tidy(ws, tx.record)
        for sha256 in ws.catalog.unreferenced(set(hashes)):
            ws.content.discard(sha256)
    forget_results(ws, session_id)
    return gone


def forget_results(ws: Workspace, session_id: str) -> None:
    """Remove stored results that nothing refers to: they hold quotes of documents that were taken out.

    Those of a stage that ran on the removed document go when the stage has run again.
    """
    # A stage that runs right now keeps its new result before it refers to it, and tidies up itself.
    with suppress(TryAgain), ws.sessions.lease(session_id, 0):
        ws.sessions.prune_results(session_id)


def take_out(tx: Transaction, document_ids: Iterable[str], by: str, reason: str) -> tuple[str, ...]:
    """Take documents out inside a transaction; returns their hashes, for the caller to let go of after the commit.

    Archives that hold them are kept no longer; `archive_keeping.tidy` removes those, also after the commit.
    """
    left = dict(tx.record.documents)
    gone = [left.pop(key) for key in document_ids if key in left]
    followers = {d.document_id: d.superseded_by for d in gone}
    for key, document in left.items():
        newer = document.superseded_by
        while newer in followers:  # a chain of versions closes over the gap
            newer = followers[newer]
        if newer != document.superseded_by:
            left[key] = document.model_copy(update={"superseded_by": newer})
    for document in gone:
        tx.log(
            "document_removed",
            document_id=document.document_id,
            sha256=document.sha256,
            filename=document.filename,
            by=by,
            reason=reason,
        )
    hashes = tuple(d.sha256 for d in gone)
    kept_archives.let_go(tx, hashes)
    forget_words_of(tx, hashes)
    questions = dict(tx.record.questions)
    for key, question in tx.record.questions.items():
        still = tuple(i for i in question.document_ids if i in left)
        if question.answer is None and still != question.document_ids:
            questions[key] = question.model_copy(update={"document_ids": still})
            if not still:  # nothing is left to decide about
                del questions[key]
    tx.update(documents=left, questions=questions, removed=tuple(sorted({*tx.record.removed, *hashes})))
    return hashes


def delete_session(ws: Workspace, session_id: str, by: str) -> None:
    """Delete a session for good, with its reports, its audit and every content that no other session refers to."""
    who = lookup.said("by", by)

    def note() -> None:
        # Its own audit goes with it; who did it stays in a line of the data folder.
        line = json.dumps({"at": ws.now().isoformat(), "session_id": session_id, "by": filenames.printable(who)})
        handle = os.open(ws.data / DELETIONS, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
            stream.flush()
            os.fsync(stream.fileno())

    ws.sessions.delete(session_id, note)
    log.info("%s was deleted by %s", session_id, filenames.printable(who))


def undo_new_version(ws: Workspace, session_id: str, document: str, by: str) -> tuple[DocumentRecord, ...]:
    """Let an earlier version count again beside the newer one, for good; returns the documents that count again.

    `document` names the earlier version, or the newer one whose arrival is to supersede nothing. It also undoes what
    discovery recognised by content.
    """
    who = lookup.said("by", by)
    with ws.sessions.transaction(session_id, who) as tx:
        named = lookup.document(document, tx.record)
        newer_of = _superseded(ws, tx.record)
        earlier = [named.document_id] if named.document_id in newer_of else []
        earlier = earlier or [old for old, new in newer_of.items() if new == named.document_id]
        if not earlier:
            raise UsageError(
                f"{named.filename} is neither superseded nor does it supersede anything.", f"See `status {session_id}`."
            )
        documents = dict(tx.record.documents)
        for key in earlier:
            documents[key] = documents[key].model_copy(update={"superseded_by": None, "kept_by": who})
            tx.log("supersession_undone", document_id=key, superseded_by=newer_of[key], by=who)
        tx.update(documents=documents)
    return tuple(documents[key] for key in earlier)


def _superseded(ws: Workspace, record: SessionRecord) -> dict[str, str]:
    """Which document supersedes which, by path as stored and by content as discovery last saw it."""
    found: dict[str, str] = {}
    stage = record.stages.get("document_discovery")
    if stage and stage.result:
        try:
            inventory = ws.sessions.load_result(record.session_id, stage.result, Inventory)
        except ReviewError:
            inventory = Inventory(documents=())  # the stage is run again and says so; what is stored still counts
        for document in inventory.documents:
            stored = record.documents.get(document.document_id)
            if document.superseded_by in record.documents and stored and stored.kept_by is None:
                found[document.document_id] = document.superseded_by
    found.update({key: d.superseded_by for key, d in record.documents.items() if d.superseded_by})
    return found
