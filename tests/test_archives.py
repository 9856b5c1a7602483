"""Zip archives: opened on taking within limits, each file with its own outcome, nothing lost and nobody harmed."""

from __future__ import annotations

import base64
import bz2
import io
import json
import stat
import struct
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from map_maker import layer, square

from actors.embedded import Embedded
from pipeline.home.workspace import Workspace
from pipeline.intake import kept_archives
from pipeline.intake.sources import InboxFile
from pipeline.intake.sources.inbox import identity_of
from pipeline.models import SessionRecord
from pipeline.settings import ArchiveSettings, HomeSettings, Settings
from pipeline.stages.add_documents import add_documents, rescan_sources, take_inbox_files
from pipeline.stages.discover import discover_documents
from pipeline.stages.export import export_session
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import delete_session, remove_document
from pipeline.store.content import ContentStore
from watcher import Watcher

ROOT = Path(__file__).resolve().parent.parent


def zipped(files: dict[str, bytes]) -> bytes:
    """The same files give the same bytes: no time of the clock goes into the archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def added(ws: Workspace, folder: Path, data: bytes, name: str = "all.zip") -> tuple[str, dict[str, str], str]:
    session = create_session(ws, "Larkfield").session_id
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    result = add_documents(ws, session, {"type": "path", "path": str(folder)})
    reasons = " ".join(f.reason or "" for f in result.files)
    return session, {f.filename: f.outcome for f in result.files}, reasons


def places(record: SessionRecord) -> set[tuple[str, str, tuple[str, ...]]]:
    """Where the session's documents lie in their sources."""
    return {(d.path, d.sha256, d.names) for d in record.documents.values()}


