"""Settings with the place each came from: flag, then environment, then config file, then default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from platformdirs import user_config_path, user_data_path
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from pipeline.errors import SettingsError
from pipeline.models import Value

APP = "registry-review"
#: Environment variables are REGISTRY_REVIEW_<SECTION>_<KEY>; REGISTRY_REVIEW_CONFIG names the config file.
PREFIX = "REGISTRY_REVIEW_"
CONFIG_VARIABLE = PREFIX + "CONFIG"

#: Verbs of the command line (contract: Stages).
Verb = Literal["discover", "map", "extract", "validate", "report"]


def _known_broker(broker: str) -> str:
    if broker != "embedded" and not broker.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError('must be "embedded" or the address of a Redis server, such as redis://localhost:6379/0')
    return broker


def _on_or_off(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):  # the environment holds text only
        return bool(value == "true")
    raise ValueError("must be true or false")


def _listed(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):  # the environment holds text only
        return tuple(one.strip() for one in value.split(",") if one.strip())
    if isinstance(value, list | tuple) and all(isinstance(one, str) and one.strip() for one in value):
        return tuple(value)
    raise ValueError("must be a list of names")


#: true or false, in the file and in the environment alike.
Switch = Annotated[bool, BeforeValidator(_on_or_off)]
#: A list of names; in the environment, with commas between them.
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class HomeSettings(Value):
    """Where everything lies."""

    inbox: Path
    data: Path


class InboxSettings(Value):
    """When a file counts as complete, and what is taken."""

    settle_seconds: float = Field(2.0, ge=0, le=3600)
    settle_closed_seconds: float = Field(0.3, ge=0, le=3600)
    patience_seconds: float = Field(120.0, ge=0, le=86_400)
    rescan_seconds: float = Field(30.0, ge=0.1, le=86_400)
    advance_to: Verb = "discover"
    max_file_mb: int = Field(512, ge=1, le=1_000_000)
    max_files_per_session: int = Field(5000, ge=1, le=1_000_000)
    min_free_mb: int = Field(200, ge=0, le=100_000_000)


class ArchiveSettings(Value):
    """Limits within which a zip archive is opened; one beyond them is refused before anything of it is unpacked."""

    max_files: int = Field(5000, ge=1, le=65_000)
    max_unpacked_mb: int = Field(4000, ge=1, le=1_000_000)
    max_ratio: int = Field(200, ge=1, le=100_000)
    max_depth: int = Field(2, ge=1, le=5)


class LinkSettings(Value):
    """How links are fetched; how large a file may be says `inbox.max_file_mb`."""

    allow_private: Switch = False
    connect_seconds: float = Field(10, ge=0.1, le=600)
    timeout_seconds: float = Field(300, ge=1, le=86_400)
    max_redirects: int = Field(5, ge=0, le=20)
    file_reference_hosts: Names = ("oaiusercontent.com",)


class UploadSettings(Value):
    """What one upload link takes, and for how long; how large a file may be says `inbox.max_file_mb`."""

    lifetime_minutes: int = Field(1440, ge=1, le=525_600)
    max_files: int = Field(200, ge=1, le=5000)
    max_total_mb: int = Field(2048, ge=1, le=1_000_000)


class QueueSettings(Value):
    """Who does the work."""

    broker: Annotated[str, AfterValidator(_known_broker)] = "embedded"
    threads: int = Field(2, ge=1, le=256)
    sweep_seconds: float = Field(15, ge=0.1, le=86_400)
    heartbeat_seconds: float = Field(10, ge=1, le=3600)


class ReadingSettings(Value):
    """Limits within which a document is read."""

    processes: int = Field(2, ge=1, le=256)
    timeout_seconds: float = Field(60, ge=1, le=86_400)
    memory_mb: int = Field(2048, ge=128, le=1_000_000)
    max_pages: int = Field(2000, ge=1, le=1_000_000)
    max_cells: int = Field(500_000, ge=1, le=100_000_000)
    max_page_characters: int = Field(4_000_000, ge=1_000, le=100_000_000)
    max_page_objects: int = Field(500_000, ge=100, le=100_000_000)
    max_unpacked_mb: int = Field(256, ge=1, le=1_000_000)
    max_megapixels: int = Field(200, ge=1, le=100_000)


class DuplicateSettings(Value):
    """When two sessions look like the same project."""

    name_similarity: float = Field(80.0, ge=0, le=100)
    file_overlap: float = Field(0.8, ge=0, le=1)
    common_in_sessions: int = Field(5, ge=2, le=1_000_000)


class ChecklistSettings(Value):
    """Checklists of your own."""

    folder: Path | None = None


def _usable_address(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError("must be an address such as https://review.example.org, or empty")
    return url.rstrip("/")


class ServerSettings(Value):
    """Where `serve` listens, how it is called from outside, and what it may reach."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    public_url: Annotated[str, AfterValidator(_usable_address)] = ""
    allowed_hosts: Names = ()
    path_roots: tuple[Path, ...] = ()
    max_body_mb: int = Field(64, ge=1, le=100_000)
    answer_seconds: float = Field(37.0, ge=0.1, le=40)
    max_connections: int = Field(2000, ge=4, le=100_000)
    header_seconds: float = Field(20.0, ge=0.1, le=3600)
    body_seconds: float = Field(20.0, ge=0.1, le=3600)


