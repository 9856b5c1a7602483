"""The same land or the same file in another project: an alarm that names both places.

An alarm belongs to `status`, `show`, `list` and the portfolio, never to a report: a report knows one session only, and
says the same whatever else lies in the home. The next round of a farm, and the same submission sent twice, share land
and files by their nature; whether it is another farm is told by what the plans say of themselves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from pipeline.classification.plans import INTERNAL_ID
from pipeline.errors import ReviewError
from pipeline.intake.likeness import common_files
from pipeline.models import Document, DocumentRecord, Inventory, SessionRecord, Value
from pipeline.models.project_names import fold
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Files smaller than this say too little to belong to one farm: an empty list, a coordinate system, a licence.
TINY = 1024
#: What one farm alone can send. Imagery, models and papers of unknown kind are shared by right.
_OF_ONE_FARM = frozenset(
    {"project_plan", "baseline_report", "monitoring_report", "ghg_emissions", "land_tenure", "land_cover_map",
     "farm_management_records", "sampling_plan", "lab_results", "gis_boundary"}
)  # fmt: skip
#: Words that many farms carry.
_COMMON_WORDS = {"farm", "farms", "farming", "estate", "estates", "partnership", "partners", "the", "and", "ltd"}
_COMMON_WORDS |= {"limited", "llp", "co", "company", "sons", "son", "project", "trust", "of"}
#: Names of one farm may be shortened or misspelt; fewer letters than this are no sign.
_ALIKE, _LEAST_LETTERS = 80.0, 4


class Shared(Value):
    """A title or a file with its place in this project and in the other one."""

    what: str
    here: str
    there: str


class Alarm(Value):
    """Everything that this project and another one both claim; one for each other project."""

    session_id: str
    project_name: str
    titles: tuple[Shared, ...] = ()
    files: tuple[Shared, ...] = ()
    message: str


def alarms(ws: Workspace, record: SessionRecord) -> list[Alarm]:
    """Every other project that claims a title or holds a file of this one, by session id; asks the catalog first.

    Left out: another round or copy of the same farm, sessions that point to another one, files that many projects
    share, answer keys and references, tiny files, and kinds of files that several farms may share by right.
    """
    if record.points_to is not None:  # what it holds is claimed by the session it points to
        return []
    mine = ws.catalog.titles_of(record.session_id)
    hashes = {d.sha256 for d in record.documents.values() if d.size >= TINY}
    by_title = ws.catalog.sessions_with_titles(mine) if mine else {}
    by_file = ws.catalog.sessions_with(hashes) if hashes else {}
    others = sorted((by_title.keys() | by_file.keys()) - {record.session_id})
    if not others:
        return []
    names = ws.catalog.names_of(others)
    common = common_files(record.project_metadata.project_name, by_file, names, ws.settings.duplicates)
    own = _listed(ws, record)
    found = []
    for session_id in others:
        other = _read(ws, session_id)
        if other is None or other.points_to is not None:
            continue
        theirs = _listed(ws, other)
        if _same_project(record, own, other, theirs):
            continue
        titles = tuple(
            Shared(what=title, here=mine[title], there=place)
            for title, place in sorted(by_title.get(session_id, {}).items())
        )
        files = _files(own, theirs, by_file.get(session_id, set()) - common, {t.what for t in titles})
        if titles or files:
            found.append(_alarm(other, titles, files))
    return found


_Listed = dict[str, Document | DocumentRecord]


def _read(ws: Workspace, session_id: str) -> SessionRecord | None:
    try:
        return ws.sessions.read(session_id)
    except ReviewError:
        return None  # a damaged or vanished session is its own trouble, shown where sessions are listed


def _listed(ws: Workspace, record: SessionRecord) -> _Listed:
    """The session's documents by hash, as discovery found them where it has."""
    listed: _Listed = {d.sha256: d for d in record.documents.values()}
    try:
        inventory: Inventory | None = results.load_inventory(ws, record)
    except ReviewError:
        inventory = None
    return listed | {d.sha256: d for d in (inventory.documents if inventory else ()) if d.sha256 in listed}


def _files(own: _Listed, theirs: _Listed, shared: set[str], titles: set[str]) -> tuple[Shared, ...]:
    """Files of one farm alone that stand in both; the register of a shared title is told with its title."""
    found = []
    for sha256 in shared:
        here, there = own.get(sha256), theirs.get(sha256)
        if not (isinstance(here, Document) and isinstance(there, Document)):
            continue  # before both were looked at, nobody knows what the file is
        if here.document_type not in _OF_ONE_FARM or {here.status, there.status} & {"excluded", "ignored"}:
            continue
        if here.facts.get("title_number", "").replace(" ", "") not in titles:
            found.append(Shared(what=here.filename, here=here.filename, there=there.filename))
    return tuple(sorted(found, key=lambda s: (s.what, s.there)))


def _alarm(other: SessionRecord, titles: tuple[Shared, ...], files: tuple[Shared, ...]) -> Alarm:
    where = f"{other.session_id} ({other.project_metadata.project_name})"
    said = [f"title {t.what} (here {t.here}; there {t.there})" for t in titles]
    said += [f"the same bytes as {f.here}" + (f" (there {f.there})" if f.there != f.here else "") for f in files]
    return Alarm(
        session_id=other.session_id,
        project_name=other.project_metadata.project_name,
        titles=titles,
        files=files,
        message=f"Claimed by another project, too: {where} holds {'; '.join(said)}. "
        "One of the two must give it up, or a person must see why both may claim it.",
    )


# --- is it the same farm? --------------------------------------------------------------------------------------------


def _same_project(one: SessionRecord, own: _Listed, two: SessionRecord, theirs: _Listed) -> bool:
    """Another round or another copy of one farm, by what the plans say; by the sessions' names where none says it."""
    here, there = _farm_names(own), _farm_names(theirs)
    if here and there:
        return any(_alike(a, b) for a in here for b in there)
    names = (_yearless(r.project_metadata.project_name) for r in (one, two))
    first, second = names
    return re.findall(r"\d+", first) == re.findall(r"\d+", second) and _alike(first, second)


def _farm_names(listed: _Listed) -> set[str]:
    """The farm as its plans name it: the words of its name, and the letters of its internal id."""
    found = set()
    for document in listed.values():
        if not isinstance(document, Document) or document.document_type != "project_plan":
            continue
        if document.status in ("excluded", "ignored"):
            continue
        found.add(_words(document.facts.get("farm_name", "")))
        if INTERNAL_ID.fullmatch(own := document.facts.get("project_id", "")):
            found.add(re.sub(r"\d+", "", own).casefold())
    return found - {""}


def _words(name: str) -> str:
    return "".join(w for w in re.findall(r"[^\W_]+", fold(name)) if w not in _COMMON_WORDS)


def _yearless(name: str) -> str:
    """A session's name without the year of its round; other numbers tell farms apart."""
    bare = re.sub(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ", fold(name))
    return _words(bare) or " ".join(bare.split())


def _alike(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    begins = len(short) >= _LEAST_LETTERS and long.startswith(short)
    return re.findall(r"\d+", one) == re.findall(r"\d+", two) and (begins or fuzz.ratio(one, two) >= _ALIKE)
