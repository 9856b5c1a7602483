"""The inventory: every file has a type or a reason, a status that can be explained, and a stable place in the list."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from made_readings import emissions, handbook, management, picture, plan, reading, record, register, report, review
from map_maker import WEB, layer, square

from commands.text import answers
from examples.submission import write_submission
from pipeline.classification.inventory import inventory_from
from pipeline.classification.layers import layers_of
from pipeline.home.workspace import Workspace
from pipeline.models import Document, DocumentRecord, Inventory, Reading
from pipeline.reading.reader import read_file
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.discover import Step, discover_documents
from pipeline.stages.generate_report import report_paths
from pipeline.stages.initialize import create_session
from pipeline.status.session import status_of
from pipeline.workflow import results

#: The front of a file in an old Office container.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)


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


def dropped(files: dict[str, bytes], workspace: Workspace, folder: Path) -> list[Document]:
    """The inventory after these files were added from a folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    session = create_session(workspace, f"Larkfield {folder.name}").session_id
    add_documents(workspace, session, {"type": "path", "path": str(folder)})
    return list(discover_documents(workspace, session).documents)


def named(stem: str, parts: dict[str, bytes], *without: str) -> dict[str, bytes]:
    return {f"{stem}{suffix}": data for suffix, data in parts.items() if suffix not in without}


FIELDS = layer([square()], [square(402_000)])


def test_a_shapefile_is_one_document_that_names_its_parts(workspace: Workspace, tmp_path: Path) -> None:
    (found,) = dropped(named("gis/Fields", FIELDS) | {"gis/fields.cpg": b"UTF-8"}, workspace, tmp_path / "a")
    assert (found.filename, found.document_type, found.status) == ("Fields.shp", "gis_boundary", "in_scope")
    assert [part.filename for part in found.parts] == ["Fields.shx", "Fields.dbf", "Fields.prj", "fields.cpg"]
    assert found.facts == {
        "geometry": "polygons",
        "features": "2",
        "crs": "British National Grid",
        "area_ha": "200.00",
        "area_method": "measured in the layer's own plane",
        "bounds": "400000 300000 403000 301000",
        "parts": "Fields.shp, Fields.shx, Fields.dbf, Fields.prj, fields.cpg",
    }
    assert "“Fields” is complete" in found.notes[0]
    assert "200.00 ha" in found.notes[1]


@pytest.mark.parametrize("absent", [".shp", ".shx", ".dbf"])
def test_what_a_layer_lacks_is_said_once_on_the_one_document(absent: str, workspace: Workspace, tmp_path: Path) -> None:
    (found,) = dropped(named("Fields", FIELDS, absent), workspace, tmp_path / "a")
    assert (found.document_type, found.facts["missing"]) == ("gis_boundary", absent)
    assert f"incomplete: {absent} missing" in found.notes[0]


def test_a_layer_without_projection_says_so_and_has_no_hectares(workspace: Workspace, tmp_path: Path) -> None:
    (found,) = dropped(named("Fields", FIELDS, ".prj"), workspace, tmp_path / "a")
    assert "does not state its reference system" in found.notes[0]
    assert not {"crs", "area_ha"} & set(found.facts)