class Settings(Value):
    """Every setting; sections and keys are those of config.toml."""

    home: HomeSettings
    inbox: InboxSettings = InboxSettings()
    archives: ArchiveSettings = ArchiveSettings()
    links: LinkSettings = LinkSettings()
    uploads: UploadSettings = UploadSettings()
    queue: QueueSettings = QueueSettings()
    reading: ReadingSettings = ReadingSettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    checklist: ChecklistSettings = ChecklistSettings()
    server: ServerSettings = ServerSettings()


class LoadedSettings(Value):
    """The settings and, for every "section.key", where its value came from."""

    settings: Settings
    #: "--home", "environment", "config.toml: /path" or "default".
    origins: dict[str, str]
    #: The config file that was read, if any.
    config: Path | None = None


_SECTIONS: dict[str, type[Value]] = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Value)
}
_PATHS = frozenset({"home.inbox", "home.data", "checklist.folder", "server.path_roots"})
#: Settings that hold several paths: a list in the file, with commas between them in the environment.
_LISTS_OF_PATHS = frozenset({"server.path_roots"})
#: What a setting may be, where that is neither a number nor one of a few words.
_ALLOWED = {
    "queue.broker": 'must be "embedded" or the address of a Redis server, such as redis://localhost:6379/0',
    "server.public_url": "must be an address such as https://review.example.org, or empty",
    "server.path_roots": 'must be a list of folders, such as ["/srv/submissions"]',
}


def load_settings(
    config: Path | None = None, home: Path | None = None, environ: Mapping[str, str] | None = None
) -> LoadedSettings:
    """Every setting, from the first place that has it: `home`, environment, config file, default.

    The config file is `config`, else REGISTRY_REVIEW_CONFIG, ./config.toml, or the one in the user's config folder.
    `home` is the --home flag: inbox and data move to home/inbox and home/data. SettingsError names the key, where it
    was set and what would be allowed.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {
        "home.inbox": user_data_path(APP) / "inbox",
        "home.data": user_data_path(APP) / "data",
    }
    origins = {f"{section}.{key}": "default" for section, model in _SECTIONS.items() for key in model.model_fields}
    found = _config_file(config, environ)
    if found is not None:
        for name, value in _from_file(found):
            values[name], origins[name] = value, f"config.toml: {found}"
    for name, value in _from_environment(environ):
        values[name], origins[name] = value, "environment"
    if home is not None:
        for key in ("inbox", "data"):
            values[f"home.{key}"], origins[f"home.{key}"] = _path(str(home), Path.cwd()) / key, "--home"
    return LoadedSettings(settings=_build(values, origins), origins=origins, config=found)


def _config_file(flag: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = flag or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is not None:
        path = _path(str(named), Path.cwd())
        if not path.is_file():
            by = "--config" if flag else CONFIG_VARIABLE
            raise SettingsError(f"There is no config file {path}.", f"Check what {by} names.")
        return path
    for path in (Path.cwd() / "config.toml", user_config_path(APP) / "config.toml"):
        if path.is_file():
            return path
    return None


def _from_file(path: Path) -> Iterable[tuple[str, Any]]:
    try:
        tables = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}.", "Give this user the right to read it."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.", "Mend that line.") from error
    for section, table in tables.items():
        if section not in _SECTIONS:
            homes = [f"[{one}]" for one, model in _SECTIONS.items() if section in model.model_fields]
            if homes and not isinstance(table, dict):
                where = " or ".join(homes)
                raise SettingsError(f"{section} in {path} stands in no section.", f"Write it below a line {where}.")
            raise SettingsError(f"Unknown section [{section}] in {path}.", _did_you_mean(section, _SECTIONS))
        if not isinstance(table, dict):
            raise SettingsError(f"{section} in {path} must be a section.", f"Write [{section}] on a line of its own.")
        for key, value in table.items():
            if key not in _SECTIONS[section].model_fields:
                known = [f"{section}.{one}" for one in _SECTIONS[section].model_fields]
                everywhere = [f"{one}.{k}" for one, model in _SECTIONS.items() for k in model.model_fields]
                elsewhere = [name for name in everywhere if name.endswith(f".{key}")]
                raise SettingsError(
                    f"Unknown setting {section}.{key} in {path}.", _did_you_mean(f"{section}.{key}", elsewhere or known)
                )
            name = f"{section}.{key}"
            yield name, _as_path(name, value, path.parent)


def _from_environment(environ: Mapping[str, str]) -> Iterable[tuple[str, Any]]:
    known = {
        f"{PREFIX}{section}_{key}".upper(): f"{section}.{key}"
        for section, model in _SECTIONS.items()
        for key in model.model_fields
    }
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        if variable not in known:
            raise SettingsError(
                f"Unknown environment variable {variable}.", _did_you_mean(variable, [*known, CONFIG_VARIABLE])
            )
        yield known[variable], _as_path(known[variable], environ[variable], Path.cwd())


def _as_path(name: str, value: Any, base: Path) -> Any:
    if name in _LISTS_OF_PATHS:
        several = value.split(",") if isinstance(value, str) else value
        if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
            return value  # is told with what would be allowed
        return tuple(_path(one.strip(), base) for one in several if one.strip())
    if name not in _PATHS or not isinstance(value, str):
        return value
    if not value.strip():
        return None
    return _path(value, base)


def _path(value: str, base: Path) -> Path:
    """An absolute path; ~ is the user's own folder, anything else relative is below `base`."""
    try:
        expanded = Path(value).expanduser()
    except RuntimeError as error:  # ~ without a known user
        raise SettingsError(f"The path {value} cannot be expanded: {error}.", "Write it in full.") from error
    return Path(os.path.abspath(base / expanded))  # noqa: PTH100 - resolve() would follow links the user set on purpose


