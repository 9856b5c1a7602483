"""Papers about the land: official copies of registers, title plans, transfers, leases and attestations."""

from __future__ import annotations

import re

from pipeline.classification.cues import Cue
from pipeline.classification.seen import LEADER, Seen, fold, squeeze

#: A title number as printed: one to four capitals, then up to six digits (an alphabetic county prefix and a serial).
TITLE_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Z]{1,4}\s?\d{3,6}(?![0-9A-Za-z])")
_OWN_TITLE = re.compile(r"\b(?i:title (?:number|no\.?)\s*:?)\s*([A-Z]{0,4}\s?\d{1,6})\b")
#: A title plan is a picture with a message and a frame; longer papers only mention one.
_TITLE_PLAN_CHARACTERS = 2500
_DATE = r"(\d{1,2}(?:st|nd|rd|th)?[ ./-]\s?[a-z0-9]{1,9}[ ./-]\s?\d{2,4})"
_REGISTER_PART = re.compile(r"^([abc])\s*[:.]\s*(property|proprietorship|charges) register\b")
_OFFICIAL_COPY = re.compile(r"\bofficial copy\b.{0,60}\b(register|title plan)\b|\bofficial copies of the register\b")
_SCOTTISH = re.compile(r"^(?:[a-d][.:]?\s*)?(property|proprietorship|securities|burdens) section\b")
_ENTRY = re.compile(r"^\d{1,3}\s*\(\d{1,2}[./]\d{1,2}[./]\d{2,4}\)")
_PENDING = re.compile(r"\bapplications?(?:\(s\))? (?:is |are )?pending\b|\bpending applications?\b.{0,60}\bagainst\b")


def _register_parts(seen: Seen) -> str | None:
    parts = {match.group(1): match.group(2) for line in seen.folded_lines if (match := _REGISTER_PART.match(line))}
    if len(parts) < 2:
        return None
    return "it has the parts " + ", ".join(
        f"{letter.upper()}: {parts[letter].title()} Register" for letter in sorted(parts)
    )


def _scottish_parts(seen: Seen) -> str | None:
    parts = {match.group(1) for line in seen.folded_lines if (match := _SCOTTISH.match(line))}
    return f"it has a land register's {len(parts)} sections" if len(parts) >= 3 else None


def _opening(seen: Seen) -> str | None:
    match = _OFFICIAL_COPY.search(seen.front_text[:1500])
    return f"page {seen.front_number} opens with a message about an official copy" if match else None


def _title_and_edition(seen: Seen) -> str | None:
    own = own_title(seen)
    return f"it gives its title number {own} and an edition date" if own and _after(seen, "edition date") else None


def _title_plan(seen: Seen) -> str | None:
    if not 0 < seen.characters <= _TITLE_PLAN_CHARACTERS:
        return None
    marks = [mark for mark in ("ordnance survey", "administrative area", "title number", "scale") if mark in seen.text]
    if len(marks) >= 3:
        return f"it is laid out as a title plan: {', '.join(marks)}"
    if "official copy" in seen.text and seen.text.count("title plan") >= 2:
        return "it is a message about an official copy of a title plan, with the plan behind it as a picture"
    return None


_TITLES = {
    "lease": (
        r"\b(lease|tenancy|farm business tenancy|licence to occupy|grazing licence)\b",
        "landlord|tenant|rent|term|holding|licensor|licensee|demise",
    ),
    "transfer": (
        r"\b(transfer of (?:whole|part)|conveyance|assent|transfer deed|tr1|tp1)\b",
        "transferor|transferee|vendor|purchaser|title number|consideration|property",
    ),
    "agreement": (
        r"\b(agreement|contract|memorandum of understanding|deed of)\b",
        "parties|party|landowner|between|agrees?|signed|term|carbon credits?",
    ),
    "attestation": (
        r"\b(attestation|declaration|statement|letter of consent|consent)\b",
        "attests?|declares?|confirms?|certif(?:y|ies)|landowner|owner|signed|signature|hereby",
    ),
}


