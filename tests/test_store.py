"""Sessions: made once, changed as a whole, never lost, never mistaken for missing."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import ReviewError, RevisionConflict, SessionCorrupt, SessionNotFound, TryAgain, UsageError
from pipeline.home.workspace import Workspace
from pipeline.models import (
    DocumentRecord,
    DocumentSource,
    DuplicateWarning,
    Inventory,
    ProjectMetadata,
    Question,
    SessionRecord,
    StageRecord,
)
from pipeline.store import ContentStore, SessionStore
from pipeline.store import sessions as sessions_module
from pipeline.store.folders import is_session_id
from pipeline.store.storage import SessionDatabase

ELM = ProjectMetadata(project_name="Elm Farm")
AT = datetime(2026, 1, 31, tzinfo=UTC)


def document(name: str, sha256: str | None = None) -> DocumentRecord:
    sha256 = sha256 or hashlib.sha256(name.encode()).hexdigest()
    return DocumentRecord(
        document_id=f"doc-{name}",
        sha256=sha256,
        size=1,
        filename=name,
        path=name,
        names=(name,),
        source_id="inbox",
        source_type="inbox",
        added_at=AT,
    )


@pytest.fixture
def store(workspace: Workspace) -> SessionStore:
    return workspace.sessions


@pytest.fixture
def elm(store: SessionStore) -> str:
    return store.create(ELM, actor="anna").session_id


def _impatient(workspace: Workspace) -> SessionStore:
    """A second store on the same home that gives up waiting at once."""
    return SessionStore(
        workspace.data / "sessions", workspace.inbox, workspace.content, workspace.now, lock_seconds=0.05
    )


# --- making ----------------------------------------------------------------------------------------------------------


def test_a_new_session_is_named_by_the_second_and_has_a_folder_and_an_inbox(
    workspace: Workspace, store: SessionStore, clock: Clock
) -> None:
    record = store.create(ELM, bound_folder="Elm")
    assert record.session_id == "session-20260131-094500"
    assert (record.revision, record.created_at, record.bound_folder) == (1, clock(), "Elm")
    assert store.read(record.session_id) == record
    assert (workspace.inbox / record.session_id).is_dir()
    assert (workspace.data / "sessions" / record.session_id / "session.json").is_file()


def test_sessions_of_one_second_are_numbered_and_listed_in_order(store: SessionStore, clock: Clock) -> None:
    made = [store.create(ELM).session_id for _ in range(11)]
    assert made[0] == "session-20260131-094500"
    assert made[1:] == [f"session-20260131-094500-{n}" for n in range(2, 12)]
    clock.advance(seconds=1)
    made.append(store.create(ELM).session_id)
    assert store.ids() == made


def test_an_id_is_in_utc_whatever_the_clock_shows(store: SessionStore, clock: Clock) -> None:
    clock.time = datetime.fromisoformat("2026-07-01T01:30:00+02:00")
    assert store.create(ELM).session_id == "session-20260630-233000"


def test_an_id_whose_inbox_folder_still_holds_files_is_not_given_again(
    workspace: Workspace, store: SessionStore
) -> None:
    first = store.create(ELM).session_id
    (workspace.inbox / first / "late.pdf").write_bytes(b"x")
    store.delete(first)
    assert store.create(ELM).session_id == f"{first}-2"


def test_threads_that_make_sessions_in_one_second_get_one_each(store: SessionStore) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(store.create(ELM).session_id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8
    assert store.ids() == sorted(made, key=lambda one: (len(one), one))


def test_everything_in_the_home_is_private(workspace: Workspace, store: SessionStore, elm: str) -> None:
    store.save_result(elm, Inventory(documents=()))
    with store.transaction(elm, "anna") as tx, store.lease(elm, 0):
        tx.log("act")
    for path in [workspace.data, *workspace.data.rglob("*"), *workspace.inbox.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_data_folder_made_by_hand_loses_the_rights_of_others(workspace: Workspace) -> None:
    workspace.data.chmod(0o755)
    Workspace.open(workspace.settings).close()
    assert workspace.data.stat().st_mode & 0o777 == 0o700


# --- changing --------------------------------------------------------------------------------------------------------


def test_what_is_put_in_comes_back_equal(store: SessionStore, elm: str) -> None:
    warning = DuplicateWarning(session_id=elm, project_name="Ä", name_similarity=90, file_overlap=1, message="m")
    with store.transaction(elm, "anna") as tx:
        tx.put_source(DocumentSource(source_id="inbox", source_type="inbox", added_at=AT, metadata={"folder": "x"}))
        tx.put_document(document("plan.pdf"))
        tx.put_document(document("übersicht.pdf"))
        tx.put_stage("document_discovery", StageRecord(status="completed", fingerprint="f", finished_at=AT))
        tx.put_question(Question(question_id="q", warning=warning, document_ids=("doc-plan.pdf",), asked_at=AT))
        tx.update(advance_to="report_generation", vanished={"inbox": ("a.pdf",)})
        tx.drop_document("doc-plan.pdf")
        tx.log("several things", what="all")
    record = store.read(elm)
    assert record == tx.record
    assert set(record.documents) == {"doc-übersicht.pdf"}
    assert record.sources["inbox"].metadata == {"folder": "x"}
    assert record.stages["document_discovery"].finished_at == AT
    assert record.questions["q"].warning == warning
    assert (record.advance_to, record.vanished) == ("report_generation", {"inbox": ("a.pdf",)})


def test_documents_keep_the_order_they_were_put_in(store: SessionStore, elm: str) -> None:
    for name in ("c", "a", "b"):
        with store.transaction(elm, "anna") as tx:
            tx.put_document(document(name))
    with store.transaction(elm, "anna") as tx:
        tx.put_document(document("c").model_copy(update={"size": 2}))
    assert [d.filename for d in store.read(elm).documents.values()] == ["c", "a", "b"]


def test_every_commit_counts_once_and_takes_the_time(store: SessionStore, elm: str, clock: Clock) -> None:
    clock.advance(minutes=1)
    with store.transaction(elm, "anna") as tx:
        tx.update(points_to="a")
        tx.update(points_to="b")
    record = store.read(elm)
    assert (record.revision, record.updated_at, record.created_at) == (2, clock(), clock() - timedelta(minutes=1))


def test_a_transaction_that_changes_nothing_writes_nothing(store: SessionStore, elm: str) -> None:
    path = store.folder(elm) / "session.json"
    before = path.stat()
    with store.transaction(elm, "anna") as tx:
        tx.update(points_to=None)
    assert path.stat().st_ino == before.st_ino
    assert store.read(elm).revision == 1


def test_an_exception_inside_leaves_everything_as_it_was(store: SessionStore, elm: str) -> None:
    before = (store.folder(elm) / "session.json").read_bytes()

    def change_and_fail() -> None:
        with store.transaction(elm, "anna") as tx:
            tx.put_document(document("plan.pdf"))
            tx.log("act")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert (store.folder(elm) / "session.json").read_bytes() == before
    assert len(store.audit(elm)) == 1


def test_a_clock_set_back_never_makes_a_change_older_than_the_one_before(
    store: SessionStore, elm: str, clock: Clock
) -> None:
    clock.advance(hours=-1)
    with store.transaction(elm, "anna") as tx:
        tx.log("act")
    assert store.read(elm).updated_at == store.read(elm).created_at


def test_a_write_against_an_older_revision_is_a_conflict(store: SessionStore, elm: str) -> None:
    with store.transaction(elm, "anna", expected_revision=1) as tx:
        tx.update(points_to="a")
    with pytest.raises(RevisionConflict, match="revision 2, expected 1"), store.transaction(elm, "bert", 1) as tx:
        tx.update(points_to="b")
    assert store.read(elm).points_to == "a"


def test_a_field_that_does_not_exist_or_does_not_fit_is_refused(store: SessionStore, elm: str) -> None:
    for wrong in ({"advance_to": "the end"}, {"no_such_field": 1}):
        with pytest.raises(UsageError, match=next(iter(wrong))), store.transaction(elm, "anna") as tx:
            tx.update(**wrong)
    with pytest.raises(ValueError, match="revision"), store.transaction(elm, "anna") as tx:
        tx.update(revision=9)
    assert store.read(elm).revision == 1


def test_the_same_bytes_cannot_stand_in_a_session_under_two_ids(store: SessionStore, elm: str) -> None:
    with store.transaction(elm, "anna") as tx:
        tx.put_document(document("a", "1" * 64))
        with pytest.raises(ValueError, match="doc-a"):
            tx.put_document(document("b", "1" * 64))


def test_a_locked_session_is_to_be_tried_again(workspace: Workspace, store: SessionStore, elm: str) -> None:
    with store.transaction(elm, "anna"):
        with pytest.raises(TryAgain, match="being changed"), _impatient(workspace).transaction(elm, "bert"):
            pass
        # Reading needs no lock.
        assert store.read(elm).revision == 1


def test_a_thread_that_would_wait_for_itself_is_told(store: SessionStore, elm: str) -> None:
    with store.transaction(elm, "anna"), pytest.raises(RuntimeError, match="wait for itself"):
        store.transaction(elm, "anna").__enter__()


def test_threads_that_change_one_session_lose_nothing(store: SessionStore, elm: str) -> None:
    def work(worker: int) -> None:
        for step in range(20):
            with store.transaction(elm, f"worker-{worker}") as tx:
                tx.put_document(document(f"{worker}-{step}"))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record = store.read(elm)
    assert len(record.documents) == 80
    assert record.revision == 81
    store.verify_audit(elm)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(min_size=1), fields=st.dictionaries(st.text(), st.text()))
def test_any_text_that_a_session_can_hold_survives_the_disk(
    workspace: Workspace, name: str, fields: dict[str, str]
) -> None:
    made = workspace.sessions.create(ProjectMetadata(project_name=name))
    with workspace.sessions.transaction(made.session_id, name) as tx:
        tx.put_source(DocumentSource(source_id=name, source_type="path", added_at=AT, metadata=fields))
    assert workspace.sessions.read(made.session_id) == tx.record
    workspace.sessions.verify_audit(made.session_id)


def test_the_file_is_a_tinydb_with_natural_keys(store: SessionStore, elm: str) -> None:
    with store.transaction(elm, "anna") as tx:
        tx.put_document(document("plan.pdf"))
    database = SessionDatabase(store.folder(elm) / "session.json")
    assert {"session", "sources", "documents", "stages", "questions"} <= database.tables()
    assert database.table("documents").all()[0].doc_id == "doc-plan.pdf"  # type: ignore[comparison-overlap] # string keys
    with pytest.raises(RuntimeError, match="draft"):
        database.keyed("documents").set_rows({})


def test_the_state_before_the_last_commit_is_kept_beside(store: SessionStore, elm: str) -> None:
    path = store.folder(elm) / "session.json"
    before = path.read_bytes()
    with store.transaction(elm, "anna") as tx:
        tx.log("act")
    assert path.with_name("session.json.previous").read_bytes() == before


def test_temporary_files_of_a_killed_writer_go_when_they_are_old_and_not_before(
    store: SessionStore, elm: str, clock: Clock
) -> None:
    old, young = (store.folder(elm) / f"session.json.{n}.tmp" for n in ("1-a", "2-b"))
    for path, age in ((old, 7200), (young, 5)):
        path.write_bytes(b"half")
        os.utime(path, (clock().timestamp() - age,) * 2)
    with store.transaction(elm, "anna") as tx:
        tx.log("act")
    assert not old.exists()
    assert young.exists()


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"session": 3}', b"{}", b'{"session": {"session": {"schema_version": 1}}}', b"\xff\xfe", None],
)
def test_a_damaged_session_is_corrupt_with_its_path_and_still_listed(
    store: SessionStore, elm: str, damage: bytes | None
) -> None:
    path = store.folder(elm) / "session.json"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(SessionCorrupt) as caught:
        store.read(elm)
    assert str(path) in caught.value.message
    assert store.ids() == [elm]
    with pytest.raises(SessionCorrupt), store.transaction(elm, "anna"):
        pass


def test_a_copy_of_a_session_under_another_id_is_not_taken_for_it(store: SessionStore, elm: str) -> None:
    twin = store.folder(elm).with_name("session-20270101-000000")
    twin.mkdir()
    (twin / "session.json").write_bytes((store.folder(elm) / "session.json").read_bytes())
    with pytest.raises(SessionCorrupt, match=elm):
        store.read(twin.name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../..", "session-20260131-094500/..", "/etc/passwd", "session-20260131-094500\n", "new",
     "session-20260131-094500-1-1", "session-20260131-094500-0", "session-２０２６0131-094500", "a" * 10_000],
)  # fmt: skip
def test_what_is_no_session_id_never_touches_a_path(store: SessionStore, elm: str, name: str) -> None:
    acts = (store.read, store.audit, store.verify_audit, store.leased, store.delete, store.folder)
    assert not is_session_id(name)
    for act in acts:
        with pytest.raises(SessionNotFound) as caught:
            act(name)
        assert len(caught.value.message) < 200
    with pytest.raises(SessionNotFound), store.transaction(name, "anna"):
        pass
    with pytest.raises(SessionNotFound), store.lease(name, 0):
        pass
    assert store.ids() == [elm]


def test_an_unknown_session_is_not_found_and_asking_leaves_no_trace(workspace: Workspace, store: SessionStore) -> None:
    for act in (store.read, store.audit, store.leased, store.delete):
        with pytest.raises(SessionNotFound):
            act("session-20260131-094500")
    assert list((workspace.data / "sessions").iterdir()) == []


def test_a_folder_with_nothing_but_locks_is_no_session(store: SessionStore, elm: str) -> None:
    husk = store.folder(elm).with_name("session-20270101-000000")
    husk.mkdir()
    (husk / "session.json.lock").touch()
    assert store.ids() == [elm]
    with pytest.raises(SessionNotFound):
        store.read(husk.name)


# --- results and leases ----------------------------------------------------------------------------------------------


def test_a_result_is_kept_under_the_hash_of_its_bytes_and_the_same_result_once(store: SessionStore, elm: str) -> None:
    result = Inventory(documents=(), sources_scanned=({"type": "inbox", "files": 1},))
    sha = store.save_result(elm, result)
    assert store.save_result(elm, result) == sha
    assert store.load_result(elm, sha, Inventory) == result
    assert [one.name for one in (store.folder(elm) / "results").iterdir()] == [f"{sha}.json"]


def test_a_changed_or_missing_result_is_never_taken_for_the_result(store: SessionStore, elm: str) -> None:
    sha = store.save_result(elm, Inventory(documents=()))
    path = store.folder(elm) / "results" / f"{sha}.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(SessionCorrupt, match="was changed"):
        store.load_result(elm, sha, Inventory)
    path.unlink()
    with pytest.raises(SessionCorrupt, match=sha):
        store.load_result(elm, sha, Inventory)
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.load_result(elm, "../session", Inventory)


def test_one_lease_at_a_time_and_anybody_can_see_it(store: SessionStore, elm: str) -> None:
    assert not store.leased(elm)
    with store.lease(elm, 0):
        assert store.leased(elm)
        with pytest.raises(TryAgain, match="being run"), store.lease(elm, 0):
            pass
        with store.transaction(elm, "anna") as tx:
            tx.log("a lease does not keep changes out")
    assert not store.leased(elm)


# --- deleting --------------------------------------------------------------------------------------------------------


def _file(workspace: Workspace, session_id: str, name: str, data: bytes) -> str:
    source = workspace.data.parent / name
    source.write_bytes(data)
    with workspace.content.lock():
        staged = workspace.content.stage(source, 1000)
        workspace.content.put(staged.path, staged.sha256)
        with workspace.sessions.transaction(session_id, "anna") as tx:
            tx.put_document(document(name, staged.sha256))
    return staged.sha256


def test_deleting_takes_the_folder_the_rows_and_only_content_that_nobody_else_holds(
    workspace: Workspace, store: SessionStore, elm: str
) -> None:
    other = store.create(ELM).session_id
    alone = _file(workspace, elm, "alone.pdf", b"alone")
    shared = _file(workspace, elm, "shared.pdf", b"shared")
    _file(workspace, other, "copy.pdf", b"shared")
    store.delete(elm)
    assert store.ids() == [other]
    assert not (workspace.data / "sessions" / elm).exists()
    assert not (workspace.inbox / elm).exists()
    assert [row.session_id for row in workspace.catalog.list()] == [other]
    assert not workspace.content.has(alone)
    assert workspace.content.has(shared)
    with pytest.raises(SessionNotFound):
        store.read(elm)
    store.delete(other)
    assert not workspace.content.has(shared)


def test_an_inbox_folder_with_files_outlives_its_session(workspace: Workspace, store: SessionStore, elm: str) -> None:
    (workspace.inbox / elm / "empty/deeper").mkdir(parents=True)
    kept = workspace.inbox / elm / "late/plan.pdf"
    kept.parent.mkdir()
    kept.write_bytes(b"x")
    store.delete(elm)
    assert kept.read_bytes() == b"x"
    assert not (workspace.inbox / elm / "empty").exists()


def test_a_damaged_session_can_be_deleted_and_frees_what_it_alone_held(
    workspace: Workspace, store: SessionStore, elm: str
) -> None:
    sha256 = _file(workspace, elm, "plan.pdf", b"plan")
    (store.folder(elm) / "session.json").write_bytes(b"{")
    store.delete(elm)
    assert store.ids() == []
    assert not workspace.content.has(sha256)


def test_a_session_with_a_running_stage_is_not_deleted(
    store: SessionStore, elm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_module, "DELETE_LEASE_SECONDS", 0)
    with store.lease(elm, 0), pytest.raises(TryAgain, match="stage"):
        store.delete(elm)
    assert store.read(elm).session_id == elm


def test_a_deletion_that_was_cut_off_is_finished_when_the_home_is_opened(
    workspace: Workspace, store: SessionStore, elm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = _file(workspace, elm, "plan.pdf", b"plan")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "_finish_delete", killed)
        with pytest.raises(KeyboardInterrupt):
            store.delete(elm)
    assert workspace.content.has(sha256)
    with Workspace.open(workspace.settings) as again:
        assert again.sessions.ids() == []
        assert not again.content.has(sha256)
        assert list((again.data / "sessions").rglob("*")) == [again.data / "sessions/.passing"]


def test_a_session_half_made_is_never_seen_and_swept_later(workspace: Workspace, clock: Clock) -> None:
    half = workspace.data / "sessions/.passing/new-1-abc"
    half.mkdir(parents=True)
    assert workspace.sessions.ids() == []
    os.utime(half, (clock().timestamp() - 7200,) * 2)
    Workspace.open(workspace.settings, now=clock).close()
    assert not half.exists()


def test_opening_a_home_lists_no_sessions_however_many_there_are(
    workspace: Workspace, store: SessionStore, elm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workspace.open(workspace.settings, now=workspace.now).close()  # takes over what came since the last opening
    listed: list[str] = []
    scan = os.scandir

    def watched(path: str | Path = ".") -> object:
        listed.append(os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", watched)
    Workspace.open(workspace.settings, now=workspace.now).close()
    assert str(workspace.data / "sessions") not in listed
    assert store.ids() == [elm]
    assert str(workspace.data / "sessions") in listed


def test_a_home_that_cannot_be_made_says_which_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    content = ContentStore(tmp_path / "c", tmp_path / "s")
    with pytest.raises(ReviewError, match="cannot be made") as caught:
        SessionStore(tmp_path / "file/sessions", tmp_path / "inbox", content)
    assert "--home" in caught.value.cure


def test_the_record_a_transaction_shows_is_the_one_it_would_write(store: SessionStore, elm: str) -> None:
    with store.transaction(elm, "anna") as tx:
        tx.put_document(document("a"))
        assert set(tx.record.documents) == {"doc-a"}
        tx.drop_document("doc-a")
        tx.drop_document("doc-never")
        assert tx.record.documents == {}
    assert isinstance(tx.record, SessionRecord)
    assert json.loads((store.folder(elm) / "session.json").read_bytes())["documents"] == {}
