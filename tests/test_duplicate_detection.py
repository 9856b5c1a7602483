"""The same project in two sessions is noticed whatever the source, and people decide what happens."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DuplicateSessionWarning, UsageError
from pipeline.home.workspace import Workspace
from pipeline.intake.duplicates import alike_sessions, detect_duplicates, pending, similar_content, similar_sessions
from pipeline.intake.likeness import name_similarity
from pipeline.intake.sources import InboxFile
from pipeline.intake.sources.inbox import identity_of
from pipeline.models import AddResult, Document, Inventory, StageRecord
from pipeline.settings import Settings
from pipeline.stages.add_documents import add_documents, take_inbox_files
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import delete_session, remove_document

if TYPE_CHECKING:
    from tests.conftest import Clock

NAME = "Meadow Farm 2026"


def made(ws: Workspace, name: str, contents: Sequence[str]) -> str:
    session = create_session(ws, name).session_id
    add(ws, session, contents, check=False)
    return session


def add(ws: Workspace, session: str, contents: Sequence[str], check: bool = True) -> AddResult:
    items = [{"filename": f"{c}.pdf", "content_base64": base64.b64encode(c.encode()).decode()} for c in contents]
    return add_documents(ws, session, {"type": "upload", "files": items}, check_duplicates=check)


def drop(ws: Workspace, session: str, contents: Sequence[str]) -> AddResult:
    files = []
    for content in contents:
        path = ws.inbox / session / f"{content}.pdf"
        path.write_text(content)
        identity = identity_of(path)
        assert identity is not None
        files.append(InboxFile(path, path.name, identity))
    return take_inbox_files(ws, session, files)


def hashes(contents: Sequence[str]) -> set[str]:
    return {sha256(c.encode()).hexdigest() for c in contents}


def held(ws: Workspace, session: str) -> set[str]:
    return {ws.content.path(d.sha256).read_text() for d in ws.sessions.read(session).documents.values()}


def mark_excluded(ws: Workspace, session: str, content: str) -> None:
    """What discovery stores when it finds an answer key."""
    record = ws.sessions.read(session)
    documents = [
        Document(
            **d.model_dump(include={"document_id", "filename", "path", "names", "sha256", "size", "source_type"}),
            added_at=d.added_at,
            document_type="registry_review",
            classified_by=("a finished review",),
            status="excluded" if d.sha256 in hashes([content]) else "in_scope",
        )
        for d in record.documents.values()
    ]
    result = ws.sessions.save_result(session, Inventory(documents=tuple(documents)))
    with ws.sessions.transaction(session, "machine") as tx:
        tx.put_stage("document_discovery", StageRecord(status="completed", fingerprint="x", result=result))


# --- the name ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        ("Meadow Farm", "meadow  FARM", 100.0),
        ("Meadow_Farm 2026", "Meadow Farm 2026", 100.0),
        ("Meadow Farm 2026", "Meadow Farm 2027", 0.0),
        ("Farm 101", "Farm 102", 0.0),
        ("Farm 1 2", "Farm 2 1", 0.0),
        ("Farm 12", "Farm 1 2", 0.0),
        ("Farm 007", "Farm 7", 0.0),
        ("Farm 12", "2026 Farm 13", 0.0),
        ("2026", "Farm", 0.0),
        ("Farm 2026", "Estate", 20.0),
        ("Farm", "Farm 2", 100.0),
        ("Meadow Farm", "Meadow Farm (2026)", 100.0),
        ("Farm 101", "Farm 101 - 2026", 100.0),
        ("", "", 0.0),
        (" ", "Meadow Farm", 0.0),
        ("abcde", "abcdx", 80.0),
    ],
)
def test_letters_may_differ_a_little_and_numbers_may_not_conflict(one: str, other: str, similar: float) -> None:
    assert name_similarity(one, other) == pytest.approx(similar, abs=0.1)
    assert name_similarity(other, one) == pytest.approx(similar)


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_are_as_like_from_either_side_and_within_0_and_100(one: str, other: str) -> None:
    assert name_similarity(one, other) == name_similarity(other, one)
    assert 0 <= name_similarity(one, other) <= 100


# --- the rule ---------------------------------------------------------------------------------------------------------


def test_same_name_and_same_content_is_a_duplicate(workspace: Workspace) -> None:
    other = made(workspace, "Meadow Farn 2026", ["a", "b", "c", "d", "e"])
    warning = detect_duplicates(workspace, NAME, hashes(["a", "b", "c", "d", "e"]))
    assert warning is not None
    assert warning.session_id == other
    assert warning.project_name == "Meadow Farn 2026"
    assert warning.name_similarity == pytest.approx(93.8, abs=0.1)
    assert (warning.file_overlap, warning.reverse_overlap) == (1.0, 1.0)
    assert warning.choices == ("continue", "use_existing", "cancel")
    assert other in warning.message


@pytest.mark.parametrize(("shared", "found"), [(3, False), (4, True), (5, True)])
def test_exactly_80_percent_of_the_content_counts(workspace: Workspace, shared: int, found: bool) -> None:
    made(workspace, NAME, ["a", "b", "c", "d", "e"])
    mine = ["a", "b", "c", "d", "e"][:shared] + ["v", "w", "x", "y", "z"][: 5 - shared]
    assert (detect_duplicates(workspace, NAME, hashes(mine)) is not None) is found


@pytest.mark.parametrize(("name", "found"), [("abcdx", True), ("abcxy", False)])
def test_exactly_80_percent_of_the_name_counts(workspace: Workspace, name: str, found: bool) -> None:
    made(workspace, "abcde", ["a"])
    assert (detect_duplicates(workspace, name, hashes(["a"])) is not None) is found


def test_one_shared_file_of_a_large_session_shows_both_shares(workspace: Workspace) -> None:
    made(workspace, NAME, ["a", "b", "c", "d", "e"])
    warning = detect_duplicates(workspace, NAME, hashes(["a"]))
    assert warning is not None
    assert (warning.file_overlap, warning.reverse_overlap) == (1.0, 0.2)
    assert (warning.shared_files, warning.of_files) == (1, 1)
    assert "1 of the 1 file of this session" in warning.message
    assert "1 of its 5 files" in warning.message


def test_the_share_is_of_what_this_session_holds_and_not_of_the_other(workspace: Workspace) -> None:
    made(workspace, NAME, ["a"])
    assert detect_duplicates(workspace, NAME, hashes(["a", "b"])) is None


def test_no_content_and_no_sessions_are_no_duplicate(workspace: Workspace) -> None:
    assert detect_duplicates(workspace, NAME, set()) is None
    assert detect_duplicates(workspace, NAME, hashes(["a"])) is None
    made(workspace, NAME, ["a"])
    assert detect_duplicates(workspace, NAME, set()) is None
    assert detect_duplicates(workspace, "", hashes(["a"])) is None


def test_a_session_is_no_duplicate_of_itself(workspace: Workspace) -> None:
    session = made(workspace, NAME, ["a", "b"])
    assert detect_duplicates(workspace, NAME, hashes(["a", "b"]), exclude_session=session) is None
    assert add(workspace, session, ["a", "c"]).duplicate_warning is None


def test_the_best_match_comes_first_then_the_newest(workspace: Workspace, clock: Clock) -> None:
    contents = ["a", "b", "c", "d", "e"]
    made(workspace, NAME, contents[:4])
    clock.advance(minutes=1)
    older = made(workspace, NAME, contents)
    newer = made(workspace, NAME, contents)
    assert newer == f"{older}-2"
    warning = detect_duplicates(workspace, NAME, hashes(contents))
    assert warning is not None
    assert warning.session_id == newer


def test_the_tenth_session_of_a_second_is_newer_than_its_second(workspace: Workspace) -> None:
    ids = [made(workspace, NAME, ["a"]) for _ in range(11)]
    warning = detect_duplicates(workspace, NAME, hashes(["a"]))
    assert warning is not None
    assert warning.session_id == ids[-1]


def test_files_that_many_projects_share_say_nothing(workspace: Workspace) -> None:
    # Given a handbook in five projects
    for farm in ("Hill", "Lake", "Wood", "Moor"):
        made(workspace, f"{farm} Holdings", ["handbook", farm])
    other = made(workspace, NAME, ["handbook", "plan"])
    # Then the handbook alone is no likeness, and does not dilute one
    assert detect_duplicates(workspace, NAME, hashes(["handbook"])) is None
    warning = detect_duplicates(workspace, NAME, hashes(["handbook", "plan"]))
    assert warning is not None
    assert (warning.session_id, warning.shared_files, warning.of_files) == (other, 1, 1)


def test_a_submission_that_came_five_times_is_a_duplicate_the_sixth_time(workspace: Workspace) -> None:
    for _ in range(5):
        made(workspace, NAME, ["plan", "map"])
    assert detect_duplicates(workspace, NAME, hashes(["plan", "map"])) is not None


def test_answer_keys_and_references_that_discovery_found_are_left_out(workspace: Workspace) -> None:
    other = made(workspace, NAME, ["review", "plan"])
    assert detect_duplicates(workspace, NAME, hashes(["review"])) is not None
    mark_excluded(workspace, other, "review")
    assert detect_duplicates(workspace, NAME, hashes(["review"])) is None
    warning = detect_duplicates(workspace, NAME, hashes(["review", "plan"]))
    assert warning is not None
    assert (warning.shared_files, warning.of_files, warning.reverse_overlap) == (1, 1, 1.0)


def test_limits_come_from_the_settings(tmp_path: Path, settings: Settings, clock: Clock) -> None:
    strict = settings.model_copy(update={"duplicates": settings.duplicates.model_copy(update={"file_overlap": 1.0})})
    with Workspace.open(strict, now=clock) as ws:
        made(ws, NAME, ["a", "b", "c", "d"])
        assert detect_duplicates(ws, NAME, hashes(["a", "b", "c", "d", "e"])) is None
        assert detect_duplicates(ws, NAME, hashes(["a", "b", "c", "d"])) is not None


def test_nothing_of_other_sessions_is_read_again(workspace: Workspace) -> None:
    # Given that the other session's bytes are out of reach
    made(workspace, NAME, ["a", "b"])
    for file in (workspace.data / "content").rglob("*"):
        if file.is_file():
            file.unlink()
    assert detect_duplicates(workspace, NAME, hashes(["a", "b"])) is not None


# --- adding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["upload", "path"])
def test_a_likeness_stops_the_adding_before_anything_is_added(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    # Given
    other = made(workspace, NAME, ["a", "b"])
    session = create_session(workspace, NAME).session_id
    before = workspace.sessions.read(session)
    (tmp_path / "in").mkdir()
    for content in ("a", "b", "only here"):
        (tmp_path / "in" / f"{content}.pdf").write_text(content)
    # When
    source = {"type": "path", "path": str(tmp_path / "in")}
    if kind == "upload":
        data = base64.b64encode(b"a").decode()
        source = {"type": "upload", "files": [{"filename": "a.pdf", "content_base64": data}]}  # type: ignore[dict-item] # two shapes of one argument
    (tmp_path / "in" / "only here.pdf").unlink()
    with pytest.raises(DuplicateSessionWarning) as found:
        add_documents(workspace, session, source)
    # Then
    assert found.value.warning.session_id == other
    assert workspace.sessions.read(session) == before
    assert [p for p in workspace.staging.rglob("*") if p.is_file() and p.stat().st_size] == []
    # And when it is repeated without the check
    result = add_documents(workspace, session, source, check_duplicates=False)
    # Then
    assert result.duplicate_warning == found.value.warning
    assert result.files_added == (1 if kind == "upload" else 2)
    (question,) = workspace.sessions.read(session).questions.values()
    assert (question.answer, question.answered_by, question.answered_at) == ("continue", "system", workspace.now())
    assert "added_despite_likeness" in [e.action for e in workspace.sessions.audit(session)]


def test_what_the_session_holds_counts_with_what_comes_in(workspace: Workspace) -> None:
    made(workspace, NAME, ["a", "b", "c", "d"])
    session = made(workspace, NAME, ["x", "y", "z"])
    assert add(workspace, session, ["a"]).duplicate_warning is None
    assert held(workspace, session) == {"x", "y", "z", "a"}


def test_adding_what_is_there_already_needs_no_question(workspace: Workspace) -> None:
    made(workspace, NAME, ["a"])
    session = made(workspace, NAME, ["a"])
    result = add(workspace, session, ["a"])
    assert [f.outcome for f in result.files] == ["duplicate"]
    assert result.duplicate_warning is not None


# --- the inbox --------------------------------------------------------------------------------------------------------


def test_the_inbox_holds_nothing_back_and_asks_once(workspace: Workspace, clock: Clock) -> None:
    other = made(workspace, NAME, ["a", "b", "c"])
    session = create_session(workspace, NAME).session_id
    # When the submission comes in two drops
    first = drop(workspace, session, ["a", "b"])
    clock.advance(hours=1)
    drop(workspace, session, ["c"])
    # Then one question stands about all of it
    assert held(workspace, session) == {"a", "b", "c"}
    assert first.duplicate_warning is not None
    record = workspace.sessions.read(session)
    (question,) = pending(record)
    assert question.warning.session_id == other
    assert question.document_ids == tuple(sorted(record.documents))
    assert question.warning.of_files == 3
    assert question.asked_at < clock()
    assert [e.action for e in workspace.sessions.audit(session)].count("duplicate_asked") == 1


def test_a_question_that_later_files_make_pointless_is_withdrawn(workspace: Workspace) -> None:
    made(workspace, NAME, ["a"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    assert pending(workspace.sessions.read(session))
    drop(workspace, session, ["w", "x", "y", "z"])
    assert not pending(workspace.sessions.read(session))
    assert workspace.sessions.audit(session)[-1].action == "duplicate_question_withdrawn"


def test_each_other_session_has_its_own_question(workspace: Workspace) -> None:
    others = {made(workspace, NAME, ["a"]), made(workspace, NAME, ["a", "b"])}
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    questions = pending(workspace.sessions.read(session))
    assert {q.warning.session_id for q in questions} == others


def test_continue_keeps_the_files_and_nobody_asks_again(workspace: Workspace) -> None:
    other = made(workspace, NAME, ["a", "b"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    answer = answer_duplicate(workspace, session, "continue", "R. Viewer")
    assert (answer.choice, answer.other_session) == ("continue", other)
    drop(workspace, session, ["b"])
    record = workspace.sessions.read(session)
    (question,) = record.questions.values()
    assert (question.answer, question.answered_by) == ("continue", "R. Viewer")
    assert held(workspace, session) == {"a", "b"}
    # Nor when files come by another way
    assert [f.outcome for f in add(workspace, session, ["b", "a"]).files] == ["duplicate", "duplicate"]
    with pytest.raises(UsageError, match="no open duplicate question"):
        answer_duplicate(workspace, session, "continue", "R. Viewer")


def test_use_existing_adds_the_files_there_and_points_to_it(workspace: Workspace) -> None:
    other = made(workspace, NAME, ["a", "b", "c", "d"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a", "b", "c", "d", "new"])
    answer = answer_duplicate(workspace, session, "use_existing", "R. Viewer")
    assert answer.added is not None
    assert {f.filename: f.outcome for f in answer.added.files} == {
        "a.pdf": "duplicate",
        "b.pdf": "duplicate",
        "c.pdf": "duplicate",
        "d.pdf": "duplicate",
        "new.pdf": "added",
    }
    assert held(workspace, other) == {"a", "b", "c", "d", "new"}
    assert workspace.sessions.read(session).points_to == other
    assert workspace.sessions.read(other).sources["inbox"].source_type == "inbox"
    assert pending(workspace.sessions.read(session)) == []
    assert pending(workspace.sessions.read(other)) == []


def test_cancel_takes_the_dropped_files_out_into_the_quarantine(workspace: Workspace) -> None:
    made(workspace, NAME, ["a", "b", "c", "d", "e", "uploaded"])
    session = made(workspace, NAME, ["uploaded"])
    drop(workspace, session, ["a", "b", "c", "d", "e", "mine"])
    answer = answer_duplicate(workspace, session, "cancel", "R. Viewer")
    # Then only what was dropped has left
    assert held(workspace, session) == {"uploaded"}
    quarantine = workspace.quarantine / session
    assert {p.read_text() for p in quarantine.glob("*.pdf")} == {"a", "b", "c", "d", "e", "mine"}
    assert set(answer.quarantined) == {str(p) for p in quarantine.glob("*.pdf")}
    reason = json.loads((quarantine / "mine.pdf.reason.json").read_text())
    assert reason["sha256"] == sha256(b"mine").hexdigest()
    # And bytes that another session holds stay, the others go
    assert workspace.content.has(sha256(b"a").hexdigest())
    assert not workspace.content.has(sha256(b"mine").hexdigest())
    removed = [e for e in workspace.sessions.audit(session) if e.action == "document_removed"]
    assert len(removed) == 6
    assert all(e.details["by"] == "R. Viewer" for e in removed)


def test_one_answer_closes_every_open_question(workspace: Workspace) -> None:
    made(workspace, NAME, ["a", "b"])
    best = made(workspace, NAME, ["a"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    answer = answer_duplicate(workspace, session, "use_existing", "R. Viewer")
    record = workspace.sessions.read(session)
    assert pending(record) == []
    assert sorted(str(q.answer) for q in record.questions.values()) == ["continue", "use_existing"]
    assert record.points_to == answer.other_session
    assert best in {q.warning.session_id for q in record.questions.values()}


def test_a_question_about_a_session_that_was_deleted_can_be_answered_with_continue(workspace: Workspace) -> None:
    other = made(workspace, NAME, ["a"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    delete_session(workspace, other, "R. Viewer")
    with pytest.raises(UsageError, match="no longer there"):
        answer_duplicate(workspace, session, "use_existing", "R. Viewer")
    assert pending(workspace.sessions.read(session))
    answer_duplicate(workspace, session, "continue", "R. Viewer")
    assert held(workspace, session) == {"a"}


def test_removing_everything_in_question_removes_the_question(workspace: Workspace) -> None:
    made(workspace, NAME, ["a"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    remove_document(workspace, session, "a.pdf", "R. Viewer", "dropped by mistake")
    assert workspace.sessions.read(session).questions == {}


def test_a_word_that_is_no_answer_changes_nothing(workspace: Workspace) -> None:
    made(workspace, NAME, ["a"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    with pytest.raises(UsageError, match="not an answer"):
        answer_duplicate(workspace, session, "perhaps", "R. Viewer")  # type: ignore[arg-type] # what a door may pass on
    assert pending(workspace.sessions.read(session))


# --- answers that stay ------------------------------------------------------------------------------------------------


def shown(ws: Workspace, session: str) -> list[tuple[str, str | None, str | None]]:
    return [(one.session_id, one.answer, one.by) for one in alike_sessions(ws, ws.sessions.read(session))]


def test_what_the_rule_asks_about_is_what_is_shown_answered_or_not(workspace: Workspace, clock: Clock) -> None:
    contents = ["a", "b", "c", "d", "e"]
    other, hill = made(workspace, NAME, contents), made(workspace, "Hill Holdings", contents)
    session = create_session(workspace, NAME).session_id
    with pytest.raises(DuplicateSessionWarning) as asked:
        add(workspace, session, contents)
    add_as(workspace, session, contents, "anna")
    (one,) = alike_sessions(workspace, workspace.sessions.read(session))
    assert one.model_dump(exclude={"reverse_overlap", "shared_files", "of_files"}) == {
        "session_id": other,
        "project_name": NAME,
        "name_similarity": 100.0,
        "file_overlap": 1.0,
        "answer": "continue",
        "by": "anna",
        "at": clock(),
    }
    assert asked.value.warning.session_id == other
    # And the one that was there first finds the second, which nobody has answered there.
    assert shown(workspace, other) == [(session, None, None)]
    assert shown(workspace, hill) == []


def add_as(ws: Workspace, session: str, contents: Sequence[str], by: str) -> AddResult:
    items = [{"filename": f"{c}.pdf", "content_base64": base64.b64encode(c.encode()).decode()} for c in contents]
    return add_documents(ws, session, {"type": "upload", "files": items}, check_duplicates=False, actor=by)


def test_an_answer_holds_for_every_later_addition_until_another_session_comes(workspace: Workspace) -> None:
    contents = list("abcdefghijkl")
    other = made(workspace, NAME, contents)
    session = create_session(workspace, NAME).session_id
    add_as(workspace, session, contents[:-1], "anna")
    # Neither an addition nor a drop asks about it again
    assert add(workspace, session, contents[-1:]).files_added == 1
    drop(workspace, session, ["own"])
    assert pending(workspace.sessions.read(session)) == []
    # But about a third one
    third = made(workspace, NAME, contents)
    with pytest.raises(DuplicateSessionWarning) as asked:
        add(workspace, session, ["own too"])
    assert asked.value.warning.session_id == third
    assert sorted(shown(workspace, session)) == [(other, "continue", "anna"), (third, None, None)]
    # And whoever answers that in passing has answered it
    add_as(workspace, session, ["own too"], "bert")
    assert sorted(shown(workspace, session)) == [(other, "continue", "anna"), (third, "continue", "bert")]


@pytest.mark.parametrize(
    ("before", "later"),
    [
        # one file of twenty was answered about, then all come
        ([0], range(20)),
        # 4 of 5, then 19 of 20
        ([0, 1, 2, 3, 100], range(19)),
    ],
)
def test_much_more_overlap_than_was_answered_about_is_asked_again(
    workspace: Workspace, before: Sequence[int], later: Sequence[int]
) -> None:
    other = made(workspace, NAME, [f"{n}" for n in range(20)])
    session = create_session(workspace, NAME).session_id
    add_as(workspace, session, [f"{n}" for n in before], "anna")
    with pytest.raises(DuplicateSessionWarning):
        add(workspace, session, [f"{n}" for n in later])
    # In the inbox it is a question once more, and its answer holds as well
    drop(workspace, session, [f"{n}" for n in later])
    assert shown(workspace, session) == [(other, None, None)]
    assert [q.warning.session_id for q in pending(workspace.sessions.read(session))] == [other]
    answer_duplicate(workspace, session, "continue", "bert")
    drop(workspace, session, ["own"])
    assert shown(workspace, session) == [(other, "continue", "bert")]


def test_cancel_is_kept_and_what_comes_after_it_is_asked_about(workspace: Workspace) -> None:
    other = made(workspace, NAME, ["a", "b"])
    session = create_session(workspace, NAME).session_id
    drop(workspace, session, ["a"])
    answer_duplicate(workspace, session, "cancel", "anna")
    assert shown(workspace, session) == [(other, "cancel", "anna")]
    with pytest.raises(DuplicateSessionWarning):
        add(workspace, session, ["a"])
    drop(workspace, session, ["b"])
    assert shown(workspace, session) == [(other, None, None)]


def test_a_likeness_that_nobody_was_asked_about_can_be_answered_and_an_answer_changed(workspace: Workspace) -> None:
    other = made(workspace, NAME, ["a", "b"])
    session = made(workspace, NAME, ["a", "b"])
    answer_duplicate(workspace, other, "continue", "anna")
    assert shown(workspace, other) == [(session, "continue", "anna")]
    with pytest.raises(UsageError, match="no open duplicate question"):
        answer_duplicate(workspace, other, "continue", "anna")
    with pytest.raises(UsageError, match=r"No files .* are in question"):
        answer_duplicate(workspace, other, "cancel", "anna")
    answer_duplicate(workspace, other, "use_existing", "bert")
    assert shown(workspace, other) == [(session, "use_existing", "bert")]


def test_a_year_that_only_one_name_has_hides_no_likeness_and_the_message_says_so(workspace: Workspace) -> None:
    other = made(workspace, "Meadow Farm", ["a", "b"])
    session = create_session(workspace, "Meadow Farm 2026").session_id
    with pytest.raises(DuplicateSessionWarning, match="but for a number that only one of them has") as asked:
        add(workspace, session, ["a", "b"])
    assert asked.value.warning.session_id == other


# --- content under another name ---------------------------------------------------------------------------------------


def test_the_same_files_under_another_name_are_a_note_and_no_question(workspace: Workspace) -> None:
    other = made(workspace, "Hill Holdings", ["a", "b"])
    session = create_session(workspace, NAME).session_id
    assert drop(workspace, session, ["a", "b"]).duplicate_warning is None
    assert workspace.sessions.read(session).questions == {}
    (note,) = similar_content(workspace, session)
    assert other in note
    assert "2 of 2 files" in note
    assert "another name" in note


def test_the_next_years_round_is_a_note_that_says_so(workspace: Workspace) -> None:
    made(workspace, "Meadow Farm 2026", ["a", "b", "c", "d"])
    session = made(workspace, "Meadow Farm 2027", ["a", "b", "c", "d", "new"])
    (note,) = similar_content(workspace, session)
    assert "another round" in note
    assert "with 1 new" in note
    again = made(workspace, "Meadow Farm 2028", ["a", "b"])
    assert any("with nothing new" in n for n in similar_content(workspace, again))


def test_a_duplicate_by_name_and_content_is_no_note(workspace: Workspace) -> None:
    other = made(workspace, NAME, ["a"])
    session = made(workspace, NAME, ["a"])
    assert similar_content(workspace, session) == []
    assert [w.session_id for w in similar_sessions(workspace, session)] == [other]
