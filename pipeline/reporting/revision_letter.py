"""The letter to the developer: what is asked for, most pressing first, in words that need no id of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pipeline.models import Fact, Priority, ProjectMetadata, RevisionRequest, wording
from pipeline.reporting.markdown import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.checklists import Checklist

#: What each priority is called to the developer, most pressing first.
HEADINGS: dict[Priority, str] = {
    "critical": "Needed before the review can go on",
    "high": "Needed for a decision",
    "medium": "To be clarified or corrected",
    "low": "Worth improving",
}


@dataclass(frozen=True)
class Item:
    """One thing that is asked for; numbered through the whole letter, so that an answer can name it."""

    number: int
    #: The requirement in short, and where it comes from.
    title: str
    source: str
    what: str
    clears_when: str
    suggested_filename: str | None
    #: Files that came since and seem to answer it.
    answered_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Items of one priority."""

    priority: Priority
    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class RevisionLetter:
    """Everything the letter says, in order; each format prints these words and adds none."""

    title: str
    project_name: str
    #: The developer's own id of the project, where the documents give one.
    project_id: str | None
    proponent: str | None
    #: DD/MM/YYYY, the day of the newest request.
    date: str
    opening: tuple[str, ...]
    groups: tuple[Group, ...]
    #: What came since it was asked for and is being looked at.
    answered: tuple[Item, ...]
    closing: tuple[str, ...]
    #: The reviewers who asked, each once.
    signed: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many things are asked for."""
        return sum(len(group.items) for group in self.groups)


def revision_letter(
    metadata: ProjectMetadata, header: Sequence[Fact], revisions: Sequence[RevisionRequest], checklist: Checklist
) -> RevisionLetter:
    """Arrange the open requests of a session as a letter; the same requests give the same letter.

    `revisions` as they stand (`deciding.revising.all_in_present`); resolved ones are left out.
    """
    own = {fact.name: fact.value for fact in reversed(header)}
    titles = {one.requirement_id: (one.title, one.source) for one in checklist.requirements}
    pending = [one for one in revisions if one.status == "pending"]
    ordered = [one for priority in get_args(Priority)[:4] for one in pending if one.priority == priority]
    numbers = {one.revision_id: number for number, one in enumerate(ordered, 1)}
    answered = [one for one in revisions if one.status == "answered"]

    def item(one: RevisionRequest, number: int) -> Item:
        title, source = titles.get(one.requirement_id, (one.requirement_id, ""))
        words = (_plain(one.what), _plain(one.clears_when))
        return Item(number, title, source, *words, one.suggested_filename, one.answered_with)

    groups = tuple(
        Group(priority, heading, tuple(item(one, numbers[one.revision_id]) for one in found))
        for priority, heading in HEADINGS.items()
        if (found := [one for one in ordered if one.priority == priority])
    )
    name = own.get("project_name") or metadata.project_name
    newest = max((one.at for one in (*pending, *answered)), default=None)
    return RevisionLetter(
        title=f"Request for revision: {name}",
        project_name=name,
        project_id=own.get("project_id") or metadata.project_id,
        proponent=own.get("proponent") or metadata.proponent,
        date=newest.strftime("%d/%m/%Y") if newest else "",
        opening=_opening(name, len(ordered)),
        groups=groups,
        answered=tuple(item(one, number) for number, one in enumerate(answered, len(ordered) + 1)),
        closing=_closing(len(ordered)),
        signed=tuple(dict.fromkeys(one.by for one in (*ordered, *answered))),
    )


def _opening(name: str, count: int) -> tuple[str, ...]:
    if not count:
        return (f"Thank you for the documents of {name}.", "At present nothing more is asked for.")
    things = "one point is" if count == 1 else f"{count} points are"
    return (
        f"Thank you for the documents of {name}. We have read them, and {things} open.",
        "Each says what is lacking, and what would settle it. A file may have any name; the one that is suggested only "
        "makes it easier to find. Please send new or corrected files only, not the whole submission again.",
    )


def _closing(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return ("If a point is unclear, or cannot be settled as it says, please write to us before you send anything.",)


def _plain(text: str) -> str:
    """Without ids of ours, which mean nothing to the developer."""
    return " ".join(re.sub(r"\b(?:REQ|ISS)-\d+\b:?", "", text).split())


def render_letter(letter: RevisionLetter) -> str:
    """The letter as Markdown, UTF-8, with a final newline."""
    head = [("Project", letter.project_name), ("Project ID", letter.project_id), ("Proponent", letter.proponent)]
    head += [("Date", letter.date)]
    blocks = [
        f"# {inline(letter.title)}",
        "  \n".join(f"**{label}:** {inline(value)}" for label, value in head if value),
        *map(inline, letter.opening),
    ]
    for group in letter.groups:
        blocks.append(f"## {inline(group.heading)}")
        blocks += [_item(one) for one in group.items]
    if letter.answered:
        blocks.append("## Received since, and being looked at")
        blocks.append("\n".join(f"- {inline(one.title)}: {inline(received(one))}" for one in letter.answered))
    blocks += map(inline, letter.closing)
    if letter.signed:
        blocks.append(f"{inline(wording.listing(list(letter.signed)))}, for the registry")
    return "\n\n".join(blocks) + "\n"


def received(item: Item) -> str:
    """What came since for an item, in words."""
    return "; ".join(item.answered_with) if item.answered_with else "what was lacking is there"


def _item(item: Item) -> str:
    lines = [f"**{item.number}. {inline(item.title)}**" + (f" ({inline(item.source)})" if item.source else "")]
    lines.append(f"What is lacking: {inline(item.what)}")
    lines.append(f"Settled when: {inline(item.clears_when)}")
    if item.suggested_filename:
        lines.append(f"Suggested file name: {inline(item.suggested_filename)}")
    return "  \n".join(lines)
