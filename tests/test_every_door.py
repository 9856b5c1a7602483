"""One scenario through every door, on both brokers: the sessions that come out are equal but for ids and times."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examples import write_submission
from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord
from pipeline.settings import load_settings
from tests.door_drivers import DOORS, Answer, Door, Sent
from tests.private import open_to_others
from tests.redis_server import Server

#: What the contract lets two reports differ in (Shapes: Report).
OWN = frozenset({"session", "generated_at", "added_at", "source_type", "path", "names"})
#: What belongs to one session or one machine: ids, times, where files came from, who is at work.
OF_ONE_SESSION = frozenset(
    {
        *OWN,
        *("session_id", "created_at", "updated_at", "started_at", "finished_at", "asked_at", "at"),
        *("revision", "fingerprint", "document_sources", "surroundings", "points_to", "times"),
    }
)
#: What is of the door and the moment in an answer that is kept: whose name it is, and which files were in already.
OF_AN_ANSWER = frozenset({"answered_by", "answered_at", "document_ids"})
PROJECTS: dict[Answer, str] = {"continue": "Oak Farm", "use_existing": "Birch Farm", "cancel": "Willow Farm"}
BROKEN = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" + b"\x00garbage\xff" * 50


@dataclass(frozen=True)
class Answered:
    """What came of one answer to the duplicate question."""

    #: The warning as it was told.
    warning: dict[str, Any]
    #: File names in the session that was there first, and in the second one.
    there: list[str]
    here: list[str]
    points_there: bool
    still_asked: int
    #: What is kept of the answer and shown in the second one's status, and whether it says who answered and when.
    questions: Any
    signed: bool
    #: What a session that points says: its status, and that its stages and its next step are the other one's.
    pointing: bool
    #: Where a letter went that was added afterwards, and what was asked then.
    late: tuple[list[str], list[str], int]


@dataclass(frozen=True)
class Outcome:
    """Everything that is compared."""

    report: Any
    status: Any
    record: Any
    source_types: list[str]
    quarantined: list[str]
    answered: dict[Answer, Answered]


@dataclass(frozen=True)
class Scenario:
    """The files: a submission in two batches, with a duplicate, an empty and a broken file among them."""

    project_name: str
    first: Sent
    second: Sent

    @classmethod
    def made(cls, folder: Path) -> Scenario:
        submission = write_submission(folder, 1)
        files = {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if not p.name.startswith("~$")}
        registers = [name for name in files if name.startswith("Official Copy")]
        later = {name: files.pop(name) for name in list(files) if "GHG" in name or name.endswith(".xlsx")}
        later["a register again.pdf"] = files[registers[0]]
        return cls(
            submission.project_name,
            Sent({**files, "empty.txt": b"", "broken.pdf": BROKEN}),
            Sent(later),
        )


def letters(project: str, number: int) -> Sent:
    return Sent({f"letter {n}.txt": f"{project}, letter {n}: all is well.\n".encode() for n in range(number)})


def play(door: Door, scenario: Scenario) -> Outcome:
    """The scenario, told in the words that every door has."""
    session = door.create(scenario.project_name)
    door.add(session, scenario.first)
    door.add_hostile(session)
    door.add_more(session, scenario.second)
    report = door.report(session)
    status = door.status(session)
    answered = {choice: _answered(door, choice, name) for choice, name in PROJECTS.items()}
    with _opened(door) as ws:
        record = ws.sessions.read(session)
        ws.sessions.verify_audit(session)
        quarantined = sorted(p.name for p in ws.quarantine.glob(f"{session}/*") if not p.name.endswith(".reason.json"))
    assert open_to_others(door.home) == []
    return Outcome(
        report=without(report, OWN),
        status=as_compared(status, session),
        record=_stored(record),
        source_types=sorted({source.source_type for source in record.sources.values()}),
        quarantined=quarantined,
        answered=answered,
    )


def _answered(door: Door, choice: Answer, project: str) -> Answered:
    first = door.create(project)
    door.add(first, letters(project, 9))
    second = door.create(project)
    told = door.add_alike(second, letters(project, 10))
    with _opened(door) as ws:
        # Nothing is held back at the inbox, and nothing goes in where somebody can be asked.
        assert len(ws.sessions.read(second).documents) == (0 if told.waits_outside else 10)
        assert len(ws.sessions.read(first).documents) == 9
    door.answer(second, letters(project, 10), choice)
    status = door.status(second)
    with _opened(door) as ws:
        there, here = ws.sessions.read(first), ws.sessions.read(second)
        # Files that came through the inbox are in the session when the answer comes, and are added to the other one.
        stay = choice == "use_existing" and not told.waits_outside
        assert not stay or _names(here) == _names(there)
        seen = here.documents.keys() | there.documents.keys()
    points = choice == "use_existing"
    # Nine of eleven: it would be asked about again if nobody had answered.
    door.add(second, Sent({"late.txt": f"{project}, a late letter.\n".encode()}), into=first if points else None)
    with _opened(door) as ws:
        late = [
            [d.filename for key, d in ws.sessions.read(one).documents.items() if key not in seen]
            for one in (first, second)
        ]
        asked = sum(q.answer is None for q in ws.sessions.read(second).questions.values())
    return Answered(
        warning=as_compared(told.warning, first, second),
        there=_names(there),
        here=[] if stay else _names(here),
        points_there=here.points_to == first == status["points_to"] if points else here.points_to is not None,
        still_asked=sum(q.answer is None for q in here.questions.values()),
        questions=as_compared([without(q, OF_AN_ANSWER) for q in status["questions"]], first, second),
        signed=all(q["answered_by"] and q["answered_at"] for q in status["questions"]),
        pointing=status["status"] == "pointing"
        and first in status["next_action"]
        and f"{second} points to {first}" in " ".join(door.why_no_stage(second).split())
        if points
        else status["status"] == "pointing",
        late=(late[0], late[1], asked),
    )


def _opened(door: Door) -> Workspace:
    return Workspace.open(load_settings(home=door.home, environ={}).settings)


def _names(record: SessionRecord) -> list[str]:
    return sorted(d.filename for d in record.documents.values())


def _stored(record: SessionRecord) -> Any:
    """The session as it is stored, without what the door's kind of source puts there."""
    told = record.model_dump(mode="json", exclude={"sources", "refused", "uploads", "archives"})
    told["documents"] = {key: without(one, {"source_id"}) for key, one in told["documents"].items()}
    told["stages"] = {key: without(one, {"result"}) for key, one in told["stages"].items()}
    told["names"] = {key: one["names"] for key, one in record.model_dump(mode="json")["documents"].items()}
    return as_compared(told, record.session_id) | {"names": told["names"]}


