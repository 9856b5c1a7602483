"""How rules speak: each cue is declared data (what it speaks for, how loudly, why), and several are added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.classification.seen import Seen
from pipeline.models import DocumentType

#: Content decides from this weight on. No cue that looks for a single word may weigh that much: a plan mentions
#: everything, and "registration" contains "gis".
DECIDES = 6
#: Two types whose weights lie closer than this are both told to the reviewer.
MARGIN = 3


@dataclass(frozen=True)
class Cue:
    """One thing that speaks for one type of document."""

    document_type: DocumentType
    #: 8 the document's own title or form, 4-6 a structure few others have, 1-3 support only.
    weight: int
    #: Returns what was seen, in words a reviewer can check, or None.
    look: Callable[[Seen], str | None]
    #: Why this is a sign of the type.
    why: str


@dataclass(frozen=True)
class SeenCue:
    """A cue that was found."""

    document_type: DocumentType
    weight: int
    words: str


def find(cues: Iterable[Cue], seen: Seen) -> tuple[SeenCue, ...]:
    """Every cue that is there, strongest first; equally strong ones keep the order they are declared in."""
    found = [SeenCue(cue.document_type, cue.weight, words) for cue in cues if (words := cue.look(seen))]
    return tuple(sorted(found, key=lambda finding: -finding.weight))


def weigh(findings: Iterable[SeenCue]) -> dict[DocumentType, int]:
    """The weight of each type that anything speaks for."""
    weights: dict[DocumentType, int] = {}
    for finding in findings:
        weights[finding.document_type] = weights.get(finding.document_type, 0) + finding.weight
    return weights
