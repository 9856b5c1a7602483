"""The portfolio's files: each replaced whole, none touched when it would say the same."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import ReviewError
from pipeline.models import SCHEMA_VERSION
from pipeline.models.characters import escaped_in_json
from pipeline.portfolio.model import Portfolio
from pipeline.portfolio.page import render_page
from pipeline.portfolio.table import render_csv
from pipeline.store.files import make_private_folder, write_atomic

#: Time of the last run in which no session failed; a monitor looks at its age.
STAMP = "last-success"


def prepare(folder: Path) -> Path:
    """Make the folder (0700) if it is not there; ReviewError when nothing could be written into it."""
    make_private_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ReviewError(
            f"Nothing can be written into {folder}.", "Give this user the right, or choose another folder."
        )
    return folder


def last_portfolio(folder: Path) -> Portfolio | None:
    """The portfolio that lies in the folder; None when there is none that this version understands."""
    try:
        found = Portfolio.model_validate_json((folder / "portfolio.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return found if found.schema_version == SCHEMA_VERSION else None


def render_portfolio_json(portfolio: Portfolio) -> str:
    """The portfolio for programs: UTF-8, one space of indent, a final newline."""
    return escaped_in_json(json.dumps(portfolio.model_dump(mode="json"), ensure_ascii=False, indent=1)) + "\n"


def write_portfolio(folder: Path, portfolio: Portfolio) -> dict[str, Path]:
    """Write the page, the table and the JSON (mode 0600) where their bytes differ; returns all three by format.

    The JSON comes last: it is what the next run compares with, so a run that was cut off is told again.
    """
    texts = {
        "html": render_page(portfolio),
        "csv": render_csv(portfolio),
        "json": render_portfolio_json(portfolio),
    }
    paths = {kind: folder / f"portfolio.{kind}" for kind in texts}
    for kind, text in texts.items():
        data = text.encode("utf-8")
        if not paths[kind].is_file() or paths[kind].read_bytes() != data:
            write_atomic(paths[kind], data)
    return paths


def write_stamp(folder: Path, now: datetime) -> Path:
    """Note that everything went well at `now`: one line, ISO 8601 in UTC."""
    path = folder / STAMP
    write_atomic(path, f"{now.isoformat(timespec='seconds').replace('+00:00', 'Z')}\n".encode())
    return path
