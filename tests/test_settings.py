"""Settings: where each value comes from, and what a mistake says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings

REPOSITORY = Path(__file__).parent.parent


def _config(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_without_anything_every_value_is_a_default_and_the_home_is_the_users_data_folder(tmp_path: Path) -> None:
    loaded = load_settings(environ={})
    assert loaded.config is None
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.settings.inbox.settle_seconds == 2.0
    assert loaded.settings.inbox.advance_to == "discover"
    assert loaded.settings.queue.broker == "embedded"
    assert loaded.settings.home.data.is_relative_to(Path.home())


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    config = _config(tmp_path, "[home]\ninbox='a'\ndata='b'\n[inbox]\nsettle_seconds=7\nrescan_seconds=9\n")
    environ = {"REGISTRY_REVIEW_INBOX_SETTLE_SECONDS": "5", "REGISTRY_REVIEW_HOME_DATA": str(tmp_path / "env")}
    loaded = load_settings(config, home=tmp_path / "flag", environ=environ)
    assert loaded.settings.home.data == tmp_path / "flag/data"
    assert loaded.settings.home.inbox == tmp_path / "flag/inbox"
    assert loaded.settings.inbox.settle_seconds == 5
    assert loaded.settings.inbox.rescan_seconds == 9
    assert loaded.origins["home.data"] == "--home"
    assert loaded.origins["inbox.settle_seconds"] == "environment"
    assert loaded.origins["inbox.rescan_seconds"] == f"config.toml: {config}"
    assert loaded.origins["queue.threads"] == "default"


def test_the_config_file_is_the_flags_then_the_environments_then_the_working_folders_then_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: _config(tmp_path / name, f"[queue]\nthreads={n}\n") for n, name in enumerate("fewu", start=11)}
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    _config(tmp_path / "xdg/registry-review", places["u"].read_text())
    monkeypatch.chdir(tmp_path / "w")
    environ = {"REGISTRY_REVIEW_CONFIG": str(places["e"])}
    assert load_settings(places["f"], environ=environ).settings.queue.threads == 11
    assert load_settings(environ=environ).settings.queue.threads == 12
    assert load_settings(environ={}).settings.queue.threads == 13
    monkeypatch.chdir(tmp_path)
    assert load_settings(environ={}).settings.queue.threads == 14


def test_paths_expand_the_home_sign_and_are_relative_to_the_config_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(tmp_path / "conf", "[home]\ninbox='~/drop'\ndata='../data'\n[checklist]\nfolder='mine'\n")
    monkeypatch.chdir(tmp_path)
    settings = load_settings(config, environ={}).settings
    assert settings.home.inbox == Path.home() / "drop"
    assert settings.home.data == tmp_path / "data"
    assert settings.checklist.folder == tmp_path / "conf/mine"


def test_an_empty_checklist_folder_means_none(tmp_path: Path) -> None:
    assert load_settings(_config(tmp_path, "[checklist]\nfolder=''\n"), environ={}).settings.checklist.folder is None


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("[inbox]\nsettle_second = 1\n", "inbox.settle_second", "inbox.settle_seconds"),
        ("[inbocks]\nsettle_seconds = 1\n", "[inbocks]", "inbox"),
        ("[reading]\nthreads = 4\n", "reading.threads", "queue.threads"),
        ("[queue]\nzzzz = 4\n", "queue.zzzz", "queue.broker"),
    ],
)
def test_an_unknown_key_names_itself_the_file_and_the_nearest_known_name(
    tmp_path: Path, text: str, wrong: str, right: str
) -> None:
    config = _config(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(config, environ={})
    assert wrong in caught.value.message
    assert str(config) in caught.value.message
    assert right in caught.value.cure


def test_an_unknown_environment_variable_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ={"REGISTRY_REVIEW_QUEUE_THREDS": "2"})
    assert "REGISTRY_REVIEW_QUEUE_THREDS" in caught.value.message
    assert "REGISTRY_REVIEW_QUEUE_THREADS" in caught.value.cure


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[inbox]\nsettle_seconds = -1\n", ("inbox.settle_seconds = -1", "from 0 to 3600")),
        ("[queue]\nthreads = 'many'\n", ("queue.threads = 'many'", "a whole number from 1 to 256")),
        ("[queue]\nthreads = true\n", ("queue.threads = true", "a whole number")),
        ("[duplicates]\nfile_overlap = 80\n", ("duplicates.file_overlap = 80", "from 0 to 1")),
        ("[duplicates]\nfile_overlap = nan\n", ("duplicates.file_overlap", "from 0 to 1")),
        ("[inbox]\nadvance_to = 'finish'\n", ("'finish'", "discover, map, extract, validate, report")),
        ("[queue]\nbroker = 'rabbit'\n", ("'rabbit'", "embedded", "redis://")),
        ("[home]\ndata = 3\n", ("home.data = 3", "must be a path")),
        ("inbox = 3\n", ("inbox", "must be a section")),
        ("[inbox\n", ("not valid TOML",)),
    ],
)
def test_a_bad_value_names_the_file_and_what_is_allowed(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    config = _config(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(config, environ={})
    for part in (*parts, str(config)):
        assert part in str(caught.value)


def test_a_bad_value_in_the_environment_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"REGISTRY_REVIEW_READING_MEMORY_MB.*from 128 to 1000000"):
        load_settings(environ={"REGISTRY_REVIEW_READING_MEMORY_MB": "12"})


def test_a_password_in_a_broker_address_is_never_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ={"REGISTRY_REVIEW_QUEUE_BROKER": "redis:/user:geheim@host"})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("by", ["flag", "environment"])
def test_a_config_file_that_is_named_must_exist(tmp_path: Path, by: str) -> None:
    missing = tmp_path / "nowhere.toml"
    flag = missing if by == "flag" else None
    environ = {} if flag else {"REGISTRY_REVIEW_CONFIG": str(missing)}
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings(flag, environ=environ)


def test_the_repositorys_config_holds_every_setting_with_its_default_and_a_comment(tmp_path: Path) -> None:
    path = REPOSITORY / "config.toml"
    written = tomllib.loads(path.read_text())
    defaults = load_settings(environ={}).settings
    for section, field in Settings.model_fields.items():
        assert set(written[section]) == set(field.annotation.model_fields)  # type: ignore[union-attr] # sections are models
    loaded = load_settings(path, environ={}).settings
    assert loaded.model_dump(exclude={"home"}) == defaults.model_dump(exclude={"home"})
    assert loaded.home.inbox == REPOSITORY / "inbox"
    assert loaded.home.data == REPOSITORY / "data"
    for line in path.read_text().splitlines():
        assert " = " not in line or line.startswith("#") or " # " in line, line
