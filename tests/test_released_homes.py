"""Every released form of a home opens for ever, with all that was said in it; see tests/released/make.py."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.home.workspace import Workspace
from pipeline.models import SCHEMA_VERSION
from pipeline.settings import Settings
from pipeline.stages import run
from pipeline.stages.export import export_session
from pipeline.store import SessionStore
from pipeline.store.migrations import MIGRATIONS
from pipeline.store.storage import Tables
from pipeline.upkeep.deep import examine_deep
from pipeline.upkeep.restore import restore

RELEASED = Path(__file__).parent / "released"
#: The sessions of home-1: one in which everything was said, and one that holds a file of it.
ONE, TWO = "session-20260131-094900", "session-20260131-114100"


@pytest.fixture
def home(settings: Settings) -> Workspace:
    restore(settings, RELEASED / "home-1.tar.gz", datetime(2026, 3, 1, tzinfo=UTC))
    with Workspace.open(settings) as ws:
        yield ws


def test_there_is_a_home_of_every_schema() -> None:
    assert sorted(path.name for path in RELEASED.glob("*.gz")) == [
        f"home-{number}.tar.gz" for number in range(1, SCHEMA_VERSION + 1)
    ]


def test_every_session_opens_and_nothing_in_it_is_amiss(home: Workspace) -> None:
    assert home.sessions.ids() == [ONE, TWO]
    assert [one.message for one in examine_deep(home) if one.outcome != "ok"] == []


def test_what_was_sent_is_there_with_its_versions_names_and_refusals(home: Workspace, tmp_path: Path) -> None:
    record = home.sessions.read(ONE)
    papers = {(d.path, home.content.path(d.sha256).read_text()): d for d in record.documents.values()}
    first, second = (
        papers["plans/plan.txt", "The first plan.\n"],
        papers["plans/plan.txt", "The second plan, which is longer.\n"],
    )
    assert first.superseded_by == second.document_id
    assert papers["plans/map.txt", "A map.\n"].kept_by == "anna"
    assert papers["letter.txt", "A letter.\n"].source_type == "upload"
    assert ("papers.zip/papers/fields.csv", "field,hectares\nNorth,12.5\n") in papers
    assert "mistake.txt" not in {d.filename for d in record.documents.values()}
    assert len(record.removed) == 1
    assert [row["filename"] for row in record.refused] == ["empty.txt"]
    assert [a.filename for a in record.archives.values()] == ["papers.zip"]
    export_session(home, ONE, tmp_path / "originals")


def test_what_people_said_is_there_word_for_word(home: Workspace) -> None:
    record = home.sessions.read(ONE)
    assert {key: (d.status, d.reason, d.by) for key, d in record.decisions.items()} == {
        "REQ-001": ("approved", "Seen on paper.", "anna"),
        "REQ-002": ("needs_revision", "The register is missing.", "anna"),
    }
    assert [(a.text, a.by) for a in record.annotations.values()] == [("Asked by telephone: it is on its way.", "bert")]
    assert [r.what for r in record.revisions.values()] == ["Send the land register."]
    assert record.determination is not None
    assert (record.determination.determination, record.determination.notes) == ("hold", "The register is missing.")


def test_the_log_is_one_chain_with_every_act_in_it(home: Workspace) -> None:
    home.sessions.verify_audit(ONE)
    actions = {event.action for event in home.sessions.audit(ONE)}
    assert {"session_created", "file_received", "document_superseded", "supersession_undone"} <= actions
    assert {"document_removed", "file_refused", "archive_opened", "stage_finished"} <= actions
    assert {"override_set", "annotation_added"} <= actions


def test_work_goes_on_in_it(home: Workspace) -> None:
    run.advance(home, ONE, "report_generation")
    with home.sessions.transaction(ONE, "anna") as tx:
        tx.log("looked at again")
    home.sessions.verify_audit(ONE)
    assert home.sessions.read(ONE).schema_version == SCHEMA_VERSION


def test_a_step_of_a_later_version_finds_all_of_it(home: Workspace) -> None:
    def add_a_field(tables: Tables) -> Tables:
        for row in tables["decisions"].values():
            row["reason"] += " (brought up)"
        return tables

    before = home.sessions.read(ONE)
    newer = SessionStore(
        home.data / "sessions", home.inbox, home.content, home.now, migrations=[*MIGRATIONS, add_a_field]
    )
    after = newer.read(ONE)
    assert after.schema_version == SCHEMA_VERSION + 1
    assert after.documents == before.documents
    assert after.decisions["REQ-001"].reason == "Seen on paper. (brought up)"
    newer.verify_audit(ONE)
