"""The same land or the same file in another project is an alarm with both places, and never a word in a report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands.text import answers
from commands.text.answers import Answer
from examples import write_submission
from pipeline.home import exit_codes
from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from pipeline.stages import run
from pipeline.stages.add_documents import add_documents
from pipeline.stages.generate_report import latest_paths
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import delete_session
from pipeline.status.alarms import Alarm, alarms
from pipeline.status.session import status_of

Folders = dict[str, Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Farm 2; farm 5 with a register of farm 2's land and its workbook; farm 2 again a year later; farm 4."""
    root = tmp_path_factory.mktemp("sent")
    made = {name: write_submission(root / name, seed, public=False) for name, seed in (("two", 2), ("five", 5))}
    register = made["two"].files["register-1"]
    (root / "five" / "borrowed.pdf").write_bytes(register.read_bytes() + b"\n% another scan\n")
    shutil.copy(made["two"].files["yields"], root / "five" / "history.xlsx")
    write_submission(root / "round", 2, public=False, plan_version="9", pending=True)
    write_submission(root / "four", 4, public=False)
    return {path.name: path for path in root.iterdir()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, folders: Folders) -> Path:
    """Every folder as a session of its own, run to the report."""
    home = tmp_path_factory.mktemp("home")
    with Workspace.open(load_settings(home=home).settings) as ws:
        for name in ("two", "five", "round", "four"):
            session_id = create_session(ws, f"Project {name}").session_id
            add_documents(ws, session_id, {"type": "path", "path": str(folders[name])}, check_duplicates=False)
            run.advance(ws, session_id, "report_generation")
    return home


def of(ws: Workspace, name: str) -> tuple[str, list[Alarm]]:
    session_id = next(r.session_id for r in ws.catalog.list() if r.project_name == f"Project {name}")
    return session_id, alarms(ws, ws.sessions.read(session_id))


def test_both_projects_name_each_other_and_both_places(home: Path) -> None:
    with Workspace.open(load_settings(home=home).settings) as ws:
        (two, of_two), (five, of_five) = of(ws, "two"), of(ws, "five")
        there = {a.session_id: a for a in of_five}
        assert five in {a.session_id for a in of_two}
        (title,) = there[two].titles
        assert title.here == "register borrowed.pdf"
        assert title.there.startswith("register Official Copy")
        assert [f.here for f in there[two].files] == ["history.xlsx"]
        assert two in there[two].message
        assert title.what in there[two].message


def test_the_next_round_of_a_farm_and_an_unrelated_farm_raise_none(home: Path) -> None:
    with Workspace.open(load_settings(home=home).settings) as ws:
        two, of_two = of(ws, "two")
        assert two not in {a.session_id for a in of(ws, "round")[1]}
        assert len(of_two) == 1
        assert of(ws, "four")[1] == []


def test_the_alarm_stands_in_status_show_list_and_in_what_run_says(home: Path) -> None:
    with Workspace.open(load_settings(home=home).settings) as ws:
        five, found = of(ws, "five")
        record = ws.sessions.read(five)
        assert [a.message for a in status_of(ws, record).alarms] == [a.message for a in found]
        told = answers.with_waits(Answer({}, ""), ws, record, "report")
        assert [n for n in told.notes if found[0].message in n]
        assert told.code == exit_codes.DONE
        for shown in (answers.session(ws, record, 0), answers.status(ws, record, 0)):
            assert found[0].message in shown.text
        assert "ALARM" in answers.sessions(ws, 0).text


def test_no_report_knows_of_another_session(home: Path, folders: Folders, tmp_path: Path) -> None:
    # Given the farm of the alarm alone in another home
    with Workspace.open(load_settings(home=tmp_path).settings) as alone:
        session_id = create_session(alone, "Project five").session_id
        add_documents(alone, session_id, {"type": "path", "path": str(folders["five"])}, check_duplicates=False)
        run.advance(alone, session_id, "report_generation")
        assert alarms(alone, alone.sessions.read(session_id)) == []
        one = latest_paths(alone, session_id)["json"].read_text(encoding="utf-8")
    with Workspace.open(load_settings(home=home).settings) as ws:
        five, found = of(ws, "five")
        two = latest_paths(ws, five)["json"].read_text(encoding="utf-8")
        assert not any(a.session_id in two for a in found)
        assert one.count('"title_number"') == two.count('"title_number"')


def test_a_catalog_made_anew_knows_the_titles_again(home: Path) -> None:
    with Workspace.open(load_settings(home=home).settings) as ws:
        before = of(ws, "five")
        ws.catalog.close()
        (home / "data" / "catalog.sqlite3").unlink()
    with Workspace.open(load_settings(home=home).settings) as ws:
        assert of(ws, "five") == before
        assert before[1]


def test_a_deleted_session_is_forgotten_with_its_titles(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    with Workspace.open(load_settings(home=copy).settings) as ws:
        two = of(ws, "two")[0]
        delete_session(ws, two, by="A. Reviewer")
        assert two not in ws.catalog.sessions_with_titles(ws.catalog.titles_of(of(ws, "five")[0]))
