"""Stages are fresh or stale by what they were made from; failures are counted, and retried or discarded by people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline import checklists
from pipeline.errors import ChecklistError, ReviewError, StageFailed, TryAgain, UsageError
from pipeline.home.workspace import Workspace
from pipeline.models import StageKey
from pipeline.stages import events, run
from pipeline.stages.add_documents import add_documents, take_inbox_files
from pipeline.stages.retry import discard, retry
from pipeline.stages.run import MAX_ROUNDS, advance, run_stage
from pipeline.status.progress import next_action, progress, session_view, waits
from pipeline.workflow import freshness
from pipeline.workflow.freshness import MAX_ATTEMPTS, due
from pipeline.workflow.order import ORDER
from tests.queue_fixtures import StageWork, drop, new_session, session_with_a_file

if TYPE_CHECKING:
    from tests.conftest import Clock

LAST: StageKey = "report_generation"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> StageWork:
    """What the stages compute is the test's; everything around it is real."""
    made = StageWork()
    monkeypatch.setattr(run, "_compute", made)
    return made


@pytest.fixture
def session(workspace: Workspace, tmp_path: Path) -> str:
    return session_with_a_file(workspace, tmp_path / "farm")


def statuses(ws: Workspace, session_id: str) -> dict[str, str]:
    views = progress(ws, ws.sessions.read(session_id))
    return {key: views[key].status for key in ORDER}


def next_due(ws: Workspace, session_id: str, to: StageKey | None = None) -> StageKey | None:
    return due(ws, ws.sessions.read(session_id), to)


