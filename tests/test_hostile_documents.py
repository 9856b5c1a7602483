"""Hostile documents hurt only themselves: made ones through the whole program, and each kind that once got further."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from examples.submission import Submission, write_submission
from pipeline.home.workspace import Workspace
from pipeline.models import Drawing, Reading, Report
from pipeline.reading import child, reader
from pipeline.reading.extent import Extent
from pipeline.reading.pictures import draw
from pipeline.reading.service import ReadingService
from pipeline.settings import ReadingSettings, load_settings
from pipeline.stages import run as stage_run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.workflow import results
from tests.hostile import honest, pdfs
from tests.hostile.corpus import corpus, makers
from tests.hostile.running import Limits, run

SHA = "a" * 64
#: Forms that draw each other without end: a reader never comes back from it.
ENDLESS = pdfs.pieces_draw_themselves(Random("endless"))  # noqa: S311 - repeatable on purpose


def read(path: Path, content: bytes, extent: Extent = Extent()) -> Reading:  # noqa: B008 - a frozen value
    path.write_bytes(content)
    return reader.read_file(path, SHA, 100, 100_000, extent)


@pytest.mark.timeout(600)  # some of the files are there to take their time, on whatever else the machine does
def test_a_hundred_and_fifty_hostile_files_hurt_nobody_but_themselves(tmp_path: Path) -> None:
    files = list(corpus(150, seed=3))
    assert len({one.made_by for one in files}) == len(makers())  # each way of damage is among them

    tally = run(files, tmp_path / "run", Limits(timeout_seconds=2, memory_mb=600))

    assert (tally.hangs, tally.crashes, tally.defects, tally.lost) == ([], [], [], [])
    assert tally.inputs >= 145  # some names the file system does not take
    assert sum(tally.outcomes.values()) == tally.inputs
    assert tally.parent_mb < 400
    assert 0 < tally.child_mb < 700


def test_the_same_seed_makes_the_same_files() -> None:
    # What is locked with a password is locked with new random numbers each time.
    made = [[one for one in corpus(40, seed=5) if "locked" not in one.made_by] for _ in "ab"]
    assert made[0] == made[1]


# --- what once got further --------------------------------------------------------------------------------------------


def nowhere() -> bytes:
    """A zipped map whose directory says that its only file begins before the archive does."""
    data = bytearray(honest.zipped({"doc.kml": honest.kml()}))
    end = data.rindex(b"PK\x05\x06")
    told = int.from_bytes(data[end + 16 : end + 20], "little")
    data[end + 16 : end + 20] = (told + 500).to_bytes(4, "little")
    return bytes(data)


def test_a_zip_that_sends_its_reader_before_the_first_byte_fails_alone_and_not_the_discovery(tmp_path: Path) -> None:
    # Given a map for which the system, asked for nonsense, answers as it does for a broken disk
    file = tmp_path / "fields.kmz"
    file.write_bytes(nowhere())
    with zipfile.ZipFile(file) as opened, pytest.raises(OSError, match="Invalid argument"):
        opened.read("doc.kml")

    # When it is read, among others
    with Workspace.open(load_settings(home=tmp_path / "home").settings) as ws:
        session = create_session(ws, "Hill Farm").session_id
        (tmp_path / "notes.txt").write_text("The field is sown with clover after the harvest.")
        for path in (file, tmp_path / "notes.txt"):
            add_documents(ws, session, {"type": "path", "path": str(path)}, check_duplicates=False)
        stage_run.advance(ws, session, "document_discovery")
        inventory = results.load_inventory(ws, ws.sessions.read(session))

    # Then it is set aside and the other one is there
    assert inventory
    assert {d.filename: d.status for d in inventory.documents} == {
        "fields.kmz": "quarantined",
        "notes.txt": "in_scope",
    }


def test_a_content_that_cannot_be_had_is_still_told_from_one_that_provokes_its_reader() -> None:
    assert child._of_the_system(OSError(5, "Input/output error"))["failed"] == "file"
    assert child._of_the_system(OSError(22, "Invalid argument")) == {"failed": "error", "what": "OSError"}
    assert child._of_the_system(OSError(12, "Cannot allocate memory")) == {"failed": "memory"}


def test_a_folder_whose_name_leads_out_is_refused_aloud(tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    (folder / "..\\up").mkdir(parents=True)
    (folder / "..\\up" / "plan.txt").write_text("a plan")
    with Workspace.open(load_settings(home=tmp_path / "home").settings) as ws:
        session = create_session(ws, "Hill Farm").session_id
        result = add_documents(ws, session, {"type": "path", "path": str(folder)}, check_duplicates=False)

    ((outcome, reason),) = [(file.outcome, file.reason or "") for file in result.files]
    assert outcome == "refused"
    assert "leads out of its folder" in reason


# --- limits, each with its setting ------------------------------------------------------------------------------------


def test_a_page_of_too_many_pieces_is_set_aside_with_the_setting_that_raises_it(tmp_path: Path) -> None:
    drawn = pdfs._written(pdfs._body(content=pdfs._stream(b"0 0 m 9 9 l S " * 300)))

    assert read(tmp_path / "a.pdf", drawn, Extent(page_objects=300)).status == "ok"
    reading = read(tmp_path / "a.pdf", drawn, Extent(page_objects=299))
    assert (reading.status, reading.code) == ("quarantined", "too_many_objects")
    assert "reading.max_page_objects" in (reading.note or "")


@pytest.mark.parametrize(("make", "name"), [(honest.pdf, "plan.pdf"), (honest.word, "letter.docx")])
def test_a_page_of_too_much_text_is_set_aside_with_the_setting_that_raises_it(
    tmp_path: Path, make: object, name: str
) -> None:
    assert callable(make)
    assert read(tmp_path / name, make()).status == "ok"
    reading = read(tmp_path / name, make(), Extent(page_characters=50))
    assert (reading.status, reading.code) == ("quarantined", "too_much_text")
    assert "reading.max_page_characters" in (reading.note or "")


@pytest.mark.parametrize("name", ["book.xlsx", "letter.docx", "fields.kmz"])
def test_what_unpacks_to_more_than_the_setting_is_set_aside(tmp_path: Path, name: str) -> None:
    data = honest.KINDS[Path(name).suffix]()
    swollen = honest.zipped(honest.unzipped(data) | {"extra.bin": bytes(range(256)) * 8_000})

    assert read(tmp_path / name, swollen).status == "ok"
    reading = read(tmp_path / name, swollen, Extent(unpacked_mb=1))
    assert (reading.status, reading.code) == ("quarantined", "too_large")
    assert "reading.max_unpacked_mb" in (reading.note or "")


def test_no_picture_is_made_of_a_page_that_shows_a_larger_one_than_the_setting_allows(tmp_path: Path) -> None:
    # Given a page with a picture of 4 million pixels in a few kilobytes
    wide = 2_000
    entries = b"/Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /FlateDecode"
    image = pdfs._stream(zlib.compress(bytes(wide * wide)), entries % (wide, wide))
    resources = b"<< /Font << /F1 5 0 R >> /XObject << /I 6 0 R >> >>"
    content = pdfs._stream(pdfs._SAID + b"q 400 0 0 400 72 72 cm /I Do Q")
    path = tmp_path / "map.pdf"
    path.write_bytes(pdfs._written(pdfs._body(page=pdfs._page(b"", resources), content=content) | {6: image}))
    wanted = [Drawing(page=1).model_dump()]

    assert draw(path, wanted, 4_000_000)[0]
    assert draw(path, wanted, 3_999_999) == [None]
    assert "clover" in reader.read_file(path, SHA, 9, 9).pages[0].text  # its text is read all the same


def test_a_reading_too_large_to_take_in_is_kept_apart_where_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "MOST_WRITTEN", 2_000)
    path = tmp_path / "plan.pdf"
    path.write_bytes(honest.pdf())

    answer = child._answer(reader, {"do": "read", "path": str(path), "sha256": SHA}, ReadingSettings().model_dump())

    kept = Reading.model_validate_json(answer["reading"])
    assert (kept.status, kept.code, kept.page_count, kept.pages) == ("quarantined", "too_much_text", 3, ())
    assert "Split it" in (kept.note or "")


def service(folder: Path, files: dict[str, Path], **settings: int) -> ReadingService:
    return ReadingService(
        ReadingSettings.model_validate({"processes": 1, "timeout_seconds": 30, **settings}), folder, lambda s: files[s]
    )


def test_a_document_that_wants_more_address_space_than_it_may_have_is_tried_twice_and_named(tmp_path: Path) -> None:
    # Given a map of which every number becomes an object, and an honest file
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b'{"type":"Polygon","coordinates":[[' + b",".join([b"[1.5,2.5]"] * 3_000_000) + b"]]}")
    other.write_bytes(honest.geojson())

    with service(tmp_path / "readings", {"1" * 64: path, "2" * 64: other}, memory_mb=400) as reading:
        hostile, sound = reading.read("1" * 64), reading.read("2" * 64)

    assert hostile.status == "quarantined"
    assert hostile.code in ("memory", "crashed")  # as its parser takes it when the system has no more
    assert "2 times" in (hostile.note or "")
    assert "400 MB of memory" in (hostile.note or "")
    assert sound.status == "ok"


@pytest.mark.timeout(240)
def test_limits_that_are_raised_have_the_document_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(honest.word())
    with service(tmp_path / "readings", {SHA: path}, max_unpacked_mb=1) as reading:
        first = reading.read(SHA)
    swollen = io.BytesIO()
    with zipfile.ZipFile(swollen, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in honest.unzipped(honest.word()).items():
            made.writestr(name, content)
        made.writestr("extra.bin", bytes(range(256)) * 8_000)
    path.write_bytes(swollen.getvalue())
    with service(tmp_path / "swollen", {SHA: path}, max_unpacked_mb=1) as reading:
        refused = reading.read(SHA)
    with service(tmp_path / "swollen", {SHA: path}, max_unpacked_mb=64) as reading:
        again = reading.read(SHA)

    assert [one.status for one in (first, refused, again)] == ["ok", "quarantined", "ok"]


# --- rows that may depend on it ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Submission:
    return write_submission(tmp_path_factory.mktemp("sent"), 1)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    base = load_settings(home=tmp_path_factory.mktemp("home")).settings
    reading = base.reading.model_copy(update={"timeout_seconds": 20.0})
    with Workspace.open(base.model_copy(update={"reading": reading})) as opened:
        yield opened


class Hanging:
    """Has a reading process end without an answer over every content that begins so, as an endless one does."""

    def __init__(self, reader: ReadingService, monkeypatch: pytest.MonkeyPatch) -> None:
        real = reader._settings
        short = real.model_copy(update={"timeout_seconds": 1.0})
        ask = reader._ask

        def asked(request: dict[str, object], seconds: float, *more: float) -> dict[str, object]:
            path = request.get("path")  # a pass over what was read has none
            endless = path is not None and Path(str(path)).read_bytes().startswith(ENDLESS)
            return ask(request, short.timeout_seconds if endless else seconds, *more)

        monkeypatch.setattr(reader, "_ask", asked)


def reported(ws: Workspace, submission: Submission, folder: Path, hostile: Sequence[str], plainly: bool) -> Report:
    """The report of the submission with some files replaced by endless ones, under their names or under none."""
    folder.mkdir()
    for number, path in enumerate(sorted(p for p in submission.folder.iterdir() if p.is_file())):
        bad = any(part in path.name for part in hostile)
        name = f"scan_9{number}{path.suffix}" if bad and not plainly else path.name
        (folder / name).write_bytes(ENDLESS + b"\n%%%d" % number if bad else path.read_bytes())
    session = create_session(ws, folder.name).session_id
    add_documents(ws, session, {"type": "path", "path": str(folder)}, check_duplicates=False)
    stage_run.advance(ws, session, "report_generation")
    record = ws.sessions.read(session)
    stage = record.stages["report_generation"]
    assert stage.result
    return ws.sessions.load_result(session, stage.result, Report)


@pytest.mark.parametrize("plainly", [True, False], ids=["under its name", "under a name that says nothing"])
def test_a_plan_that_hangs_its_reader_leaves_every_row_for_a_person_and_none_missing(
    ws: Workspace, submission: Submission, tmp_path: Path, plainly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    Hanging(ws.reader, monkeypatch)
    report = reported(ws, submission, tmp_path / f"plan {plainly}", ["Project Plan"], plainly)

    assert {row.status for row in report.requirements} == {"needs_review"}
    assert all("could not be opened" in row.reason for row in report.requirements)
    (shut,) = [d for d in report.documents if "took longer" in " ".join(d.notes)]
    assert shut.status == "quarantined"
    assert "2 times" in " ".join(shut.notes)


@pytest.mark.parametrize("plainly", [True, False], ids=["under their names", "under names that say nothing"])
def test_rows_that_want_a_document_that_hangs_its_reader_are_for_a_person_and_never_without_evidence(
    ws: Workspace, submission: Submission, tmp_path: Path, plainly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the workbook, the emissions, the map and all registers as endless documents
    Hanging(ws.reader, monkeypatch)
    hostile = ["Average Yields", "GHG", "Land Cover", "Register"]
    report = reported(ws, submission, tmp_path / f"papers {plainly}", hostile, plainly)

    # Then the session has its report, and no row says that what may lie there did not come
    rows = {row.requirement_id: row for row in report.requirements}
    for requirement in ("REQ-002", "REQ-003", "REQ-009", "REQ-012", "REQ-022"):
        assert rows[requirement].status == "needs_review", rows[requirement].reason
    said = [row.reason for row in report.requirements if "was received." in row.reason]
    assert not any(reason.startswith("No ") for reason in said)
