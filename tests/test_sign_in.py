"""Who sits at a browser: names, keys, what is kept of both, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.home.keys import create_key, revoke_key
from pipeline.home.workspace import Workspace
from pipeline.upkeep.kept import home_wide
from servers.sign_in import LASTS, SECRET, sign_in, signed_in
from tests.conftest import Clock


def test_a_name_is_known_again_for_a_week_and_no_longer(workspace: Workspace, clock: Clock) -> None:
    kept = sign_in(workspace, "  Ada   Reviewer ")
    found = signed_in(workspace, kept)
    assert found is not None
    assert (found.name, found.key, found.may_write) == ("Ada Reviewer", None, True)
    clock.advance(seconds=(LASTS - timedelta(seconds=1)).total_seconds())
    assert signed_in(workspace, kept) is not None
    clock.advance(seconds=1)
    assert signed_in(workspace, kept) is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "Ada\u202e", "Ada\x07"])
def test_a_name_that_cannot_be_shown_is_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(UsageError):
        sign_in(workspace, name)


def test_where_keys_exist_one_is_needed_and_it_says_what_may_be_done(workspace: Workspace) -> None:
    before = sign_in(workspace, "Ada")
    _, reading = create_key(workspace, "reader", ("read",))
    _, writing = create_key(workspace, "writer", ("write",))
    for wrong in ("", "rr_wrong", writing[:-1]):
        with pytest.raises(UsageError):
            sign_in(workspace, "Ada", wrong)
    reader = signed_in(workspace, sign_in(workspace, "Ada", f" {reading} "))
    kept = sign_in(workspace, "Ben", writing)
    writer = signed_in(workspace, kept)
    assert reader is not None
    assert writer is not None
    assert (reader.may_write, writer.may_write) == (False, True)
    assert signed_in(workspace, before) is None
    revoke_key(workspace, "writer")
    assert signed_in(workspace, kept) is None
    revoke_key(workspace, "reader")
    assert signed_in(workspace, kept) is None  # the last key is gone, and this one is not the less revoked


def test_what_is_kept_holds_no_key(workspace: Workspace) -> None:
    _, secret = create_key(workspace, "writer", ("write",))
    assert secret not in sign_in(workspace, "Ada", secret)
    assert secret[3:] not in sign_in(workspace, "Ada", secret)


@given(st.text(max_size=300))
def test_nothing_that_was_not_given_out_is_known(text: str) -> None:
    import tempfile
    from pathlib import Path

    from pipeline.settings import load_settings

    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace(load_settings(home=Path(folder), environ={}).settings)
        assert signed_in(ws, text) is None
        ws.close()


def test_a_backup_does_not_hold_what_signs(workspace: Workspace) -> None:
    sign_in(workspace, "Ada")
    create_key(workspace, "writer")
    assert (workspace.data / SECRET).stat().st_mode & 0o777 == 0o600
    kept = {path.name for path in home_wide(workspace.data)}
    assert "keys.json" in kept
    assert SECRET not in kept
