"""Whatever lies in the inbox or has happened to the home: one clear line each, the others go on, nothing is lost."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from fpdf import FPDF

from actors.embedded import Embedded
from pipeline import checklists, filenames
from pipeline.checklists import load
from pipeline.errors import ChecklistError, FileRefused, ReviewError, SessionCorrupt, SettingsError, TryAgain
from pipeline.home import exit_codes
from pipeline.home.caller import Visit
from pipeline.home.workspace import Workspace
from pipeline.intake.inbox.scan import UNLISTED
from pipeline.models import Document, DocumentRecord, Inventory, StageKey
from pipeline.settings import HomeSettings, InboxSettings, ReadingSettings, Settings, load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.export import export_session
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import DELETIONS, delete_session, remove_document
from pipeline.status.session import look_around, status_of
from pipeline.store.storage import previous_copy
from pipeline.workflow import freshness, order, results
from tests.conftest import Clock
from tests.disks import rights_bind
from tests.queue_fixtures import new_session, session_with_a_file
from watcher import Summary, Watcher

MAX_PAGES = 6


# --- what is dropped --------------------------------------------------------------------------------------------------


def pdf(text: str, pages: int = 1) -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=11)
    for number in range(pages):
        made.add_page()
        made.text(20, 30, f"{text}, page {number + 1}")
    return bytes(made.output())


def workbook(text: str) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in range(400):
        book.worksheets[0].append([text, row, f"{text} {row}"])
    book.save(file)
    return file.getvalue()


def archive(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()


def rewritten(book: bytes, part: str, content: bytes) -> bytes:
    """The workbook with another content in one part."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return file.getvalue()


