"""Project plans: recognised by the form's own headings, told apart by the table in 1.1."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.classification.cues import Cue
from pipeline.classification.seen import LEADER, Seen, fold, squeeze

#: Words that stand in each numbered heading of the registry's project plan form, however the rest is worded or wrapped.
HEADINGS = {
    "1.1": ("general",),
    "1.2": ("summary",),
    "1.3": ("credit class",),
    "1.4": ("eligibility",),
    "1.5": ("design",),
    "1.6": ("actors",),
    "1.6.1": ("proponent",),
    "1.6.2": (),  # worded after whoever the other actors are
    "1.7": ("ownership",),
    "1.8": ("start date",),
    "1.9": ("crediting",),
    "1.10": ("permanence",),
    "1.11": ("location",),
    "1.12": ("activity",),
    "1.13": ("conditions", "prior"),
    "1.14": ("laws",),
    "1.15": ("other",),
    "1.16": ("additional",),
    "2.1": ("harm",),
    "2.2": ("consultation",),
    "2.3": ("environmental",),
    "2.4": ("public",),
    "3.1": ("applicability",),
    "3.2": ("boundary",),
    "3.3": ("baseline",),
    "3.4": ("additionality",),
    "3.5": ("deviations",),
    "4.1": ("baseline emissions",),
    "4.2": ("project emissions",),
    "4.3": ("leakage",),
    "4.4": ("net",),
    "4.5": ("risk",),
    "5.1": ("data",),
    "5.2": ("data",),
    "5.3": ("monitoring plan",),
}
_NUMBERED = re.compile(r"^(\d(?:\.\d{1,2}){1,2})\.?\s+(\S.*)$")
#: A developer's own file id: digits, the farm's name glued together, the year of the round.
INTERNAL_ID = re.compile(r"(?<![0-9A-Za-z])\d{4,6}[A-Z][A-Za-z'’]+\d{2}(?![0-9A-Za-z])")
_COVER = re.compile(r"\bproject plan\s*:?\s*(\S.*)?$")
_ENOUGH, _SOME = 8, 4
#: A heading is short; a sentence that begins with a number is not one.
_LONGEST_HEADING = 90


def heading_number(line: str) -> str | None:
    """The form's number of a heading line ("1.10"), in the contents list or in the body; None when it is no heading."""
    match = _NUMBERED.match(line)
    if match is None or match.group(1) not in HEADINGS:
        return None
    title = LEADER.split(match.group(2))[0]
    if not title[:1].isupper() or len(title) > _LONGEST_HEADING:
        return None
    folded = fold(title)
    return match.group(1) if all(word in folded for word in HEADINGS[match.group(1)]) else None


def _headings(seen: Seen) -> list[str]:
    numbers = {number for _, line in seen.lines if (number := heading_number(line))}
    return [number for number in HEADINGS if number in numbers]


def _many_headings(seen: Seen) -> str | None:
    found = _headings(seen)
    if len(found) < _ENOUGH:
        return None
    return f"it has {len(found)} of the project plan form's headings, {found[0]} to {found[-1]}"


def _some_headings(seen: Seen) -> str | None:
    found = _headings(seen)
    return f"it has {len(found)} of the project plan form's headings" if _SOME <= len(found) < _ENOUGH else None


def _cover(seen: Seen) -> str | None:
    for line in seen.front_lines[:12]:
        match = _COVER.search(fold(line))
        if match and len(line) <= 90 and not LEADER.search(line) and fold(line).index("project plan") <= 30:
            return f"page {seen.front_number} says “{line}”"
    return None


def _table(seen: Seen) -> str | None:
    found = facts(seen)
    read = [name for name in ("project_name", "version", "date_submitted") if found.get(name)]
    return "the table in 1.1 gives the plan's name, version and date" if len(read) == 3 else None


CUES = (
    Cue("project_plan", 8, _many_headings, "Only the form has these headings under these numbers."),
    Cue("project_plan", 3, _some_headings, "A plan that was cut or re-typed keeps a few of them."),
    Cue(
        "project_plan",
        5,
        _cover,
        "The form's cover; alone not enough, for letters also carry the words in their title.",
    ),
    Cue("project_plan", 4, _table, "The 1.1 table stands in the plan only."),
)

_LABELS = {
    "project_name": ("project name", "project title", "name of project"),
    "version": ("version of document", "document version", "version of the document", "version"),
    "date_submitted": ("date submitted", "date of submission", "submission date"),
    "prepared_by": ("prepared by",),
    "contact": ("contact information",),
}


def _label(cell: str) -> tuple[str, int] | None:
    """The fact a line's or cell's first words name, and how many characters the label takes."""
    folded = fold(cell)
    for fact, labels in _LABELS.items():
        for label in labels:
            if folded == label or folded.startswith((label + " ", label + ":")):
                return fact, len(label)
    return None


def section_lines(seen: Seen, number: str) -> list[str]:
    """Lines of the body under one numbered heading up to the next; empty when the heading is not in the body."""
    found: list[str] = []
    inside = False
    for _, line in seen.lines:
        if LEADER.search(line):
            continue
        here = heading_number(line)
        if here is not None:
            inside = here == number
        elif inside:
            found.append(line)
    return found


def _from_tables(seen: Seen) -> Iterator[tuple[str, str]]:
    pages = {number for number, line in seen.lines if heading_number(line) == "1.1" and not LEADER.search(line)}
    for page in seen.reading.pages:
        for table in page.tables if page.number in pages else ():
            for row in table.rows:
                cells = [squeeze(cell) for cell in row if cell.strip()]
                if len(cells) == 2 and (label := _label(cells[0])) and label[1] == len(fold(cells[0]).rstrip(" :")):
                    yield label[0], cells[1]


def _from_lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    fact: str | None = None
    for line in lines:
        label = _label(line)
        if label is not None:
            fact, value = label[0], line[label[1] :].lstrip(" :")
        elif fact is not None:
            value = line  # a label alone on its line: the value stands on the next
        else:
            continue
        if value:
            yield fact, value
            fact = None


def facts(seen: Seen) -> dict[str, str]:
    """What the table in 1.1 and the cover say, as printed: project_name, project_id, version, date_submitted, cover_id.

    The cover's "Version" and date belong to the form, not to the plan, and are kept as form_version only.
    `project_id` is the developer's own file id; the registry's id is not in a plan.
    """
    found: dict[str, str] = {}
    for fact, value in (*_from_tables(seen), *_from_lines(section_lines(seen, "1.1"))):
        found.setdefault(fact, value)
    for line in seen.front_lines[:12]:
        if _COVER.search(fold(line)) and (match := INTERNAL_ID.search(line)):
            found.setdefault("cover_id", match.group())
        elif fold(line).startswith("version") and (digits := re.search(r"\d+(?:\.\d+)*", line)):
            found.setdefault("form_version", digits.group())
    if match := INTERNAL_ID.search(found.get("project_name", "")):
        found["project_id"] = match.group()
    elif "cover_id" in found:
        found["project_id"] = found["cover_id"]
    if name := found.get("project_name"):
        farm = squeeze(INTERNAL_ID.sub(" ", name).replace("()", " "))
        found["farm_name"] = re.sub(r"\(\s*\)", "", farm).strip(" -–,")
    if ids := sorted({match.group() for _, line in seen.lines for match in INTERNAL_ID.finditer(line)}):
        found["internal_ids"] = " ".join(ids)
    return found
