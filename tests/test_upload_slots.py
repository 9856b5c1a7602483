"""Upload slots: asked for, filled by whoever holds the link, within limits, and gone when their time is over."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from pipeline.errors import (
    ChecklistError,
    SessionNotFound,
    TryAgain,
    UploadClosed,
    UploadError,
    UploadExpired,
    UploadLinkRefused,
    UploadNotFound,
    UsageError,
)
from pipeline.home.workspace import Workspace
from pipeline.intake.sources.archives import MEGABYTE
from pipeline.settings import Settings, load_settings
from pipeline.stages.initialize import create_session
from pipeline.uploads import (
    UploadSlot,
    process_upload,
    receive,
    request_upload,
    slot_for,
    sweep_uploads,
    token_for,
    upload_status,
)
from pipeline.uploads.sweeping import KEPT
from tests.conftest import Clock


def folder(ws: Workspace, slot: UploadSlot) -> Path:
    return ws.data / "uploads" / slot.upload_id


def payload(ws: Workspace, slot: UploadSlot) -> list[str]:
    """What lies in the slot's folder beside its record and locks."""
    return sorted(p.name for p in folder(ws, slot).iterdir() if not p.name.endswith((".json", ".lock")))


def limited(settings: Settings, tmp_path: Path, clock: Clock, max_file_mb: int = 512, **uploads: int) -> Workspace:
    inbox = settings.inbox.model_copy(update={"max_file_mb": max_file_mb})
    less = settings.uploads.model_copy(update=uploads)
    return Workspace.open(settings.model_copy(update={"inbox": inbox, "uploads": less}), now=clock)


# --- asking -----------------------------------------------------------------------------------------------------------


def test_a_slot_for_a_session_says_so_and_takes_the_project_from_it(workspace: Workspace) -> None:
    session = create_session(workspace, "Elm Farm").session_id
    # Whatever else is said: the session knows its project.
    slot = request_upload(workspace, session_id=session, project_name="Oak Farm", methodology="none")
    assert (slot.mode, slot.session_id, slot.project_name, slot.status) == (
        "add_to_existing",
        session,
        "Elm Farm",
        "pending",
    )
    assert slot.expires_at == workspace.now() + timedelta(minutes=workspace.settings.uploads.lifetime_minutes)
    assert upload_status(workspace, slot.upload_id) == slot


