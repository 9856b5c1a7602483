"""From cues to one type: content decides when it can, then the name, then the extension; disagreement is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from pipeline.classification import maps, names, opaque, plans, references, reports, tables, tenure, visibility
from pipeline.classification.cues import DECIDES, MARGIN, Cue, SeenCue, find, weigh
from pipeline.classification.seen import Seen
from pipeline.models import DocumentType, Reading, Value

#: Every content cue. Order matters only between equal weights: documents that repeat others' titles come first.
CONTENT_CUES: tuple[Cue, ...] = (
    *references.CUES,
    *plans.CUES,
    *reports.CUES,
    *tenure.CUES,
    *tables.CUES,
    *maps.CUES,
)
_FACTS: dict[DocumentType, Callable[[Seen], dict[str, str]]] = {
    "project_plan": plans.facts,
    "baseline_report": lambda seen: reports.facts(seen, "baseline_report"),
    "monitoring_report": lambda seen: reports.facts(seen, "monitoring_report"),
    "ghg_emissions": lambda seen: reports.facts(seen, "ghg_emissions"),
    "land_tenure": tenure.facts,
    "land_cover_map": maps.map_facts,
    "farm_management_records": tables.facts,
    "lab_results": tables.facts,
    "sampling_plan": tables.facts,
    "gis_boundary": maps.layer_facts,
    "imagery_metadata": maps.scene_facts,
    "model_results": maps.scene_facts,
}


class Classification(Value):
    """What a document is, and on what that stands."""

    document_type: DocumentType
    #: What decided, strongest first, in words.
    cues: tuple[str, ...]
    visibility: Literal["public", "private"] | None = None
    #: Read off the document, as printed; which ones there are depends on the type (each group's `facts`).
    facts: dict[str, str] = Field(default_factory=dict)
    #: For the reviewer: contents and name disagree, another type was close, nothing was recognised.
    notes: tuple[str, ...] = ()


def classify(reading: Reading, filename: str, as_type: DocumentType | None = None) -> Classification:
    """The type of a document, from its reading and the name it is shown under.

    `as_type` is the reviewer's word: it overrides the type, the facts are then read for that type.
    """
    seen = Seen(reading, filename)
    if as_type is None:
        document_type, cues, notes = _decide(seen)
    else:
        document_type, cues, notes = as_type, ("set by the reviewer",), ()
    facts = _FACTS[document_type](seen) if document_type in _FACTS else {}
    if seen.reading.facts:
        facts |= maps.layer_facts(seen)
        notes = (*maps.layer_notes(seen), *notes)
    shown = visibility.of_name(seen)
    if document_type == "project_plan" and seen.characters:
        shown, more = visibility.of_plan(seen)
        notes = (*notes, *more)
    return Classification(document_type=document_type, cues=cues, visibility=shown, facts=facts, notes=notes)


def _decide(seen: Seen) -> tuple[DocumentType, tuple[str, ...], tuple[str, ...]]:
    if points := maps.points_only(seen):
        kind, cue, note = points
        return kind, (cue,), (note,)
    findings = find(CONTENT_CUES, seen)
    weights = weigh(findings)
    ranked = sorted(weights, key=lambda kind: -weights[kind])
    named = names.by_name(seen)
    if ranked and weights[ranked[0]] >= DECIDES:
        return _by_content(ranked, weights, findings, named)
    if seen.extension in opaque.LAYER_EXTENSIONS and seen.reading.kind not in {"pdf", "xlsx", "xls", "docx", "image"}:
        return "gis_boundary", (f"the extension .{seen.extension} is that of a map layer",), ()
    if named is not None:
        kind, words = named
        support = _words(findings, kind)
        others = [other for other in ranked if other != kind]
        notes = (
            (f"Weak signs in its contents speak for {_plain(others[0])} instead: {_words(findings, others[0])[0]}.",)
            if others
            else ()
        )
        return kind, (*support, words), notes
    if seen.extension in opaque.BY_EXTENSION:
        return opaque.BY_EXTENSION[seen.extension], (f"the extension .{seen.extension}",), ()
    note = opaque.note_on(seen)
    if ranked:
        note += f" It may be {_plain(ranked[0])}: {_words(findings, ranked[0])[0]}."
    return "other", (), (note,)


def _by_content(
    ranked: Sequence[DocumentType],
    weights: dict[DocumentType, int],
    findings: Sequence[SeenCue],
    named: tuple[DocumentType, str] | None,
) -> tuple[DocumentType, tuple[str, ...], tuple[str, ...]]:
    kind = ranked[0]
    cues = _words(findings, kind)
    notes: list[str] = []
    if named is not None and named[0] == kind:
        cues = (*cues, named[1])
    elif named is not None:
        notes.append(f"Its contents are those of {_plain(kind)}, but {named[1]}: the contents count.")
    if len(ranked) > 1 and weights[ranked[1]] >= DECIDES and weights[kind] - weights[ranked[1]] < MARGIN:
        notes.append(f"It could also be {_plain(ranked[1])}: {_words(findings, ranked[1])[0]}.")
    return kind, cues, tuple(notes)


def _words(findings: Sequence[SeenCue], kind: DocumentType) -> tuple[str, ...]:
    return tuple(finding.words for finding in findings if finding.document_type == kind)


def _plain(kind: DocumentType) -> str:
    return f"type {kind}"
