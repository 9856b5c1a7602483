"""A form that was refused because somebody else came first: both versions, and the same form to be sent once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.desk.conflict import version_in_words
from pipeline.errors import ReviewError, RevisionConflict

#: A version, as labels with their words.
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Again:
    """What the page of a conflict shows; `fields` is all that was typed, to be sent to `action` as it is."""

    saw: Pairs
    stands: Pairs
    refused: Pairs
    action: str
    fields: tuple[tuple[str, str], ...]


def again(error: ReviewError | None, action: str, fields: Sequence[tuple[str, str]]) -> Again | None:
    """None unless the error is such a conflict and tells the versions."""
    if not isinstance(error, RevisionConflict) or error.stands is None:
        return None
    told = (version_in_words(one) for one in (error.saw, error.stands, error.refused))
    saw, stands, refused = told
    return Again(saw, stands, refused, action, tuple(fields))
