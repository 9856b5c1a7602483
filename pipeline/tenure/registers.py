"""A land register's own title, class, tenure, proprietors, lenders and notes, read by its three sections.

The official copy opens with a message, then names its title number and edition date, then has A: Property Register,
B: Proprietorship Register and C: Charges Register. The upper-case PROPRIETOR of section B holds the land; the
lower-case Proprietor of section C is a bank. A name wraps over lines and over pages.
"""

from __future__ import annotations

import re

from pipeline.forms.normal import plain
from pipeline.models import Document, Evidence, Page, Register
from pipeline.quoting import quote
from pipeline.tenure.people import split_names

_TITLE_NUMBER = r"[A-Z]{1,4}\s?\d{1,7}"
_OWN_TITLE = re.compile(rf"\btitle\s+number\s*:?\s*({_TITLE_NUMBER})\b", re.I)
_EDITION = re.compile(r"\bedition\s+date\s*:?\s*(\d{1,2}(?:[./]\d{1,2}[./]|\s+[A-Za-z]+\s+)\d{4})", re.I)
_ISSUED = re.compile(r"\bissued\s+on\s*:?\s*(\d{1,2}(?:[./]\d{1,2}[./]|\s+[A-Za-z]+\s+)\d{4})", re.I)
_CLASS = re.compile(
    r"\btitle\s+(absolute)\b|\b(absolute|good|possessory|qualified)\s+(?:freehold|leasehold)\b|\btitle\s+(possessory|qualified)\b",
    re.I,
)
_TENURE = re.compile(r"\b(freehold|leasehold)\b", re.I)
_PENDING = re.compile(
    r"[^.]*\b(?:pending\s+applications?|applications?\b[^.]{0,80}\bpending|application[^.]{0,40}not\s+(?:yet\s+)?(?:been\s+)?completed)\b[^.]*\.?",
    re.I,
)
_SECTION = re.compile(
    r"^\W*(?P<letter>[ABC])\s*[:.-]\s*(?:property|proprietorship|charges)\b"
    r"|^(?:[ABC]\s+)?(?P<name>property|proprietorship|charges)\s+register(?:\s+\(?continued\)?)?$",
    re.I,
)
_LETTERS = {"property": "A", "proprietorship": "B", "charges": "C"}
_CONTINUED = re.compile(r"\bcontinued\b", re.I)
_HOLDER = re.compile(r"\bPROPRIETOR\s*:\s*")
_LENDER = re.compile(r"\bProprietor\s*:\s*")
#: What ends a proprietor's name: its address, or the next entry. The "of" before an address is in small letters; one
#: in capitals belongs to the name: "TRUSTEES OF ...".
_NAME_END = re.compile(
    r"\s+(?:both |all |each )?of\s+(?=\d|[A-Z][\w'.&/-]*(?:\s+[\w'.&/-]+){0,12}?(?:,|\.|$)|c/o|care)"
    r"|\s+(?:both|care of|whose address|and of)\b|(?<!\b[A-Z])(?<!\bCO)(?<!\bST)(?<!\bLTD)\.\s|(?<!\b[A-Z])\.$"
    r"|\s\d+\s+\(\d{2}"
)
#: After a company's name its number.
_BRACKETS = re.compile(r"\s*\([^)]*(?:\)|$)")


def is_register(pages: tuple[Page, ...]) -> bool:
    """True when the text is an official copy of a register: it names its title and has a proprietorship section."""
    text = plain(" ".join(p.text for p in pages[:6]))
    return bool(_OWN_TITLE.search(text)) and bool(
        re.search(r"proprietorship\s+register|property\s+register", text, re.I)
    )


def read_register(document: Document, pages: tuple[Page, ...]) -> Register | None:
    """The register as read, every value with the line it stands on; None when the document is no register."""
    if not is_register(pages):
        return None
    lines = [(page, line) for page in pages for line in page.text.splitlines() if line.strip()]
    found: dict[str, str] = {}
    evidence: dict[str, Evidence] = {}

    def keep(key: str, value: str, page: Page, words: str) -> None:
        if key not in found:
            found[key] = plain(value)
            item = quote(document, page, words, section_title=key.replace("_", " "), role="supplementary")
            if item:
                evidence[key] = item

    section = ""
    for page, line in lines:
        text = plain(line)
        section = _opened(text) or section
        for key, pattern in (("title_number", _OWN_TITLE), ("edition_date", _EDITION), ("issued_on", _ISSUED)):
            if match := pattern.search(text):
                keep(key, match.group(1), page, line)
        if match := _CLASS.search(text):
            keep("class_of_title", next(g for g in match.groups() if g).lower(), page, line)
        if section in ("A", "") and (match := _TENURE.search(text)):
            keep("tenure", match.group(1).lower(), page, line)
    holders = _named(document, lines, _HOLDER, "B", evidence, "proprietor")
    lenders = _named(document, lines, _LENDER, "C", evidence, "lender")
    pending = _pending(document, pages, evidence)
    return Register(
        document_id=document.document_id,
        document=document.filename,
        title_number=found.get("title_number", "").replace(" ", "") or None,
        class_of_title=found.get("class_of_title"),
        tenure=found.get("tenure"),
        proprietors=holders,
        lenders=lenders,
        pending=pending,
        edition_date=found.get("edition_date"),
        issued_on=found.get("issued_on"),
        evidence=evidence,
    )


def _named(
    document: Document,
    lines: list[tuple[Page, str]],
    pattern: re.Pattern[str],
    wanted: str,
    evidence: dict[str, Evidence],
    key: str,
) -> tuple[str, ...]:
    """The names after `pattern` in one section of the register, however they wrap."""
    names: list[str] = []
    section = ""
    for index, (page, line) in enumerate(lines):
        section = _opened(plain(line)) or section
        match = pattern.search(line)
        if not match or (section and section != wanted) or (not section and wanted == "C"):
            continue
        run, words = line[match.end() :], [line]
        for later_page, later in lines[index + 1 : index + 8]:
            if _NAME_END.search(_BRACKETS.sub("", plain(run))):
                break
            if _furniture(later):
                continue
            run = f"{run} {later.strip()}"
            if later_page is page:
                words.append(later)
        holders = _NAME_END.split(_BRACKETS.sub("", plain(run)), maxsplit=1)[0]
        names += [n for n in split_names(holders) if n not in names]
        item = quote(
            document, page, " ".join(w.strip() for w in words), section_title=f"section {wanted}", role="supplementary"
        )
        if item and key not in evidence:
            evidence[key] = item
    return tuple(names)


def _opened(text: str) -> str | None:
    """The letter of the section whose heading a line is."""
    head = _SECTION.match(text)
    return (head["letter"] or _LETTERS[head["name"].lower()]).upper() if head else None


def _furniture(line: str) -> bool:
    """A line that a page break puts into the middle of an entry."""
    text = plain(line)
    if _opened(text) or _CONTINUED.search(text) or _OWN_TITLE.search(text):
        return True
    return bool(re.fullmatch(r"(?:page\s*)?\d+(?:\s*of\s*\d+)?", text, re.I))


def _pending(document: Document, pages: tuple[Page, ...], evidence: dict[str, Evidence]) -> bool:
    for page in pages[:2]:
        match = _PENDING.search(plain(page.text))
        if match:
            item = quote(document, page, match.group().strip(), section_title="opening note", role="supplementary")
            if item:
                evidence["pending"] = item
            return True
    return False
