"""Stage 7: what people decide, remark, ask for and determine; every act named, timed, reasoned and in the audit."""

from __future__ import annotations

from pipeline.decisions.determination import clear_determination, determine
from pipeline.decisions.document_marks import (
    clear_mapping,
    ignore_document,
    pin_document,
    reclassify_document,
    remap,
    unmark_document,
)
from pipeline.decisions.review_state import review_state
from pipeline.decisions.revision_requests import request_revision, resolve_revision
from pipeline.decisions.row_decisions import (
    annotate,
    clear_decision,
    discard_quote,
    history,
    note_row_opened,
    record_decision,
    record_decisions,
    restore_quote,
    undecided,
)

__all__ = [
    "annotate",
    "clear_decision",
    "clear_determination",
    "clear_mapping",
    "determine",
    "discard_quote",
    "history",
    "ignore_document",
    "note_row_opened",
    "pin_document",
    "reclassify_document",
    "record_decision",
    "record_decisions",
    "remap",
    "request_revision",
    "resolve_revision",
    "restore_quote",
    "review_state",
    "undecided",
    "unmark_document",
]