def add(ws: Workspace, session_id: str, folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    add_documents(ws, session_id, {"type": "path", "path": str(folder)}, check_duplicates=False)


# --- fresh and stale -----------------------------------------------------------------------------------------------


def test_a_session_without_files_waits_for_them(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    assert set(statuses(workspace, session_id).values()) == {"waiting"}
    assert next_due(workspace, session_id, LAST) is None
    record = workspace.sessions.read(session_id)
    assert any("no files yet" in w for w in waits(workspace, record))
    assert f"inbox/{session_id}/" in next_action(workspace, record)


def test_stages_are_due_one_after_the_other_and_then_none(workspace: Workspace, session: str, work: StageWork) -> None:
    advance(workspace, session, LAST)
    assert work.order == list(ORDER)
    assert set(statuses(workspace, session).values()) == {"completed"}
    assert next_due(workspace, session, LAST) is None
    assert session_view(workspace, workspace.sessions.read(session)).status == "report_generated"


def test_what_is_fresh_is_not_computed_again(workspace: Workspace, session: str, work: StageWork) -> None:
    advance(workspace, session, LAST)
    advance(workspace, session, LAST)
    assert len(work.order) == len(ORDER)
    # nor when a stage is asked for by name
    before = workspace.sessions.read(session).stages["requirement_mapping"]
    assert run_stage(workspace, session, "requirement_mapping") == before
    assert len(work.order) == len(ORDER)


def test_a_session_goes_no_further_than_it_was_asked_to(workspace: Workspace, session: str, work: StageWork) -> None:
    advance(workspace, session, "requirement_mapping")
    assert work.order == ["document_discovery", "requirement_mapping"]
    assert statuses(workspace, session)["evidence_extraction"] == "pending"
    assert session_view(workspace, workspace.sessions.read(session)).status == "requirements_mapped"


def test_a_stage_before_its_turn_is_refused_and_nothing_is_recorded(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    with pytest.raises(UsageError, match="cannot run yet"):
        run_stage(workspace, session, "cross_validation")
    assert workspace.sessions.read(session).stages == {}
    assert work.order == []


def test_new_content_makes_every_stage_stale(workspace: Workspace, session: str, tmp_path: Path) -> None:
    advance(workspace, session, LAST)
    # When a document with new content arrives
    add(workspace, session, tmp_path / "more", "second.txt", "Another paper.")
    # Then what was computed is kept, and known to be old
    assert set(statuses(workspace, session).values()) == {"stale"}
    assert next_due(workspace, session, LAST) == "document_discovery"
    advance(workspace, session, LAST)
    assert set(statuses(workspace, session).values()) == {"completed"}


def test_a_new_name_for_known_content_redoes_discovery_and_report_only(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a session that is done, with the real stages
    advance(workspace, session, LAST)
    computed: list[StageKey] = []
    real = run._compute

    def counted(ws: Workspace, session_id: str, key: StageKey, tell: events.OnEvent) -> object:
        computed.append(key)
        return real(ws, session_id, key, tell)

    monkeypatch.setattr(run, "_compute", counted)
    # When the same bytes arrive under another name
    (document,) = workspace.sessions.read(session).documents.values()
    content = workspace.content.path(document.sha256).read_bytes()
    take_inbox_files(workspace, session, drop(workspace, session, {"again.txt": content}))
    advance(workspace, session, LAST)
    # Then nothing between is computed
    assert computed == ["document_discovery", "report_generation"]


def test_what_the_reviewer_says_of_a_document_makes_stages_stale(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    advance(workspace, session, LAST)
    with workspace.sessions.transaction(session, "reviewer") as tx:
        (document,) = tx.record.documents.values()
        tx.put_document(document.model_copy(update={"reviewer_status": "ignored"}))
    assert next_due(workspace, session, LAST) == "document_discovery"


def test_another_checklist_makes_everything_but_discovery_stale(
    workspace: Workspace, session: str, work: StageWork, tmp_path: Path
) -> None:
    advance(workspace, session, LAST)
    # When the user puts an own checklist of that name into a folder
    own = tmp_path / "own"
    own.mkdir()
    shipped = Path(checklists.__file__).parent / "soil-carbon-v1.2.2.toml"
    text = shipped.read_text(encoding="utf-8")
    (own / shipped.name).write_text(text.replace('title = "Start date"', 'title = "First day"'), encoding="utf-8")
    workspace.settings = workspace.settings.model_copy(
        update={"checklist": workspace.settings.checklist.model_copy(update={"folder": own})}
    )
    # Then mapping is due, discovery is not
    assert statuses(workspace, session)["document_discovery"] == "completed"
    assert next_due(workspace, session, LAST) == "requirement_mapping"
    # And with a mistake in it, the status says which, and no stage is run
    (own / shipped.name).write_text(text.replace("scope =", "scoop =", 1), encoding="utf-8")
    views = progress(workspace, workspace.sessions.read(session))
    assert views["requirement_mapping"].status == "failed"
    assert "scoop" in (views["requirement_mapping"].reason or "")
    with pytest.raises(ChecklistError, match="scoop"):
        advance(workspace, session, LAST)


def test_a_result_that_is_gone_is_made_again(workspace: Workspace, session: str, work: StageWork) -> None:
    advance(workspace, session, LAST)
    stage = workspace.sessions.read(session).stages["evidence_extraction"]
    for path in (workspace.data / "sessions" / session / "results").glob(f"{stage.result}*"):
        path.unlink()
    assert next_due(workspace, session, LAST) is not None
    advance(workspace, session, LAST)
    assert set(statuses(workspace, session).values()) == {"completed"}


# --- failures ------------------------------------------------------------------------------------------------------


def broken_disk() -> OSError:
    return OSError(5, "Input/output error")


def tries(ws: Workspace, session_id: str, key: StageKey, most: int = 20) -> int:
    """How often the stage is tried while it is due by itself."""
    count = 0
    while next_due(ws, session_id, LAST) == key and count < most:
        with pytest.raises(StageFailed):
            run_stage(ws, session_id, key)
        count += 1
    return count


def test_a_stage_that_fails_is_tried_a_few_times_and_then_waits_for_a_person(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    work.fail[session, "document_discovery"] = broken_disk()
    assert tries(workspace, session, "document_discovery") == MAX_ATTEMPTS
    # Then nothing is due, and the status says why and what to do
    assert next_due(workspace, session, LAST) is None
    record = workspace.sessions.read(session)
    view = progress(workspace, record)["document_discovery"]
    assert view.status == "failed"
    assert "Input/output error" in (view.reason or "")
    assert "failed retry" in next_action(workspace, record)
    error = record.stages["document_discovery"].error
    assert error is not None
    assert (error.code, error.attempts, error.retryable) == ("io", MAX_ATTEMPTS, True)


def test_a_failure_in_the_middle_keeps_what_was_done_before(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    work.fail[session, "evidence_extraction"] = broken_disk()
    with pytest.raises(StageFailed):
        advance(workspace, session, LAST)
    found = statuses(workspace, session)
    assert [found[k] for k in ORDER[:4]] == ["completed", "completed", "failed", "queued"]
    # And when the disk is mended, only the rest is done
    work.fail.clear()
    advance(workspace, session, LAST)
    assert work.computed[session, "requirement_mapping"] == 1


def test_an_old_result_survives_a_failure_of_the_stage_that_would_replace_it(
    workspace: Workspace, session: str, work: StageWork, tmp_path: Path
) -> None:
    advance(workspace, session, LAST)
    before = workspace.sessions.read(session).stages["document_discovery"].result
    add(workspace, session, tmp_path / "more", "second.txt", "Another paper.")
    work.fail[session, "document_discovery"] = broken_disk()
    with pytest.raises(StageFailed):
        advance(workspace, session, LAST)
    assert workspace.sessions.read(session).stages["document_discovery"].result == before


@pytest.mark.parametrize(("error", "code"), [(UsageError("No."), None), (RuntimeError("a defect"), "internal")])
def test_what_trying_again_cannot_mend_is_tried_once(
    workspace: Workspace, session: str, work: StageWork, error: Exception, code: str | None
) -> None:
    work.fail[session, "document_discovery"] = error
    assert tries(workspace, session, "document_discovery") == 1
    recorded = workspace.sessions.read(session).stages["document_discovery"].error
    assert recorded is not None
    assert not recorded.retryable
    assert code is None or recorded.code == code


def test_an_error_of_ours_keeps_its_message_and_its_cure(workspace: Workspace, session: str, work: StageWork) -> None:
    work.fail[session, "document_discovery"] = ReviewError("The reader stopped.", "Start it again.")
    with pytest.raises(StageFailed, match="The reader stopped"):
        run_stage(workspace, session, "document_discovery")
    view = progress(workspace, workspace.sessions.read(session))["document_discovery"]
    assert view.reason == "The reader stopped. Start it again."


def test_being_busy_is_no_failure(workspace: Workspace, session: str, work: StageWork) -> None:
    work.fail[session, "document_discovery"] = TryAgain("The session is busy.")
    with pytest.raises(TryAgain):
        run_stage(workspace, session, "document_discovery")
    assert workspace.sessions.read(session).stages["document_discovery"].error is None
    assert next_due(workspace, session, LAST) == "document_discovery"


def test_retry_makes_a_failed_stage_due_again_with_its_tries_uncounted(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    work.fail[session, "document_discovery"] = broken_disk()
    tries(workspace, session, "document_discovery")
    retry(workspace, session, "document_discovery", "reviewer")
    assert next_due(workspace, session, LAST) == "document_discovery"
    assert tries(workspace, session, "document_discovery") == MAX_ATTEMPTS
    assert [e.actor for e in workspace.sessions.audit(session) if e.action == "stage_retried"] == ["reviewer"]


def test_discard_leaves_the_stage_undone_and_the_session_before_it(
    workspace: Workspace, session: str, work: StageWork
) -> None:
    work.fail[session, "requirement_mapping"] = UsageError("No.")
    with pytest.raises(StageFailed):
        advance(workspace, session, LAST)
    discard(workspace, session, "requirement_mapping", "reviewer")
    # Then nothing is due any more, and the next person who asks for it starts it anew
    record = workspace.sessions.read(session)
    assert (record.advance_to, next_due(workspace, session)) == ("document_discovery", None)
    assert statuses(workspace, session)["requirement_mapping"] == "pending"
    work.fail.clear()
    advance(workspace, session, LAST)
    assert set(statuses(workspace, session).values()) == {"completed"}


def test_discarding_the_first_stage_leaves_nothing_to_do(workspace: Workspace, session: str, work: StageWork) -> None:
    work.fail[session, "document_discovery"] = UsageError("No.")
    with pytest.raises(StageFailed):
        run_stage(workspace, session, "document_discovery")
    discard(workspace, session, "document_discovery", "reviewer")
    assert next_due(workspace, session) is None


@pytest.mark.parametrize("act", [retry, discard])
def test_a_stage_that_has_not_failed_cannot_be_retried_or_discarded(
    workspace: Workspace, session: str, work: StageWork, act: object
) -> None:
    advance(workspace, session, "document_discovery")
    with pytest.raises(UsageError, match="has not failed"):
        act(workspace, session, "document_discovery", "reviewer")  # type: ignore[operator]  # retry or discard


def test_new_files_make_a_failed_stage_due_again(
    workspace: Workspace, session: str, work: StageWork, tmp_path: Path
) -> None:
    work.fail[session, "document_discovery"] = RuntimeError("a defect")
    tries(workspace, session, "document_discovery")
    assert next_due(workspace, session, LAST) is None
    add(workspace, session, tmp_path / "more", "second.txt", "Another paper.")
    assert next_due(workspace, session, LAST) == "document_discovery"


# --- while the inputs change ---------------------------------------------------------------------------------------


@pytest.fixture
def arrivals(workspace: Workspace, session: str, tmp_path: Path, work: StageWork) -> list[str]:
    """Names of files that arrive while a stage is being computed, one at each computation."""
    waiting: list[str] = []

    def arrive(session_id: str, key: StageKey) -> None:
        if waiting:
            add(workspace, session_id, tmp_path / "late", waiting[0], f"The paper {waiting.pop(0)}.")

    work.during = arrive
    return waiting


def test_a_result_of_yesterdays_files_is_never_committed(
    workspace: Workspace, session: str, work: StageWork, arrivals: list[str]
) -> None:
    arrivals.append("late.txt")
    done = run_stage(workspace, session, "document_discovery")
    # Then it was computed again, and what is stored belongs to all files
    assert work.computed[session, "document_discovery"] == 2
    record = workspace.sessions.read(session)
    assert len(record.documents) == 2
    assert done.fingerprint == freshness.current_fingerprint(workspace, record, "document_discovery")


def test_files_that_never_stop_coming_leave_the_stage_to_the_next_run(
    workspace: Workspace, session: str, work: StageWork, arrivals: list[str]
) -> None:
    arrivals += [f"{n}.txt" for n in range(MAX_ROUNDS)]
    with pytest.raises(TryAgain, match="keep changing"):
        run_stage(workspace, session, "document_discovery")
    assert next_due(workspace, session) == "document_discovery"
    run_stage(workspace, session, "document_discovery")
    assert statuses(workspace, session)["document_discovery"] == "completed"


def test_a_failure_on_files_that_changed_meanwhile_is_no_failure_and_the_new_ones_are_tried_at_once(
    workspace: Workspace, session: str, work: StageWork, tmp_path: Path
) -> None:
    # Given a stage that fails because somebody replaces what it reads
    work.fail[session, "document_discovery"] = RuntimeError("a file went away under the reader")

    def replace(session_id: str, key: StageKey) -> None:
        if work.computed[session_id, key] == 1:
            add(workspace, session_id, tmp_path / "better", "better.txt", "The better paper.")
        else:
            work.fail.clear()

    work.during = replace
    run_stage(workspace, session, "document_discovery")
    assert work.computed[session, "document_discovery"] == 2
    assert statuses(workspace, session)["document_discovery"] == "completed"
    assert "stage_failed" not in [event.action for event in workspace.sessions.audit(session)]


def test_a_failure_on_the_new_files_too_is_recorded_against_those(
    workspace: Workspace, session: str, work: StageWork, arrivals: list[str]
) -> None:
    work.fail[session, "document_discovery"] = RuntimeError("a defect")
    arrivals.append("better.txt")
    with pytest.raises(StageFailed):
        run_stage(workspace, session, "document_discovery")
    record = workspace.sessions.read(session)
    present = freshness.current_fingerprint(workspace, record, "document_discovery")
    assert record.stages["document_discovery"].fingerprint == present
    assert work.computed[session, "document_discovery"] == 2


# --- one worker at a time ------------------------------------------------------------------------------------------


def test_a_stage_is_run_by_one_worker_at_a_time(workspace: Workspace, session: str, work: StageWork) -> None:
    with workspace.sessions.lease(session, 0), pytest.raises(TryAgain):
        run_stage(workspace, session, "document_discovery")
    assert work.order == []


def test_running_is_shown_only_while_somebody_runs_it(workspace: Workspace, session: str, work: StageWork) -> None:
    seen: list[str] = []
    work.during = lambda session_id, key: seen.append(statuses(workspace, session_id)[key])
    run_stage(workspace, session, "document_discovery")
    assert seen == ["running"]


def test_a_stage_whose_worker_died_is_due_again(workspace: Workspace, session: str, work: StageWork) -> None:
    # Given a process that died in the middle: its mark stays, its lease is gone
    work.fail[session, "document_discovery"] = KeyboardInterrupt()  # type: ignore[assignment]  # not an Exception, as at a kill
    with pytest.raises(KeyboardInterrupt):
        run_stage(workspace, session, "document_discovery")
    assert workspace.sessions.read(session).stages["document_discovery"].status == "running"
    # Then it counts as not done
    assert statuses(workspace, session)["document_discovery"] == "queued"
    assert next_due(workspace, session) == "document_discovery"


def test_progress_is_told_to_whoever_watches(workspace: Workspace, session: str, work: StageWork) -> None:
    heard: list[events.Event] = []
    advance(workspace, session, "requirement_mapping", on_event=heard.append)
    assert [(e.stage, e.message, e.done) for e in heard] == [
        ("document_discovery", "started", None),
        ("document_discovery", "halfway", 1),
        ("document_discovery", "finished", None),
        ("requirement_mapping", "started", None),
        ("requirement_mapping", "halfway", 1),
        ("requirement_mapping", "finished", None),
    ]


def test_times_are_those_of_the_clock(workspace: Workspace, session: str, work: StageWork, clock: Clock) -> None:
    work.during = lambda _session_id, _key: clock.advance(seconds=7)
    done = run_stage(workspace, session, "document_discovery")
    assert done.started_at is not None
    assert done.finished_at is not None
    assert (done.finished_at - done.started_at).total_seconds() == 7
