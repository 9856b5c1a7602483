"""The audit: every act, chained, and healed after a crash."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SessionCorrupt
from pipeline.home.workspace import Workspace
from pipeline.models import ProjectMetadata
from pipeline.store.audit import GENESIS, AuditFile, AuditHead, chain, digest

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def session_id(workspace: Workspace) -> str:
    made = workspace.sessions.create(ProjectMetadata(project_name="Elm"), actor="anna").session_id
    for step in range(3):
        with workspace.sessions.transaction(made, "anna") as tx:
            tx.log("step", number=step)
    return made


def _file(workspace: Workspace, session_id: str) -> Path:
    return workspace.sessions.folder(session_id) / "audit.jsonl"


def test_every_act_is_there_in_order_with_who_and_when(workspace: Workspace, session_id: str) -> None:
    events = workspace.sessions.audit(session_id)
    assert [(e.seq, e.action, e.actor) for e in events] == [
        (1, "session_created", "anna"),
        (2, "step", "anna"),
        (3, "step", "anna"),
        (4, "step", "anna"),
    ]
    assert events[0].previous == GENESIS
    assert all(b.previous == a.hash for a, b in itertools.pairwise(events))
    assert all(e.hash == digest(e) for e in events)
    workspace.sessions.verify_audit(session_id)


def test_a_change_without_a_name_is_audited_all_the_same(workspace: Workspace, session_id: str) -> None:
    with workspace.sessions.transaction(session_id, "bert") as tx:
        tx.update(points_to="elsewhere")
    last = workspace.sessions.audit(session_id)[-1]
    assert (last.action, last.actor, last.details) == ("session_changed", "bert", {"fields": ["points_to"]})


def test_one_commit_may_hold_several_acts(workspace: Workspace, session_id: str) -> None:
    with workspace.sessions.transaction(session_id, "anna") as tx:
        tx.log("one")
        tx.log("two")
    assert [e.action for e in workspace.sessions.audit(session_id)][-2:] == ["one", "two"]
    workspace.sessions.verify_audit(session_id)


@pytest.mark.parametrize("line", [0, 1, 3])
def test_a_changed_line_breaks_the_chain_and_is_named(workspace: Workspace, session_id: str, line: int) -> None:
    path = _file(workspace, session_id)
    lines = path.read_text().splitlines(keepends=True)
    lines[line] = lines[line].replace("anna", "carl")
    path.write_text("".join(lines))
    with pytest.raises(SessionCorrupt, match=f"line {line + 1} was changed") as caught:
        workspace.sessions.verify_audit(session_id)
    assert str(path) in caught.value.message


def test_a_removed_line_is_noticed(workspace: Workspace, session_id: str) -> None:
    path = _file(workspace, session_id)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1] + lines[2:]))
    with pytest.raises(SessionCorrupt, match="line 2"):
        workspace.sessions.verify_audit(session_id)


def test_a_rewritten_chain_is_noticed_because_the_session_knows_its_head(workspace: Workspace, session_id: str) -> None:
    path = _file(workspace, session_id)
    forged = chain(AuditHead(), AT, "carl", [("invented", {})] * 4)
    path.write_text("".join(event.model_dump_json() + "\n" for event in forged))
    with pytest.raises(SessionCorrupt, match="ends with event 4"):
        workspace.sessions.verify_audit(session_id)


def test_events_a_crash_kept_from_the_file_are_shown_and_the_next_commit_writes_them(
    workspace: Workspace, session_id: str
) -> None:
    # Given a process that died after session.json was replaced and in the middle of the audit line
    path = _file(workspace, session_id)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 20])
    assert [e.seq for e in workspace.sessions.audit(session_id)] == [1, 2, 3, 4]
    # When the session is changed again
    with workspace.sessions.transaction(session_id, "anna") as tx:
        tx.log("after the crash")
    # Then the file holds everything, once
    assert path.read_bytes().startswith(whole)
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == [1, 2, 3, 4, 5]
    workspace.sessions.verify_audit(session_id)


def test_work_goes_on_when_the_audit_file_cannot_be_appended_to_and_nothing_is_lost(
    workspace: Workspace, session_id: str
) -> None:
    path = _file(workspace, session_id)
    whole = path.read_bytes()
    path.write_bytes(whole + b"not an event\n")
    for number in (1, 2):
        with workspace.sessions.transaction(session_id, "anna") as tx:
            tx.log("meanwhile", number=number)
    with pytest.raises(SessionCorrupt, match="not an event"):
        workspace.sessions.verify_audit(session_id)
    path.write_bytes(whole)
    assert [e.seq for e in workspace.sessions.audit(session_id)] == [1, 2, 3, 4, 5, 6]
    workspace.sessions.verify_audit(session_id)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(acts=st.lists(st.tuples(st.text(), st.dictionaries(st.text(), _json, max_size=3)), max_size=5))
def test_whatever_is_logged_can_be_verified_after_it_was_written_and_read(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, dict[str, object]]]
) -> None:
    audit = AuditFile(tmp_path_factory.mktemp("audit") / "audit.jsonl")
    events = chain(AuditHead(), AT, "anna", acts)
    audit.append_missing(events)
    audit.append_missing(events)
    assert audit.read() == events
    audit.verify(AuditHead(seq=events[-1].seq, hash=events[-1].hash) if events else AuditHead())


def test_what_json_has_no_word_for_is_logged_as_text() -> None:
    (event,) = chain(
        AuditHead(), AT, "anna", [("act", {"path": Path("/a"), "when": AT, "name": "x\udcff", "set": {2, 1}})]
    )
    assert event.details == {"path": "/a", "when": str(AT), "name": "x\\udcff", "set": [1, 2]}
