"""Stage 6: the results become one report in its forms, kept as numbered versions that are never rewritten."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import NotMadeYet, UsageError
from pipeline.models import Report, SessionRecord
from pipeline.reporting.as_json import render_json
from pipeline.store.faultpoints import reach
from pipeline.store.files import make_private_folder, write_atomic
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.checklists import Checklist
    from pipeline.home.workspace import Workspace

#: The forms every report is written in, by file ending.
FORMATS = ("json", "md", "html")
#: The forms that are made of the same report when somebody asks for them, as files beside the others.
ON_DEMAND = ("docx", "pdf", "xlsx")


def generate_report(ws: Workspace, session_id: str) -> Report:
    """Build the session's report from its last results and write it in every form.

    The files are `report-<session_id>-v<n>.{json,md,html}` in the session's `reports` folder, mode 0600; a new
    number is taken only when a byte differs from the newest one. Raises NotMadeYet when an earlier stage has no result.
    """
    from pipeline.reporting.model import build_report  # start-up

    record = ws.sessions.read(session_id)
    inventory, validation = results.load_inventory(ws, record), results.load_validation(ws, record)
    if inventory is None or validation is None:
        raise NotMadeYet(f"{session_id} has nothing to report yet.", f"registry-review run {session_id}")
    checklist = results.load_checklist(ws, record)
    report = build_report(record, inventory, validation, checklist)
    _write(_folder(ws, session_id), session_id, _forms(ws, report, checklist))
    return report


def report_paths(ws: Workspace, record: SessionRecord) -> tuple[Report, dict[str, Path]]:
    """Return the report last made and its file in each form; files that somebody removed are written again.

    Raises NotMadeYet when no report was made yet.
    """
    stage = record.stages.get("report_generation")
    if stage is None or stage.result is None:
        from pipeline.status.progress import next_action

        raise NotMadeYet(f"{record.session_id} has no report yet.", next_action(ws, record))
    report = ws.sessions.load_result(record.session_id, stage.result, Report)
    paths = latest_paths(ws, record.session_id)
    if len(paths) == len(FORMATS) and paths["json"].read_bytes() == render_json(report).encode("utf-8"):
        return report, paths
    forms = _forms(ws, report, results.load_checklist(ws, record))
    return report, _write(_folder(ws, record.session_id), record.session_id, forms)


def form_path(ws: Workspace, record: SessionRecord, kind: str) -> Path:
    """Return the file of the report last made in one of FORMATS or ON_DEMAND; it is made when it is not there.

    Raises NotMadeYet when no report was made yet, UsageError for a form that there is not.
    """
    if kind not in (*FORMATS, *ON_DEMAND):
        raise UsageError(f"There is no form {kind!r} of a report.", f"Use {', '.join((*FORMATS, *ON_DEMAND))}.")
    return all_paths(ws, record, (kind,))[1][kind]


def all_paths(
    ws: Workspace, record: SessionRecord, kinds: Sequence[str] = (*FORMATS, *ON_DEMAND)
) -> tuple[Report, dict[str, Path]]:
    """Return the report last made and its file in each of FORMATS and, of those ON_DEMAND, in `kinds`.

    A form on demand joins the version that says the same; were another document there under its name, all forms
    become the next version. Raises NotMadeYet when no report was made yet.
    """
    report, paths = report_paths(ws, record)
    wanted = [kind for kind in ON_DEMAND if kind in kinds]
    if not wanted:
        return report, paths
    checklist = results.load_checklist(ws, record)
    made = {kind: _document(report, checklist, kind) for kind in wanted}
    beside = {kind: paths["json"].with_suffix(f".{kind}") for kind in wanted}
    if any(path.is_file() and path.read_bytes() != made[kind] for kind, path in beside.items()):
        forms = {kind: path.read_bytes() for kind, path in paths.items()}
        return report, _write(_folder(ws, record.session_id), record.session_id, {**forms, **made})
    for kind, path in beside.items():
        if not path.is_file():
            write_atomic(path, made[kind])
    return report, {**paths, **beside}


def _document(report: Report, checklist: Checklist, kind: str) -> bytes:
    """Typesetters are slow to import and each is needed by itself."""
    if kind == "docx":
        from pipeline.reporting.word_form import render_docx  # start-up

        return render_docx(report, checklist)
    if kind == "pdf":
        from pipeline.reporting.pdf import render_pdf  # start-up

        return render_pdf(report, checklist)
    from pipeline.reporting.workbook import render_xlsx  # start-up

    return render_xlsx(report, checklist)


def latest_paths(ws: Workspace, session_id: str) -> dict[str, Path]:
    """Return the newest version's files in FORMATS that are there, by format; empty before the first report."""
    folder = _folder(ws, session_id)
    paths = _paths(folder, session_id, _newest(folder, session_id), FORMATS)
    return {kind: path for kind, path in paths.items() if path.is_file()}


def _forms(ws: Workspace, report: Report, checklist: Checklist) -> dict[str, bytes]:
    from pipeline.reporting.html import render_html  # start-up
    from pipeline.reporting.markdown import render_markdown  # start-up
    from pipeline.reporting.pictures import strips_of  # start-up

    texts = {
        "json": render_json(report),
        "md": render_markdown(report, checklist),
        "html": render_html(report, checklist, strips_of(report, ws.reader.pictures)),
    }
    return {kind: text.encode("utf-8") for kind, text in texts.items()}


def _write(folder: Path, session_id: str, forms: Mapping[str, bytes]) -> dict[str, Path]:
    """Write the forms as the newest version, or as the next one when a file of the newest says something else.

    A version that a crash left without some of its files is completed when the files it has are the same.
    """
    newest = _newest(folder, session_id)
    paths = _paths(folder, session_id, newest or 1, tuple(forms))
    there = {kind: path.read_bytes() for kind, path in paths.items() if path.is_file()}
    if any(forms[kind] != content for kind, content in there.items()):
        paths, there = _paths(folder, session_id, newest + 1, tuple(forms)), {}
    make_private_folder(folder)
    for kind, path in paths.items():
        if kind not in there:
            reach("report.write")
            write_atomic(path, forms[kind])
    reach("report.written")
    return paths


def _folder(ws: Workspace, session_id: str) -> Path:
    return ws.sessions.folder(session_id) / "reports"


def _paths(folder: Path, session_id: str, version: int, kinds: Sequence[str]) -> dict[str, Path]:
    return {kind: folder / f"report-{session_id}-v{version}.{kind}" for kind in kinds}


def _newest(folder: Path, session_id: str) -> int:
    """The highest version that has a file; 0 when there is none."""
    name = re.compile(rf"report-{re.escape(session_id)}-v(\d+)\.(?:{'|'.join((*FORMATS, *ON_DEMAND))})")
    found = (name.fullmatch(path.name) for path in folder.glob("report-*")) if folder.is_dir() else ()
    return max((int(match[1]) for match in found if match), default=0)
