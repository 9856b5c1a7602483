"""One act in homes with ten, a thousand and ten thousand sessions: nothing may cost more because there are more."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.table import Row
from benchmarks.turns import in_turns, ratio

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

ABOUT = "one act in a home with few and with very many sessions, opening the home included"

SIZES, QUICK_SIZES = (10, 1_000, 10_000), (4, 8)
#: Rounds of each act; every round takes another session, all homes the same.
ROUNDS = 21

Act = Callable[["Workspace", str, int], object]


def measure(place: Path, quick: bool) -> list[Row]:
    """Every act at every size in turns, in this process; the figure compares the largest home with the smallest."""
    from benchmarks.homes import fill

    sizes = QUICK_SIZES if quick else SIZES
    for size in sizes:
        fill(place / str(size), size)
    return [_row(name, act, place, sizes, 2 if quick else ROUNDS) for name, act in ACTS.items()]


def _row(name: str, act: Act, place: Path, sizes: tuple[int, ...], rounds: int) -> Row:
    turns = {size: count() for size in sizes}

    def once(size: int) -> float:
        return _once(act, place / str(size), next(turns[size]))

    once_each = {f"{size:,}": partial(once, size) for size in sizes}
    in_turns(once_each, 1)  # what the first call imports is start-up
    seconds = in_turns(once_each, rounds)
    ms = {size: f"{median(of_it) * 1000:.1f} ms" for size, of_it in seconds.items()}
    first, *_, last = once_each
    between = "".join(f", {ms[size]} at {size}" for size in list(once_each)[1:-1])
    return Row(
        name=name,
        measured=f"{ms[last]} at {last} sessions{between}",
        reference=f"{ms[first]} at {first}",
        figure=ratio(seconds[last], seconds[first]),
        target=1.3,
        at_most=True,
        note=WHY.get(name, ""),
    )


def _once(act: Act, home: Path, number: int) -> float:
    """Seconds to open the home, act on a session and close it; what must be there before is made outside of them."""
    from benchmarks.homes import settings_of
    from pipeline.home.workspace import Workspace

    with Workspace.open(settings_of(home)) as ws:
        ids = ws.sessions.ids()
        session_id = ids[number % min(len(ids), SIZES[0])]
        if act is _map:
            _to_be_mapped(ws, session_id, number)
    begun = time.perf_counter()
    with Workspace.open(settings_of(home)) as ws:
        act(ws, session_id, number)
        return time.perf_counter() - begun


def _add(ws: Workspace, session_id: str, number: int) -> None:
    from benchmarks.homes import upload
    from pipeline.stages.add_documents import add_documents

    add_documents(ws, session_id, upload(f"note-{number}.txt", f"Note {number} in {session_id}.\n"))


def _add_known(ws: Workspace, session_id: str, number: int) -> None:
    """A file that one other session holds already, so that the two are compared."""
    from benchmarks.homes import upload
    from pipeline.stages.add_documents import add_documents

    add_documents(ws, session_id, upload(f"copy-{number}.txt", f"The letter of farm {(number + 1) % SIZES[0]}.\n"))


def _status(ws: Workspace, session_id: str, number: int) -> None:
    from commands.text import answers
    from pipeline.home import lookup

    answers.status(ws, lookup.record(ws.sessions, session_id), 0)


def _to_be_mapped(ws: Workspace, session_id: str, number: int) -> None:
    from benchmarks.homes import upload
    from pipeline.stages import run
    from pipeline.stages.add_documents import add_documents

    add_documents(ws, session_id, upload(f"step-{number}.txt", f"Step {number} of {session_id}.\n"))
    run.advance(ws, session_id, "document_discovery")


def _map(ws: Workspace, session_id: str, number: int) -> None:
    """One step: the inventory is there, the mapping is made of it."""
    from pipeline.stages import run

    run.advance(ws, session_id, "requirement_mapping")


#: Why an act is known to grow, by its name.
WHY = {
    "`status` of one session": "It also names what lies in the inbox for nobody: for that it lists the inbox, where "
    "each session has a folder, and asks the catalog for all ids.",
}
ACTS: dict[str, Act] = {
    "`add` of one new small file": _add,
    "`add` of a file that another session holds": _add_known,
    "`status` of one session": _status,
    "`map`, one step of one session": _map,
}
