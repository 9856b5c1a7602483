"""A whole review typed: decide, ask, determine, sign, open again; exit codes and what is shown."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from test_cli import Typist

from examples import write_submission

BY = ("--by", "Ana Agent")
WHY = (*BY, "--reason", "Seen and agreed.")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Typist, str]:
    """A made-up submission that was reported; each test decides on it further."""
    folder = tmp_path_factory.mktemp("review")
    submission = write_submission(folder / "submission")
    typed = Typist(folder / "home")
    session_id = typed.create(submission.project_name)
    typed("add", session_id, submission.folder)
    typed("run", session_id)
    return typed, session_id


def status(begun: tuple[Typist, str]) -> Any:
    return begun[0].json("status", begun[1])


@pytest.mark.parametrize(
    "words",
    [("override", "7", "approved"), ("annotate", "7", "A remark."), ("request-revision", "2"), ("resolve", "rev-1"),
     ("decide", "approve"), ("discard", "7", "1"), ("pin", "plan"), ("reclassify", "plan", "other"), ("remap", "7"),
     ("clear", "determination")],
)  # fmt: skip
def test_no_word_is_taken_without_a_name(begun: tuple[Typist, str], words: tuple[str, ...]) -> None:
    typed, session_id = begun
    act, *more = words
    options = [] if act in ("annotate", "request-revision") else ["--notes" if act == "decide" else "--reason", "Why."]
    options = ["--note", "Why."] if act == "resolve" else options
    result = typed("review", act, session_id, *more, *options, code=2)
    assert "--by" in result.stderr


def test_a_review_is_typed_from_the_first_decision_to_the_package(begun: tuple[Typist, str], tmp_path: Path) -> None:
    typed, session_id = begun
    before = status(begun)
    assert (before["status"], before["review"]["begun"]) == ("report_generated", False)
    # nothing can be signed yet, and what waits is named
    refused = typed("complete", session_id, *BY, code=3)
    assert "23 rows have no decision" in refused.stderr
    # the clean rows at once, each named in the answer
    decided = typed.json("review", "override", session_id, "--all-covered", "approved", *WHY)
    assert len(decided["decisions"]) == before["statistics"]["covered"]
    assert {one["by"] for one in decided["decisions"]} == {"Ana Agent"}
    typed("review", "override", session_id, "--all-covered", "approved", *WHY, code=2)  # none is left
    # one row is asked for, and its letter written
    made = typed.json("review", "request-revision", session_id, "2", *BY)["request"]
    letter = typed("revision-letter", session_id).stdout
    assert made["what"].split(":")[1].strip(" .") in letter.replace("\\", "")
    out = tmp_path / "letter.md"
    typed("revision-letter", session_id, "-o", out)
    assert out.read_text(encoding="utf-8") == letter
    # and as the Word document that the file's ending asks for
    typed("revision-letter", session_id, "-o", tmp_path / "letter.docx")
    printed = [p.text for p in Document(tmp_path / "letter.docx").paragraphs]
    assert f"What is lacking: {made['what']}" in printed
    typed("revision-letter", session_id, "--format", "docx", "-o", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "letter.docx").read_bytes()
    shown = typed("status", session_id).stdout
    assert f"{made['revision_id']} REQ-002 (high) pending" in shown
    assert "1 revision pending" in typed("list").stdout
    # the rest, one with a remark
    typed("review", "resolve", session_id, made["revision_id"], *BY, "--note", "Sent by post.")
    typed("review", "override", session_id, "2", "3", "4", "16", "approved", *WHY)
    typed("review", "annotate", session_id, "3", "The map is old enough.", "--kind", "clarification", *BY)
    row = typed("show", session_id, "3").stdout
    assert "Approved, Ana Agent: Seen and agreed." in row
    assert "Clarification, Ana Agent: The map is old enough." in row
    history = typed("review", "history", session_id, "2").stdout
    assert [word in history for word in ("revision requested", "revision resolved", "override set")] == [True] * 3
    assert status(begun)["next_action"].startswith("Every row is decided")
    # determined and signed
    typed("review", "decide", session_id, "conditional", *BY, "--notes", "Good.", code=2)
    typed("review", "decide", session_id, "conditional", *BY, "--notes", "Good.", "--condition", "The title plan.")
    assert status(begun)["next_action"].startswith("Sign it")
    package = Path(typed("complete", session_id, *BY).stdout.strip())
    assert zipfile.ZipFile(package).testzip() is None
    after = status(begun)
    assert (after["status"], after["workflow_progress"]["completion"]["status"]) == ("completed", "completed")
    assert after["times"]["report_to_determination_seconds"] >= 0
    assert "rows changed" not in json.dumps(after["warnings"])
    # locked: words are refused, reading is not
    refused = typed("review", "annotate", session_id, "3", "One more thing.", *BY, code=1)
    assert "reopen" in refused.stderr
    assert json.loads(typed("report", session_id, "--format", "json", "-o", "-").stdout)["determination"]
    assert "signed by Ana Agent" in typed("list").stdout
    typed("batch-report")
    assert Path(typed("complete", session_id, *BY).stdout.strip()) == package
    # opened again, a second package is made beside the first
    typed("reopen", session_id, *BY, "--reason", "A typing error.")
    second = Path(typed("complete", session_id, *BY).stdout.strip())
    assert (second.name, package.is_file()) == (f"package-{session_id}-v2.zip", True)
    typed("reopen", session_id, *BY, "--reason", "For the other tests.")


def test_a_stale_word_is_refused_with_both_versions(begun: tuple[Typist, str]) -> None:
    typed, session_id = begun
    seen = status(begun)["revision"]
    typed("review", "override", session_id, "9", "rejected", *BY, "--reason", "Too short.", "--revision", seen)
    late = typed(
        *("review", "override", session_id, "9", "approved", "--by", "Ben Reader"),
        *("--reason", "Long enough.", "--revision", seen),
        code=75,
    )
    assert "You saw" in late.stderr
    assert "rejected by Ana Agent" in late.stderr


def test_a_quote_is_discarded_by_its_number(begun: tuple[Typist, str]) -> None:
    typed, session_id = begun
    assert "1. " in typed("show", session_id, "8").stdout
    gone = typed.json("review", "discard", session_id, "8", "1", *BY, "--reason", "Of another farm.")["discarded"]
    typed("run", session_id)
    shown = typed("show", session_id, "8").stdout
    assert "Quote discarded, Ana Agent: Of another farm." in shown
    typed("review", "restore", session_id, "8", gone["evidence_id"], *BY, "--reason", "Ours.")


def test_which_rows_are_decided_must_be_said(begun: tuple[Typist, str]) -> None:
    typed, session_id = begun
    typed("review", "override", session_id, "approved", *WHY, code=2)
    typed("review", "override", session_id, "7", "approved", "--all-covered", *WHY, code=2)
    typed("review", "override", session_id, "7", "perhaps", *WHY, code=2)
    typed("review", "clear", session_id, "decision", *WHY, code=2)