def test_the_same_stem_in_two_folders_makes_two_layers_that_share_their_projection(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Equal bytes are one document, so one of the folders seems to lack them."""
    moved = layer([square(500_000)], [square(502_000)])
    found = dropped(named("old/Fields", FIELDS) | named("new/Fields", moved), workspace, tmp_path / "a")
    assert sorted(d.path for d in found) == ["new/Fields.shp", "old/Fields.shp"]
    assert [(d.facts["crs"], d.facts["area_ha"]) for d in found] == [("British National Grid", "200.00")] * 2
    assert not any("missing" in d.facts for d in found)


def test_two_layers_of_one_folder_may_share_a_projection_file(workspace: Workspace, tmp_path: Path) -> None:
    other = layer([square(600_000)], [square(601_000)], [square(603_000)])
    found = dropped(named("A", FIELDS) | named("B", other), workspace, tmp_path / "a")
    assert [(d.filename, d.facts.get("crs")) for d in found] == [
        ("A.shp", "British National Grid"), ("B.shp", "British National Grid"),
    ]  # fmt: skip


def test_a_layers_files_that_were_added_one_by_one_are_one_layer(workspace: Workspace, tmp_path: Path) -> None:
    session = create_session(workspace, "Larkfield").session_id
    for name, data in named("Fields", FIELDS).items():
        (tmp_path / name).write_bytes(data)
        add_documents(workspace, session, {"type": "path", "path": str(tmp_path / name)})
    (found,) = discover_documents(workspace, session).documents
    assert "is complete" in found.notes[0]


def test_parts_of_two_versions_are_told_by_their_numbers(workspace: Workspace, tmp_path: Path) -> None:
    mixed = FIELDS | {".dbf": layer([square()])[".dbf"]}
    (found,) = dropped(named("Fields", mixed), workspace, tmp_path / "a")
    assert found.facts["damaged"] == "the parts disagree"
    assert any(".dbf has 1 entries for 2 shapes" in note for note in found.notes)


def test_a_broken_part_is_told_on_the_layer(workspace: Workspace, tmp_path: Path) -> None:
    broken = FIELDS | {".dbf": b"this is no table of attributes, whatever its name says"}
    (found,) = dropped(named("Fields", broken), workspace, tmp_path / "a")
    assert found.facts["damaged"] == ".dbf"
    assert any("Its .dbf is not what the name says" in note for note in found.notes)


@pytest.mark.parametrize(("name", "kind"), [("x_Sample_Team_Points", "sampling_plan"), ("Boundary", "other")])
def test_points_are_no_boundary_whatever_they_are_called(
    name: str, kind: str, workspace: Workspace, tmp_path: Path
) -> None:
    (found,) = dropped(named(name, layer(points=[(400_000.0, 300_000.0)])), workspace, tmp_path / "a")
    assert (found.document_type, found.facts["geometry"]) == (kind, "points")
    assert any("no boundary" in note for note in found.notes)


def test_hectares_are_not_measured_where_the_map_stretches_them(workspace: Workspace, tmp_path: Path) -> None:
    (found,) = dropped(named("Fields", layer([square()], prj=WEB)), workspace, tmp_path / "a")
    assert "area_ha" not in found.facts
    assert any("Mercator stretches" in note for note in found.notes)


def test_a_newer_version_of_a_layer_replaces_the_older_part_by_part(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    dropped(named("Fields", FIELDS), workspace, folder)
    session = workspace.sessions.ids()[0]
    for name, data in named("Fields", layer([square()], [square(405_000)], [square(409_000)])).items():
        (folder / name).write_bytes(data)
    found = discover_documents(workspace, session).documents
    assert sorted((d.filename, d.status) for d in found) == [("Fields.shp", "in_scope"), ("Fields.shp", "superseded")]
    assert {d.status: d.facts["features"] for d in found} == {"in_scope": "3", "superseded": "2"}
    assert "is complete" in next(d for d in found if d.status == "in_scope").notes[0]


def test_other_files_are_no_parts_of_layers() -> None:
    made = [record(reading(name), name) for name in ("plan.pdf", "shp.txt", ".shp")]
    assert layers_of(made) == []


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
    seen: list[Step] = []

    found = discover_documents(workspace, session_id, on_event=seen.append)

    types = {document.filename: (document.document_type, document.status) for document in found.documents}
    assert types == {
        "a.csv": ("lab_results", "in_scope"),
        "b.txt": ("land_tenure", "in_scope"),
        "c.pdf": ("other", types["c.pdf"][1]),
        "d.png": ("other", "in_scope"),
    }
    assert types["c.pdf"][1] in ("unreadable", "quarantined")
    begun, dealt_with = ([s for s in seen if (s.done is None) is first] for first in (True, False))
    assert [(s.done, s.total) for s in dealt_with] == [(n, 4) for n in range(1, 5)]
    assert {s.filename for s in begun} == {s.filename for s in dealt_with} == set(types)
    assert all(s.pages is not None for s in dealt_with)
    seen.clear()
    discover_documents(workspace, session_id, on_event=seen.append)
    assert [(s.done, s.pages) for s in seen] == [(n, None) for n in range(1, 5)]  # read before
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


@pytest.mark.parametrize(
    ("name", "data", "what", "who"),
    [
        ("Estate boundary map.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "A picture", "REQ-004"),
        ("Land Cover 2012.jpg", b"\xff\xd8\xff\xe0" + bytes(64), "A picture", "REQ-003"),
        ("IMG_2041.jpg", b"\xff\xd8\xff\xe0" + bytes(65), "A picture", "REQ-003"),
        ("boundary.tif", b"II*\x00" + bytes(64), "A TIFF picture", "REQ-004"),
        ("fields.gpkg", b"SQLite format 3\x00" + bytes(64), "GeoPackage", "REQ-004"),
        ("letter.doc", OLE + "WordDocument".encode("utf-16-le"), "old .doc format", "REQ-002"),
        ("mail.msg", OLE + "__substg1.0_001A001E".encode("utf-16-le"), "A saved e-mail", "REQ-002"),
        ("photos.rar", b"Rar!\x1a\x07" + bytes(64), "rar", "any requirement"),
        ("survey.xyz", bytes(range(256)), "unknown kind", "a requirement nobody can guess"),
    ],
)
def test_what_software_does_not_read_is_listed_with_who_must_look_and_what_for(
    name: str, data: bytes, what: str, who: str, workspace: Workspace, tmp_path: Path
) -> None:
    session = create_session(workspace, "Larkfield").session_id
    (tmp_path / name).write_bytes(data)
    add_documents(workspace, session, {"type": "path", "path": str(tmp_path / name)})
    run.advance(workspace, session, "report_generation")
    record = workspace.sessions.read(session)
    inventory = results.load_inventory(workspace, record)
    assert inventory is not None
    (document,) = inventory.documents
    (told,) = status_of(workspace, record).to_look_at
    shown = answers.status(workspace, record, 0).text
    report, _ = report_paths(workspace, record)
    noted = " ".join(report.documents[0].notes)
    for text in (document.look or "", told, noted):
        assert what in text
        assert who in text
    assert told.startswith(f"{name}: ")
    assert told in shown
