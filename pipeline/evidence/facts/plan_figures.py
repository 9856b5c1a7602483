"""The plan's figures and promises that other documents must bear out: baseline, cores, leakage, what is appended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.evidence.dossier import Dossier
from pipeline.evidence.facts.sampling_text import NUMBER, count
from pipeline.forms import Paragraph, Plan
from pipeline.forms.normal import plain, squash
from pipeline.models import Evidence, Fact

#: A minus stands right before its figure; a dash with a space after it only parts words from figure.
_FIGURE = r"(?P<value>[-+]?\d[\d,]*(?:\.\d+)?)"
_EMISSIONS = re.compile(
    rf"\b(?:GHG|greenhouse gas)\s+emissions\s*(?:\([^)]*\)\s*)?(?:of|are|is|were|was|:|=|-(?=\s))?\s*{_FIGURE}\s*"
    r"(?:t|tonnes)\s?(?:of\s)?CO ?2? ?e",
    re.I,
)
_STOCK = re.compile(rf"\bbaseline\s+stocks?\b[^.;]{{0,40}}?:\s*{_FIGURE}\s*(?:tSOC|t\b|tonnes)", re.I)
_HECTARES = re.compile(r"(?<![\d.,])(?P<value>\d[\d,]*(?:\.\d+)?)\s*\(?(?:ha|hectares)\b", re.I)
_PLANNED = re.compile(rf"\b{NUMBER}\s+(?:soil\s+)?cores\b[^.;]{{0,120}}\bstrat(?:um|a)\b", re.I)
_NEGLIGIBLE = re.compile(r"\bleakage\b[^.;]{0,80}\b(?:de\s?-?minimis|negligible|none|nil|zero)\b", re.I)
#: Papers that a plan says stand in its own Appendix or are appended to it; "sent with this plan" is another promise.
_HERE = r"(?:appended\b|attached\s+to\s+this|(?:in|see)\s+(?:the\s+)?(?:appendix|annex)\b)"
_HISTORY = r"(?:management (?:information|plans?|records?|history|data)|cropping history|5-year history)"
_TENURE = r"(?:tenure|title deeds?)"
_PAST = r"\b(?:pre-?baseline|(?:5|five)[- ]years?|historic\w* (?:management|cropping)|management (?:plans?|records?))\b"
_PAPERS = r"\b(?:official cop(?:y|ies)|title (?:number|plan|register)s?|attest\w*|deeds?|leases?|[A-Z]{1,3}\d{4,7})\b"
#: What is promised, and the words by which it would be known in the Appendix.
PROMISES = {"history": (_HISTORY, re.compile(_PAST, re.I)), "tenure": (_TENURE, re.compile(_PAPERS, re.I))}
#: The table of rules speaks of management plans and records, too.
_RULES = re.compile(r"^rules and regulations\b", re.I)


def gather(dossier: Dossier) -> Iterator[Fact]:
    """Facts named "plan_...", and "promised_..." with "kept_..." for papers said to be appended."""
    if not dossier.plan:
        return
    for name, places, pattern in (
        ("plan_emissions", ("3.3",), _EMISSIONS),
        ("plan_stock", ("3.3",), _STOCK),
        ("plan_area", ("1.11/Gross Project Area",), _HECTARES),
    ):
        for paragraph, found in _matches(dossier, places, pattern):
            yield from _fact(dossier, name, found["value"].replace(",", ""), paragraph, found)
            break
    for paragraph, found in _matches(dossier, ("5.3", "3.3"), _PLANNED):
        yield from _fact(dossier, "plan_cores", str(count(found["count"])), paragraph, found)
        break
    for paragraph, found in _matches(dossier, ("4.3",), _NEGLIGIBLE):
        yield from _fact(dossier, "plan_leakage", "negligible", paragraph, found)
        break
    yield from _appended(dossier, dossier.plan)


def _matches(
    dossier: Dossier, places: Sequence[str], pattern: re.Pattern[str]
) -> Iterator[tuple[Paragraph, re.Match[str]]]:
    """Where a pattern stands in the answers; only the plain form of an answer is searched."""
    for paragraph in dossier.paragraphs(places):
        if found := pattern.search(plain(paragraph.text)):
            yield paragraph, found


def _fact(dossier: Dossier, name: str, value: str, paragraph: Paragraph, found: re.Match[str]) -> Iterator[Fact]:
    if items := _quoted(dossier, paragraph, found.group()):
        yield Fact(name=name, value=value, evidence=items[0])


def _quoted(dossier: Dossier, paragraph: Paragraph, words: str) -> list[Evidence]:
    """The sentences of a paragraph that hold these words of its plain form."""
    wanted = squash(words)
    for start, end in paragraph.sentences():
        if wanted in squash(paragraph.text[start:end]):
            return dossier.quote_paragraph(paragraph, start, end)
    return dossier.quote_paragraph(paragraph, 0, len(paragraph.text))


def _appended(dossier: Dossier, plan: Plan) -> Iterator[Fact]:
    """What sections 1 to 5 say is appended, and whether the Appendix holds words of it."""
    whole = plan.paragraphs("Appendix")
    appendix = [p for p in whole if not _RULES.match(p.subhead or "")]
    for name, (thing, kept) in PROMISES.items():
        promise = re.compile(rf"\b{thing}\b[^.;]{{0,120}}?\b{_HERE}|{_HERE}[^.;]{{0,60}}\b{thing}\b", re.I)
        for number, section in plan.sections.items():
            for paragraph in section.paragraphs if number != "Appendix" else ():
                if found := promise.search(plain(paragraph.text)):
                    yield from _fact(dossier, f"promised_{name}", number, paragraph, found)
        here = next((p for p in appendix if kept.search(f"{p.subhead or ''} {plain(p.text)}")), None)
        if here and (items := dossier.quote_paragraph(here, 0, len(here.text))):
            yield Fact(name=f"kept_{name}", value=here.subhead or "Appendix", evidence=items[0])
    if appendix and (items := dossier.quote_paragraph(appendix[-1], 0, len(appendix[-1].text))):
        heads = list(dict.fromkeys(p.subhead.rstrip(".") for p in whole if p.subhead))
        yield Fact(name="appendix", value="; ".join(heads), evidence=items[0])