def encrypted(content: bytes) -> bytes:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as opened:
        opened.save(file, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return file.getvalue()


@dataclass(frozen=True)
class Row:
    """One bad input: what is dropped under which name, where it ends, and a piece of what is said of it."""

    name: str
    content: bytes | Callable[[Path], None]
    #: "refused", "ignored" or the document's status.
    outcome: str
    says: str


SHEET = "xl/worksheets/sheet1.xml"
ROWS = (
    Row("plan.pdf", pdf("a good plan", 3), "in_scope", "Not recognised"),
    Row("zero.pdf", b"", "refused", "the file is empty (0 bytes). Check the copy and send the file again"),
    Row("blank.txt", b" \n\n", "unreadable", "The file is empty"),
    Row("half.pdf", pdf("half", 5)[:1500], "quarantined", "cut off: its end is missing"),
    Row("half.xlsx", workbook("half")[:-900], "quarantined", "The workbook is cut off or damaged"),
    Row("login.pdf", b"<!doctype html><html><body>Sign in</body></html>", "unreadable", "is a web page"),
    Row("zip.pdf", archive(a=b"1"), "unreadable", "Its name ends in .pdf, but its content is an archive"),
    Row("zip.xlsx", archive(a=b"2"), "unreadable", "Its name ends in .xlsx, but its content is an archive"),
    Row("setup.pdf", b"MZ" + bytes(200), "unreadable", "but its content is a program. Ask for the document itself"),
    Row("really-a.xlsx", pdf("named xlsx"), "in_scope", "its content is a PDF and was read as that"),
    Row("really-b.pdf", workbook("named pdf"), "in_scope", "its content is a workbook and was read as that"),
    Row("locked.pdf", encrypted(pdf("secret")), "unreadable", "opens only with a password"),
    Row("garbage.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 9 + b"\n%%EOF\n", "quarantined", "damaged"),
    Row("torn.xlsx", rewritten(workbook("x"), SHEET, b"<worksheet><sheetData><row>"), "quarantined", "damaged"),
    Row("bomb.xlsx", rewritten(workbook("y"), SHEET, b"0" * 280_000_000), "quarantined", "would unpack to 280 MB"),
    Row("long.pdf", pdf("long", MAX_PAGES + 1), "quarantined", f"at most {MAX_PAGES} are read. Split it"),
    Row("CON.pdf", b"device", "refused", "keep the name CON for a device. Rename the file"),
    Row("tab\there.txt", b"tab", "refused", "tab\\there.txt: the name holds control characters. Rename the file"),
    Row("new\nline.txt", b"line", "refused", "new\\nline.txt: the name holds control characters"),
    Row("red\x1b[31m.txt", b"red", "refused", "red\\x1b[31m.txt: the name holds control characters"),
    Row("rtl\u202efdp.exe", b"rtl", "refused", "the name holds control characters"),
    Row("\u2029", b"separator", "refused", "the name holds control characters"),
    Row("..\\out.txt", b"out", "refused", "the name leads out of its folder"),
    Row("C:\\out.txt", b"drive", "refused", "the name is an absolute path"),
    Row("  ", b"blank name", "refused", "The file has no name"),
    Row("-rf $(x) 'y' \U0001f331.txt", b"odd but harmless", "in_scope", "Not recognised"),
    Row("a" * 251 + ".txt", b"255 bytes", "in_scope", "Not recognised"),
    Row("stray\udcff.txt", b"not UTF-8", "in_scope", "Not recognised"),
    Row("link.pdf", lambda p: p.symlink_to(p.parents[3] / "outside.txt"), "refused", "symbolic link is never followed"),
    Row("up", lambda p: p.symlink_to(".."), "refused", "symbolic link is never followed"),
    Row("itself", lambda p: p.symlink_to("itself"), "refused", "symbolic link is never followed"),
    Row("hard.txt", lambda p: os.link(p.parents[3] / "outside.txt", p), "in_scope", "Not recognised"),
    Row("pipe.pdf", os.mkfifo, "refused", "not a regular file"),
    Row("socket.pdf", lambda path: _bind(path), "refused", "not a regular file"),
    Row("copy.pdf.part", b"half", "ignored", ""),
)


def _bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:  # its file stays
        before = Path.cwd()
        os.chdir(path.parent)  # an address may have 108 bytes only
        try:
            made.bind(path.name)
        finally:
            os.chdir(before)


@dataclass(frozen=True)
class Drop:
    """What became of all rows in one go."""

    folder: Path
    outside: os.stat_result
    inbox: Path
    quarantine: Path
    summary: Summary
    refused: dict[str, str]
    documents: dict[str, Document]
    errors: str


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    folder = tmp_path_factory.mktemp("bad")
    outside = folder / "outside.txt"
    outside.write_text("nobody's business")
    before = outside.stat()
    settings = Settings(
        home=HomeSettings(inbox=folder / "home" / "inbox", data=folder / "home" / "data"),
        inbox=InboxSettings(settle_seconds=0.2, settle_closed_seconds=0.1, patience_seconds=0.5),
        reading=ReadingSettings(max_pages=MAX_PAGES),
    )
    with Workspace.open(settings) as ws:
        session_id = create_session(ws, "Bad Farm").session_id
        place = ws.inbox / session_id
        for row in ROWS:
            if isinstance(row.content, bytes):
                (place / row.name).write_bytes(row.content)
            else:
                row.content(place / row.name)
        with Embedded(ws) as engine:
            summary = Watcher(ws, engine).once()
        record = ws.sessions.read(session_id)
        inventory = results.load_inventory(ws, record)
        assert inventory is not None
        log = ws.data / "errors.log"
        return Drop(
            folder=folder,
            outside=before,
            inbox=place,
            quarantine=ws.quarantine / session_id,
            summary=summary,
            refused={r["path"]: r["reason"] for r in record.refused},
            documents={d.path: d for d in inventory.documents},
            errors=log.read_text() if log.exists() else "",
        )


@pytest.mark.parametrize("row", ROWS, ids=[filenames.printable(row.name)[:20] for row in ROWS])
def test_every_bad_input_ends_where_it_should_with_one_line_that_says_why(drop: Drop, row: Row) -> None:
    shown = filenames.printable(row.name)
    if row.outcome == "ignored":
        assert shown not in {*drop.refused, *drop.documents}
        assert (drop.inbox / row.name).exists()
    elif row.outcome == "refused":
        assert row.says in drop.refused[shown]
        assert "\n" not in drop.refused[shown]
    else:
        document = drop.documents[shown]
        assert document.status == row.outcome
        assert row.says in " ".join(document.notes)


def test_a_refused_file_lies_in_the_quarantine_with_its_reason_and_everything_else_was_taken(drop: Drop) -> None:
    reasons = [json.loads(path.read_text()) for path in drop.quarantine.glob("*.reason.json")]
    assert {reason["path"] for reason in reasons} == {
        filenames.printable(r.name) for r in ROWS if r.outcome == "refused"
    }
    assert sorted(p.name for p in drop.inbox.iterdir()) == ["copy.pdf.part"]
    assert not drop.summary.failures
    assert not drop.errors


def test_what_a_link_points_to_is_never_touched(drop: Drop) -> None:
    assert (drop.folder / "outside.txt").read_text() == "nobody's business"
    after = (drop.folder / "outside.txt").stat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (
        drop.outside.st_ino,
        drop.outside.st_mode,
        drop.outside.st_mtime_ns,
    )
    assert sorted(p.name for p in drop.folder.iterdir()) == ["home", "outside.txt"]


@pytest.mark.parametrize("again", range(3))
def test_a_reserved_name_is_refused_in_the_same_words_whatever_the_hash_seed(again: int) -> None:
    with pytest.raises(FileRefused, match=r"keep the name NUL for a device"):
        filenames.check("NUL.pdf")


# --- rights -----------------------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_opened_is_named_with_the_cure(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    closed = workspace.inbox / session_id / "closed"
    closed.mkdir(mode=0)
    try:
        with rights_bind():
            found = status_of(workspace, workspace.sessions.read(session_id)).waiting_files
    finally:
        closed.chmod(0o700)
    assert [(f.name, f.reason) for f in found] == [(f"{session_id}/closed/", UNLISTED)]


def test_a_file_that_cannot_be_removed_is_not_what_status_sends_people_to_the_watcher_for(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    folder = workspace.inbox / session_id / "fixed"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    folder.chmod(0o500)
    try:
        with rights_bind():
            found = status_of(workspace, workspace.sessions.read(session_id), look_around(workspace))
    finally:
        folder.chmod(0o700)
    assert "not removed" in found.waiting_files[0].reason
    assert "watch --once" not in found.next_action


@pytest.mark.parametrize(
    ("error", "says", "code"),
    [
        (PermissionError(13, "Permission denied", "/home/x/data"), "permission denied", exit_codes.FAILED),
        (OSError(30, "Read-only file system", "/home/x/data"), "read-only", exit_codes.FAILED),
        (OSError(28, "No space left on device", "/home/x/data"), "is full", exit_codes.TRY_AGAIN),
        (OSError(36, "File name too long", "/home/" + "x" * 300), "too long", exit_codes.USAGE),
    ],
)
def test_what_the_system_refuses_is_said_in_words_with_a_cure(error: OSError, says: str, code: int) -> None:
    told = Visit().explain(error)
    assert says in told.message
    assert told.cure
    assert exit_codes.code_of(told) == code


def test_a_catalog_that_can_never_be_opened_is_not_something_to_try_again(settings: Settings) -> None:
    with Workspace.open(settings):
        pass
    (settings.home.data / "catalog.sqlite3").unlink()
    (settings.home.data / "catalog.sqlite3").mkdir()
    with pytest.raises(ReviewError, match="cannot be used") as caught:
        Workspace.open(settings)
    assert not isinstance(caught.value, TryAgain)
    assert "made anew from the sessions" in caught.value.cure


# --- settings and checklists ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("inbox", "data"), [("both", "both"), ("both", "both/data"), ("both/inbox", "both")])
def test_the_inbox_and_the_data_folder_may_not_lie_in_each_other(tmp_path: Path, inbox: str, data: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f'[home]\ninbox = "{inbox}"\ndata = "{data}"\n')
    with pytest.raises(SettingsError, match="neither inside the other"):
        load_settings(config=file)


def test_a_setting_outside_every_section_is_told_where_it_belongs(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("settle_seconds = 3\n")
    with pytest.raises(SettingsError, match="stands in no section") as caught:
        load_settings(config=file)
    assert "[inbox]" in caught.value.cure


def own_checklist(folder: Path, old: str, new: str) -> Path:
    """A copy of the shipped checklist in which one piece is written otherwise."""
    shipped = Path(checklists.__file__).parent / "soil-carbon-v1.2.2.toml"
    folder.mkdir(parents=True, exist_ok=True)
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    (folder / shipped.name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_a_misspelt_name_in_a_checklist_is_named_rather_than_what_it_leaves_missing(tmp_path: Path) -> None:
    folder = own_checklist(tmp_path / "own", "\ncategory =", "\ncategry =")
    with pytest.raises(ChecklistError, match=r"REQ-001: unknown name 'categry'; did you mean 'category'") as caught:
        load("soil-carbon-v1.2.2", folder)
    assert caught.value.cure


def test_a_checklist_folder_that_is_not_there_is_an_error_and_not_the_shipped_checklist(tmp_path: Path) -> None:
    with pytest.raises(ChecklistError, match="There is no folder"):
        load("soil-carbon-v1.2.2", tmp_path / "nowhere")


def test_files_that_were_taken_are_not_said_to_stay_when_a_checklist_has_a_typo(settings: Settings) -> None:
    folder = own_checklist(settings.home.data.parent / "own", "\ncategory =", "\ncategry =")
    quick = InboxSettings(settle_seconds=0.1, settle_closed_seconds=0.1)
    checklist = settings.checklist.model_copy(update={"folder": folder})
    with Workspace.open(settings.model_copy(update={"inbox": quick})) as ws:
        session_id = new_session(ws)
    wrong = settings.model_copy(update={"inbox": quick, "checklist": checklist})
    with Workspace.open(wrong) as ws, Embedded(ws) as engine:
        (ws.inbox / session_id / "a.txt").write_text("a")
        summary = Watcher(ws, engine, advance_to="requirement_mapping").once()
        assert [f.outcome for _, f in summary.files] == ["added"]
        record = ws.sessions.read(session_id)
        assert "mistake" in status_of(ws, record).next_action


# --- a damaged home ---------------------------------------------------------------------------------------------------

LAST: StageKey = "requirement_mapping"


def results_of(ws: Workspace, session_id: str) -> set[str]:
    return {path.stem for path in (ws.sessions.folder(session_id) / "results").glob("*.json")}


@pytest.mark.parametrize("damage", ["gone", "changed", "another shape"])
@pytest.mark.parametrize("key", order.ORDER[:2])
def test_a_stored_result_that_is_lost_is_made_again_the_same(
    workspace: Workspace, tmp_path: Path, key: StageKey, damage: str
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "files")
    before = run.advance(workspace, session_id, LAST)
    sha = before.stages[key].result
    path = workspace.sessions.folder(session_id) / "results" / f"{sha}.json"
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content + b" " if damage == "changed" else b"{}")
    assert status_of(workspace, before).workflow_progress[key].status == "stale"
    after = run.advance(workspace, session_id, LAST)
    assert after.stages[key].result == sha
    assert path.read_bytes() == content
    assert freshness.due(workspace, after, LAST) is None


def test_results_that_quote_a_removed_document_go_as_soon_as_nothing_refers_to_them(
    workspace: Workspace, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "files")
    first = run.advance(workspace, session_id, LAST)
    left_over = workspace.sessions.save_result(session_id, Inventory(documents=()))
    assert left_over in results_of(workspace, session_id)
    remove_document(workspace, session_id, "notes.txt", "R. Viewer", "another farm's")
    assert results_of(workspace, session_id) == {s.result for s in first.stages.values()}
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "other.txt").write_text("Another text.")
    add_documents(workspace, session_id, {"type": "path", "path": str(tmp_path / "more")})
    second = run.advance(workspace, session_id, LAST)
    assert results_of(workspace, session_id) == {s.result for s in second.stages.values()}
    kept = "".join(p.read_text() for p in (workspace.sessions.folder(session_id) / "results").iterdir())
    assert "notes.txt" not in kept


def document(ws: Workspace, session_id: str, name: str) -> DocumentRecord:
    return next(d for d in ws.sessions.read(session_id).documents.values() if d.filename == name)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_document_whose_stored_bytes_are_lost_hurts_only_itself_and_adding_it_again_mends_it(
    workspace: Workspace, tmp_path: Path, damage: str
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "files")
    (tmp_path / "files" / "other.txt").write_text("Another text.")
    lost = document(workspace, session_id, "notes.txt").sha256
    stored = workspace.content.path(lost)
    if damage == "gone":
        stored.unlink()
    else:
        stored.chmod(0o600)
        stored.write_bytes(b"something else")
    shutil.move(tmp_path / "files" / "notes.txt", tmp_path / "notes.txt")
    run.advance(workspace, session_id, "document_discovery")
    found = {d.filename: d for d in _inventory(workspace, session_id).documents}
    assert found["other.txt"].status == "in_scope"
    assert found["notes.txt"].status == "unreadable"
    assert "Add the same file again" in found["notes.txt"].notes[0]
    with pytest.raises(ReviewError, match=r"notes\.txt is gone or was changed"):
        export_session(workspace, session_id, tmp_path / "out")
    shutil.move(tmp_path / "notes.txt", tmp_path / "files" / "notes.txt")
    run.advance(workspace, session_id, "document_discovery")
    assert workspace.content.intact(lost)
    assert {d.status for d in _inventory(workspace, session_id).documents} == {"in_scope"}


def _inventory(ws: Workspace, session_id: str) -> Inventory:
    found = results.load_inventory(ws, ws.sessions.read(session_id))
    assert found is not None
    return found


def test_content_that_no_session_claimed_goes_after_an_hour_and_claimed_content_never(
    settings: Settings, tmp_path: Path
) -> None:
    clock = Clock(datetime.now(UTC))
    with Workspace.open(settings, clock) as ws:
        session_id = session_with_a_file(ws, tmp_path / "files")
        claimed = document(ws, session_id, "notes.txt").sha256
        (tmp_path / "orphan.txt").write_text("its process was killed before the commit")
        staged = ws.content.stage(tmp_path / "orphan.txt", 1000)
        ws.content.put(staged.path, staged.sha256)
    clock.advance(minutes=50)
    with Workspace.open(settings, clock) as ws:
        assert ws.content.has(staged.sha256)
    clock.advance(minutes=70)
    with Workspace.open(settings, clock) as ws:
        assert not ws.content.has(staged.sha256)
        assert ws.content.has(claimed)


def test_no_content_is_swept_while_a_session_that_may_refer_to_it_cannot_be_read(
    settings: Settings, tmp_path: Path
) -> None:
    clock = Clock(datetime.now(UTC))
    with Workspace.open(settings, clock) as ws:
        session_id = session_with_a_file(ws, tmp_path / "files")
        sha256 = document(ws, session_id, "notes.txt").sha256
        session_file = ws.sessions.folder(session_id) / "session.json"
    whole = session_file.read_bytes()
    session_file.write_bytes(b"")
    (settings.home.data / "catalog.sqlite3").unlink()
    clock.time += timedelta(days=2)
    with Workspace.open(settings, clock):
        pass
    session_file.write_bytes(whole)
    with Workspace.open(settings, clock) as ws:
        assert ws.content.has(sha256)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe", b"{}"])
def test_a_damaged_session_names_its_file_and_the_command_that_brings_back_the_last_state(
    workspace: Workspace, tmp_path: Path, content: bytes
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "files")
    path = workspace.sessions.folder(session_id) / "session.json"
    path.write_bytes(content)
    with pytest.raises(SessionCorrupt) as caught:
        workspace.sessions.read(session_id)
    assert str(path) in caught.value.message
    assert f"cp {previous_copy(path)} {path}" in caught.value.cure


def test_acts_after_a_session_was_put_back_are_kept_although_the_audit_file_knows_more(
    workspace: Workspace, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "files")
    path = workspace.sessions.folder(session_id) / "session.json"
    run.request(workspace, session_id, "evidence_extraction")
    path.write_bytes(previous_copy(path).read_bytes())
    run.request(workspace, session_id, "report_generation")
    pending = json.loads(path.read_text())["audit_pending"]
    assert {"to": "report_generation"} in [event["details"] for event in pending.values()]
    with pytest.raises(SessionCorrupt, match="broken"):
        workspace.sessions.verify_audit(session_id)


def test_who_deleted_a_session_stays_known_after_its_own_audit_is_gone(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    delete_session(workspace, session_id, "R. Viewer")
    line = json.loads((workspace.data / DELETIONS).read_text())
    assert (line["session_id"], line["by"]) == (session_id, "R. Viewer")
