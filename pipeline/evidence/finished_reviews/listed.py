"""The list of papers in a review's header: where one ends, and whether it is in the folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz import fuzz

from pipeline.classification.names import by_name
from pipeline.classification.seen import Seen, extension, plain_name
from pipeline.models import Document, DocumentType, Page, Reading, Register

#: How a new entry begins, however much room the line before has left: an internal id, a bullet, a known first word.
_BEGINS = re.compile(r"^\W*(?:\d{4,6}[A-Z][A-Za-z]+\d{2}(?![A-Za-z0-9])|[\u2022\u25cf*-]\s|official cop)", re.I)
_OWN_ID = re.compile(r"^(\d{4,6})([a-z]+?)(\d{2})(?![a-z0-9])")
_TITLE = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,4})\s?(\d{4,7})(?![A-Za-z0-9])")
_PLAN = re.compile(r"\b(?:title|transfer|filed)\s+plan\b|\btransfer\b", re.I)
#: Words in a file's name that make it no other paper.
_FREE = frozenset({"public", "private", "final", "signed", "updated", "version", "copy", "scan", "the", "of", "and"})
_LIKE = 90.0
#: An entry with more commas than this names a bundle of papers, and no file.
_COMMAS = 1
#: Types of which one submission has one that counts.
_ALONE: frozenset[DocumentType] = frozenset(
    {
        "project_plan", "baseline_report", "monitoring_report", "ghg_emissions", "land_cover_map",
        "farm_management_records", "sampling_plan", "lab_results", "model_results", "gis_boundary",
    }
)  # fmt: skip


def items(words: Sequence[tuple[Page, str]]) -> Iterator[list[tuple[Page, str]]]:
    """The entries of the list; a line that was full before the next one began goes on in it."""
    entry: list[tuple[Page, str]] = []
    for page, line in words:
        for part in _parts(line):
            if entry and (part != line.strip() or _BEGINS.match(part) or not _full(entry[-1], part)):
                yield entry
                entry = []
            if part:
                entry.append((page, part))
    if entry:
        yield entry


def _parts(line: str) -> list[str]:
    return [part.strip() for part in line.split(";") if part.strip()]


def _full(before: tuple[Page, str], after: str) -> bool:
    """Whether the first word of the next line would not have fitted on this one, as the page is set."""
    page, line = before
    own = next((one for one in page.lines if one.text.strip().endswith(line)), None)
    if own is None or not line:
        return False
    edge = max((one.x1 for one in page.lines), default=0.0)
    letter = (own.x1 - own.x0) / max(len(own.text), 1)
    return own.x1 + (len(after.split()[0]) + 1) * letter > edge


def missing(names: Iterable[str], documents: Sequence[Document], registers: Sequence[Register]) -> list[str]:
    """Entries that name one paper which is not in the folder, under this name or another.

    A paper is there when a file bears its name; when a register of its title is there; or when a file whose own name
    is no entry of the list is of the type that the entry names, for names change and content decides. Entries that
    name no file, such as bundles of raw data, are left out.
    """
    single = [name for name in dict.fromkeys(names) if name.count(",") <= _COMMAS]
    taken: set[str] = set()
    unmatched = []
    for name in single:
        same = [d.document_id for d in documents if any(_same(name, own) for own in _names(d))]
        taken.update(same)
        if not same:
            unmatched.append(name)
    free = [d for d in documents if d.document_id not in taken]
    return [name for name in unmatched if _absent(name, free, documents, registers)]


def _names(document: Document) -> Iterator[str]:
    yield document.filename
    yield from document.names
    yield from (part.filename for part in document.parts)


def _same(listed: str, filename: str) -> bool:
    one, other = plain_name(listed), plain_name(filename)
    if one == other:
        return True
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    if set(one.split()) ^ set(other.split()) <= _FREE:
        return True
    plans = {bool(_PLAN.search(text)) for text in (one, other)}
    return len(plans) == 1 and fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")) >= _LIKE


def _absent(name: str, free: Sequence[Document], documents: Sequence[Document], registers: Sequence[Register]) -> bool:
    title = _TITLE.search(name)
    kind = _kind(name)
    if kind == "land_tenure":
        # A scan cannot say which title it belongs to: then a person must look, and nothing is claimed.
        silent = any(d.document_type in ("land_tenure", "other") and d.unreadable_pages for d in documents)
        if _PLAN.search(name):
            read = {r.document_id for r in registers}
            return not silent and all(d.document_type != "land_tenure" or d.document_id in read for d in free)
        if title:
            own = "".join(title.groups())
            return not silent and all((r.title_number or "").replace(" ", "") != own for r in registers)
        return not any(d.document_type == "land_tenure" for d in documents)
    if kind in _ALONE:
        return not any(d.document_type == kind and _may_be(name, d) for d in free)
    named = bool(_OWN_ID.match(plain_name(name))) or bool(extension(name))
    return named and kind is None and not any(d.document_type == "other" for d in free)


def _kind(name: str) -> DocumentType | None:
    found = by_name(Seen(Reading(sha256="", reader="", reader_version="", kind="unknown"), name))
    return found[0] if found else None


def _may_be(name: str, document: Document) -> bool:
    """A file of the entry's type, unless its name bears the internal id of another round."""
    wanted, own = _OWN_ID.match(plain_name(name)), _OWN_ID.match(plain_name(document.filename))
    return not (wanted and own) or wanted.groups() == own.groups()
