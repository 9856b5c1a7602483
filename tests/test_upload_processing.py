"""Processing an upload: into that session or into one new one, once, whoever calls how often and dies when."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import DuplicateSessionWarning, NothingUploaded, SessionCompleted, SessionNotFound, TryAgain
from pipeline.home.workspace import Workspace
from pipeline.intake.duplicates import pending
from pipeline.models import Package
from pipeline.settings import Settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import delete_session
from pipeline.uploads import ProcessedUpload, process_upload, receive, request_upload, sweep_uploads, upload_status
from pipeline.uploads import processing as processing_module
from tests.conftest import Clock
from tests.dying import DIE_AT
from tests.test_two_processes import OPEN, go_together, start
from tests.test_upload_slots import payload

FILES = {"plan.txt": b"the plan", "maps/map.txt": b"the map", "soil.txt": b"the soil"}


def sent(ws: Workspace, session_id: str | None = None, name: str = "Elm Farm", **files: bytes) -> str:
    slot = request_upload(ws, session_id=session_id, project_name=name)
    for filename, content in (files or FILES).items():
        assert receive(ws, slot.upload_id, filename, [content]).outcome == "received"
    return slot.upload_id


def dump(answer: ProcessedUpload) -> str:
    return answer.model_dump_json()


def test_files_for_a_session_go_into_that_session(workspace: Workspace) -> None:
    session = create_session(workspace, "Elm Farm").session_id
    upload = sent(workspace, session)
    answer = process_upload(workspace, upload, "anna")
    assert (answer.mode, answer.session_id, answer.files_added) == ("add_to_existing", session, 3)
    assert [f.outcome for f in answer.files] == ["added"] * 3
    assert workspace.sessions.ids() == [session]
    record = workspace.sessions.read(session)
    (source,) = record.sources.values()
    assert (source.source_type, source.metadata) == ("upload", {"file_count": 3, "upload_id": upload})
    assert {d.path for d in record.documents.values()} == set(FILES)


def test_files_for_a_new_session_make_it_and_the_slot_knows_it_then(workspace: Workspace) -> None:
    upload = sent(workspace)
    answer = process_upload(workspace, upload, "anna")
    assert (answer.mode, answer.files_added) == ("create_new", 3)
    assert workspace.sessions.ids() == [answer.session_id]
    assert workspace.sessions.read(answer.session_id).project_metadata.project_name == "Elm Farm"
    now = upload_status(workspace, upload)
    assert (now.status, now.session_id) == ("processed", answer.session_id)


def test_what_was_said_of_the_project_when_asking_is_said_of_the_session(workspace: Workspace) -> None:
    said = {"project_id": "P-1", "proponent": "Elm Ltd", "crediting_period": "2026-2036"}
    slot = request_upload(workspace, project_name="Elm Farm", **said)
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    record = workspace.sessions.read(process_upload(workspace, slot.upload_id).session_id)
    assert record.project_metadata.model_dump(include=set(said)) == said


def test_a_second_call_gives_the_same_answer_and_adds_nothing(workspace: Workspace, clock: Clock) -> None:
    upload = sent(workspace)
    first = process_upload(workspace, upload, "anna")
    before = workspace.sessions.read(first.session_id)
    clock.advance(days=2)  # long after the link itself has expired
    assert dump(process_upload(workspace, upload, "ben", check_duplicates=True)) == dump(first)
    assert workspace.sessions.read(first.session_id) == before
    assert workspace.sessions.ids() == [first.session_id]


def test_the_files_leave_the_slot_when_they_are_in_the_session(workspace: Workspace) -> None:
    upload = sent(workspace)
    process_upload(workspace, upload)
    assert payload(workspace, upload_status(workspace, upload)) == []


def test_an_archive_is_opened_as_from_any_other_source(workspace: Workspace) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    slot = request_upload(workspace, project_name="Elm Farm")
    receive(workspace, slot.upload_id, "all.zip", [packed.getvalue()])
    answer = process_upload(workspace, slot.upload_id)
    assert (answer.files_added, len(answer.files)) == (3, 3)


def test_what_was_refused_on_the_way_is_in_the_answer_and_in_the_session(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    receive(workspace, slot.upload_id, "empty.txt", [])
    answer = process_upload(workspace, slot.upload_id)
    assert {f.filename: f.outcome for f in answer.files} == {"plan.txt": "added", "empty.txt": "refused"}
    assert [r["filename"] for r in workspace.sessions.read(answer.session_id).refused] == ["empty.txt"]


def test_a_slot_without_a_file_says_to_open_the_link_first(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    with pytest.raises(NothingUploaded, match="Open the upload link"):
        process_upload(workspace, slot.upload_id)
    receive(workspace, slot.upload_id, "empty.txt", [])
    with pytest.raises(NothingUploaded, match="1 refused"):
        process_upload(workspace, slot.upload_id)
    assert workspace.sessions.ids() == []
    # It is still open.
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    assert process_upload(workspace, slot.upload_id).files_added == 1


def test_a_session_that_was_deleted_meanwhile_is_named_and_the_files_wait(workspace: Workspace, clock: Clock) -> None:
    session = create_session(workspace, "Elm Farm").session_id
    upload = sent(workspace, session)
    delete_session(workspace, session, "anna")
    for _ in range(2):
        with pytest.raises(SessionNotFound, match=f"{session}.*no longer there.*wait until"):
            process_upload(workspace, upload)
    assert workspace.sessions.ids() == []
    sweep_uploads(workspace)
    assert len(payload(workspace, upload_status(workspace, upload))) == 3
    clock.advance(minutes=workspace.settings.uploads.lifetime_minutes)
    sweep_uploads(workspace)
    assert payload(workspace, upload_status(workspace, upload)) == []


def complete(ws: Workspace, session: str) -> None:
    """Lock the session as signing it does."""
    package = Package(version=1, by="anna", at=ws.now(), statement="Seen.", filename="package.zip")
    with ws.sessions.transaction(session, "anna") as tx:
        tx.update(packages={"1": package})


def test_a_session_that_was_completed_meanwhile_takes_nothing_and_the_files_wait(workspace: Workspace) -> None:
    session = create_session(workspace, "Elm Farm").session_id
    upload = sent(workspace, session)
    complete(workspace, session)
    with pytest.raises(SessionCompleted, match="reopen"):
        process_upload(workspace, upload)
    assert workspace.sessions.read(session).documents == {}
    sweep_uploads(workspace)
    assert len(payload(workspace, upload_status(workspace, upload))) == 3


def test_no_link_is_given_out_for_a_session_that_is_complete(workspace: Workspace) -> None:
    session = create_session(workspace, "Elm Farm").session_id
    complete(workspace, session)
    with pytest.raises(SessionCompleted):
        request_upload(workspace, session_id=session)


def test_the_audit_says_who_asked_who_processed_and_which_upload_it_was(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm", actor="gpt")
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    session = process_upload(workspace, slot.upload_id, "anna").session_id
    told = {event.action: event for event in workspace.sessions.audit(session)}
    assert told["session_created"].details["upload_id"] == slot.upload_id
    assert told["upload_received"].details == {
        "upload_id": slot.upload_id,
        "requested_by": "gpt",
        "files": 1,
        "bytes": 4,
    }
    assert told["upload_processed"].details["upload_id"] == slot.upload_id
    assert {event.actor for event in told.values()} == {"anna"}


# --- likeness ---------------------------------------------------------------------------------------------------------


def held_already(ws: Workspace, **more: bytes) -> str:
    """A session of the same name with the same files."""
    session = create_session(ws, "Elm Farm").session_id
    files = [
        {"filename": name, "content_base64": base64.b64encode(content).decode()}
        for name, content in {**FILES, **more}.items()
    ]
    add_documents(ws, session, {"type": "upload", "files": files}, check_duplicates=False)
    return session


def test_a_likeness_never_holds_files_back_it_is_a_question_as_with_the_inbox(workspace: Workspace) -> None:
    other = held_already(workspace)
    answer = process_upload(workspace, sent(workspace))
    assert answer.session_id != other
    assert answer.files_added == 3
    assert answer.duplicate_warning is not None
    assert answer.duplicate_warning.session_id == other
    record = workspace.sessions.read(answer.session_id)
    (question,) = pending(record)
    assert set(question.document_ids) == set(record.documents)
    assert workspace.sessions.read(other).questions == {}


@pytest.mark.parametrize("choice", ["continue", "use_existing", "cancel"])
def test_each_answer_to_that_question_does_what_it_says(workspace: Workspace, choice: str) -> None:
    other = held_already(workspace, trees=b"the trees")
    upload = sent(workspace, **FILES, **{"trees": b"the trees", "new.txt": b"news"})
    session = process_upload(workspace, upload).session_id
    answer_duplicate(workspace, session, choice, "anna")  # type: ignore[arg-type] # the three are the choices
    here, there = workspace.sessions.read(session), workspace.sessions.read(other)
    assert len(here.documents) == (0 if choice == "cancel" else 5)
    assert len(there.documents) == (5 if choice == "use_existing" else 4)
    assert here.points_to == (other if choice == "use_existing" else None)
    assert pending(here) == []


def test_files_of_several_uploads_stand_in_question_together(workspace: Workspace) -> None:
    held_already(workspace)
    session = create_session(workspace, "Elm Farm").session_id
    process_upload(workspace, sent(workspace, session, **{"news.txt": b"news"}))
    process_upload(workspace, sent(workspace, session))
    assert pending(workspace.sessions.read(session)) == []  # 3 of 4
    process_upload(workspace, sent(workspace, session, **{"soil2.txt": b"the soil"}))
    process_upload(workspace, sent(workspace, held_already(workspace), **{"news.txt": b"news"}))
    process_upload(workspace, sent(workspace, session, **{"more.txt": b"more"}))
    record = workspace.sessions.read(session)
    assert [len(q.document_ids) for q in pending(record)] == [5]


def test_whoever_wants_to_be_asked_is_asked_before_anything_is_added(workspace: Workspace) -> None:
    other = held_already(workspace)
    session = create_session(workspace, "Elm Farm").session_id
    upload = sent(workspace, session)
    with pytest.raises(DuplicateSessionWarning) as warned:
        process_upload(workspace, upload, check_duplicates=True)
    assert warned.value.warning.session_id == other
    assert workspace.sessions.read(session).documents == {}
    assert upload_status(workspace, upload).status == "uploaded"
    answer = process_upload(workspace, upload)
    assert (answer.session_id, answer.files_added) == (session, 3)


def test_asking_first_makes_one_session_at_most_however_often_it_is_tried(workspace: Workspace) -> None:
    held_already(workspace)
    upload = sent(workspace)
    for _ in range(3):
        with pytest.raises(DuplicateSessionWarning):
            process_upload(workspace, upload, check_duplicates=True)
    assert len(workspace.sessions.ids()) <= 2
    process_upload(workspace, upload)
    assert len(workspace.sessions.ids()) == 2


# --- failures, crashes, several at once -------------------------------------------------------------------------------


def test_after_a_failure_the_slot_is_open_again_and_nothing_was_added(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent(workspace)

    def full(*_args: object, **_more: object) -> None:
        raise TryAgain("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(processing_module.take, "take", full)
        with pytest.raises(TryAgain):
            process_upload(workspace, upload)
    assert receive(workspace, upload, "more.txt", [b"more"]).outcome == "received"
    answer = process_upload(workspace, upload)
    assert answer.files_added == 4
    assert workspace.sessions.ids() == [answer.session_id]


def test_a_failure_after_the_commit_leaves_the_slot_closed_and_the_answer_whole(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent(workspace)
    take = processing_module.take.take

    def take_and_fail(*args: object, **more: object) -> None:
        take(*args, **more)  # type: ignore[arg-type] # whatever it is called with
        raise TryAgain("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(processing_module.take, "take", take_and_fail)
        with pytest.raises(TryAgain):
            process_upload(workspace, upload)
    with pytest.raises(Exception, match="takes no more"):
        receive(workspace, upload, "more.txt", [b"more"])
    answer = process_upload(workspace, upload)
    assert [f.outcome for f in answer.files] == ["added"] * 3
    assert len(workspace.sessions.read(answer.session_id).sources) == 1


def test_threads_that_process_at_once_make_one_session_and_get_one_answer(workspace: Workspace) -> None:
    upload = sent(workspace)
    together, answers = threading.Barrier(6), []

    def go() -> None:
        together.wait()
        answers.append(dump(process_upload(workspace, upload)))

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert len(workspace.sessions.ids()) == 1


@pytest.fixture
def ticking(settings: Settings) -> Iterator[Workspace]:
    """A home whose clock is that of other processes."""
    with Workspace.open(settings) as opened:
        yield opened


PROCESS = (
    OPEN
    + """
