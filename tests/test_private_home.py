"""A home is for its owner alone, whichever command has made what of it and whatever the umask says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.broker import queue_name
from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from tests.private import open_to_others
from tests.test_cli import Typist, letters, typed  # noqa: F401 - fixtures


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_open_umask")
def test_nothing_that_a_command_makes_is_open_to_others(
    typed: Typist,  # noqa: F811 - the fixture
    letters: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REGISTRY_REVIEW_INBOX_SETTLE_SECONDS", "0.2")
    session = typed.create()
    typed("add", session, letters)
    for name, content in (("late.txt", b"late"), ("papers/2024/empty.pdf", b"")):
        path = typed.home / "inbox" / session / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (typed.home / "inbox" / "new" / "Hill Farm").mkdir(parents=True)
    (typed.home / "inbox" / "new" / "Hill Farm" / "a.txt").write_text("a")
    typed("watch", "--once", "--to", "report", code=4)
    typed("report", session, "--format", "pdf", "-o", tmp_path / "report.pdf", code=3)
    typed("review", "annotate", session, "1", "A remark.", "--by", "Ana")
    typed("keys", "create", "Ana")
    typed("batch-report")
    typed("doctor", "--deep")
    typed("gc")
    typed("backup", tmp_path / "backup.tar")
    queue_name(typed.home / "data")
    other = Typist(tmp_path / "other")
    other("restore", tmp_path / "backup.tar")

    assert open_to_others(typed.home) == []
    assert open_to_others(other.home) == []
    with Workspace.open(load_settings(home=typed.home).settings) as ws:
        assert list(ws.quarantine.glob(f"{session}/papers/2024/empty.pdf"))


def test_a_refused_file_that_has_a_name_elsewhere_keeps_its_rights_there(tmp_path: Path) -> None:
    from pipeline.home import quarantine
    from tests.queue_fixtures import drop, new_session

    with Workspace.open(load_settings(home=tmp_path / "home").settings) as ws:
        session = new_session(ws)
        files = drop(ws, session, {"shared.pdf": b"", "own.pdf": b""})
        for file in files:
            file.path.chmod(0o644)
        os.link(files[0].path, tmp_path / "elsewhere.pdf")
        places = [quarantine.move_in(ws, session, file.path, file.relative, "It is empty.") for file in files]

    assert [place.stat().st_mode & 0o777 for place in places if place] == [0o644, 0o600]
    assert (tmp_path / "elsewhere.pdf").stat().st_mode & 0o777 == 0o644
