"""Keys for programs: shown once, kept as hashes, gone when revoked; what cannot be read lets nobody in."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from pipeline.errors import ReviewError, UsageError
from pipeline.home import keys
from pipeline.home.keys import check_key, create_key, keys_exist, list_keys, revoke_key
from pipeline.home.workspace import Workspace
from pipeline.settings import Settings, load_settings
from tests.test_two_processes import OPEN, go_together, start


def test_a_key_is_known_by_its_secret_alone_also_after_a_restart(workspace: Workspace, settings: Settings) -> None:
    record, secret = create_key(workspace, "  gpt ", ["write"])
    assert secret.startswith("rr_")
    assert len(secret) >= 46  # 256 bits
    assert (record.name, record.scopes) == ("gpt", ("read", "write"))
    with Workspace.open(settings, now=workspace.now) as again:
        assert check_key(again, secret) == record
    for wrong in ("", "rr_", secret[:-1], secret + "x", secret.upper(), record.key_id, record.name, "\ud800"):
        assert check_key(workspace, wrong) is None


def test_writing_includes_reading_and_reading_nothing_more(workspace: Workspace) -> None:
    assert create_key(workspace, "reader")[0].scopes == ("read",)
    assert create_key(workspace, "both", ["write", "read"])[0].scopes == ("read", "write")


def test_the_secret_stands_nowhere_on_disk_and_the_file_is_private(workspace: Workspace) -> None:
    _, secret = create_key(workspace, "gpt", ["read"])
    for path in workspace.data.parent.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert stat.S_IMODE((workspace.data / "keys.json").stat().st_mode) == 0o600


def test_every_stored_hash_is_compared_in_constant_time(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = [create_key(workspace, f"k{n}")[1] for n in range(3)]
    seen = []
    compare = keys.hmac.compare_digest
    monkeypatch.setattr(keys.hmac, "compare_digest", lambda a, b: seen.append((a, b)) or compare(a, b))
    assert check_key(workspace, secrets[0]) is not None
    assert len(seen) == 3


def test_a_revoked_key_lets_nobody_in_and_the_others_stay(workspace: Workspace) -> None:
    _, one = create_key(workspace, "one")
    two, other = create_key(workspace, "two")
    assert revoke_key(workspace, "one").name == "one"
    assert check_key(workspace, one) is None
    assert check_key(workspace, other) == two
    assert list_keys(workspace) == (two,)
    revoke_key(workspace, two.key_id)
    assert not keys_exist(workspace)
    with pytest.raises(UsageError, match="no key two"):
        revoke_key(workspace, "two")


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["read"]), ("x" * 101, ["read"]), ("a\x1bb", ["read"]), ("a", []), ("a", ["admin"])]
)
def test_a_key_that_cannot_be_is_not_made(workspace: Workspace, name: str, scopes: list[str]) -> None:
    with pytest.raises(UsageError):
        create_key(workspace, name, scopes)
    assert not keys_exist(workspace)


def test_two_keys_never_have_one_name_since_the_audit_names_them(workspace: Workspace) -> None:
    create_key(workspace, "gpt")
    with pytest.raises(UsageError, match="already"):
        create_key(workspace, "GPT", ["write"])


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"keys": [{"name": "x"}]}'])
def test_keys_that_cannot_be_read_let_nobody_in_and_are_not_taken_for_none(workspace: Workspace, damage: str) -> None:
    _, secret = create_key(workspace, "gpt")
    (workspace.data / "keys.json").write_text(damage)
    for ask in (
        lambda: check_key(workspace, secret),
        lambda: keys_exist(workspace),
        lambda: create_key(workspace, "b"),
    ):
        with pytest.raises(ReviewError, match=r"keys\.json cannot be read"):
            ask()


CREATE = (
    OPEN
    + """
from pipeline.home.keys import create_key
sys.stdin.readline()
for n in range(int(number)):
    print(create_key(ws, f"{name}-{n}")[1], flush=True)
ws.close()
"""
)


def test_processes_that_make_keys_at_once_lose_none(workspace: Workspace) -> None:
    printed = go_together([start(CREATE, workspace.data.parent, name, number=5) for name in ("p", "q")])
    secrets = [line for one in printed for line in one.split()]
    assert len(list_keys(workspace)) == 10
    assert all(check_key(workspace, secret) for secret in secrets)


@settings_of(max_examples=50, deadline=None)
@given(guess=st.text(max_size=60))
def test_no_guess_is_a_key(guess: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.getbasetemp() / "guessing"
    with Workspace.open(load_settings(home=home, environ={}).settings) as ws:
        if not keys_exist(ws):
            create_key(ws, "gpt", ["write"])
        assert check_key(ws, guess) is None