def test_a_slot_without_a_session_makes_none_until_it_is_processed(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="  Elm   Farm ")
    assert (slot.mode, slot.session_id, slot.project_name) == ("create_new", None, "Elm Farm")
    assert workspace.sessions.ids() == []


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({}, UsageError),
        ({"project_name": " "}, UsageError),
        ({"project_name": "Elm\x00Farm"}, UsageError),
        ({"project_name": "Elm Farm", "methodology": "no-such-v1"}, ChecklistError),
        ({"session_id": "session-20260101-000000"}, SessionNotFound),
        ({"session_id": "../../etc"}, SessionNotFound),
    ],
)
def test_what_could_never_be_processed_is_said_when_the_link_is_asked_for(
    workspace: Workspace, said: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        request_upload(workspace, **said)
    assert not list(workspace.data.glob("uploads/up-*"))


@pytest.mark.parametrize("upload_id", ["", "up-", "../sessions", "up-" + "0" * 32, "up-" + "G" * 32, "/etc/passwd"])
def test_a_slot_that_is_not_there_is_not_found_whatever_its_id_looks_like(workspace: Workspace, upload_id: str) -> None:
    for ask in (upload_status, process_upload):
        with pytest.raises(UploadNotFound):
            ask(workspace, upload_id)
    with pytest.raises(UploadNotFound):
        receive(workspace, upload_id, "a.txt", [b"a"])


def test_ids_cannot_be_guessed_and_everything_is_private(workspace: Workspace) -> None:
    slots = [request_upload(workspace, project_name="Elm Farm") for _ in range(20)]
    assert len({slot.upload_id[:8] for slot in slots}) > 1
    assert len({slot.upload_id for slot in slots}) == 20
    token_for(workspace, slots[0])
    receive(workspace, slots[0].upload_id, "a.txt", [b"a"])
    for path in [workspace.data / "uploads", *(workspace.data / "uploads").rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_link_leads_to_its_own_slot_also_after_a_restart(workspace: Workspace, settings: Settings) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    token = token_for(workspace, slot)
    with Workspace.open(settings, now=workspace.now) as again:
        assert slot_for(again, slot.upload_id, token) == slot
        assert token_for(again, slot) == token


def test_a_link_is_for_one_slot_only(workspace: Workspace) -> None:
    mine = request_upload(workspace, project_name="Elm Farm")
    other = request_upload(workspace, project_name="Oak Farm")
    with pytest.raises(UploadLinkRefused):
        slot_for(workspace, other.upload_id, token_for(workspace, mine))


def test_a_wrong_token_tells_neither_a_name_nor_whether_there_is_such_a_slot(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    said = set()
    for upload_id in (slot.upload_id, "up-" + "0" * 32, "anything"):
        with pytest.raises(UploadLinkRefused) as refused:
            slot_for(workspace, upload_id, "1.x")
        said.add(str(refused.value))
    assert len(said) == 1
    assert "Elm" not in said.pop()


def test_nobody_can_give_a_link_more_time(workspace: Workspace, clock: Clock) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    until, _, signature = token_for(workspace, slot).partition(".")
    with pytest.raises(UploadLinkRefused):
        slot_for(workspace, slot.upload_id, f"{int(until) + 3600}.{signature}")
    clock.advance(minutes=workspace.settings.uploads.lifetime_minutes)
    with pytest.raises(UploadExpired) as late:
        slot_for(workspace, slot.upload_id, f"{until}.{signature}")
    assert "Elm" not in str(late.value)
    assert "new one" in str(late.value)


def test_a_link_of_another_home_is_worth_nothing_here(workspace: Workspace, tmp_path: Path, clock: Clock) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    with Workspace.open(load_settings(home=tmp_path / "other", environ={}).settings, now=clock) as other:
        token = token_for(other, slot)
    with pytest.raises(UploadLinkRefused):
        slot_for(workspace, slot.upload_id, token)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One home for many generated cases."""
    settings = load_settings(home=tmp_path_factory.mktemp("many") / "home", environ={}).settings
    with Workspace.open(settings) as opened:
        yield opened


@settings_of(max_examples=50, deadline=None)
@given(token=st.text(max_size=80), upload_id=st.text(max_size=40))
def test_no_made_up_token_opens_anything(home: Workspace, token: str, upload_id: str) -> None:
    known = request_upload(home, project_name="Elm Farm").upload_id
    for one in (known, upload_id):
        with pytest.raises(UploadLinkRefused):
            slot_for(home, one, token)


# --- receiving --------------------------------------------------------------------------------------------------------


def test_files_come_in_one_by_one_each_with_its_own_outcome(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    outcomes = [
        receive(workspace, slot.upload_id, "plans/plan.txt", [b"the ", b"plan"]),
        receive(workspace, slot.upload_id, "plan.txt", io.BytesIO(b"another plan")),
        receive(workspace, slot.upload_id, "empty.txt", []),
        receive(workspace, slot.upload_id, "plans\\map.txt", [b"a map"]),
        receive(workspace, slot.upload_id, "plan.txt", [b"another ", b"plan"]),
    ]
    assert [one.outcome for one in outcomes] == ["received", "received", "refused", "received", "duplicate"]
    assert outcomes[0].sha256 == sha256(b"the plan").hexdigest()
    assert "empty" in (outcomes[2].reason or "")
    now = upload_status(workspace, slot.upload_id)
    assert now.status == "uploaded"
    assert [(f.filename, f.size) for f in now.files] == [("plans/plan.txt", 8), ("plan.txt", 12), ("plans/map.txt", 5)]
    assert [f.filename for f in now.refused] == ["empty.txt"]
    assert payload(workspace, slot) == sorted(f.sha256 for f in now.files)


def test_a_file_that_came_through_in_the_end_is_no_longer_listed_as_refused(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    receive(workspace, slot.upload_id, "plan.txt", [])
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    assert upload_status(workspace, slot.upload_id).refused == ()


@pytest.mark.parametrize("name", ["../../x.txt", "/etc/passwd", "C:\\x.txt", "", "a/..", "CON.txt", "x\x00.txt", "a/"])
def test_a_hostile_name_is_refused_and_never_becomes_a_path(workspace: Workspace, tmp_path: Path, name: str) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    before = {p for p in tmp_path.rglob("*") if p.suffix != ".lock"}
    assert receive(workspace, slot.upload_id, name, [b"x"]).outcome == "refused"
    assert {p for p in tmp_path.rglob("*") if p.suffix != ".lock"} == before
    assert payload(workspace, slot) == []


def test_a_name_without_end_is_refused_and_not_kept_whole(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    assert receive(workspace, slot.upload_id, "x" * 1_000_000, [b"x"]).outcome == "refused"
    assert (folder(workspace, slot) / "slot.json").stat().st_size < 3000


@pytest.mark.parametrize("name", [".DS_Store", "~$plan.docx", "folder/.hidden/plan.txt", "plan.pdf.part"])
def test_hidden_and_temporary_files_are_refused_and_not_held_against_the_upload(
    workspace: Workspace, name: str
) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    assert receive(workspace, slot.upload_id, name, [b"x"]).outcome == "refused"
    assert upload_status(workspace, slot.upload_id).refused == ()


@settings_of(max_examples=25, deadline=None)
@given(names=st.lists(st.tuples(st.text(max_size=300), st.binary(max_size=5)), max_size=6))
def test_whatever_is_sent_the_slot_holds_exactly_what_was_received(
    home: Workspace, names: list[tuple[str, bytes]]
) -> None:
    slot = request_upload(home, project_name="Elm Farm")
    held = set()
    for name, content in names:
        told = receive(home, slot.upload_id, name, [content])
        assert (told.outcome == "duplicate") == ((told.filename, told.sha256) in held)
        if told.outcome != "refused":
            held.add((told.filename, told.sha256))
    now = upload_status(home, slot.upload_id)
    assert {(f.filename, f.sha256) for f in now.files} == held
    assert payload(home, slot) == sorted({f.sha256 for f in now.files})


def test_a_stream_that_breaks_off_leaves_nothing_half(workspace: Workspace) -> None:
    def cut_off() -> Iterator[bytes]:
        yield b"x" * MEGABYTE
        raise ConnectionResetError("the sender went away")

    slot = request_upload(workspace, project_name="Elm Farm")
    with pytest.raises(ConnectionResetError):
        receive(workspace, slot.upload_id, "plan.txt", cut_off())
    assert payload(workspace, slot) == []
    assert upload_status(workspace, slot.upload_id).status == "pending"
    # And the same file sent again is whole.
    assert receive(workspace, slot.upload_id, "plan.txt", [b"x" * MEGABYTE]).outcome == "received"


def test_a_file_over_the_limit_is_refused_before_all_of_it_came(
    settings: Settings, tmp_path: Path, clock: Clock
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += MEGABYTE
            yield b"x" * MEGABYTE

    with limited(settings, tmp_path, clock, max_file_mb=2) as ws:
        slot = request_upload(ws, project_name="Elm Farm")
        told = receive(ws, slot.upload_id, "plan.txt", endless())
        assert (told.outcome, sent) == ("refused", 3 * MEGABYTE)
        assert "2 MB" in (told.reason or "")
        assert payload(ws, slot) == []


def test_a_slot_takes_so_many_files_and_no_more(settings: Settings, tmp_path: Path, clock: Clock) -> None:
    with limited(settings, tmp_path, clock, max_files=2) as ws:
        slot = request_upload(ws, project_name="Elm Farm")
        told = [receive(ws, slot.upload_id, f"{n}.txt", [b"%d" % n]) for n in range(3)]
        assert [one.outcome for one in told] == ["received", "received", "refused"]
        assert len(payload(ws, slot)) == 2


def test_a_slot_takes_so_many_bytes_counting_what_is_still_coming_in(
    settings: Settings, tmp_path: Path, clock: Clock
) -> None:
    with limited(settings, tmp_path, clock, max_total_mb=20) as ws:
        slot = request_upload(ws, project_name="Elm Farm")
        inner: list[str] = []

        def while_another_comes() -> Iterator[bytes]:
            for _ in range(12):
                yield b"x" * MEGABYTE
            # 8 of these 12 MB are on disk; another 16 would be too much together, each alone would not.
            inner.append(receive(ws, slot.upload_id, "other.txt", (b"y" * MEGABYTE for _ in range(16))).outcome)

        assert receive(ws, slot.upload_id, "one.txt", while_another_comes()).outcome == "received"
        assert inner == ["refused"]
        # And what is whole counts to the byte.
        assert receive(ws, slot.upload_id, "two.txt", [b"z" * (8 * MEGABYTE + 1)]).outcome == "refused"
        assert receive(ws, slot.upload_id, "two.txt", [b"z" * (8 * MEGABYTE)]).outcome == "received"
        assert sum(f.size for f in upload_status(ws, slot.upload_id).files) == 20 * MEGABYTE


def test_a_disk_without_room_takes_nothing_and_says_try_again(settings: Settings, tmp_path: Path, clock: Clock) -> None:
    inbox = settings.inbox.model_copy(update={"min_free_mb": 100_000_000})
    with Workspace.open(settings.model_copy(update={"inbox": inbox}), now=clock) as ws:
        slot = request_upload(ws, project_name="Elm Farm")
        with pytest.raises(TryAgain):
            receive(ws, slot.upload_id, "plan.txt", [b"plan"])
        assert payload(ws, slot) == []


def test_an_expired_slot_takes_nothing_and_a_file_that_comes_too_late_is_dropped(
    workspace: Workspace, clock: Clock
) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")

    def slow() -> Iterator[bytes]:
        yield b"the first half, "
        clock.advance(minutes=workspace.settings.uploads.lifetime_minutes)
        yield b"and the second"

    with pytest.raises(UploadExpired):
        receive(workspace, slot.upload_id, "plan.txt", slow())
    with pytest.raises(UploadExpired):
        receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    assert payload(workspace, slot) == []
    assert upload_status(workspace, slot.upload_id).status == "expired"


def test_a_processed_slot_takes_no_more_and_says_to_ask_for_a_new_link(workspace: Workspace) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])

    def while_it_is_processed() -> Iterator[bytes]:
        yield b"late "
        process_upload(workspace, slot.upload_id)
        yield b"file"

    for chunks in (while_it_is_processed(), [b"later"]):
        with pytest.raises(UploadClosed, match="new upload link"):
            receive(workspace, slot.upload_id, "late.txt", chunks)
    assert payload(workspace, slot) == []


# --- sweeping ---------------------------------------------------------------------------------------------------------


def test_an_expired_slot_loses_its_files_at_once_and_its_record_later(workspace: Workspace, clock: Clock) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    assert sweep_uploads(workspace) == []
    assert len(payload(workspace, slot)) == 1
    clock.advance(minutes=workspace.settings.uploads.lifetime_minutes)
    assert sweep_uploads(workspace) == []
    assert payload(workspace, slot) == []
    with pytest.raises(UploadExpired):
        process_upload(workspace, slot.upload_id)
    clock.advance(days=KEPT.days, seconds=1)
    assert sweep_uploads(workspace) == [slot.upload_id]
    with pytest.raises(UploadNotFound):
        process_upload(workspace, slot.upload_id)
    assert not folder(workspace, slot).exists()


def test_a_processed_slot_answers_for_a_while_and_then_goes(workspace: Workspace, clock: Clock) -> None:
    slot = request_upload(workspace, project_name="Elm Farm")
    receive(workspace, slot.upload_id, "plan.txt", [b"plan"])
    answer = process_upload(workspace, slot.upload_id)
    clock.advance(days=KEPT.days)
    assert sweep_uploads(workspace) == []
    assert process_upload(workspace, slot.upload_id) == answer
    clock.advance(seconds=1)
    assert sweep_uploads(workspace) == [slot.upload_id]
    assert workspace.sessions.ids() == [answer.session_id]


def test_a_slot_with_a_damaged_record_stops_no_other_and_goes_in_the_end(workspace: Workspace, clock: Clock) -> None:
    bad, good = (request_upload(workspace, project_name="Elm Farm") for _ in range(2))
    (folder(workspace, bad) / "slot.json").write_text("{")
    with pytest.raises(UploadError, match="cannot be read"):
        upload_status(workspace, bad.upload_id)
    clock.time = clock.time.replace(year=clock.time.year + 5)  # the folder's own time is that of the machine
    assert bad.upload_id in sweep_uploads(workspace)
    assert good.upload_id not in [p.name for p in (workspace.data / "uploads").iterdir()]
    assert not folder(workspace, bad).exists()