@pytest.fixture
def never_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nothing can be copied or unpacked."""

    def refuse(*_: object) -> None:
        raise AssertionError("something was copied")

    monkeypatch.setattr(ContentStore, "stage", refuse)


# --- what it holds ----------------------------------------------------------------------------------------------------


def test_the_files_of_an_archive_are_taken_and_the_archive_is_noted(workspace: Workspace, tmp_path: Path) -> None:
    data = zipped({"plans/a.txt": b"one", "b.txt": b"two", "__MACOSX/._b.txt": b"x", "same.txt": b"two", "d/": b""})
    session, told, _ = added(workspace, tmp_path / "in", data)
    record = workspace.sessions.read(session)
    assert told == {"a.txt": "added", "b.txt": "added", "same.txt": "duplicate"}
    assert {d.path for d in record.documents.values()} == {"all.zip/plans/a.txt", "all.zip/b.txt"}
    (source,) = record.sources.values()
    assert source.metadata["archives"] == [{"path": "all.zip", "sha256": sha256(data).hexdigest(), "files": 3}]


def test_an_unchanged_archive_is_known_by_its_hash_and_not_unpacked_again(
    workspace: Workspace, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    data = zipped({"a.txt": b"one", "sub/inner.zip": zipped({"b.txt": b"two"}), "../c.txt": b"bad"})
    session, told, _ = added(workspace, tmp_path / "in", data)
    assert sorted(told.values()) == ["added", "added", "refused"]
    before = workspace.sessions.read(session)
    request.getfixturevalue("never_copied")
    rescan_sources(workspace, session)
    assert workspace.sessions.read(session) == before
    assert before.vanished == {}


def test_other_limits_open_an_archive_again(workspace: Workspace, tmp_path: Path) -> None:
    strict = ArchiveSettings(max_depth=1)
    workspace.settings = workspace.settings.model_copy(update={"archives": strict})
    data = zipped({"inner.zip": zipped({"b.txt": b"two"}), "a.txt": b"one"})
    session, told, reasons = added(workspace, tmp_path / "in", data)
    assert told == {"inner.zip": "refused", "a.txt": "added"}
    assert "max_depth" in reasons
    workspace.settings = workspace.settings.model_copy(update={"archives": ArchiveSettings()})
    rescan_sources(workspace, session)
    record = workspace.sessions.read(session)
    assert {d.path for d in record.documents.values()} == {"all.zip/a.txt", "all.zip/inner.zip/b.txt"}


def test_a_newer_archive_at_the_same_place_brings_newer_versions(workspace: Workspace, tmp_path: Path) -> None:
    session, _, _ = added(workspace, tmp_path / "in", zipped({"plan.txt": b"one", "gone.txt": b"x", "b.txt": b"b"}))
    (tmp_path / "in" / "all.zip").write_bytes(zipped({"plan.txt": b"two", "b.txt": b"b"}))
    rescan_sources(workspace, session)
    record = workspace.sessions.read(session)
    superseded = {d.sha256 for d in record.documents.values() if d.superseded_by}
    assert superseded == {sha256(b"one").hexdigest()}
    assert list(record.vanished.values()) == [("all.zip/gone.txt",)]


def test_the_same_file_in_an_archive_and_beside_it_is_one_document_with_two_names(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "Final plan.txt").write_bytes(b"one")
    session, told, _ = added(workspace, tmp_path / "in", zipped({"plan.txt": b"one"}))
    (document,) = workspace.sessions.read(session).documents.values()
    assert sorted(told.values()) == ["added", "duplicate"]
    assert document.names == ("Final plan.txt", "plan.txt")


def test_two_members_of_one_name_are_two_documents(workspace: Workspace, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("scan.txt", b"one")
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("scan.txt", b"two")
    session, _, _ = added(workspace, tmp_path / "in", out.getvalue())
    rescan_sources(workspace, session)
    record = workspace.sessions.read(session)
    assert [(d.filename, d.superseded_by) for d in record.documents.values()] == [("scan.txt", None)] * 2


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Gr\u00fcnland.txt".encode("cp437"), "Gr\u00fcnland.txt"),
        ("Gr\u00fcnland \u2013 Fl\u00e4che.txt".encode(), "Gr\u00fcnland \u2013 Fl\u00e4che.txt"),
        (b"./plans\\a.txt", "a.txt"),
    ],
    ids=["the old code page", "unmarked UTF-8", "another system's folders"],
)
def test_names_are_read_as_they_were_meant(raw: bytes, shown: str, workspace: Workspace, tmp_path: Path) -> None:
    data = zipped({"x" * len(raw): b"one"}).replace(b"x" * len(raw), raw)
    _, told, _ = added(workspace, tmp_path / "in", data)
    assert told == {shown: "added"}


@pytest.mark.parametrize("name", ["all.ZIP", "Submission 2024.03", "submission"])
def test_an_archive_without_an_ending_of_its_own_is_opened(name: str, workspace: Workspace, tmp_path: Path) -> None:
    _, told, _ = added(workspace, tmp_path / "in", zipped({"a.txt": b"one"}), name)
    assert told == {"a.txt": "added"}


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("fields.kmz", "doc.kml"),
        ("fields.zip", "doc.kml"),
        ("yields.xlsx", "xl/workbook.xml"),
        ("yields.zip", "xl/workbook.xml"),
        ("letter.docx", "word/document.xml"),
        ("slides.pptx", "ppt/slides.xml"),
        ("project.qgz", "project.qgs"),
    ],
)
def test_what_is_only_packed_as_a_zip_is_one_document(
    name: str, entry: str, workspace: Workspace, tmp_path: Path
) -> None:
    _, told, _ = added(workspace, tmp_path / "in", zipped({entry: b"<x/>"}), name)
    assert told == {name: "added"}


def test_an_archive_with_64_bit_sizes_is_opened(workspace: Workspace, tmp_path: Path) -> None:
    """As some cloud drives make them, however small they are."""
    data = zipped({"a.txt": b"one"})
    at = data.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HLL", data, at + 10)
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, size, start)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, at, 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    _, told, _ = added(workspace, tmp_path / "in", data[:at] + record + locator + end)
    assert told == {"a.txt": "added"}


@pytest.mark.parametrize("inside", [False, True])
def test_a_zipped_shapefile_is_one_layer(inside: bool, workspace: Workspace, tmp_path: Path) -> None:
    data = zipped({f"gis/Fields{suffix}": part for suffix, part in layer([square()]).items()})
    session, _, _ = added(workspace, tmp_path / "in", zipped({"land/gis.zip": data}) if inside else data)
    (document,) = discover_documents(workspace, session).documents
    assert (document.document_type, document.facts["area_ha"]) == ("gis_boundary", "100.00")


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../../evil.txt", "leads out of its folder"),
        ("/etc/evil.txt", "absolute path"),
        ("..\\evil.txt", "leads out of its folder"),
        ("C:/evil.txt", "absolute path"),
        ("CON.txt", "device"),
        ("inner.zip", "opened 2 deep"),
        ("empty.txt", "empty"),
    ],
)
def test_a_bad_member_is_refused_alone_with_its_name_and_a_cure(
    name: str, says: str, workspace: Workspace, tmp_path: Path
) -> None:
    content = {"inner.zip": zipped({"in.zip": zipped({"x.txt": b"x"})}), "empty.txt": b""}.get(name, b"bad")
    _, told, reasons = added(workspace, tmp_path / "in", zipped({name: content, "good.txt": b"good"}))
    assert sorted(told.values()) == ["added", "refused"]
    assert told["good.txt"] == "added"
    assert says in reasons
    assert reasons.strip().startswith("all.zip")
    assert reasons.count(". ") >= 1
    assert not list(tmp_path.rglob("evil.txt"))


@pytest.mark.parametrize(("form", "says"), [(stat.S_IFLNK, "never followed"), (stat.S_IFIFO, "not a regular file")])
def test_links_and_pipes_are_refused_alone(form: int, says: str, workspace: Workspace, tmp_path: Path) -> None:
    special = zipfile.ZipInfo("special.txt")
    special.external_attr = (form | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(special, "/etc/passwd")
        made.writestr("good.txt", b"good")
    _, told, reasons = added(workspace, tmp_path / "in", out.getvalue())
    assert told == {"special.txt": "refused", "good.txt": "added"}
    assert says in reasons


def test_a_damaged_member_is_refused_alone(workspace: Workspace, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("torn.txt", b"these bytes change")
        made.writestr("good.txt", b"good")
    _, told, reasons = added(workspace, tmp_path / "in", out.getvalue().replace(b"bytes change", b"BYTES CHANGE"))
    assert told == {"torn.txt": "refused", "good.txt": "added"}
    assert "damaged here" in reasons


def locked(data: bytes, count: int) -> bytes:
    """The same archive with the mark of encryption on its first members, in both places where it stands."""
    out = bytearray(data)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found = -1
        for _ in range(count):
            found = data.index(signature, found + 1)
            out[found + at] |= 1
    return bytes(out)


@pytest.mark.parametrize(
    ("count", "told_of"), [(1, {"a.txt": "refused", "b.txt": "added"}), (2, {"all.zip": "refused"})]
)
def test_what_asks_for_a_password_is_refused(
    count: int, told_of: dict[str, str], workspace: Workspace, tmp_path: Path
) -> None:
    data = locked(zipped({"a.txt": b"one", "b.txt": b"two"}), count)
    _, told, reasons = added(workspace, tmp_path / "in", data)
    assert told == told_of
    assert "password" in reasons


@pytest.mark.parametrize("files", [{}, {".hidden": b"x", "__MACOSX/._a.txt": b"x", "folder/": b""}])
def test_an_archive_without_files_is_refused(files: dict[str, bytes], workspace: Workspace, tmp_path: Path) -> None:
    _, told, reasons = added(workspace, tmp_path / "in", zipped(files))
    assert told == {"all.zip": "refused"}
    assert "holds no files" in reasons


def test_a_broken_off_archive_is_kept_and_listed_as_unreadable(workspace: Workspace, tmp_path: Path) -> None:
    session, told, _ = added(workspace, tmp_path / "in", zipped({"a.txt": b"one"})[:-30])
    assert told == {"all.zip": "added"}
    (document,) = discover_documents(workspace, session).documents
    assert document.status == "unreadable"
    assert "broken off" in document.notes[0]


# --- hostile archives -------------------------------------------------------------------------------------------------


def test_a_member_that_unpacks_to_far_more_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    _, told, reasons = added(workspace, tmp_path / "in", zipped({"bomb.txt": bytes(20_000_000), "a.txt": b"a"}))
    assert told == {"bomb.txt": "refused", "a.txt": "added"}
    assert "times" in reasons


def test_many_members_that_each_stay_below_the_limit_are_counted_together(workspace: Workspace, tmp_path: Path) -> None:
    _, told, reasons = added(workspace, tmp_path / "in", zipped({f"{n}.txt": bytes(9_000_000) for n in range(3)}))
    assert told == {"all.zip": "refused"}
    assert "27 MB" in reasons


@pytest.mark.parametrize(
    ("limits", "says"),
    [(ArchiveSettings(max_files=3), "more than 3 files"), (ArchiveSettings(max_unpacked_mb=1), "max_unpacked_mb")],
)
def test_an_archive_beyond_the_limits_is_refused_whole(
    limits: ArchiveSettings, says: str, workspace: Workspace, tmp_path: Path
) -> None:
    workspace.settings = workspace.settings.model_copy(update={"archives": limits})
    noise = bytes(range(256)) * 1_600
    data = zipped({f"{n}.txt": noise + bytes([n]) for n in range(4)})
    _, told, reasons = added(workspace, tmp_path / "in", data)
    assert told == {"all.zip": "refused"}
    assert says in reasons


def test_archives_within_an_archive_come_out_of_the_same_budget(workspace: Workspace, tmp_path: Path) -> None:
    workspace.settings = workspace.settings.model_copy(update={"archives": ArchiveSettings(max_files=5)})
    inner = {f"{n}.zip": zipped({f"{n}-{m}.txt": f"{n}{m}".encode() for m in range(2)}) for n in range(2)}
    _, told, reasons = added(workspace, tmp_path / "in", zipped(inner))
    assert told == {"0-0.txt": "added", "0-1.txt": "added", "1.zip": "refused"}
    assert "holds more than 1 files" in reasons


def test_a_directory_that_lies_about_its_length_is_not_loaded(workspace: Workspace, tmp_path: Path) -> None:
    """The count says one file; the directory behind it has as many as fill the memory."""
    data = bytearray(zipped({f"{n:0200d}": b"" for n in range(20_000)}))
    struct.pack_into("<HH", data, data.rfind(b"PK\x05\x06") + 8, 1, 1)
    _, told, reasons = added(workspace, tmp_path / "in", bytes(data))
    assert told == {"all.zip": "refused"}
    assert "more than 5000 files" in reasons


def test_methods_that_unpack_in_one_go_are_not_used(workspace: Workspace, tmp_path: Path) -> None:
    """The library would unpack such a member whole, whatever size was declared: a few bytes fill the memory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("packed.txt", b"x", zipfile.ZIP_BZIP2)
        made.writestr("good.txt", b"good")
    _, told, reasons = added(workspace, tmp_path / "in", out.getvalue())
    assert told == {"packed.txt": "refused", "good.txt": "added"}
    assert "method" in reasons


