"""The tenure ledger: one line per title, with what keeps the line open and what would close it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from pipeline.classification.versions import printed_date
from pipeline.evidence.tenure.people import closest
from pipeline.forms.normal import plain
from pipeline.models import Paper, Register, TitleHolder, TitleLine

#: A copy issued so many days before the plan's own date may be out of date; told, never held against a title.
OLD_COPY_DAYS = 365


def holders_of(register: Register, owners: Sequence[str]) -> tuple[TitleHolder, ...]:
    """Every proprietor of a title against the owners in the plan."""
    if not owners:
        return tuple(TitleHolder(name=name) for name in register.proprietors)
    found = [(name, closest(name, owners, register.proprietors)) for name in register.proprietors]
    return tuple(TitleHolder(name=name, difference=c.difference, words=c.words) for name, c in found)


def ledger(
    registers: Sequence[Register],
    papers: Iterable[Paper],
    owners: Sequence[str],
    submitted: date | None,
) -> tuple[TitleLine, ...]:
    """One line for each title that the plan names or that a register is of, in the order of their numbers.

    A register whose own number could not be read has a line under its file's name, last.
    """
    named: dict[str, list[Paper]] = {}
    for paper in papers:
        if paper.title_number:
            named.setdefault(paper.title_number, []).append(paper)
    copies: dict[str, list[Register]] = {}
    for register in registers:
        copies.setdefault(register.title_number or "", []).append(register)
    nameless = copies.pop("", [])
    lines = [
        _line(number, named.get(number, []), copies.get(number, []), owners, submitted, bool(named))
        for number in sorted({*named, *copies})
    ]
    return (*lines, *(_line(r.document, [], [r], owners, submitted, False) for r in nameless))


def _line(
    number: str,
    named: Sequence[Paper],
    copies: Sequence[Register],
    owners: Sequence[str],
    submitted: date | None,
    listed: bool,
) -> TitleLine:
    latest = max(copies, key=_age) if copies else None
    holders = holders_of(latest, owners) if latest else ()
    open_, closes = [], []
    for why, cure in (
        *_absent(number, named, latest),
        *(_of_register(latest, holders, owners) if latest else ()),
        *_unlisted(number, named, listed),
    ):
        open_.append(why)
        closes.append(cure)
    line = TitleLine(
        title_number=number,
        named=tuple(p.name for p in named),
        named_where=tuple(dict.fromkeys(e for p in named for e in p.where)),
        open=tuple(open_),
        closes_when=tuple(dict.fromkeys(closes)),
    )
    if latest is None:
        return line
    return line.model_copy(
        update={
            "received": latest.document,
            "received_id": latest.document_id,
            "other_copies": tuple(sorted(r.document for r in copies if r is not latest)),
            "class_of_title": latest.class_of_title,
            "tenure": latest.tenure,
            "proprietors": holders,
            "lenders": latest.lenders,
            "pending": latest.pending,
            "edition_date": latest.edition_date,
            "issued_on": latest.issued_on,
            "notes": _notes(latest, copies, submitted),
            "evidence": tuple(dict.fromkeys(latest.evidence.values())),
        }
    )


def _age(register: Register) -> tuple[date, date, str]:
    """For the newest of several copies: the day of issue, then the edition; contents decide where both are equal."""
    issued, edition = printed_date(register.issued_on), printed_date(register.edition_date)
    return issued or date.min, edition or date.min, register.document_id


def _absent(number: str, named: Sequence[Paper], register: Register | None) -> Iterable[tuple[str, str]]:
    for paper in named:
        if paper.unread:
            yield f"{paper.name} was received and cannot be read", "A readable copy is sent, or a person reads it."
        elif not paper.received:
            yield f"{paper.name} is named and was not received", f"{paper.name} is sent."
    if register is None and all(p.is_plan for p in named):
        yield "no register of this title was named or received", f"The register (official copy) of {number} is sent."
    elif register is None and any(p.received and not p.is_plan for p in named):
        yield "its register holds no text that software can read", "A person reads the register."


def _of_register(
    register: Register, holders: Sequence[TitleHolder], owners: Sequence[str]
) -> Iterable[tuple[str, str]]:
    if not register.proprietors:
        yield "no proprietor could be read", "A person reads the proprietorship register."
    elif not owners:
        yield "the plan names no owner that could be read", "Section 1.7 names the owner."
    for holder in holders:
        if holder.difference not in (None, "none"):
            yield (
                f"{holder.name}: {holder.words}",
                "The names are the same, or a paper explains the difference, or the reviewer accepts it.",
            )
    if register.class_of_title not in (None, "absolute"):
        yield f"the title is {register.class_of_title}, not absolute", "The reviewer accepts the class of title."
    if register.tenure == "leasehold":
        yield "leasehold", "The owner's consent covering both periods is seen."
    if register.pending:
        yield "applications are pending", "A copy without the note is sent, or the application is explained."


def _unlisted(number: str, named: Sequence[Paper], listed: bool) -> Iterable[tuple[str, str]]:
    if listed and not named:
        yield (
            "the plan lists papers of other titles, not of this one",
            f"The plan lists {number}, or the reviewer sets its register aside.",
        )


def _notes(register: Register, copies: Sequence[Register], submitted: date | None) -> tuple[str, ...]:
    found = []
    issued = printed_date(register.issued_on)
    if issued and submitted and (submitted - issued).days > OLD_COPY_DAYS:
        months = round((submitted - issued).days / 30.44)
        found.append(f"issued {months} months before the plan's date")
    if len(copies) > 1:
        found.append(f"{len(copies)} copies of this title were received; the one issued last is shown")
    return tuple(found)


def in_groups(registers: Iterable[Register], owners: Sequence[str]) -> list[tuple[TitleHolder, tuple[str, ...]]]:
    """Each proprietor who is not an owner by name, once, with the titles that he holds."""
    found: dict[tuple[str, str], tuple[TitleHolder, list[str]]] = {}
    for register in registers:
        for holder in holders_of(register, owners):
            if holder.difference not in (None, "none"):
                key = plain(holder.name).casefold(), holder.words
                found.setdefault(key, (holder, []))[1].append(register.title_number or register.document)
    return [(holder, tuple(dict.fromkeys(titles))) for holder, titles in found.values()]


def differences_in_words(groups: Iterable[tuple[TitleHolder, tuple[str, ...]]], owners: Sequence[str]) -> str:
    """Every proprietor who differs, with the titles and the difference, against the owners in the plan."""
    said = [f"{holder.name} ({', '.join(titles)}): {holder.words}" for holder, titles in groups]
    return f"the plan names {' / '.join(owners)}; the registers name {'; '.join(said)}"
