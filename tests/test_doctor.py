"""The doctor: each trouble can be provoked, is found by its own check, and comes with its cure."""

from __future__ import annotations

import socket
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.home import probes
from pipeline.home.presence import watching
from pipeline.home.workspace import Workspace
from pipeline.models import ProjectMetadata
from pipeline.settings import QueueSettings, Settings
from pipeline.upkeep.check_up import CheckUp, Patient
from pipeline.upkeep.doctor import CHECKS, examine


@pytest.fixture
def patient(settings: Settings) -> Patient:
    return Patient(settings)


def finding(patient: Patient, check_id: str) -> CheckUp:
    (found,) = [f for f in examine(patient) if f.check_id == check_id]
    return found


def with_broker(patient: Patient, broker: str) -> Patient:
    return replace(patient, settings=patient.settings.model_copy(update={"queue": QueueSettings(broker=broker)}))


def new_session(settings: Settings, now: datetime | None = None) -> str:
    moment = now or datetime.now(UTC)
    with Workspace.open(settings, now=lambda: moment) as ws:
        return ws.sessions.create(ProjectMetadata(project_name="Meadow Farm 2026")).session_id


def test_a_fit_machine_has_no_failure_and_every_check_says_something(patient: Patient) -> None:
    found = examine(patient)
    assert [f.check_id for f in found] == [c.check_id for c in CHECKS]
    assert [f for f in found if f.outcome == "fail"] == []
    assert all(f.message for f in found)


def test_where_leases_tell_open_files_are_known(patient: Patient) -> None:
    assert finding(patient, "open_files").outcome == "ok"


@pytest.mark.parametrize("why", ["network", "no leases", "other user's"])
def test_where_it_cannot_be_told_whether_a_file_is_written_the_doctor_says_so(
    patient: Patient, tmp_path: Path, why: str
) -> None:
    patient.inbox.mkdir(parents=True)
    if why == "network":
        mounts = tmp_path / "mountinfo"
        mounts.write_text(f"36 35 98:0 / {patient.inbox} rw - cifs //server/share rw\n")
        wounded = replace(patient, mountinfo=mounts)
    elif why == "no leases":
        wounded = replace(patient, leases_tell=lambda _folder: False)
    else:
        patient.inbox.chmod(0o777)
        wounded = replace(patient, may_ask_of_others=lambda: False)

    found = finding(wounded, "open_files")

    assert found.outcome == "warning"
    assert "still being written cannot be told" in found.message
    assert "rename" in found.cure
    assert "120 s" in found.cure


def test_whatever_is_not_ok_comes_with_a_cure(patient: Patient, tmp_path: Path) -> None:
    wounded = replace(
        with_broker(patient, "redis://localhost:1/0"),
        mountinfo=tmp_path / "none",
        sysctl=tmp_path / "none",
        inotify_delivers=lambda _: False,
        now=lambda: datetime(1970, 1, 2, tzinfo=UTC),
    )
    troubled = [f for f in examine(wounded) if f.outcome != "ok"]
    assert {"file_system", "inotify", "inotify_limits", "broker", "clock"} <= {f.check_id for f in troubled}
    assert all(f.cure for f in troubled)


def test_a_folder_that_cannot_be_made_fails_and_the_other_checks_still_run(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "file").write_text("in the way")
    data = tmp_path / "file" / "data"
    found = examine(Patient(settings.model_copy(update={"home": settings.home.model_copy(update={"data": data})})))
    by_id = {f.check_id: f for f in found}
    assert by_id["folders"].outcome == "fail"
    assert str(data) in by_id["folders"].message
    assert by_id["sessions"].outcome == "not_run"
    assert by_id["broker"].outcome == "ok"


def test_an_inbox_others_can_look_into_is_named(patient: Patient) -> None:
    examine(patient)
    patient.inbox.chmod(0o755)
    found = finding(patient, "folders")
    assert found.outcome == "warning"
    assert f"chmod 700 {patient.inbox}" in found.cure


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_an_inbox_on_a_share_is_told_with_what_happens_instead(patient: Patient, tmp_path: Path, kind: str) -> None:
    examine(patient)
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n50 22 0:45 / {patient.inbox.resolve()} rw - {kind} server:/x rw\n"
    )
    found = finding(replace(patient, mountinfo=mounts), "file_system")
    assert found.outcome == "warning"
    assert kind in found.message
    assert "every 2 s" in found.cure


def test_inotify_is_tried_with_a_real_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    assert probes.inotify_delivers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_inotify_in_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probes.inotify_delivers(tmp_path / "gone")


def test_a_used_up_inotify_limit_names_the_kernel_setting(patient: Patient) -> None:
    def used_up(_: Path) -> bool:
        raise OSError(24, "Too many open files")

    found = finding(replace(patient, inotify_delivers=used_up), "inotify")
    assert found.outcome == "warning"
    assert "fs.inotify.max_user_instances" in found.cure


def test_more_folders_than_watches_are_counted(patient: Patient, tmp_path: Path) -> None:
    limits = tmp_path / "inotify"
    limits.mkdir()
    (limits / "max_user_watches").write_text("5\n")
    (limits / "max_user_instances").write_text("128\n")
    for number in range(4):
        (patient.inbox / "new" / str(number)).mkdir(parents=True)
    found = finding(replace(patient, sysctl=limits), "inotify_limits")
    assert found.outcome == "warning"
    assert "max_user_watches=" in found.cure