def _build(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    _keep_apart(values, origins)
    nested: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
    for name, value in values.items():
        section, key = name.split(".")
        # TOML knows true and 1 apart; pydantic would take the one for the other.
        if isinstance(value, bool) and _SECTIONS[section].model_fields[key].annotation is not bool:
            raise SettingsError(f"{name} = {str(value).lower()} ({origins[name]}): {_allowed(section, key)}.")
        nested[section][key] = value
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        first = error.errors()[0]
        section, key = str(first["loc"][0]), str(first["loc"][1])
        name = f"{section}.{key}"
        where = origins[name]
        if where == "environment":
            where = "environment variable " + f"{PREFIX}{section}_{key}".upper()
        # The address of a broker may hold a password.
        shown = "(hidden)" if "@" in str(first["input"]) else repr(first["input"])
        raise SettingsError(f"{name} = {shown} ({where}): {_allowed(section, key)}.") from error


def _keep_apart(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """The inbox is emptied and the data folder is private: neither may lie in the other."""
    inbox, data = values["home.inbox"], values["home.data"]
    if not (isinstance(inbox, Path) and isinstance(data, Path)):
        return
    if inbox.is_relative_to(data) or data.is_relative_to(inbox):
        raise SettingsError(
            f"home.inbox ({inbox}, {origins['home.inbox']}) and home.data ({data}, {origins['home.data']}) must be two "
            "folders, neither inside the other.",
            "Choose folders side by side.",
        )


def _allowed(section: str, key: str) -> str:
    """What that setting may be, in words."""
    field = _SECTIONS[section].model_fields[key]
    if get_args(field.annotation) and isinstance(get_args(field.annotation)[0], str):
        return "must be one of " + ", ".join(get_args(field.annotation))
    if said := _ALLOWED.get(f"{section}.{key}"):
        return said
    if f"{section}.{key}" in _PATHS:
        return "must be a path"
    if field.annotation is bool:
        return "must be true or false"
    if field.annotation == tuple[str, ...]:
        return 'must be a list of names, such as ["example.org"]'
    low = next((one.ge for one in field.metadata if hasattr(one, "ge")), None)
    high = next((one.le for one in field.metadata if hasattr(one, "le")), None)
    kind = "a whole number" if field.annotation is int else "a number"
    return f"must be {kind} from {low:.12g} to {high:.12g}" if low is not None else f"must be {kind}"


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    """The nearest known name, or all of them when none is near."""
    from rapidfuzz import fuzz, process  # start-up

    known = list(known)
    best = process.extractOne(name.lower(), {one: one.lower() for one in known}, scorer=fuzz.ratio, score_cutoff=60)
    return f"Did you mean {best[2]}?" if best else f"Known are: {', '.join(known)}."
