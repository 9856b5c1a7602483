"""The words that every format of the report uses for statuses, types, places and counts."""

from __future__ import annotations

from pathlib import PurePosixPath

from pipeline.models import Document, Evidence

ROW_STATUS = {
    "covered": "Covered",
    "partial": "Partial",
    "missing": "Missing",
    "needs_review": "Needs review",
    "not_applicable": "Not applicable",
}
CHECK_OUTCOME = {"fail": "Failed", "warning": "Warning", "not_run": "Not run", "pass": "Passed"}
TEST_OUTCOME = {"fail": "Failed", "not_run": "Not run", "pass": "Passed"}
SEVERITY = {"high": "High", "medium": "Medium", "low": "Low"}
DOCUMENT_TYPE = {
    "project_plan": "Project plan",
    "baseline_report": "Baseline report",
    "monitoring_report": "Monitoring report",
    "ghg_emissions": "GHG emissions report",
    "land_tenure": "Land tenure",
    "land_cover_map": "Land cover map",
    "farm_management_records": "Farm management records",
    "sampling_plan": "Sampling plan",
    "lab_results": "Laboratory results",
    "model_results": "Model results",
    "imagery_metadata": "Imagery metadata",
    "gis_boundary": "GIS boundary",
    "methodology_reference": "Methodology reference",
    "registry_review": "Finished registry review",
    "other": "Other",
}
DOCUMENT_STATUS = {
    "pinned": "Pinned",
    "in_scope": "In scope",
    "unreadable": "Unreadable",
    "quarantined": "Quarantined",
    "superseded": "Superseded",
    "ignored": "Ignored",
    "excluded": "Excluded",
}
DECISION = {
    "approved": "Approved",
    "rejected": "Not Approved",
    "needs_revision": "Revision requested",
    "conditional": "Conditional",
    "pending": "Pending",
}
_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods"}

#: What claims are, and the columns they stand in.
CLAIMS = "Brought by others and found where they say; no evidence of the program, and no row depends on them."
CLAIM_COLUMNS = ("Row", "Quote", "Where", "Note", "Brought by", "Stands")
#: Why a claim no longer stands.
CLAIM_GONE = "its document was taken out, replaced or set aside"


def label(word: str, words: dict[str, str]) -> str:
    """Return the words for a key; a key nobody named reads as itself, without underscores."""
    return words.get(word, word.replace("_", " ").strip().capitalize())


def count(number: int, one: str, many: str | None = None) -> str:
    """Return "1 document", "2 documents", "no documents"."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def listing(parts: list[str]) -> str:
    """Return parts as a person lists them: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def place(evidence: Evidence) -> str:
    """Where a quote stands inside its document: the section first, then the printed page and the PDF page."""
    return ", ".join(filter(None, [section(evidence), page(evidence)]))


def page(evidence: Evidence) -> str:
    """The page as printed and as a viewer counts it, or the sheet; nothing for a text of one page."""
    kind = PurePosixPath(evidence.document.lower()).suffix
    if kind in _WORKBOOKS:
        return f"sheet {evidence.page}"
    if kind == ".pdf" and evidence.page_label:
        return f"p. {evidence.page_label} (PDF p. {evidence.page})"
    if kind == ".pdf":
        return f"PDF p. {evidence.page}, no printed number"
    return f"p. {evidence.page}" if evidence.page > 1 else ""


def section(evidence: Evidence) -> str:
    """The section as a reviewer cites it: "section 1.8 (Start Date)", "Appendix (Land Ownership)", or nothing."""
    number, title = evidence.section, evidence.section_title
    if not number:
        return title or ""
    name = f"section {number}" if number[0].isdigit() else number
    return f"{name} ({title})" if title and title != number else name


def page_list(pages: tuple[int, ...]) -> str:
    """Return page numbers with runs joined: 1, 4–9, 12."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in runs)


def file_size(size: int) -> str:
    """A size in the unit a person would use."""
    if size < 1000:
        return count(size, "byte") if size else "0 bytes"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def other_names(document: Document) -> tuple[str, ...]:
    """The names a document also arrived under."""
    return tuple(name for name in document.names if name != document.filename)


def duration(seconds: float) -> str:
    """A time in the two units that a person would say."""
    units = (("day", 86400), ("h", 3600), ("min", 60), ("s", 1))
    left = round(seconds)
    said: list[str] = []
    for name, size in units:
        number, left = divmod(left, size)
        if number or (name == "s" and not said):
            said.append(f"{number} {name}{'s' if name == 'day' and number > 1 else ''}")
    return " ".join(said[:2])
