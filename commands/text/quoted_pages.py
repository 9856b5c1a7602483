"""The pages that a requirement's quotes stand on, as picture files with the quoted words marked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from commands.output_files import check_folder
from commands.text import terminal
from commands.text.answers import Answer
from pipeline.desk.rows import judged
from pipeline.errors import ReviewError, UsageError
from pipeline.filenames import fitting
from pipeline.models import SCHEMA_VERSION, Drawing, Evidence, SessionRecord, characters, wording

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def pages(ws: Workspace, record: SessionRecord, text: str, output: str | None) -> Answer:
    """Write each page that the row quotes as a PNG with all its quotes marked, and give the paths.

    `output` is a file, or a folder that is there; of several pages each gets its number in the name. Without it they go
    into the current folder. A file that is there is never overwritten: UsageError, or without `output` another name.
    ReviewError when there is no page to draw; quotes without one are named in the notes.
    """
    if output is not None and not Path(output).expanduser().is_dir():
        check_folder(Path(output).expanduser().absolute().parent)
    row = judged(ws, record, text)
    quoted: dict[tuple[str, int], list[Evidence]] = {}
    for item in row.evidence:
        quoted.setdefault((item.sha256, item.page), []).append(item)
    if not quoted:
        raise ReviewError(f"{row.requirement_id} has no quote, so there is no page to show.", f"See: {row.reason}")
    drawn: list[tuple[list[Evidence], bytes]] = []
    notes: list[str] = []
    for (sha256, page), items in quoted.items():
        boxes = tuple(box for item in items for box in item.boxes)
        (picture,) = ws.reader.pictures(sha256, [Drawing(page=page, boxes=boxes)])
        if picture is None:
            notes.append(_no_picture(items[0]))
            continue
        drawn.append((items, picture))
        lost = sum(not item.boxes for item in items)
        notes += [f"{wording.count(lost, 'quote')} of {terminal.place(items[0])} could not be marked."] if lost else []
    if not drawn:
        raise ReviewError(f"No quote of {row.requirement_id} stands on a page of a PDF. {notes[0]}", "Read it there.")
    names = list(_targets(row.requirement_id, [items[0] for items, _ in drawn], output))
    taken = [str(path) for path in names if output is not None and path.exists()]
    if taken:
        raise UsageError(f"{taken[0]} is there already, and nothing was written.", "Choose another name with -o.")
    written = []
    for (items, picture), path in zip(drawn, names, strict=True):
        kept = write_new(path, picture, may_rename=output is None)
        written.append(
            {"path": str(kept), "document": items[0].document, "page": items[0].page,
             "page_label": items[0].page_label, "evidence": [item.evidence_id for item in items]}
        )  # fmt: skip
    value = {
        "schema_version": SCHEMA_VERSION,
        "session_id": record.session_id,
        "requirement_id": row.requirement_id,
        "pictures": written,
        "without_picture": notes,
    }
    return Answer(value, "\n".join(characters.plain(one["path"]) for one in written), notes=tuple(notes))


def _no_picture(item: Evidence) -> str:
    kind = Path(item.document.lower()).suffix
    what = "a workbook" if kind in (".xlsx", ".xlsm", ".xls", ".csv") else "no PDF" if kind != ".pdf" else ""
    place = terminal.place(item)
    if what:
        return f"{place}: this is {what} and has no page to picture; its words are “{characters.plain(item.quote)}”."
    return f"{place}: the page could not be drawn; its document may be gone or broken."


def _targets(requirement_id: str, firsts: list[Evidence], output: str | None) -> Iterator[Path]:
    """A name for each picture, different from each other."""
    given = Path(output).expanduser().absolute() if output is not None else None
    used: set[Path] = set()
    for number, item in enumerate(firsts, 1):
        if given is None or given.is_dir():
            stem = f"{requirement_id} page {item.page} of {Path(item.document).stem}"
            path = (given or Path.cwd()) / fitting(f"{stem}.png")
        else:
            path = given if len(firsts) == 1 else given.with_name(f"{given.stem}-{number}{given.suffix or '.png'}")
        while path in used:  # two documents of one name
            path = path.with_name(f"{path.stem}+{path.suffix}")
        used.add(path)
        yield path


def write_new(path: Path, picture: bytes, may_rename: bool) -> Path:
    """The path written to; a picture that lies there already, byte for byte, is left as it is."""
    number = 1
    target = path
    while True:
        try:
            # Exclusive: what appears there in this moment is not overwritten either. Private: it shows a submission.
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            if not may_rename:
                raise UsageError(f"{target} is there already.", "Choose another name with -o.") from None
            if target.is_file() and target.read_bytes() == picture:
                return target
            number += 1
            target = path.with_name(f"{path.stem} ({number}){path.suffix}")
            continue
        except FileNotFoundError:
            raise UsageError(f"There is no folder {target.parent}.", "Make it first, or choose another.") from None
        with os.fdopen(handle, "wb") as file:
            file.write(picture)
        return target
