"""Errors as people see them: the same words as programs get, on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from servers.problems import Refused, Trouble, trouble_of

if TYPE_CHECKING:
    from pathlib import Path


def told(error: Exception, data: Path | None = None) -> Trouble:
    """What is told of an error of a page, of those that the framework raises too."""
    if isinstance(error, RequestValidationError):
        fields = ", ".join(sorted({str(one["loc"][-1]) for one in error.errors()}))[:200]
        return Trouble(
            422, "validation", f"This form was not filled in as it must be: {fields}.", "Go back, and try again."
        )
    if isinstance(error, HTTPException) and not isinstance(error, Refused):
        return Trouble(error.status_code, "http", str(error.detail), "Go back to the list of sessions.")
    return trouble_of(error, data)
