"""A session that points to another one for good: it is no review of its own, and what is meant for it goes there."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from actors.batch_report import _wanted
from commands.text import answers
from pipeline.errors import PointsElsewhere, PointsNowhere, ReviewError, SessionCompleted, UsageError
from pipeline.home.pointing import receiver
from pipeline.home.workspace import Workspace
from pipeline.intake.duplicates import alike_sessions, detect_duplicates, pending
from pipeline.intake.sources import InboxFile
from pipeline.intake.sources.inbox import identity_of
from pipeline.models import AddResult, Package
from pipeline.portfolio.build import build_portfolio
from pipeline.stages import run
from pipeline.stages.add_documents import add_and_ask_later, add_documents, take_inbox_files
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.stages.complete import complete_session
from pipeline.stages.human_review import record_decision
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import delete_session
from pipeline.status import progress
from pipeline.status.alarms import alarms
from pipeline.status.session import status_of
from pipeline.uploads import process_upload, receive, request_upload
from pipeline.workflow import freshness, order

NAME = "Meadow Farm"


def source(contents: Sequence[str]) -> dict[str, object]:
    items = [{"filename": f"{c}.txt", "content_base64": base64.b64encode(c.encode()).decode()} for c in contents]
    return {"type": "upload", "files": items}


def made(ws: Workspace, contents: Sequence[str], name: str = NAME) -> str:
    session = create_session(ws, name).session_id
    if contents:
        add_documents(ws, session, source(contents), check_duplicates=False, actor="anna")
    return session


def dropped(ws: Workspace, session: str, content: str) -> AddResult:
    path = ws.inbox / session / f"{content}.txt"
    path.write_text(content)
    identity = identity_of(path)
    assert identity is not None
    return take_inbox_files(ws, session, [InboxFile(path, path.name, identity)])


def uploaded(ws: Workspace, session: str, content: str) -> AddResult:
    slot = request_upload(ws, session)
    receive(ws, slot.upload_id, f"{content}.txt", [content.encode()])
    return process_upload(ws, slot.upload_id)


def held(ws: Workspace, session: str) -> set[str]:
    return {ws.content.path(d.sha256).read_text() for d in ws.sessions.read(session).documents.values()}


def completed(ws: Workspace, session: str) -> None:
    package = Package(version=1, by="anna", at=ws.now(), statement="Signed.", filename="package.zip")
    with ws.sessions.transaction(session, "anna") as tx:
        tx.update(packages={"1": package})


@pytest.fixture
def pair(workspace: Workspace) -> tuple[str, str]:
    """A session that was answered use_existing about when its files were in, and the other one."""
    other = made(workspace, ["a", "b", "c", "d"])
    session = made(workspace, ["a", "b", "c", "d", "own"])
    answer_duplicate(workspace, session, "use_existing", "anna")
    return session, other


def test_all_its_files_are_in_the_other_one_whoever_asked_about_them(
    workspace: Workspace, pair: tuple[str, str]
) -> None:
    session, other = pair
    assert held(workspace, other) == {"a", "b", "c", "d", "own"}
    (one,) = alike_sessions(workspace, workspace.sessions.read(session))
    assert (one.session_id, one.answer, one.by, one.at) == (other, "use_existing", "anna", workspace.now())
    assert alike_sessions(workspace, workspace.sessions.read(other)) == []


WAYS: dict[str, Callable[[Workspace, str, str], AddResult]] = {
    "added": lambda ws, session, content: add_documents(ws, session, source([content])),
    "added whatever is found": lambda ws, session, content: add_documents(
        ws, session, source([content]), check_duplicates=False
    ),
    "added where nobody is asked": lambda ws, session, content: add_and_ask_later(ws, session, source([content])),
    "dropped": dropped,
    "uploaded": uploaded,
}


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_for_it_goes_to_the_other_and_the_answer_says_so(
    workspace: Workspace, pair: tuple[str, str], way: str
) -> None:
    session, other = pair
    before = workspace.sessions.read(session)
    result = WAYS[way](workspace, session, "new")
    assert (result.session_id, result.files_added) == (other, 1)
    assert f"{session} points to {other}" in result.message
    assert "new" in held(workspace, other)
    assert workspace.sessions.read(session).documents == before.documents
    assert list((workspace.inbox / session).iterdir()) == []


def test_an_upload_link_to_it_shows_its_own_project_only(workspace: Workspace) -> None:
    made(workspace, ["a"], "Meadow Farms")
    session = made(workspace, ["a"])
    answer_duplicate(workspace, session, "use_existing", "anna")
    slot = request_upload(workspace, session)
    assert (slot.session_id, slot.project_name) == (session, NAME)
    assert "Meadow Farms" not in slot.model_dump_json()


def test_it_has_no_stage_and_no_next_step_but_the_other(workspace: Workspace, pair: tuple[str, str]) -> None:
    session, other = pair
    record = workspace.sessions.read(session)
    assert freshness.due(workspace, record, "report_generation") is None
    for act in (
        lambda: run.advance(workspace, session, "report_generation"),
        lambda: run.run_stage(workspace, session, "document_discovery"),
        lambda: record_decision(workspace, session, "REQ-001", "approved", "seen", "anna"),
        lambda: complete_session(workspace, session, "anna"),
    ):
        with pytest.raises(PointsElsewhere, match=f"{session} points to {other}") as said:
            act()
        assert f"registry-review status {other}" in said.value.cure
    assert progress.next_action(workspace, record) == f"Go on with {other}: registry-review status {other}"
    assert progress.waits(workspace, record) == []
    found = status_of(workspace, record)
    assert (found.status, found.points_to, found.statistics.documents_found) == ("pointing", other, 0)
    assert {view.status for key, view in found.workflow_progress.items() if key in order.ORDER} == {"waiting"}


def test_it_is_no_farm_of_its_own(workspace: Workspace, pair: tuple[str, str], tmp_path: Path) -> None:
    session, other = pair
    assert [farm.session_id for farm in build_portfolio(workspace, tmp_path, None).farms] == [other]
    assert [record.session_id for record in _wanted(workspace, None)[0]] == [other]
    assert {row.session_id: row.state for row in workspace.catalog.list()}[session] == "pointing"
    assert alarms(workspace, workspace.sessions.read(session)) == []
    hashes = {d.sha256 for d in workspace.sessions.read(session).documents.values()}
    warning = detect_duplicates(workspace, NAME, hashes)
    assert warning is not None
    assert warning.session_id == other
    listed = answers.sessions(workspace, 0).text
    assert f"{other} is reviewed in its place" in next(line for line in listed.splitlines() if session in line)
    # And the catalog says the same when it is made anew.
    assert workspace.catalog.differences() == []


def test_the_way_is_followed_to_its_end(workspace: Workspace, pair: tuple[str, str]) -> None:
    session, middle = pair
    last = made(workspace, ["a", "b", "c", "d", "own"])
    answer_duplicate(workspace, middle, "use_existing", "bert", f"duplicate-{last}")
    assert dropped(workspace, session, "new").session_id == last
    assert last in progress.next_action(workspace, workspace.sessions.read(session))


def test_no_way_leads_back(workspace: Workspace, pair: tuple[str, str]) -> None:
    session, other = pair
    hashes_apart = made(workspace, ["a", "b", "c", "d", "own"])
    answer_duplicate(workspace, other, "use_existing", "bert", f"duplicate-{hashes_apart}")
    # The last one was alike to the first before that pointed; it cannot point to it now.
    with workspace.sessions.transaction(hashes_apart, "test") as tx:
        question = next(iter(workspace.sessions.read(session).questions.values()))
        about = question.warning.model_copy(update={"session_id": session})
        asked = {"question_id": f"duplicate-{session}", "warning": about, "answer": None, "answered_by": None}
        tx.put_question(question.model_copy(update={**asked, "answered_at": None}))
    with pytest.raises(UsageError, match=r"points to .* already"):
        answer_duplicate(workspace, hashes_apart, "use_existing", "bert", f"duplicate-{session}")
    assert receiver(workspace, session).session_id == hashes_apart


def test_a_circle_made_by_two_people_at_once_is_told_and_can_be_undone(
    workspace: Workspace, pair: tuple[str, str]
) -> None:
    session, other = pair
    with workspace.sessions.transaction(other, "bert") as tx:
        tx.update(points_to=session)
    with pytest.raises(PointsNowhere, match="leads back"):
        add_documents(workspace, session, source(["new"]))
    assert "--answer continue" in progress.next_action(workspace, workspace.sessions.read(other))
    answer_duplicate(workspace, other, "continue", "bert")
    assert dropped(workspace, session, "new").session_id == other


@pytest.mark.parametrize("end", ["deleted", "complete"])
def test_where_the_other_takes_nothing_it_says_so_and_nothing_is_lost(
    workspace: Workspace, pair: tuple[str, str], end: str
) -> None:
    session, other = pair
    if end == "deleted":
        delete_session(workspace, other, "bert")
    else:
        completed(workspace, other)
    path = workspace.inbox / session / "new.txt"
    for way in WAYS.values():
        with pytest.raises(PointsNowhere, match=f"{other}, which (was|is) {end}") as said:
            way(workspace, session, "new")
        assert f"duplicates {session} --answer continue" in said.value.cure
    assert path.read_text() == "new"
    found = status_of(workspace, workspace.sessions.read(session))
    assert other in found.waits[0]
    assert end in str(found.workflow_progress["document_discovery"].reason), "nobody reviews it in its place"
    assert [end in file.reason for file in found.waiting_files] == [True]
    assert held(workspace, session) == {"a", "b", "c", "d", "own"}
    # And it can be reviewed by itself.
    answer_duplicate(workspace, session, "continue", "bert")
    assert dropped(workspace, session, "new").session_id == session
    assert freshness.due(workspace, workspace.sessions.read(session)) == "document_discovery"


def test_the_answer_can_be_taken_back_and_given_again(workspace: Workspace, pair: tuple[str, str]) -> None:
    session, other = pair
    answer_duplicate(workspace, session, "continue", "bert")
    record = workspace.sessions.read(session)
    assert (record.points_to, pending(record)) == (None, [])
    (one,) = alike_sessions(workspace, record)
    assert (one.session_id, one.answer, one.by) == (other, "continue", "bert")
    assert add_documents(workspace, session, source(["new"])).session_id == session
    answer_duplicate(workspace, session, "use_existing", "anna")
    assert "new" in held(workspace, other)
    with pytest.raises(UsageError, match="points to"):
        answer_duplicate(workspace, session, "use_existing", "anna")


def test_a_folder_added_by_path_is_looked_at_again_by_the_other(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "farm"
    folder.mkdir()
    for content in "abcd":
        (folder / f"{content}.txt").write_text(content)
    other = made(workspace, ["a", "b", "c", "d"])
    session = create_session(workspace, NAME).session_id
    add_documents(workspace, session, {"type": "path", "path": str(folder)}, check_duplicates=False)
    answer_duplicate(workspace, session, "use_existing", "anna")
    (folder / "late.txt").write_text("late")
    run.request(workspace, other, "document_discovery")
    assert "late" in held(workspace, other)


def test_the_other_one_is_not_asked_about_it_any_more(workspace: Workspace) -> None:
    other = made(workspace, [])
    session = made(workspace, ["a"])
    dropped(workspace, other, "a")
    assert [q.warning.session_id for q in pending(workspace.sessions.read(other))] == [session]
    answer_duplicate(workspace, session, "use_existing", "anna")
    assert pending(workspace.sessions.read(other)) == []


def test_a_file_that_the_other_cannot_take_leaves_everything_as_it_was(workspace: Workspace, tmp_path: Path) -> None:
    most = workspace.settings.inbox.model_copy(update={"max_files_per_session": 5})
    settings = workspace.settings.model_copy(update={"inbox": most})
    with Workspace.open(settings, now=workspace.now) as ws:
        other, session = made(ws, ["a", "b", "c", "d"]), made(ws, ["a", "b", "c", "d", "own"])
        add_documents(ws, other, source(["theirs"]), check_duplicates=False)
        with pytest.raises(ReviewError, match=f"{other} cannot take 1 file of {session}"):
            answer_duplicate(ws, session, "use_existing", "anna")
        assert ws.sessions.read(session).points_to is None


def test_files_that_an_older_version_left_behind_are_told_and_sent_along(
    workspace: Workspace, pair: tuple[str, str]
) -> None:
    session, other = pair
    answer_duplicate(workspace, session, "continue", "bert")
    add_documents(workspace, session, source(["left"]))
    with workspace.sessions.transaction(session, "an older version") as tx:
        tx.update(points_to=other)
    record = workspace.sessions.read(session)
    assert "1 of its files never went" in progress.waits(workspace, record)[0]
    assert progress.next_action(workspace, record).endswith("--answer use-existing")
    answer_duplicate(workspace, session, "use_existing", "anna")
    assert "left" in held(workspace, other)
    assert progress.waits(workspace, workspace.sessions.read(session)) == []


def test_a_session_cannot_point_to_one_that_is_complete(workspace: Workspace) -> None:
    other, session = made(workspace, ["a"]), made(workspace, ["a"])
    completed(workspace, other)
    with pytest.raises(SessionCompleted):
        answer_duplicate(workspace, session, "use_existing", "anna")
    assert workspace.sessions.read(session).points_to is None
