"""A land register's own title, class, tenure, proprietors, lenders and notes, read by its three sections.

The official copy opens with a message, then names its title number and edition date, then has A: Property Register,
B: Proprietorship Register and C: Charges Register. The upper-case PROPRIETOR of section B holds the land; the
lower-case Proprietor of section C is a bank. A name wraps over lines and over pages.
"""

from __future__ import annotations

import re

from pipeline.evidence.quoting import quote
from pipeline.evidence.tenure.holders import split_names
from pipeline.forms.normal import plain
from pipeline.models import Document, Evidence, Page, Register

_TITLE_NUMBER = r"[A-Z]{1,4}\s?\d{1,7}"
_OWN_TITLE = re.compile(rf"\btitle\s+number\s*:?\s*({_TITLE_NUMBER})\b", re.I)
#: The register's own number heads a line; one in a sentence is a neighbour's, a removed parcel's or a granted right's.
_IN_A_SENTENCE = re.compile(r"(?:\b(?:under|from|in|of|by|within|with|to|and|see)\s+(?:the\s+)?)$", re.I)
_EDITION = re.compile(r"\bedition\s+date\s*:?\s*(\d{1,2}(?:[./]\d{1,2}[./]|\s+[A-Za-z]+\s+)\d{4})", re.I)
_ISSUED = re.compile(r"\bissued\s+on\s*:?\s*(\d{1,2}(?:[./]\d{1,2}[./]|\s+[A-Za-z]+\s+)\d{4})", re.I)
_CLASS = re.compile(
    r"\btitle\s+(absolute)\b|\b(absolute|good|possessory|qualified)\s+(?:freehold|leasehold)\b|\btitle\s+(possessory|qualified)\b",
    re.I,
)
_TENURE = re.compile(r"\b(freehold|leasehold)\b", re.I)
_PENDING = re.compile(
    r"(?:^|(?<=\.))[^.]*\b(?:pending\s+applications?|applications?\b[^.]{0,80}\bpending|application[^.]{0,40}not\s+(?:yet\s+)?(?:been\s+)?completed)\b[^.]*\.?",
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
#: The next entry of the register, which ends a proprietor's.
_NEXT_ENTRY = re.compile(r"^\s*\d{1,3}\s+(?:\(|[A-Z][A-Z]+\b|The\b|NOTE\b)|^End of register\b")
#: A further proprietor behind the address of the one before: capitals, and an address of its own.
_FURTHER = re.compile(
    r"\band\s+(?!of\b)(?P<name>(?:THE\s+)?[A-Z][A-Z'.&-]*(?:\s+(?:and\s+)?[A-Z][A-Z'.&-]*){1,7})"
    r"\s*(?:both\s+|all\s+)?of\b"
)
#: An entry of more lines than this has no end that can be told.
_MOST_LINES = 12
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
        if (match := _OWN_TITLE.search(text)) and not _IN_A_SENTENCE.search(text[: match.start()]):
            keep("title_number", match.group(1), page, line)
        for key, pattern in (("edition_date", _EDITION), ("issued_on", _ISSUED)):
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
    pages = {page.number: page for page, _ in lines}
    for index, (page, line) in enumerate(lines):
        section = _opened(plain(line)) or section
        match = pattern.search(line)
        if not match or (section and section != wanted) or (not section and wanted == "C"):
            continue
        run, words, ended = line[match.end() :], {page.number: [line]}, False
        for later_page, later in lines[index + 1 : index + _MOST_LINES]:
            ended = ended or bool(_NAME_END.search(_BRACKETS.sub("", plain(run))))
            if pattern.search(later) or _NEXT_ENTRY.match(later) or (_opened(plain(later)) or wanted) != wanted:
                break
            if _furniture(later):
                continue
            run = f"{run} {later.strip()}"
            if not ended:
                words.setdefault(later_page.number, []).append(later)
        whole = _BRACKETS.sub("", plain(run))
        holders, *address = _NAME_END.split(whole, maxsplit=1)
        found = split_names(holders)
        for further in _FURTHER.finditer(whole) if address else ():
            found += split_names(further["name"])
        names += [n for n in dict.fromkeys(found) if n not in names]
        for number, told in words.items():
            said = " ".join(w.strip() for w in told)
            item = quote(document, pages[number], said, section_title=f"section {wanted}", role="supplementary")
            if item:
                # The first keeps the plain name; an entry over a page, and further entries, follow by number.
                count = sum(k == key or k.startswith(f"{key}-") for k in evidence)
                evidence[f"{key}-{count + 1}" if count else key] = item
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
