"""Why a stage gave up, in words: an exception told to the reviewer, never as missing evidence."""

from __future__ import annotations

import logging

from pipeline.errors import ReviewError, UsageError
from pipeline.models import StageError, StageKey

log = logging.getLogger("registry_review.workflow")


def failure_of(session_id: str, key: StageKey, error: Exception) -> StageError:
    """What a stage's exception says to the reviewer: a code, a sentence, what would fix it, whether to try again."""
    if isinstance(error, ReviewError):
        retryable = not isinstance(error, UsageError)
        return StageError(code=error.code, message=error.message, cure=error.cure, retryable=retryable)
    if isinstance(error, OSError):
        cure = "Check the disk and the rights of the data folder."
        return StageError(code="io", message=f"{type(error).__name__}: {error}", cure=cure)
    log.exception("stage %s of %s failed", key, session_id)
    message = f"A defect in this program ({type(error).__name__}: {error})."
    return StageError(code="internal", message=message, cure="Please report it with the log.", retryable=False)