from pipeline.uploads import process_upload
sys.stdin.readline()
print(process_upload(ws, session_id, name).model_dump_json(), flush=True)
ws.close()
"""
)
SEND = (
    OPEN
    + """
from pipeline.uploads import receive
sys.stdin.readline()
for n in range(int(number)):
    receive(ws, session_id, f"{name}-{n}.txt", [f"{name} {n}".encode() * 1000])
    receive(ws, session_id, f"shared-{n}.txt", [f"the same {n}".encode()])
ws.close()
"""
)


def test_processes_that_process_at_once_make_one_session_and_get_one_answer(ticking: Workspace) -> None:
    upload = sent(ticking)
    home = ticking.data.parent
    printed = go_together([start(PROCESS, home, name, upload) for name in ("p", "q", "r")])
    assert len(set(printed)) == 1
    assert ticking.sessions.ids() == [json.loads(printed[0])["session_id"]]


def test_processes_that_send_into_one_slot_at_once_lose_nothing(ticking: Workspace) -> None:
    slot = request_upload(ticking, project_name="Elm Farm")
    home = ticking.data.parent
    go_together([start(SEND, home, name, slot.upload_id, 8) for name in ("p", "q", "r")])
    expected = {f"{name}-{n}.txt" for name in "pqr" for n in range(8)} | {f"shared-{n}.txt" for n in range(8)}
    now = upload_status(ticking, slot.upload_id)
    assert sorted(f.filename for f in now.files) == sorted(expected)
    assert process_upload(ticking, slot.upload_id).files_added == 32


#: Kills a forked process at every step it takes on disk, one step after the other, and looks at what the next one makes
#: of what it left.
KILL_AT_EVERY_STEP = (
    DIE_AT
    + """
