"""What every test stands on: a home of its own, a clock it moves itself, and no way to the user's real folders."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import logs
from pipeline.settings import Settings, load_settings
from pipeline.workspace import Workspace


class Clock:
    """Wall time that stands still until a test moves it."""

    def __init__(self, start: datetime = datetime(2026, 1, 31, 9, 45, tzinfo=UTC)) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture(autouse=True)
def _no_real_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("REGISTRY_REVIEW_", "XDG_")):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("HOME", str(home))
    # ./config.toml is read too: no test may see the repository's own.
    monkeypatch.chdir(home)


@pytest.fixture(autouse=True)
def _log_to_whoever_listens() -> Iterator[None]:
    """A command that ran in this process sends the program's log elsewhere; the next test hears it again."""
    yield
    for logger in map(logging.getLogger, (*logs.OURS, *logs.LIBRARIES)):
        for handler in logger.handlers[:]:
            if isinstance(handler, logging.StreamHandler):
                logger.removeHandler(handler)
                handler.close()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home").settings


@pytest.fixture
def workspace(settings: Settings, clock: Clock) -> Iterator[Workspace]:
    with Workspace.open(settings, now=clock) as opened:
        yield opened