def lying(content: bytes, method: int, declared: int) -> bytes:
    """An archive of one member that says it unpacks to `declared` bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.writestr("bomb.txt", content)
    data = bytearray(out.getvalue())
    struct.pack_into("<L", data, data.index(b"PK\x03\x04") + 22, declared)
    struct.pack_into("<L", data, data.rindex(b"PK\x01\x02") + 24, declared)
    return bytes(data)


TAKE = """
import resource, sys
from pathlib import Path
from pipeline.settings import load_settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.home.workspace import Workspace

with Workspace.open(load_settings(home=Path(sys.argv[1])).settings) as ws:
    session = create_session(ws, "Larkfield").session_id
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for folder in sys.argv[2:]:
        add_documents(ws, session, {"type": "path", "path": folder})
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_no_archive_takes_more_memory_than_a_few_pieces(tmp_path: Path) -> None:
    """A process of its own, whose memory nothing else has touched: large members, liars, and large directories."""
    assert len(bz2.compress(bytes(300_000_000))) < 1_000
    hostile = {
        "large": zipped({"large.bin": bytes(range(256)) * 600_000}),
        "liar": lying(bytes(150_000_000), zipfile.ZIP_DEFLATED, 1_000),
        "bzip2": lying(bytes(300_000_000), zipfile.ZIP_BZIP2, 1_000),
        "directory": zipped({f"{n:0200d}": b"" for n in range(60_000)}),
    }
    for name, data in hostile.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "all.zip").write_bytes(data)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", TAKE, str(tmp_path / "home"), *(str(tmp_path / name) for name in hostile)],
        capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    kilobytes = int(done.stdout)
    assert kilobytes < 40_000


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6), st.booleans())
def test_whatever_bytes_an_archive_has_everything_gets_an_outcome(changes: list[tuple[int, int]], cut: bool) -> None:
    data = bytearray(zipped({"a.txt": b"one" * 50, "sub/b.zip": zipped({"c.txt": b"two"}), "d.txt": b"three"}))
    for at, value in changes:
        data[at % len(data)] = value
    if cut:
        del data[changes[0][0] % len(data) :]
    with tempfile.TemporaryDirectory() as folder:
        home = HomeSettings(inbox=Path(folder) / "inbox", data=Path(folder) / "data")
        with Workspace.open(Settings(home=home)) as ws:
            _, told, reasons = added(ws, Path(folder) / "in", bytes(data) or b"x")
            assert told
            assert "refused" not in told.values() or reasons
            assert [p for p in ws.staging.rglob("*") if p.is_file() and p.suffix != ".lock"] == []


