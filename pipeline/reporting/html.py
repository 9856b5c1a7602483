"""The report as one page that opens from disk: no network, nothing runs that is not named by hash in its policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.models import Report, wording
from pipeline.models.characters import split_long, visible
from pipeline.reporting import charts, tenure
from pipeline.reporting.as_json import render_json
from pipeline.reporting.layout import COLUMNS, lay_out
from pipeline.reporting.pictures import Strips

if TYPE_CHECKING:
    from jinja2 import Environment

    from pipeline.checklists import Checklist

_TEMPLATES = Path(__file__).parent / "templates"


def render_html(report: Report, checklist: Checklist, strips: Strips | None = None) -> str:
    """Return the whole report as one self-contained HTML page, UTF-8, with a final newline.

    `strips` are the pictures of the quoted pages; the page's policy allows pictures only when there is one.
    """
    strips = strips or Strips()
    style, script = part("report.css"), part("report.js")
    page = environment().get_template("report.html.jinja")
    return page.render(
        report=report,
        checklist=checklist,
        page=lay_out(report, checklist),
        chart=charts.coverage(report.requirements),
        words=wording,
        tenure=tenure,
        columns=COLUMNS,
        json_sha256=hashlib.sha256(render_json(report).encode("utf-8")).hexdigest(),
        generated_at=report.generated_at.isoformat().replace("+00:00", "Z"),
        style=style,
        script=script,
        strips=strips,
        drawn_by=f"pypdfium2 {version('pypdfium2')}",
        policy=policy_of(style, script, pictures=bool(strips.by_id)),
    )


@cache
def environment() -> Environment:
    """What every page is made with: everything from a document is escaped, and what hides in it is shown.

    One for the whole process, for it keeps the compiled templates, which take longer to make than a page.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # start-up

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        # Every printed value passes here first: a page cannot forget to show what hides in a document's text.
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["split_long"] = split_long
    made.filters["label"] = wording.label
    return made


def policy_of(style: str, script: str = "", pictures: bool = False) -> str:
    """The page's content security policy: this style, this script, pictures within the page, nothing else.

    Hashes instead of a nonce, because a nonce in a file on disk is the same at every opening and so protects nothing.
    """
    scripts = f"script-src '{_source_hash(script)}'; " if script else ""
    images = "img-src data:; " if pictures else ""
    return (
        f"default-src 'none'; style-src '{_source_hash(style)}'; {scripts}{images}base-uri 'none'; form-action 'none'"
    )


def _source_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def part(name: str) -> str:
    """Our own file, printed as it is; markup-safe because it comes from the package and never from a document."""
    from markupsafe import Markup  # start-up

    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - our own style and script


def _shown(value: Any) -> Any:
    return visible(value) if type(value) is str else value
