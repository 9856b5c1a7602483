"""Upload slots: a link is asked for, files come in through it, and only then are they added to a session."""

from pipeline.uploads.processing import process_upload
from pipeline.uploads.receiving import is_full, receive
from pipeline.uploads.requesting import note_on, request_upload, upload_status
from pipeline.uploads.slot import ProcessedUpload, ReceivedFile, RefusedFile, UploadedFile, UploadSlot
from pipeline.uploads.sweeping import sweep_uploads
from pipeline.uploads.tokens import slot_for, token_for

__all__ = [
    "ProcessedUpload",
    "ReceivedFile",
    "RefusedFile",
    "UploadSlot",
    "UploadedFile",
    "is_full",
    "note_on",
    "process_upload",
    "receive",
    "request_upload",
    "slot_for",
    "sweep_uploads",
    "token_for",
    "upload_status",
]