def _deed(seen: Seen) -> tuple[str, str] | None:
    """The kind of paper and the title line it says so in; needs a short title and three of the words of its kind."""
    if not _about_land(seen.text):
        return None
    titles = [line for line in seen.front_lines[:8] if len(line) <= 70 and not LEADER.search(line)]
    for kind, (title, words) in _TITLES.items():
        named = len(set(re.findall(rf"\b(?:{words})\b", seen.text)))
        heading = next((line for line in titles if re.search(title, fold(line))), None)
        if heading is not None and named >= 3:
            return kind, heading
    return None


def _about_land(text: str) -> bool:
    return len(re.findall(r"\b(?:land|farm|acres?|hectares?|fields?|holding|title number)\b", text)) >= 2


def _deed_words(seen: Seen) -> str | None:
    found = _deed(seen)
    return f"page {seen.front_number} is headed “{found[1]}” and names its parties" if found else None


CUES = (
    Cue("land_tenure", 8, _register_parts, "A land register is the only paper divided into these parts."),
    Cue("land_tenure", 7, _scottish_parts, "The Scottish register names its parts sections."),
    Cue("land_tenure", 4, _opening, "Electronic official copies open with a standing message."),
    Cue("land_tenure", 3, _title_and_edition, "Registers and title plans carry both at the top."),
    Cue("land_tenure", 6, _title_plan, "A title plan has little text, all of it about the map sheet."),
    Cue(
        "land_tenure",
        6,
        _deed_words,
        "A lease, transfer, agreement or attestation says so in its title and names its parties.",
    ),
)


def own_title(seen: Seen) -> str | None:
    """The paper's own title number: the first after the words "Title number"; neighbours' and lenders' come later."""
    for page in seen.pages:
        if match := _OWN_TITLE.search(squeeze(page.text)):
            return re.sub(r"\s", "", match.group(1))
    return None


def _after(seen: Seen, label: str) -> str | None:
    """The first date that follows a label, as printed."""
    for page in seen.pages:
        if match := re.search(rf"\b{label}\s*:?\s*{_DATE}", squeeze(page.text), re.IGNORECASE):
            return match.group(1)
    return None


def proprietors(seen: Seen) -> tuple[str, ...]:
    """Each entry after an upper-case "PROPRIETOR:" of section B, as printed, joined over lines and page breaks.

    The lower-case "Proprietor:" of section C is a lender and is not read.
    """
    entries: list[list[str]] = []
    reading = False
    for _, line in seen.lines:
        folded = fold(line)
        if (part := _REGISTER_PART.match(folded)) or folded.startswith(("title number", "end of register")):
            reading = reading and not (part and part.group(1) == "c") and not folded.startswith("end of")
            continue
        if re.fullmatch(r"\d{1,3}(?: of \d{1,3})?", folded) or folded.startswith("title absolute"):
            continue
        if "PROPRIETOR:" in line:
            entries.append([line.split("PROPRIETOR:", 1)[1].strip()])
            reading = True
        elif _ENTRY.match(line) or re.match(r"^\d{1,3}\s+[A-Z(]", line):
            reading = False
        elif reading:
            entries[-1].append(line)
    return tuple(squeeze(" ".join(entry)) for entry in entries)


def facts(seen: Seen) -> dict[str, str]:
    """paper (register, title plan, lease ...), title_number, edition_date, issued_on, proprietor, estate, pending."""
    found: dict[str, str] = {}
    if _register_parts(seen) or _scottish_parts(seen):
        found["paper"] = "register"
    elif _title_plan(seen) or "title plan" in seen.front_text[:600]:
        found["paper"] = "title plan"
    elif deed := _deed(seen):
        found["paper"] = deed[0]
    elif re.search(r"(?:title|transfer|filed) ?plan", seen.name):
        found["paper"] = "title plan"
    if title := own_title(seen):
        found["title_number"] = title
    if edition := _after(seen, "edition date"):
        found["edition_date"] = edition
    if issued := _after(seen, "issued on"):
        found["issued_on"] = issued
    if owners := proprietors(seen):
        found["proprietor"] = "; ".join(owners)
    for estate in ("freehold", "leasehold"):
        if re.search(rf"\bthe {estate} land\b", seen.text):
            found["estate"] = estate
            break
    if _PENDING.search(seen.text[:4000]):
        found["pending_applications"] = "yes"
    return found