# --- every way in, and out again --------------------------------------------------------------------------------------


def test_an_archive_is_the_same_by_every_way_in(workspace: Workspace, tmp_path: Path) -> None:
    data = zipped({"plans/a.txt": b"one", "b.txt": b"two", "again.txt": b"two", "../evil.txt": b"bad"})
    by_path, _, _ = added(workspace, tmp_path / "in", data)
    by_upload = create_session(workspace, "Uploaded").session_id
    sent = {"filename": "all.zip", "content_base64": base64.b64encode(data).decode()}
    add_documents(workspace, by_upload, {"type": "upload", "files": [sent]}, check_duplicates=False)
    by_inbox = create_session(workspace, "Dropped").session_id
    (workspace.inbox / by_inbox / "all.zip").write_bytes(data)
    (workspace.inbox / "new" / "A new farm").mkdir(parents=True)
    (workspace.inbox / "new" / "A new farm" / "all.zip").write_bytes(data)
    with Embedded(workspace) as queue:
        Watcher(workspace, queue, advance_to="document_discovery").once()
    (by_folder,) = workspace.catalog.bound_to("A new farm")
    sessions = [workspace.sessions.read(s) for s in (by_path, by_upload, by_inbox, by_folder)]
    assert len(places(sessions[0])) == 2
    assert [places(s) for s in sessions] == [places(sessions[0])] * 4
    assert len({json.dumps([(r["path"], r["reason"]) for r in s.refused]) for s in sessions}) == 1
    assert all(kept_archives.is_intact(workspace, s.session_id, a) for s in sessions for a in s.archives.values())