def as_compared(value: Any, *sessions: str) -> Any:
    """A value without what belongs to one session, and with its sessions named by their number."""
    if isinstance(value, dict):
        kept = {key: as_compared(one, *sessions) for key, one in value.items() if key not in OF_ONE_SESSION}
        if isinstance(kept.get("refused"), list):
            kept["refused"] = sorted(row["filename"] for row in kept["refused"])
        return kept
    if isinstance(value, list | tuple):
        return [as_compared(one, *sessions) for one in value]
    if isinstance(value, str):
        for number, session in enumerate(sessions, 1):
            value = re.sub(rf"{session}(?!-?\d)", f"session {number}", value)
    return value


def without(value: Any, keys: frozenset[str] | set[str]) -> Any:
    """A value without these keys, however deep they stand."""
    if isinstance(value, dict):
        return {key: without(one, keys) for key, one in value.items() if key not in keys}
    if isinstance(value, list):
        return [without(one, keys) for one in value]
    return value


# --- the test ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return Scenario.made(tmp_path_factory.mktemp("sent") / "farm")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short enough that it may be named in every message."""
    place = Path(tempfile.mkdtemp(prefix="doors-"))
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def expected(scenario: Scenario, folder: Path) -> Outcome:
    """What comes of it by typed commands, without a broker's server."""
    return _played(DOORS[0], "embedded", folder, scenario)


def _played(kind: type[Door], broker: str, folder: Path, scenario: Scenario) -> Outcome:
    scratch = Path(tempfile.mkdtemp(prefix=f"{kind.name}-", dir=folder))
    with kind(scratch / "home", broker, scratch) as door:
        return play(door, scenario)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("broker", ["embedded", "redis"])
@pytest.mark.parametrize("kind", DOORS, ids=lambda kind: kind.name)
def test_every_door_leads_to_the_same_session(
    kind: type[Door],
    broker: str,
    scenario: Scenario,
    folder: Path,
    expected: Outcome,
    request: pytest.FixtureRequest,
) -> None:
    address = broker
    if broker == "redis":
        server: Server = request.getfixturevalue("redis_server")
        address = server.url
    found = expected if (kind, broker) == (DOORS[0], "embedded") else _played(kind, address, folder, scenario)
    # Then it came in two ways, what is hostile stayed out, and the review is the same to the last field.
    assert found.source_types == sorted(kind.source_types)
    assert found.record == expected.record
    assert found.status == expected.status
    assert found.report == expected.report
    assert found.answered == expected.answered
    # And it is what the contract says it is, so that all doors cannot be wrong together.
    assert len(found.report["requirements"]) == 23
    assert found.status["refused"] == ["empty.txt", "evil.txt"]
    assert found.quarantined == (["empty.txt", "evil.txt"] if kind.name == "inbox" else [])
    broken = next(d for d in found.report["documents"] if d["filename"] == "broken.pdf")
    assert broken["status"] in ("unreadable", "quarantined")
    assert sum(names.count("a register again.pdf") for names in found.record["names"].values()) == 1
    ten, nine = [f"letter {n}.txt" for n in range(10)], [f"letter {n}.txt" for n in range(9)]
    seen = {choice: (one.there, one.here, one.points_there, one.still_asked) for choice, one in found.answered.items()}
    assert seen == {
        "continue": (nine, ten, False, 0),
        "use_existing": (ten, [], True, 0),
        "cancel": (nine, [], False, 0),
    }
    late = {choice: (one.pointing, one.late) for choice, one in found.answered.items()}
    assert late == {
        "continue": (False, ([], ["late.txt"], 0)),
        "use_existing": (True, (["late.txt"], [], 0)),
        "cancel": (False, ([], ["late.txt"], 0)),
    }
    for choice, one in found.answered.items():
        assert one.warning["choices"] == ["continue", "use_existing", "cancel"]
        assert (one.warning["shared_files"], one.warning["of_files"]) == (9, 10)
        assert [(q["question_id"], q["answer"]) for q in one.questions] == [("duplicate-session 1", choice)]
        assert one.signed
