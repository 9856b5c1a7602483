"""From files to a report through the real store, stages, queue and watcher: the way they came in leaves no trace."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.embedded import Embedded
from examples.submission import Submission, write_submission
from pipeline.home.workspace import Workspace
from pipeline.models import StageKey
from pipeline.reporting.as_json import render_json
from pipeline.settings import load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.generate_report import latest_paths
from pipeline.stages.initialize import create_session
from pipeline.workflow import order
from watcher import Watcher

#: What two sessions with the same content may differ in.
OWN = ("session", "generated_at", "added_at", "source_type", "path", "names")
TO_THE_END: StageKey = "report_generation"


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Submission:
    return write_submission(tmp_path_factory.mktemp("sent"), 1)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One home for all sessions of this module: a content is read once, whatever the session."""
    base = load_settings(home=tmp_path_factory.mktemp("home")).settings
    quick = base.inbox.model_copy(update={"settle_seconds": 0.3, "settle_closed_seconds": 0.1, "patience_seconds": 1.0})
    with Workspace.open(base.model_copy(update={"inbox": quick})) as opened:
        yield opened


def started(ws: Workspace, submission: Submission) -> str:
    return create_session(ws, submission.project_name).session_id


def add(ws: Workspace, session_id: str, path: Path) -> None:
    add_documents(ws, session_id, {"type": "path", "path": str(path)}, check_duplicates=False)


def reported(ws: Workspace, session_id: str) -> bytes:
    run.advance(ws, session_id, TO_THE_END)
    return latest_paths(ws, session_id)["json"].read_bytes()


def bare(report: bytes) -> Any:
    """A report without what belongs to its session alone."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in OWN}
        return [strip(v) for v in value] if isinstance(value, list) else value

    return strip(json.loads(report))


@pytest.fixture(scope="module")
def by_path(ws: Workspace, submission: Submission) -> tuple[str, bytes]:
    """The submission added as a folder and run."""
    session_id = started(ws, submission)
    add(ws, session_id, submission.folder)
    return session_id, reported(ws, session_id)


def test_the_report_holds_every_row_and_every_document_once(submission: Submission, by_path: tuple[str, bytes]) -> None:
    report = json.loads(by_path[1])
    assert len(report["requirements"]) == 23
    types = {d["filename"]: d["document_type"] for d in report["documents"]}
    expected = dict(submission.document_types)
    copies = {submission.files["duplicate"].name, submission.files["register-1"].name}
    assert len(copies & set(types)) == 1, "the same bytes under two names are one document"
    for name in set(expected) - copies:
        assert types[name] == expected[name]


def test_dropped_into_the_inbox_it_gives_the_report_that_adding_it_gives(
    ws: Workspace, submission: Submission, by_path: tuple[str, bytes]
) -> None:
    # given a session whose folder in the inbox holds the files
    session_id = started(ws, submission)
    shutil.copytree(submission.folder, ws.inbox / session_id, dirs_exist_ok=True)
    # when the watcher takes what is there and brings it to the report
    with Embedded(ws) as queue:
        Watcher(ws, queue, advance_to=TO_THE_END).once()
    # then nothing but the session's own words differs
    watched = latest_paths(ws, session_id)["json"].read_bytes()
    assert bare(watched) == bare(by_path[1])
    # and only what is no document was left in the inbox
    left = [p.name for p in (ws.inbox / session_id).iterdir() if p.is_file()]
    assert left == [submission.files["temporary"].name]


def test_running_again_gives_the_same_bytes(ws: Workspace, by_path: tuple[str, bytes]) -> None:
    session_id, before = by_path
    first = {kind: path.read_bytes() for kind, path in latest_paths(ws, session_id).items()}
    assert reported(ws, session_id) == before
    for key in order.ORDER:
        run.run_stage(ws, session_id, key)
    paths = latest_paths(ws, session_id)
    assert {kind: path.read_bytes() for kind, path in paths.items()} == first
    assert {path.name.rsplit("-v", 1)[1] for path in paths.values()} == {"1.json", "1.md", "1.html"}


def test_adding_all_of_it_again_under_other_names_changes_names_only(
    ws: Workspace, submission: Submission, tmp_path: Path
) -> None:
    # given a report
    session_id = started(ws, submission)
    add(ws, session_id, submission.folder)
    before = reported(ws, session_id)
    # when every file comes once more under a name that says nothing
    for number, file in enumerate(sorted(submission.folder.iterdir())):
        if file != submission.files["temporary"]:
            shutil.copyfile(file, tmp_path / f"{number:03d}{file.suffix}")
    add(ws, session_id, tmp_path)
    after = reported(ws, session_id)
    # then no document came in addition, and nothing that is said of any has changed
    assert bare(after) == bare(before)
    names = {d["sha256"]: set(d["names"]) for d in json.loads(after)["documents"]}
    earlier = {d["sha256"]: set(d["names"]) for d in json.loads(before)["documents"]}
    assert all(names[sha256] > known for sha256, known in earlier.items())


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_arrival_leaves_no_trace(
    ws: Workspace, submission: Submission, by_path: tuple[str, bytes], seed: int
) -> None:
    # given the files in any order, in drops of one to four, with a run in between; of one content under two names
    # the first name stays, so the copy comes last
    apart = (submission.files["temporary"], submission.files["duplicate"])
    files = sorted(f for f in submission.folder.iterdir() if f not in apart)
    dice = random.Random(seed)  # noqa: S311 - no secret, an order that can be repeated
    dice.shuffle(files)
    files.insert(0, submission.files["duplicate"])
    session_id = started(ws, submission)
    while files:
        for _ in range(min(len(files), dice.randint(1, 4))):
            add(ws, session_id, files.pop())
        run.advance(ws, session_id, dice.choice(order.ORDER[1:]))
    # then the report is the one that the whole folder gives
    assert bare(reported(ws, session_id)) == bare(by_path[1])


def test_the_stored_report_is_what_its_value_renders_to(ws: Workspace, by_path: tuple[str, bytes]) -> None:
    from pipeline.models import Report

    assert render_json(Report.model_validate_json(by_path[1])).encode() == by_path[1]