import json, os, sys
from pathlib import Path
from pipeline.settings import load_settings
from pipeline.stages.initialize import create_session
from pipeline.uploads import process_upload, receive, request_upload, sweep_uploads, upload_status
from pipeline.home.workspace import Workspace

root, act, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
FILES = {"plan.txt": b"the plan", "maps/map.txt": b"the map"}
def open_home(number):
    return Workspace.open(load_settings(home=root / str(number), environ={}).settings)

def prepared(ws):
    session = create_session(ws, "Elm Farm").session_id if mode == "add_to_existing" else None
    slot = request_upload(ws, session_id=session, project_name="Elm Farm")
    for name, content in FILES.items():
        receive(ws, slot.upload_id, name, [content])
    return slot.upload_id

def begin(upload):
    ws = open_home(number)
    if act == "process":
        process_upload(ws, upload, "anna")
    else:
        receive(ws, upload, "late.txt", [b"late"])

number = 0
while True:
    number += 1
    with open_home(number) as ws:
        upload = prepared(ws)
    child = os.fork()
    if child == 0:
        die_at(number, str(root / str(number)))
        begin(upload)
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    with open_home(number) as ws:
        if number % 2:
            sweep_uploads(ws)  # a server that comes up again
        before = upload_status(ws, upload)
        answer = process_upload(ws, upload, "ben")
        assert process_upload(ws, upload, "carl") == answer
        sweep_uploads(ws)
        record = ws.sessions.read(answer.session_id)
        ws.sessions.verify_audit(answer.session_id)
        folder = ws.data / "uploads" / upload
        print(json.dumps({
            "step": number,
            "sessions": len(ws.sessions.ids()),
            "files": sorted((f.filename, f.outcome) for f in answer.files),
            "sources": [(s.source_type, s.metadata["file_count"]) for s in record.sources.values()],
            "documents": sorted(d.path for d in record.documents.values()),
            "whole": all(ws.content.intact(d.sha256) for d in record.documents.values()),
            "acts": sorted(e.action for e in ws.sessions.audit(answer.session_id) if e.action.startswith("upload")),
            "left": sorted(p.name for p in folder.iterdir()
                           if not p.name.endswith((".lock", ".tmp")) and p.name != "slot.json"),
            "listed": sorted(f.filename for f in before.files),
        }), flush=True)
    if not killed:
        break
