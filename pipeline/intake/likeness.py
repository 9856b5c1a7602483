"""How alike two sessions are, by name and by content; counts only, no judgement."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from pipeline.errors import ReviewError
from pipeline.models import Inventory
from pipeline.models.project_names import fold, numbers_conflict, without_numbers

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.settings import DuplicateSettings

#: Shares are compared with this much grace, so that 4 of 5 is 0.8 in binary fractions too.
GRACE = 1e-9


@dataclass(frozen=True)
class Likeness:
    """How much of this session stands in another one. All counts are of files that say something about the project."""

    session_id: str
    project_name: str
    #: 0-100; 0 when the numbers in the names conflict.
    name_similarity: float
    shared: int
    of: int
    other_of: int

    @property
    def overlap(self) -> float:
        """Share 0-1 of this session's files that stand in the other."""
        return self.shared / self.of if self.of else 0.0

    @property
    def reverse(self) -> float:
        """Share 0-1 of the other session's files that stand in this one."""
        return self.shared / self.other_of if self.other_of else 0.0


def alike(one: Likeness, rules: DuplicateSettings) -> bool:
    """True when the names are close enough for a question; the limit itself counts."""
    return one.name_similarity >= rules.name_similarity - GRACE


def name_similarity(one: str, other: str) -> float:
    """How alike two project names are, 0-100; 0 when their numbers conflict or one of them is empty.

    Letters may differ a little (misspellings); "Farm 101" and "Farm 102", "2022" and "2023" are different projects.
    Where only one of them has a number, such as the year, it tells nothing, and the letters alone are compared.
    """
    a, b = fold(one), fold(other)
    here, there = re.findall(r"\d+", a), re.findall(r"\d+", b)
    if numbers_conflict(here, there):
        return 0.0
    if here != there:
        a, b = without_numbers(a), without_numbers(b)
    return fuzz.ratio(a, b) if a and b else 0.0


def likenesses(
    ws: Workspace, project_name: str, file_hashes: Iterable[str], exclude_session: str | None = None
) -> list[Likeness]:
    """The sessions that hold enough of these files, whatever their names; best first, then newest, always in one order.

    What stands behind a link that a session only refers to counts by the hash that was seen. Left out of the count:
    files that stand in many projects (`common_in_sessions`), and what discovery found to be an answer key or a
    reference. Left out altogether: sessions in whose place another one is reviewed, since that one holds their files.
    Asks the catalog only; no file is read again.
    """
    mine = set(file_hashes)
    holders = ws.catalog.sessions_with(mine, referred=True)
    holders.pop(exclude_session or "", None)
    for pointing in ws.catalog.pointing(holders):
        del holders[pointing]
    if not holders:
        return []
    names = ws.catalog.names_of(holders)
    rules = ws.settings.duplicates
    mine -= common_files(project_name, holders, names, rules)
    mine -= excluded_files(ws, exclude_session)
    found = []
    for session_id, held in holders.items():
        if not names.get(session_id) or not held & mine:
            continue
        # What the other session has read can only take files away on both sides, so nearly nothing is opened here.
        excluded = excluded_files(ws, session_id)
        ours, theirs = mine - excluded, ws.catalog.content_of(session_id, referred=True) - excluded
        one = Likeness(
            session_id=session_id,
            project_name=names[session_id],
            name_similarity=name_similarity(project_name, names[session_id]),
            shared=len(ours & theirs),
            of=len(ours),
            other_of=len(theirs),
        )
        if one.shared and one.overlap >= rules.file_overlap - GRACE:
            found.append(one)
    return sorted(sorted(found, key=_age, reverse=True), key=lambda o: (-o.overlap, -o.reverse, -o.name_similarity))


def common_files(
    project_name: str, holders: dict[str, set[str]], names: dict[str, str], rules: DuplicateSettings
) -> set[str]:
    """Files that many projects share: a methodology, a programme's handbook. They say nothing about this one.

    Counted are projects, not sessions: a submission that came in five times is still a duplicate the sixth time.
    """
    projects: dict[str, set[str]] = {}
    for session_id, held in holders.items():
        name = names.get(session_id, "")
        same = name_similarity(project_name, name) >= rules.name_similarity - GRACE
        for sha256 in held:
            projects.setdefault(sha256, set()).add("" if same else fold(name))
    return {sha256 for sha256, found in projects.items() if len(found) >= rules.common_in_sessions}


def excluded_files(ws: Workspace, session_id: str | None) -> set[str]:
    """Hashes that a session's last inventory marks as excluded; empty before its first discovery."""
    if session_id is None:
        return set()
    try:
        stage = ws.sessions.read(session_id).stages.get("document_discovery")
        if stage is None or stage.result is None:
            return set()
        inventory = ws.sessions.load_result(session_id, stage.result, Inventory)
    except ReviewError:
        return set()  # a damaged or vanished session is its own trouble, shown where sessions are listed
    return {d.sha256 for d in inventory.documents if d.status == "excluded"}


def _age(one: Likeness) -> tuple[str, int]:
    """Ids are times with a counter for the second, so they sort by age: -2 was made after the one without."""
    _, day, time, *number = one.session_id.split("-")
    return f"{day}-{time}", int(number[0]) if number else 1
