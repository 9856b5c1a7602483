"""Short names of what can go wrong, by the code of its error; every door tells a trouble under the same one."""

from __future__ import annotations

from typing import Any

from pipeline.errors import DuplicateSessionWarning, NotReady, ReviewError, RevisionConflict

TITLES = {
    "session_not_found": "No such session",
    "not_found": "Not in this session",
    "not_made_yet": "A stage must be carried out first",
    "not_ready": "Something waits for a person first",
    "session_completed": "The session is complete and locked",
    "points_elsewhere": "Another session is reviewed in its place",
    "points_nowhere": "The session that it points to takes nothing",
    "duplicate_session": "Another session holds the same project",
    "revision_conflict": "Somebody else changed the session first",
    "checklist": "The checklist cannot be used",
    "refused": "The file cannot be taken",
    "stage_failed": "A stage gave up",
    "usage": "The call cannot be carried out as it was made",
    "claim_refused": "The quote does not stand there",
    "key_reused": "The key came with another call before",
    "nothing_uploaded": "Nothing was uploaded yet",
    "upload_closed": "The upload was taken in already",
    "upload_expired": "The upload link has expired",
    "upload_link": "The upload link is not valid",
    "upload_not_found": "No such upload",
    "try_again": "Try again in a moment",
    "session_corrupt": "The session's file cannot be read",
    "content_lost": "A document's stored copy is gone",
    "busy": "Another process is at work on this session",
    "home_closed": "The home cannot be changed now",
    "settings": "A setting is wrong",
    "output": "The result could not be written",
    "interrupted": "Interrupted",
    "internal": "This was not foreseen",
}


def urn(code: str) -> str:
    """The kind of a trouble, as problem+json (RFC 9457) wants it: a name that never changes."""
    return f"urn:registry-review:{code.replace('_', '-')}"


def facts(error: ReviewError) -> dict[str, Any]:
    """What a program should know of an error beside its words, as JSON."""
    if isinstance(error, DuplicateSessionWarning):
        warning = error.warning.model_dump(mode="json")
        return {**warning, "duplicate_warning": warning}
    if isinstance(error, NotReady):
        return {"waits": list(error.waits)}
    if isinstance(error, RevisionConflict):
        versions = {"saw": error.saw, "stands": error.stands, "refused": error.refused}
        return {name: version for name, version in versions.items() if version is not None}
    return {}