@pytest.mark.parametrize("bad", [False, True])
def test_a_dropped_archive_goes_when_all_of_it_is_safe_and_is_set_aside_otherwise(
    bad: bool, workspace: Workspace
) -> None:
    session = create_session(workspace, "Larkfield").session_id
    path = workspace.inbox / session / "all.zip"
    path.write_bytes(zipped({"a.txt": b"one"} | ({"../b.txt": b"two"} if bad else {})))
    identity = identity_of(path)
    assert identity is not None
    take_inbox_files(workspace, session, [InboxFile(path, "all.zip", identity)])
    assert not path.exists()
    assert len(list(workspace.quarantine.rglob("all.zip"))) == int(bad)
    reasons = [json.loads(one.read_text())["reason"] for one in workspace.quarantine.rglob("*.reason.json")]
    assert ["../b.txt" in reason for reason in reasons] == [True] * int(bad)


def test_an_archive_is_given_back_as_it_came(workspace: Workspace, tmp_path: Path) -> None:
    data = zipped({"a.txt": b"one", ".hidden": b"not a document", "../b.txt": b"refused"})
    session, _, _ = added(workspace, tmp_path / "in", data)
    export_session(workspace, session, tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"a.txt", "all.zip"}
    assert (tmp_path / "out" / "all.zip").read_bytes() == data


