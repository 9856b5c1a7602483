"""`batch-report` on a real home with several farms: it renews what changed, says nothing, and stops for nobody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock
from map_maker import geojson

from actors.batch_report import LOCK
from examples.portfolio import Sent, write_portfolio
from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.store.files import kernel_lock

ROOT = Path(__file__).resolve().parent.parent
FILES = ("portfolio.html", "portfolio.csv", "portfolio.json")


def program(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as cron starts it: hardly any environment, nothing on stdin."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "cli.py"), "--home", str(home), *arguments],
        capture_output=True, text=True, timeout=110, check=False, cwd="/", stdin=subprocess.DEVNULL,
        env={"HOME": str(home), "PATH": os.defpath},
    )  # fmt: skip


def silent(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def told(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "portfolio.json").read_bytes())
    return value


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sent, ...]:
    return write_portfolio(tmp_path_factory.mktemp("sent"), 4)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, sent: tuple[Sent, ...]) -> Path:
    """A home in which four farms were added and one batch was run."""
    home = tmp_path_factory.mktemp("night")
    with Workspace.open(load_settings(home=home).settings) as ws:
        for one in sent:
            sid = create_session(ws, one.folder.name).session_id
            upload(ws, sid, one.folder)
    silent(program(home, "batch-report"))
    return home


@pytest.fixture
def home(night: Path, tmp_path: Path) -> Path:
    """A copy of that home, to change; contents are shared and read-only."""
    return Path(shutil.copytree(night, tmp_path / "home"))


def upload(ws: Workspace, session_id: str, folder: Path) -> None:
    """As uploads, so that no session looks at the folder again."""
    import base64

    files = [
        {
            "filename": str(path.relative_to(folder)),
            "content_base64": base64.b64encode(path.read_bytes()).decode("ascii"),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("~")
    ]
    add_documents(ws, session_id, {"type": "upload", "files": files}, check_duplicates=False)


def session_of(home: Path, project: str) -> str:
    farms = told(home / "data" / "batch")["farms"]
    return str(next(f["session_id"] for f in farms if f["project"] == project))


# --- what it leaves behind --------------------------------------------------------------------------------------------


def test_every_farm_has_a_report_that_the_page_leads_to(night: Path) -> None:
    folder = night / "data" / "batch"
    farms = told(folder)["farms"]
    assert len(farms) == 4
    for farm in farms:
        assert farm["state"] == "reported"
        report = json.loads((folder / farm["report"]).with_suffix(".json").read_text(encoding="utf-8"))
        assert farm["rows"] == {r["requirement_id"]: r["status"] for r in report["requirements"]}
        assert f'href="{farm["report"]}' in (folder / "portfolio.html").read_text(encoding="utf-8")


def test_the_four_farms_are_what_they_were_made_as(night: Path, sent: tuple[Sent, ...]) -> None:
    value = told(night / "data" / "batch")
    by_name = {farm["project"]: farm for farm in value["farms"]}
    clean, versions, copied, hopeless = (by_name[one.folder.name] for one in sent)
    assert clean["unreadable"] == []
    assert [p for p in clean["points"] if p["severity"] == "high"] == []
    assert not {"covered", "partial"} & set(hopeless["rows"].values())
    assert len(hopeless["unreadable"]) >= 4
    assert {p["cause"] for p in copied["points"]} >= {"same_files"}
    report = json.loads(((night / "data" / "batch" / versions["report"]).with_suffix(".json")).read_bytes())
    plans = {d["filename"]: d["status"] for d in report["documents"] if d["document_type"] == "project_plan"}
    assert sorted(plans.values()) == ["in_scope", "in_scope", "superseded"]
    (old,) = (name for name, status in plans.items() if status == "superseded")
    assert old.endswith("(1).pdf")
    # The review that lies beside is of the plan before, and it is the registry's to put right.
    (of_review,) = (p for p in versions["points"] if p["cause"].startswith("review-"))
    assert (of_review["cause"], of_review["who"]) == ("review-submission", "registry agent")
    assert all(cause["cause"] for cause in value["causes"])


def test_the_stamp_holds_the_time_of_the_run_in_utc(home: Path) -> None:
    stamp = home / "data" / "batch" / "last-success"
    stamp.write_text("2001-01-01T00:00:00Z\n", encoding="utf-8")
    silent(program(home, "batch-report"))
    assert stamp.read_text(encoding="utf-8") > "2026"
    assert stamp.read_text(encoding="utf-8").endswith("Z\n")


# --- what a second run does -------------------------------------------------------------------------------------------


def test_a_second_run_changes_no_byte_and_no_session(home: Path) -> None:
    before = contents(home / "data" / "batch")
    records = {p: p.read_bytes() for p in (home / "data" / "sessions").glob("*/session.json")}
    silent(program(home, "batch-report"))
    assert contents(home / "data" / "batch") == before
    assert {p: p.read_bytes() for p in records} == records


def test_one_file_more_renews_that_farm_alone_and_names_it(home: Path, sent: tuple[Sent, ...], tmp_path: Path) -> None:
    # Given a paper more for the second farm: the boundary that it lacked
    sid = session_of(home, sent[1].folder.name)
    ring = [[-17.0, 50.0], [-16.99, 50.0], [-16.99, 50.01], [-17.0, 50.01], [-17.0, 50.0]]
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "boundary.geojson").write_bytes(geojson({"type": "Polygon", "coordinates": [ring]}))
    with Workspace.open(load_settings(home=home).settings) as ws:
        upload(ws, sid, tmp_path / "more")
    before = {farm["session_id"]: farm for farm in told(home / "data" / "batch")["farms"]}
    # When the batch runs again
    done = program(home, "batch-report", "--json")
    # Then only that farm was renewed, only that farm is named, with what was cleared
    assert json.loads(done.stdout)["renewed"] == [sid]
    value = told(home / "data" / "batch")
    (change,) = value["changes"]["farms"]
    assert (change["session_id"], change["what"]) == (sid, "changed")
    assert change["documents"][1] == change["documents"][0] + 1
    assert any("boundary" in message.lower() for message in change["cleared"])
    assert {f["session_id"]: f for f in value["farms"] if f["session_id"] != sid} == {
        one: farm for one, farm in before.items() if one != sid
    }
    # And the run after it still says so, in the same bytes
    written = contents(home / "data" / "batch")
    silent(program(home, "batch-report"))
    assert contents(home / "data" / "batch") == written


def test_since_leaves_out_what_did_not_change_and_shows_it_all_the_same(
    home: Path, clock: Clock, sent: tuple[Sent, ...]
) -> None:
    # Given a session that nobody touched since January and that never got its report
    with Workspace.open(load_settings(home=home).settings, now=clock) as ws:
        old = create_session(ws, "January Farm").session_id
        upload(ws, old, sent[0].folder)
    # When the batch looks at what changed in the last hour, and writes elsewhere
    elsewhere = home / "else" / "where"
    done = program(home, "batch-report", "--json", "--since", "1h", "--out", str(elsewhere))
    # Then that session was left alone and stands in the portfolio as what it is
    assert done.returncode == 0, done.stderr
    assert old not in json.loads(done.stdout)["looked_at"]
    states = {farm["session_id"]: farm["state"] for farm in told(elsewhere)["farms"]}
    assert (len(states), states[old]) == (5, "stale")
    # And an earlier moment takes it along
    done = program(home, "batch-report", "--json", "--since", "2026-01-31", "--out", str(elsewhere))
    assert json.loads(done.stdout)["renewed"] == [old]


def test_a_folder_added_by_path_is_looked_at_whatever_since_says(home: Path, sent: tuple[Sent, ...]) -> None:
    with Workspace.open(load_settings(home=home).settings) as ws:
        ws.now = lambda: ws.sessions.read(ws.sessions.ids()[0]).created_at
        sid = create_session(ws, "Watched folder").session_id
        add_documents(ws, sid, {"type": "path", "path": str(sent[0].folder)}, check_duplicates=False)
    assert sid in json.loads(program(home, "batch-report", "--json", "--since", "1m").stdout)["looked_at"]


# --- what stops it and what does not ----------------------------------------------------------------------------------


def test_while_another_run_holds_the_home_it_does_nothing_and_ends_quietly(home: Path) -> None:
    before = contents(home / "data" / "batch")
    stamp = (home / "data" / "batch" / "last-success").read_bytes()
    with kernel_lock(home / "data" / LOCK, 0, "held"):
        silent(program(home, "batch-report"))
        assert json.loads(program(home, "batch-report", "--json").stdout)["skipped"] is True
    assert contents(home / "data" / "batch") == before
    assert (home / "data" / "batch" / "last-success").read_bytes() == stamp


def test_a_lock_file_that_a_killed_run_left_stops_nobody(home: Path) -> None:
    (home / "data" / LOCK).write_bytes(b"")
    stamp = home / "data" / "batch" / "last-success"
    stamp.unlink()
    silent(program(home, "batch-report"))
    assert stamp.is_file()


def test_a_damaged_session_is_named_and_stops_no_other(home: Path, sent: tuple[Sent, ...]) -> None:
    # Given one session damaged and another with a report that is due again
    torn, due = (session_of(home, sent[i].folder.name) for i in (0, 3))
    (home / "data" / "sessions" / torn / "session.json").write_text("{", encoding="utf-8")
    for path in (home / "data" / "sessions" / due / "results").iterdir():
        path.unlink()
    stamp = (home / "data" / "batch" / "last-success").read_bytes()
    # When the batch runs
    done = program(home, "batch-report")
    # Then it fails with a line that names the session, and the rest was done
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = (one for one in done.stderr.splitlines() if one.startswith("error:"))
    assert torn in line
    states = {farm["session_id"]: farm["state"] for farm in told(home / "data" / "batch")["farms"]}
    assert states.pop(torn) == "failed"
    assert set(states.values()) == {"reported"}
    # And the stamp says when it last went well
    assert (home / "data" / "batch" / "last-success").read_bytes() == stamp
    assert "session.json" in (home / "data" / "batch" / "portfolio.html").read_text(encoding="utf-8")


def test_a_home_without_sessions_gets_an_empty_portfolio(tmp_path: Path) -> None:
    silent(program(tmp_path / "home", "batch-report"))
    assert told(tmp_path / "home" / "data" / "batch")["farms"] == []


def test_a_session_without_files_waits_for_the_proponent_and_is_no_failure(home: Path) -> None:
    with Workspace.open(load_settings(home=home).settings) as ws:
        sid = create_session(ws, "Empty Farm").session_id
    silent(program(home, "batch-report"))
    (empty,) = (f for f in told(home / "data" / "batch")["farms"] if f["session_id"] == sid)
    assert empty["state"] == "empty"
    assert [w["who"] for w in empty["waits"]] == ["proponent"]


@pytest.mark.parametrize("since", ["yesterday", "2999-01-01"])
def test_a_since_that_is_no_moment_is_wrong_usage_and_does_nothing(tmp_path: Path, since: str) -> None:
    done = program(tmp_path / "home", "batch-report", "--since", since)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --since")
    assert not (tmp_path / "home" / "data" / "batch").exists()


def test_a_place_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = program(tmp_path / "home", "batch-report", "--out", str(tmp_path / "file" / "batch"))
    assert done.returncode == 1
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr


def test_verbose_tells_what_was_done(home: Path) -> None:
    done = program(home, "batch-report", "--verbose")
    assert done.returncode == 0
    assert "4 farms; no reports renewed, 0 failed." in done.stdout
    assert "portfolio.html" in done.stdout
