"""The inventory: every file has a type or a reason, a status that can be explained, and a stable place in the list."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from made_readings import emissions, handbook, management, picture, plan, reading, record, register, report, review

from examples.submission import write_submission
from pipeline.inventory import inventory_from
from pipeline.layers import layer_notes
from pipeline.models import Document, DocumentRecord, Inventory, Reading
from pipeline.reading.reader import read_file
from pipeline.stages.add_documents import add_documents
from pipeline.stages.discover import discover_documents
from pipeline.stages.initialize import create_session
from pipeline.workspace import Workspace


def inventory_of(*made: tuple[Reading, DocumentRecord]) -> Inventory:
    return inventory_from([kept for _, kept in made], {one.sha256: one for one, _ in made})


def only(made: Reading, name: str = "x.pdf", **more: object) -> Document:
    return inventory_of((made, record(made, name, **more))).documents[0]


def test_answer_keys_and_handbooks_are_listed_and_excluded_with_the_reason() -> None:
    for made in (review(), review(filled=False), handbook()):
        document = only(made)
        assert document.status == "excluded"
        assert any("never" in note for note in document.notes)


def test_the_reviewers_pin_does_not_make_a_finished_review_evidence() -> None:
    assert only(review(), reviewer_status="pinned").status == "excluded"


def test_a_review_that_the_reviewer_calls_something_else_is_taken_at_her_word() -> None:
    document = only(review(), reviewer_type="other")
    assert (document.document_type, document.status) == ("other", "in_scope")
    assert document.classified_by == ("set by the reviewer",)


def test_a_document_set_to_reference_by_the_reviewer_is_excluded() -> None:
    assert only(plan(), reviewer_type="methodology_reference").status == "excluded"


@pytest.mark.parametrize("word", ["pinned", "ignored"])
def test_the_reviewers_word_on_a_document_is_its_status(word: str) -> None:
    document = only(plan(), reviewer_status=word)
    assert document.status == word
    assert any("reviewer's word" in note for note in document.notes)


@pytest.mark.parametrize("status", ["unreadable", "quarantined"])
def test_a_broken_file_keeps_the_type_of_its_name_and_says_what_to_do(status: str) -> None:
    broken = reading(status=status, code="encrypted", note="It asks for a password. Ask for a copy without one.")
    document = only(broken, "Larkfield Project Plan.pdf")
    assert (document.document_type, document.status) == ("project_plan", status)
    assert document.notes[0] == "It asks for a password. Ask for a copy without one."


def test_a_broken_file_without_a_sentence_still_says_what_to_do() -> None:
    document = only(reading(status="unreadable", code="malformed"))
    assert "malformed" in document.notes[0]
    assert "Ask for a copy" in document.notes[0]


def test_pages_without_text_are_named_for_a_person() -> None:
    partly = reading("A letter about nothing in particular.", "", unreadable_pages=(2,))
    assert any("PDF page 2" in note for note in only(partly).notes)
    assert any("only a person" in note for note in only(picture(""), "QX123456 title plan.pdf").notes)


def test_documents_come_by_type_then_name_then_hash_and_types_are_counted() -> None:
    made = [
        (review(), "a.pdf"), (register("QX2"), "z.pdf"), (register("QX1"), "b.pdf"), (plan(), "y.pdf"),
        (emissions(), "c.pdf"), (report("Baseline"), "d.pdf"), (management(), "e.xlsx"),
    ]  # fmt: skip
    found = inventory_of(*((one, record(one, name)) for one, name in made))
    assert [d.filename for d in found.documents] == ["y.pdf", "d.pdf", "c.pdf", "b.pdf", "z.pdf", "e.xlsx", "a.pdf"]
    assert found.classification_summary == {
        "project_plan": 1,
        "baseline_report": 1,
        "ghg_emissions": 1,
        "land_tenure": 2,
        "farm_management_records": 1,
        "registry_review": 1,
    }


def test_other_names_of_the_same_bytes_change_nothing_but_the_names() -> None:
    before = only(plan(), "x.pdf")
    after = only(plan(), "x.pdf", names=("registry agent review.pdf", "x.pdf"))
    assert after.model_copy(update={"names": before.names}) == before


def parts(*names: str, also: tuple[str, ...] = ()) -> list[DocumentRecord]:
    """Records of files with different bytes; the last one is also known under the names in `also`."""
    made = [record(reading(name, kind="shapefile-part"), name) for name in names]
    last = made[-1].model_copy(update={"names": tuple(sorted((*made[-1].names, *also)))})
    return [*made[:-1], last]


def test_a_complete_layer_is_said_to_be_complete() -> None:
    notes = layer_notes(parts("Fields.shp", "Fields.shx", "fields.DBF", "Fields.prj"))
    assert len(notes) == 4
    assert all("“fields”, which is complete" in note for told in notes.values() for note in told)


def test_missing_parts_of_a_layer_are_named_on_every_part() -> None:
    notes = layer_notes(parts("Fields.shp", "Fields.prj"))
    assert all(".shx, .dbf missing" in told[0] for told in notes.values())


def test_a_layer_without_projection_is_complete_but_says_so() -> None:
    notes = layer_notes(parts("Fields.shp", "Fields.shx", "Fields.dbf"))
    assert all("without .prj" in told[0] for told in notes.values())


def test_one_projection_file_may_serve_two_layers() -> None:
    """Its bytes are the same for both, so it is one document with two names."""
    names = ("A.shp", "A.shx", "A.dbf", "B.shp", "B.shx", "B.dbf", "A.prj")
    made = parts(*names, also=("B.prj",))
    notes = layer_notes(made)
    assert all("complete" in note and "incomplete" not in note for told in notes.values() for note in told)
    assert len(notes[made[-1].document_id]) == 2


def test_a_layer_that_came_again_under_another_name_stays_one_layer() -> None:
    made = parts("A.shp", "A.shx", "A.dbf", "A.prj", also=("copy of A.prj",))
    assert layer_notes(made) == layer_notes(parts("A.shp", "A.shx", "A.dbf", "A.prj"))


def test_other_files_get_no_note_about_layers() -> None:
    assert layer_notes(parts("plan.pdf", "shp.txt", ".shp")) == {}


SAMPLES = "\ufeffLabel,NRMRef,BD,Depth,SOC,SOCS\nA1,77,1.2,30,2.4,61\nA2,78,1.3,30,2.2,58\n"
ATTESTATION = (
    "Attestation\nI, the owner of the land at Larkfield Farm, hereby attest and confirm\n"
    "that its fields have been farm land for thirty years.\nSigned, A. Grower\n"
)


def read(path: Path) -> Reading:
    return read_file(path, hashlib.sha256(path.read_bytes()).hexdigest(), max_pages=200, max_cells=100_000)


@pytest.mark.parametrize("seed", [1, 3])
def test_real_files_are_recognised_under_names_that_say_nothing(tmp_path: Path, seed: int) -> None:
    made = write_submission(tmp_path, seed)
    told = {made.folder / name: kind for name, kind in made.document_types.items() if kind not in ("", "other")}
    can_be_read = {path: kind for path, kind in told.items() if read(path).status == "ok"}
    assert len(can_be_read) >= 6
    for path, kind in can_be_read.items():
        document = only(read(path), f"scan{path.suffix}")
        assert (document.document_type, document.status) == (kind, "in_scope"), path.name


def test_a_blank_plan_and_one_without_italics_are_still_plans(tmp_path: Path) -> None:
    for number, variation in enumerate(({"answers": False}, {"italics": False}, {"answers": False, "italics": False})):
        made = write_submission(tmp_path / str(number), 2, **variation)
        assert only(read(made.files["plan"])).document_type == "project_plan"


def test_of_two_real_plans_the_older_is_superseded_in_a_session(workspace: Workspace, tmp_path: Path) -> None:
    both = tmp_path / "both"
    both.mkdir()
    for version in ("2", "1"):
        made = write_submission(tmp_path / version, 5, plan_version=version)
        shutil.copy(made.files["plan"], both / f"scan{version}.pdf")
    session_id = create_session(workspace, "Saltwhistle").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(both)})

    found = discover_documents(workspace, session_id)

    statuses = {document.filename: document.status for document in found.documents}
    assert statuses == {"scan1.pdf": "superseded", "scan2.pdf": "in_scope"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission's folder: two files that can be read, a broken one and a picture, none named for what it is."""
    made = tmp_path / "submission"
    made.mkdir()
    (made / "a.csv").write_text(SAMPLES, encoding="utf-8")
    (made / "b.txt").write_text(ATTESTATION, encoding="utf-8")
    (made / "c.pdf").write_bytes(b"%PDF-1.7\nthis is all that arrived")
    (made / "d.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    return made


def test_discovery_reads_every_document_of_a_session_and_tells_its_progress(workspace: Workspace, folder: Path) -> None:
    session_id = create_session(workspace, "Larkfield").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(folder)})
    seen: list[tuple[int, int, str]] = []

    found = discover_documents(workspace, session_id, on_event=lambda *event: seen.append(event))

    types = {document.filename: (document.document_type, document.status) for document in found.documents}
    assert types == {
        "a.csv": ("lab_results", "in_scope"),
        "b.txt": ("land_tenure", "in_scope"),
        "c.pdf": ("other", types["c.pdf"][1]),
        "d.png": ("other", "in_scope"),
    }
    assert types["c.pdf"][1] in ("unreadable", "quarantined")
    assert [(done, total) for done, total, _ in seen] == [(n, 4) for n in range(1, 5)]
    assert {name for _, _, name in seen} == set(types)
    assert found.sources_scanned == ({"type": "path", "files": 4},)


def test_discovery_takes_what_was_put_into_the_folder_since(workspace: Workspace, folder: Path) -> None:
    session_id = create_session(workspace, "Larkfield").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(folder)})
    discover_documents(workspace, session_id)
    (folder / "e.csv").write_text(SAMPLES.replace("2.4,61", ",").replace("2.2,58", ","), encoding="utf-8")

    found = discover_documents(workspace, session_id)

    assert {d.filename: d.document_type for d in found.documents}["e.csv"] == "sampling_plan"
    assert found.classification_summary == {"land_tenure": 1, "sampling_plan": 1, "lab_results": 1, "other": 2}


def test_discovering_twice_gives_the_same_inventory(workspace: Workspace, folder: Path) -> None:
    session_id = create_session(workspace, "Larkfield").session_id
    add_documents(workspace, session_id, {"type": "path", "path": str(folder)})
    assert discover_documents(workspace, session_id) == discover_documents(workspace, session_id)


def test_an_empty_session_has_an_empty_inventory(workspace: Workspace) -> None:
    session_id = create_session(workspace, "Larkfield").session_id
    assert discover_documents(workspace, session_id).documents == ()