"""
)


def killed_at_every_step(tmp_path: Path, act: str, mode: str) -> list[dict[str, object]]:
    done = subprocess.run(  # noqa: S603 - our own code, above
        [sys.executable, "-c", KILL_AT_EVERY_STEP, str(tmp_path / "homes"), act, mode],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("mode", ["create_new", "add_to_existing"])
def test_killed_between_any_two_steps_there_is_one_session_with_all_files_once(tmp_path: Path, mode: str) -> None:
    rounds = killed_at_every_step(tmp_path, "process", mode)
    assert len(rounds) > 20  # so many steps were met
    for seen in rounds:
        assert seen["sessions"] == 1, seen
        assert seen["files"] == [["map.txt", "added"], ["plan.txt", "added"]], seen
        assert seen["sources"] == [["upload", 2]], seen
        assert seen["documents"] == ["maps/map.txt", "plan.txt"], seen
        assert seen["whole"], seen
        assert seen["acts"] == ["upload_processed", "upload_received"], seen
        assert seen["left"] == [], seen


def test_killed_while_a_file_comes_in_it_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    rounds = killed_at_every_step(tmp_path, "receive", "create_new")
    assert len(rounds) > 4
    for seen in rounds:
        listed = seen["listed"]
        assert listed in (["maps/map.txt", "plan.txt"], ["late.txt", "maps/map.txt", "plan.txt"])
        assert seen["documents"] == listed, seen
        assert seen["left"] == [], seen
