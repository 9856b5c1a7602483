"""What every test stands on: a home of its own, a clock it moves itself, and no way to the user's real folders."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actors.embedded import Embedded, WithWorker
from actors.worker_process import Working
from pipeline.home import logs
from pipeline.home.workspace import Workspace
from pipeline.settings import Settings, load_settings
from tests import machine
from tests.redis_server import Server, a_server


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    machine.leave_out_what_needs(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line, before pytest's own last one, what was left out."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    reasons = (why[2].removeprefix("Skipped: ") if isinstance(why, tuple) else str(why) for why in skipped)
    if line := machine.closing_line(reasons):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def browser_program() -> str:
    """The machine's browser."""
    return machine.program(machine.BROWSER)


@pytest.fixture(scope="session")
def office_program() -> str:
    """The machine's LibreOffice."""
    return machine.program(machine.OFFICE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever opens a queue is tested on both brokers."""
    if "open_queue" in metafunc.fixturenames:
        metafunc.parametrize("settings", ["embedded", "redis"], indirect=True)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    with a_server() as server:
        yield server


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    settings = load_settings(home=tmp_path / "home").settings
    if getattr(request, "param", "embedded") == "embedded":
        return settings
    server = request.getfixturevalue("redis_server")
    return settings.model_copy(update={"queue": settings.queue.model_copy(update={"broker": server.url})})


@pytest.fixture
def open_queue() -> Callable[..., WithWorker]:
    """Makes the queue of a workspace, with its worker in this process, on the broker that its settings name."""

    def opened(ws: Workspace, **how: float) -> WithWorker:
        return (Embedded if ws.settings.queue.broker == "embedded" else Working)(ws, **how)

    return opened


@pytest.fixture
def workspace(settings: Settings, clock: Clock) -> Iterator[Workspace]:
    with Workspace.open(settings, now=clock) as opened:
        yield opened
