"""A document over which the program never comes to an end, or meets a defect, costs itself and nothing else."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.submission import Submission, write_submission
from pipeline.classification import inventory as inventories
from pipeline.classification.inventory import inventory_from
from pipeline.errors import StageFailed
from pipeline.home.workspace import Workspace
from pipeline.models import Document, DocumentRecord, Inventory, Reading, SessionRecord
from pipeline.reading.stopping import Stopped
from pipeline.settings import load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.store.faultpoints import VARIABLE
from pipeline.workflow import freshness, results
from tests.conftest import Clock


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Submission:
    return write_submission(tmp_path_factory.mktemp("sent"), 1)


@pytest.fixture
def poison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder: a document whose hash is the name of a file in it is never done with, in C code that nobody can ask."""
    folder = tmp_path / "poison"
    folder.mkdir()
    monkeypatch.setenv(VARIABLE, f"spin passes.look 1 {folder}")
    return folder


@pytest.fixture
def ws(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    base = load_settings(home=tmp_path / "home").settings
    reading = base.reading.model_copy(update={"timeout_seconds": 2.0})
    with Workspace.open(base.model_copy(update={"reading": reading}), clock) as opened:
        yield opened


def added(ws: Workspace, folder: Path) -> str:
    session_id = create_session(ws, "Poisoned").session_id
    add_documents(ws, session_id, {"type": "path", "path": str(folder)}, check_duplicates=False)
    return session_id


def documents(ws: Workspace, record: SessionRecord) -> dict[str, Document]:
    found = results.load_inventory(ws, record)
    assert found
    return {document.filename: document for document in found.documents}


@pytest.mark.timeout(300)
def test_a_document_over_which_a_stage_never_ends_is_quarantined_and_the_others_go_on(
    ws: Workspace, submission: Submission, poison: Path
) -> None:
    # Given a session that is mapped, and a register over which extraction then never comes to an end
    session_id = added(ws, submission.folder)
    mapped = run.advance(ws, session_id, "requirement_mapping")
    before = documents(ws, mapped)
    (register, *_) = (d for d in before.values() if d.document_type == "land_tenure" and d.status == "in_scope")
    (poison / register.sha256).touch()

    # When it is brought to its report
    record = run.advance(ws, session_id, "report_generation")

    # Then the report is there, the register is quarantined with the reason after two tries, and nothing else changed
    assert record.stages["report_generation"].status == "completed"
    after = documents(ws, record)
    assert after[register.filename].status == "quarantined"
    assert "longer than 2.0 seconds, 2 times" in " ".join(after[register.filename].notes)
    others = {name: document.status for name, document in before.items() if name != register.filename}
    assert {name: after[name].status for name in others} == others
    # And it stays so without another try, for every session that has the file
    assert freshness.due(ws, ws.sessions.read(session_id)) is None
    assert ws.reader.read(register.sha256).status == "quarantined"


def test_classification_that_never_ends_costs_the_document_and_not_the_discovery(
    ws: Workspace, tmp_path: Path, poison: Path
) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "endless.csv").write_text("Field,Year\nNorth,2023\n")
    (folder / "sound.csv").write_text("Field,Year\nSouth,2023\n")
    (poison / hashlib.sha256((folder / "endless.csv").read_bytes()).hexdigest()).touch()

    record = run.advance(ws, added(ws, folder), "document_discovery")

    found = documents(ws, record)
    assert (found["endless.csv"].status, found["sound.csv"].status) == ("quarantined", "in_scope")


def test_a_long_field_a_row_of_dots_and_a_column_of_numbers_are_read(ws: Workspace, tmp_path: Path) -> None:
    # Given the files that once failed or froze discovery for the whole session
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "long.csv").write_text("Field,Remark\nNorth," + "x" * 200_000 + "\n")
    (folder / "longer.tsv").write_text("Field\tRemark\nNorth\t" + "x" * 1_200_000 + "\n")
    review = ["Registry Agent Review", "Project Name: Marl Farm", "Crediting Period: 2020", "." * 60, " 1" * 40]
    review += ["Outcome Summary", "[x] Approved", "." * 60, "1.1. " * 40]
    (folder / "review.txt").write_text("\n".join(review))

    record = run.advance(ws, added(ws, folder), "report_generation")

    assert record.stages["report_generation"].status == "completed"
    found = documents(ws, record)
    assert found["long.csv"].status == found["longer.tsv"].status == "in_scope"


def test_an_error_over_one_document_is_that_documents_and_its_words_stay_out_of_the_log(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a classification with a defect that quotes the document
    classify = inventories.classify

    def defective(reading: Reading, filename: str, **how: object) -> object:
        if filename == "bad.txt":
            raise ValueError("the secret of Marl Farm")
        return classify(reading, filename, **how)  # type: ignore[arg-type] # handed through

    monkeypatch.setattr(inventories, "classify", defective)
    records = [_record(name, clock) for name in ("bad.txt", "good.txt")]
    readings = {r.sha256: Reading(sha256=r.sha256, reader="plain", reader_version="1", kind="text") for r in records}

    with caplog.at_level(logging.ERROR):
        found = inventory_from(records, readings)

    bad, good = sorted(found.documents, key=lambda document: document.filename)
    assert (bad.status, good.status) == ("quarantined", "in_scope")
    assert "defect in this program" in bad.notes[0]
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text + bad.notes[0]


def test_a_stage_that_stops_at_nothing_known_fails_and_says_so(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "a.txt").write_text("Clover was sown in the north field.")
    session_id = added(ws, folder)

    def stops(*_: object, **__: object) -> Inventory:
        raise Stopped(None, "timeout", "It took too long.")

    monkeypatch.setattr(ws.reader, "compute", stops)
    with pytest.raises(StageFailed, match="It took too long"):
        run.advance(ws, session_id, "document_discovery")


def _record(name: str, clock: Clock) -> DocumentRecord:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return DocumentRecord(
        document_id=f"doc-{sha256[:12]}",
        sha256=sha256,
        size=1,
        filename=name,
        path=name,
        names=(name,),
        source_id="made",
        source_type="path",
        added_at=clock(),
    )