@contextmanager
def server(answers: dict[bytes, bytes]) -> Iterator[int]:
    """A server on this machine that answers what starts with a key, one connection at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)

    def serve() -> None:
        link, _ = listener.accept()
        with link:
            link.settimeout(20)
            while said := link.recv(4096):
                link.sendall(next((a for word, a in answers.items() if word in said), b"-ERR what\r\n"))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(timeout=20)
        listener.close()
        assert not thread.is_alive()


def test_a_broker_that_answers_is_ok_and_its_password_is_never_shown(patient: Patient) -> None:
    with server({b"AUTH": b"+OK\r\n", b"PING": b"+PONG\r\n"}) as port:
        found = finding(with_broker(patient, f"redis://:secret@127.0.0.1:{port}/0"), "broker")
    assert found.outcome == "ok"
    assert "secret" not in found.message


@pytest.mark.parametrize("answer", [b"-NOAUTH Authentication required.\r\n", b"HTTP/1.1 400 Bad Request\r\n"])
def test_a_broker_that_answers_something_else_fails(patient: Patient, answer: bytes) -> None:
    with server({b"PING": answer}) as port:
        assert finding(with_broker(patient, f"redis://127.0.0.1:{port}/0"), "broker").outcome == "fail"


def test_a_broker_that_is_away_fails_with_the_way_out(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    found = finding(with_broker(patient, f"redis://127.0.0.1:{port}/0"), "broker")
    assert found.outcome == "fail"
    assert "embedded" in found.cure


def test_a_full_disk_fails(patient: Patient) -> None:
    inbox = patient.settings.inbox.model_copy(update={"min_free_mb": 90_000_000})
    found = finding(replace(patient, settings=patient.settings.model_copy(update={"inbox": inbox})), "disk")
    assert found.outcome == "fail"


def test_a_clock_before_the_program_existed_fails(patient: Patient) -> None:
    assert finding(replace(patient, now=lambda: datetime(2001, 1, 1, tzinfo=UTC)), "clock").outcome == "fail"


def test_a_session_changed_in_the_future_makes_the_clock_doubtful(patient: Patient) -> None:
    session_id = new_session(patient.settings, datetime.now(UTC) + timedelta(days=2))
    found = finding(patient, "clock")
    assert found.outcome == "warning"
    assert session_id in found.message


def test_a_share_whose_clock_is_off_is_told(patient: Patient) -> None:
    found = finding(replace(patient, clock_difference=lambda _: -90.0), "clock")
    assert found.outcome == "warning"
    assert "90 s behind" in found.message


@pytest.mark.parametrize(("free_mb", "outcome"), [(300, "fail"), (1500, "warning"), (8000, "ok")])
def test_memory_is_judged_by_what_reading_may_take(
    patient: Patient, tmp_path: Path, free_mb: int, outcome: str
) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 99 kB\nMemAvailable:   {free_mb * 1024} kB\n")
    found = finding(replace(patient, meminfo=meminfo, cgroup=tmp_path / "none"), "memory")
    assert found.outcome == outcome


def test_a_containers_limit_counts_before_the_machines_memory(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable: 16777216 kB\n")
    (tmp_path / "memory.max").write_text(str(1024 * 1024 * 1024))
    (tmp_path / "memory.current").write_text(str(256 * 1024 * 1024))
    assert probes.memory_available_mb(tmp_path / "meminfo", tmp_path) == 768


def test_the_cure_for_little_memory_is_a_setting_that_is_allowed(patient: Patient, tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemAvailable: {900 * 1024} kB\n")
    cure = finding(replace(patient, meminfo=meminfo, cgroup=tmp_path / "none"), "memory").cure
    words = cure.removeprefix("Set [reading] ").removesuffix(".")
    values = tomllib.loads(words.replace(" and ", "\n"))
    assert Settings.model_validate({"home": patient.settings.home.model_dump(), "reading": values})


def test_old_pieces_in_staging_are_counted_and_young_ones_left_alone(patient: Patient) -> None:
    new_session(patient.settings)
    staging = patient.data / "staging"
    staging.mkdir(exist_ok=True)
    (staging / "young").write_bytes(b"x")
    assert finding(patient, "staging").outcome == "ok"
    later = replace(patient, now=lambda: datetime.now(UTC) + timedelta(hours=2))
    found = finding(later, "staging")
    assert found.outcome == "warning"
    assert str(staging) in found.cure


def test_a_damaged_session_is_named_with_its_path(patient: Patient) -> None:
    session_id = new_session(patient.settings)
    path = patient.data / "sessions" / session_id / "session.json"
    path.write_text("{")
    found = finding(patient, "sessions")
    assert found.outcome == "fail"
    assert str(path) in found.message


def test_a_changed_audit_log_is_found(patient: Patient) -> None:
    session_id = new_session(patient.settings)
    log = patient.data / "sessions" / session_id / "audit.jsonl"
    log.chmod(0o600)
    log.write_text(log.read_text().replace("Meadow", "Meddow"))
    assert finding(patient, "sessions").outcome == "fail"


def test_what_lies_in_the_inbox_for_nobody_is_named(patient: Patient) -> None:
    new_session(patient.settings)
    (patient.inbox / "session-20200101-000000").mkdir()
    found = finding(patient, "inbox_folders")
    assert found.outcome == "warning"
    assert "session-20200101-000000" in found.message


def test_a_checklist_with_a_mistake_fails_and_names_the_file(patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("methodology = ")
    checklist = patient.settings.checklist.model_copy(update={"folder": tmp_path})
    own = patient.settings.model_copy(update={"checklist": checklist})
    found = finding(replace(patient, settings=own), "checklists")
    assert found.outcome == "fail"
    assert "mine.toml" in found.message


def test_a_running_watcher_is_seen_and_a_dead_one_leaves_no_trace(patient: Patient) -> None:
    examine(patient)
    with watching(patient.data):
        assert finding(patient, "watcher").message == "a watcher is at work"
    assert "no watcher" in finding(patient, "watcher").message
