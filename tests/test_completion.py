"""Completion: nothing pending, everything signed and locked, and a package that proves itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.embedded import Embedded
from pipeline.decisions.review_times import times_of
from pipeline.errors import NotReady, RevisionConflict, SessionCompleted
from pipeline.stages import human_review, run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.complete import complete_session, package_bytes, package_path, reopen
from pipeline.stages.generate_report import all_paths
from pipeline.stages.remove import remove_document
from pipeline.status import progress
from pipeline.status.session import status_of
from pipeline.workflow import results
from tests.desk import ANA, BEN, Desk, a_desk
from watcher import Watcher


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


def unpacked(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder / path.stem


def verify(folder: Path, *more: object) -> subprocess.CompletedProcess[str]:
    """The package's own program, with the standard library and nothing else."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *map(str, more)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - ours


# --- when it is possible ----------------------------------------------------------------------------------------------


def test_what_is_pending_is_named_and_nothing_is_signed(desk: Desk) -> None:
    session_id = desk.begin()
    human_review.request_revision(desk.ws, session_id, "2", ANA)
    with pytest.raises(NotReady) as refused:
        complete_session(desk.ws, session_id, ANA)
    assert refused.value.waits == (
        "23 rows have no decision", "1 revision pending with the developer", "there is no determination",
    )  # fmt: skip
    assert not desk.record(session_id).is_completed
    # each is settled in turn, and until the last the session stays open
    desk.approve_all(session_id)
    human_review.resolve_revision(desk.ws, session_id, "rev-1", "Not needed.", ANA)
    for kind in ("hold", "reject"):
        human_review.determine(desk.ws, session_id, kind, "Not now.", ANA)  # type: ignore[arg-type]
        with pytest.raises(NotReady, match="Not now"):
            complete_session(desk.ws, session_id, ANA)
    human_review.determine(desk.ws, session_id, "approve", "Complete.", ANA)
    assert complete_session(desk.ws, session_id, ANA).version == 1