def test_a_lost_archive_is_kept_again_when_it_is_seen_again(workspace: Workspace, tmp_path: Path) -> None:
    session, _, _ = added(workspace, tmp_path / "in", zipped({"a.txt": b"one"}))
    (archive,) = workspace.sessions.read(session).archives.values()
    kept_archives.place_of(workspace, session, archive.sha256).unlink()
    rescan_sources(workspace, session)
    assert kept_archives.is_intact(workspace, session, archive)


def held_bytes(ws: Workspace, content: bytes) -> list[Path]:
    """Every file of the home that is this content or the archive of it."""
    packed = {sha256(content).hexdigest(), sha256(zipped({"a.txt": content, "b.txt": b"stays"})).hexdigest()}
    return [p for p in ws.data.rglob("*") if p.is_file() and sha256(p.read_bytes()).hexdigest() in packed]


def test_what_a_person_took_out_of_an_archive_stays_out_until_it_is_added_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    session, _, _ = added(workspace, tmp_path / "in", zipped({"a.txt": b"personal", "b.txt": b"stays"}))
    assert len(held_bytes(workspace, b"personal")) == 2
    remove_document(workspace, session, "a.txt", by="R. Reviewer", reason="not for this review")
    assert held_bytes(workspace, b"personal") == []
    rescan_sources(workspace, session)
    discover_documents(workspace, session)
    assert [d.filename for d in workspace.sessions.read(session).documents.values()] == ["b.txt"]
    assert held_bytes(workspace, b"personal") == []
    assert export_session(workspace, session, tmp_path / "out") == [tmp_path / "out" / "b.txt"]
    add_documents(workspace, session, {"type": "path", "path": str(tmp_path / "in")})
    record = workspace.sessions.read(session)
    assert {d.filename for d in record.documents.values()} == {"a.txt", "b.txt"}
    assert [a.kept for a in record.archives.values()] == [True]


def test_a_changed_archive_does_not_bring_back_what_was_taken_out(workspace: Workspace, tmp_path: Path) -> None:
    session, _, _ = added(workspace, tmp_path / "in", zipped({"a.txt": b"personal"}))
    remove_document(workspace, session, "a.txt", by="R. Reviewer", reason="not for this review")
    (tmp_path / "in" / "all.zip").write_bytes(zipped({"a.txt": b"personal", "b.txt": b"stays"}))
    rescan_sources(workspace, session)
    assert [d.filename for d in workspace.sessions.read(session).documents.values()] == ["b.txt"]
    assert held_bytes(workspace, b"personal") == []


def test_a_deleted_session_leaves_nothing_of_its_archives(workspace: Workspace, tmp_path: Path) -> None:
    session, _, _ = added(workspace, tmp_path / "in", zipped({"a.txt": b"personal", "b.txt": b"stays"}))
    delete_session(workspace, session, by="R. Reviewer")
    assert held_bytes(workspace, b"personal") == []