@pytest.mark.parametrize("when", ["before she signs", "while her signature is being made"])
def test_a_word_that_she_who_signs_has_not_seen_keeps_it_open(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    session_id = desk.ready()
    desk.run(session_id)
    looked = desk.record(session_id).revision

    def remark() -> None:
        human_review.annotate(desk.ws, session_id, "REQ-003", "Ask for the deed first.", BEN)

    if when == "before she signs":
        remark()
    else:
        advance = run.advance
        monkeypatch.setattr(run, "advance", lambda *words, **how: (remark(), advance(*words, **how))[1])
    with pytest.raises(RevisionConflict) as refused:
        complete_session(desk.ws, session_id, ANA, expected_revision=looked)
    assert refused.value.saw["revision"] == looked
    monkeypatch.undo()
    assert not desk.record(session_id).is_completed
    # Having looked again, she may.
    assert complete_session(desk.ws, session_id, ANA, expected_revision=desk.run(session_id).revision).version == 1


def test_a_row_that_changed_since_the_determination_keeps_it_open(desk: Desk, tmp_path: Path) -> None:
    session_id = desk.ready(without=("yields",))
    shutil.copy(desk.sent.files["yields"], tmp_path)
    desk.send(session_id, tmp_path)
    with pytest.raises(NotReady, match="changed since") as refused:
        complete_session(desk.ws, session_id, ANA)
    assert len(refused.value.waits) == 2
    desk.approve_all(session_id)
    with pytest.raises(NotReady, match="determination"):
        complete_session(desk.ws, session_id, ANA)


def test_a_file_that_was_dropped_and_not_taken_keeps_it_open(desk: Desk) -> None:
    session_id = desk.ready()
    (desk.ws.inbox / session_id / "late.txt").write_text("One more letter.\n")
    with pytest.raises(NotReady, match="1 file in its inbox folder not taken yet"):
        complete_session(desk.ws, session_id, ANA)


# --- locked -----------------------------------------------------------------------------------------------------------


def test_a_completed_session_cannot_be_changed_by_anybody(desk: Desk, tmp_path: Path) -> None:
    session_id = desk.ready()
    complete_session(desk.ws, session_id, ANA)
    before = (desk.ws.sessions.folder(session_id) / "session.json").read_bytes()
    (tmp_path / "new.txt").write_text("A letter.\n")
    name = desk.sent.files["yields"].name
    for change in (
        lambda: human_review.record_decision(desk.ws, session_id, "7", "rejected", "No.", BEN),
        lambda: human_review.determine(desk.ws, session_id, "hold", "Wait.", BEN),
        lambda: human_review.pin_document(desk.ws, session_id, name, "Mine.", BEN),
        lambda: add_documents(desk.ws, session_id, {"type": "path", "path": str(tmp_path)}, check_duplicates=False),
        lambda: remove_document(desk.ws, session_id, name, BEN, "Gone."),
    ):
        with pytest.raises(SessionCompleted, match="reopen"):
            change()
    assert not human_review.note_row_opened(desk.ws, session_id, "7", BEN)
    run.advance(desk.ws, session_id, "report_generation")
    assert (desk.ws.sessions.folder(session_id) / "session.json").read_bytes() == before
    session = progress.session_view(desk.ws, desk.record(session_id))
    assert session.status == "completed"
    assert session.workflow_progress["completion"].status == "completed"


def test_what_is_dropped_for_a_completed_session_waits_and_is_taken_when_it_is_opened_again(desk: Desk) -> None:
    session_id = desk.ready()
    complete_session(desk.ws, session_id, ANA)
    dropped = desk.ws.inbox / session_id / "late.txt"
    dropped.write_text("One more letter.\n")
    with Embedded(desk.ws) as queue:
        Watcher(desk.ws, queue).once()
    assert dropped.is_file()
    status = status_of(desk.ws, desk.record(session_id))
    assert [(f.name, "complete" in f.reason) for f in status.waiting_files] == [(f"{session_id}/late.txt", True)]
    assert "reopen" in status.next_action
    reopen(desk.ws, session_id, BEN, "A letter came.")
    with Embedded(desk.ws) as queue:
        Watcher(desk.ws, queue, advance_to="report_generation").once()
    assert not dropped.exists()
    assert "late.txt" in {d.filename for d in desk.record(session_id).documents.values()}


# --- the package ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signed(desk: Desk) -> str:
    session_id = desk.begin()
    desk.approve_all(session_id)
    human_review.record_decision(desk.ws, session_id, "2", "conditional", "Once the title plan — “VX” — is here.", BEN)
    human_review.annotate(desk.ws, session_id, "7", "Sampled in spring.", BEN)
    human_review.determine(desk.ws, session_id, "conditional", "Good.", ANA, ["The title plan is sent."])
    complete_session(desk.ws, session_id, ANA)
    return session_id


def test_the_package_holds_all_that_the_review_stands_on(desk: Desk, signed: str, tmp_path: Path) -> None:
    record = desk.record(signed)
    folder = unpacked(package_path(desk.ws, record), tmp_path)
    report, paths = all_paths(desk.ws, record)
    assert set(paths) == {"json", "md", "html", "docx", "pdf", "xlsx"}
    for kind, path in paths.items():
        assert (folder / "report" / f"report.{kind}").read_bytes() == path.read_bytes()
    inventory = json.loads((folder / "inventory.json").read_text(encoding="utf-8"))
    assert {d["sha256"] for d in inventory["documents"]} == {d.sha256 for d in record.documents.values()}
    decisions = json.loads((folder / "decisions.json").read_text(encoding="utf-8"))
    assert decisions["rows"]["REQ-002"]["by"] == BEN
    assert decisions["determination"]["conditions"] == ["The title plan is sent."]
    ledger = json.loads((folder / "ledger.json").read_text(encoding="utf-8"))
    assert [one["decided"] for one in ledger["assessments"]].count("approved") == 22
    attestation = json.loads((folder / "attestation.json").read_text(encoding="utf-8"))
    assert (attestation["signed_by"], attestation["version"]) == (ANA, 1)
    checklist = (folder / "checklist" / "soil-carbon-v1.2.2.toml").read_bytes()
    assert results.load_checklist(desk.ws, record).sha256 == report.provenance["checklist_sha256"]
    assert checklist.startswith(b"#") or b"methodology" in checklist
    lines = (folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["action"] == "session_completed"


def test_made_again_the_package_has_the_same_bytes(desk: Desk, signed: str) -> None:
    path = package_path(desk.ws, desk.record(signed))
    first = path.read_bytes()
    desk.clock.advance(days=3)
    path.unlink()
    for report in all_paths(desk.ws, desk.record(signed))[1].values():
        report.unlink()
    assert complete_session(desk.ws, signed, BEN).by == ANA  # it is complete: nothing is signed twice
    assert path.read_bytes() == first
    assert package_bytes(desk.ws, desk.record(signed)) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_package_verifies_itself_with_the_standard_library_alone(
    desk: Desk, signed: str, tmp_path: Path
) -> None:
    folder = unpacked(package_path(desk.ws, desk.record(signed)), tmp_path)
    done = verify(folder, "--documents", desk.sent.folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"As signed by {ANA}")
    assert "documents are those that were reviewed" in done.stdout
    empty = tmp_path / "empty"
    empty.mkdir()
    assert verify(folder, "--documents", empty).returncode == 1


def test_any_changed_byte_is_found(desk: Desk, signed: str, tmp_path: Path) -> None:
    folder = unpacked(package_path(desk.ws, desk.record(signed)), tmp_path)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = file.read_bytes()
        # the program itself is changed in its first words, which a changed program may still print
        for place in {0, len(whole) // 2, len(whole) - 1} if file.name != "verify.py" else {3}:
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert verify(folder).returncode != 0, f"{file.name} at {place}"
        file.write_bytes(whole)
    assert verify(folder).returncode == 0


def test_a_missing_file_a_foreign_one_and_a_forged_history_are_found(desk: Desk, signed: str, tmp_path: Path) -> None:
    folder = unpacked(package_path(desk.ws, desk.record(signed)), tmp_path)
    (folder / "more.txt").write_text("not ours")
    assert "more.txt does not belong" in verify(folder).stdout
    (folder / "more.txt").unlink()
    (folder / "ledger.json").rename(tmp_path / "ledger.json")
    assert "ledger.json is missing" in verify(folder).stdout


# --- opening again ----------------------------------------------------------------------------------------------------


def test_opening_again_makes_a_new_version_and_keeps_the_old_package(desk: Desk) -> None:
    session_id = desk.ready()
    complete_session(desk.ws, session_id, ANA)
    old = package_path(desk.ws, desk.record(session_id))
    first = old.read_bytes()
    reopen(desk.ws, session_id, BEN, "A typing error.")
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Without the error.", BEN)
    assert complete_session(desk.ws, session_id, BEN).version == 2
    record = desk.record(session_id)
    assert package_path(desk.ws, record) != old
    assert old.read_bytes() == first
    assert package_path(desk.ws, record, 1) == old
    assert (record.packages["1"].reopened_by, record.packages["1"].reopen_reason) == (BEN, "A typing error.")
    desk.ws.sessions.verify_audit(session_id)


# --- time -------------------------------------------------------------------------------------------------------------


def test_times_are_read_off_the_audit(desk: Desk) -> None:
    session_id = desk.begin()
    before = times_of(desk.ws.sessions.audit(session_id))
    assert before.drop_to_report_seconds is not None
    assert (before.report_to_determination_seconds, before.rows_opened, before.openings) == (None, None, None)
    desk.clock.advance(minutes=20)
    for row in ("2", "2", "7"):  # within a minute a second look at a row is the same look
        human_review.note_row_opened(desk.ws, session_id, row, ANA)
    desk.clock.advance(minutes=2)
    human_review.note_row_opened(desk.ws, session_id, "2", ANA)
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Seen.", ANA)
    human_review.record_decision(desk.ws, session_id, "2", "approved", "In spite of the gap.", ANA)
    desk.clock.advance(minutes=8)
    human_review.determine(desk.ws, session_id, "approve", "Complete.", ANA)
    times = times_of(desk.ws.sessions.audit(session_id))
    assert times.report_to_determination_seconds == 30 * 60
    assert (times.rows_opened, times.openings) == (2, 3)
    assert (times.rows_decided, times.rows_changed_by_hand) == (2, 1)
    human_review.clear_determination(desk.ws, session_id, "Too early.", ANA)
    assert times_of(desk.ws.sessions.audit(session_id)).report_to_determination_seconds is None
