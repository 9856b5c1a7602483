"""Papers that the documents name, with the words that name them, and which received file each of them is.

A paper is matched by what the file says of itself: a register by its title, a report by its year, a table by its kind.
The file's name counts last, and a list of names is never cut at its dashes, for the names hold dashes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.classification.names import NAME_CUES
from pipeline.classification.seen import plain_name
from pipeline.classification.versions import printed_date
from pipeline.evidence.dossier import Dossier, unread
from pipeline.evidence.facts.named_papers import NamedPaper, named_in, papers_anywhere, received_as
from pipeline.forms.normal import plain, squash
from pipeline.models import Document, DocumentType, Evidence, Paper

#: Endings of files that a submission may hold.
_ENDINGS = "pdf|xlsx|xlsm|xls|csv|docx|doc|shp|kml|kmz|geojson|gpkg|tiff?|jpe?g|png|zip|json|mat"
_ID = r"\d{4,6}[A-Z][A-Za-z]{2,30}\d{2}(?![A-Za-z0-9])"
#: A name with its ending: behind an internal id its blanks belong to it, otherwise it has none.
_FILE = re.compile(rf"(?:{_ID}[^\n.;:()|]{{0,90}}?|(?<![\w/@:.-])[A-Za-z0-9][\w()-]{{2,90}})\.(?:{_ENDINGS})\b", re.I)
#: A name without its ending: an internal id and the words after it, for as long as they look like a name's.
_WORD = r"(?:[A-Z0-9][\w%'&-]*|of|and|in|the)"
_BY_ID = re.compile(rf"(?<![A-Za-z0-9])(?P<id>{_ID})[ _]+(?P<words>{_WORD}(?:[ _]+(?:{_WORD}|-))*)")
#: What is sent together with the plan, in a sentence that says so of the present.
_SENT = re.compile(
    r"\b(?:appended|attached|annexed|enclosed|accompan(?:y|ies)|(?:sent|submitted|provided) with"
    r"|in (?:the )?appendix)\b",
    re.I,
)
_NOT_SENT = re.compile(
    r"\b(?:no|not|none|nothing|never)\b[^.;]{0,60}\b(?:appended|attached|annexed|enclosed|accompan|sent|submitted|provided)"
    r"|\b(?:will|shall|would|may|can|should|must|to) (?:be )?(?:\w+ )?"
    r"(?:append|attach|annex|enclose|accompany|sen[dt]|submit)",
    re.I,
)
#: What a sentence may say is sent: kind, words.
_KINDS: tuple[tuple[DocumentType, re.Pattern[str]], ...] = (
    (
        "farm_management_records",
        re.compile(
            r"(?:\d+[- ]year |five[- ]year )?(?:historic(?:al)?|past|management|cropping|yields?)"
            r"(?: [\w-]+){0,3}? (?:information|records?|data|plans?|workbook|spreadsheet|history)\b",
            re.I,
        ),
    ),
    (
        "land_tenure",
        re.compile(r"\b(?:signed )?attestations?(?: (?:of|by) [\w/ ]{3,40}?)?(?= as\b| is\b| are\b|,|$)", re.I),
    ),
    ("land_tenure", re.compile(r"\b(?:lease|tenancy|title deeds?|land registry (?:title|document)s?)\b", re.I)),
    ("land_cover_map", re.compile(r"\b(?:\d{4} )?land[- ]cover (?:map|image)s?\b", re.I)),
    ("gis_boundary", re.compile(r"\b(?:GIS|boundary|shape) ?files?\b|\bshapefiles?\b", re.I)),
)  # fmt: skip
#: Fewer letters than this under a sub-head are no paper.
_WORTH_READING = 40
_REPORTS: tuple[DocumentType, ...] = ("baseline_report", "monitoring_report")
_DAY = re.compile(r"(?<!\d)(\d{1,2})[ _-]+([A-Za-z]{3,9})[ _-]+((?:19|20)\d\d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


@dataclass(frozen=True)
class _Mention:
    """A name as it stands somewhere."""

    name: str
    kind: DocumentType | None
    evidence: Evidence
    #: "appended to this document" names a kind of paper, not a file.
    described: bool = False


def named_anywhere(dossier: Dossier) -> tuple[Paper, ...]:
    """Every paper that the plan or a project report names, once, with each place and the file that it is."""
    titles = [_of_title(dossier, paper) for paper in papers_anywhere(dossier)]
    groups: dict[tuple[str, bool], list[_Mention]] = {}
    for mention in (*_in_plan(dossier), *_in_reports(dossier)):
        key = str(mention.kind) if mention.described else squash(plain_name(mention.name))
        groups.setdefault((key, mention.described), []).append(mention)
    others = [found for group in groups.values() if (found := _paper(dossier, group))]
    return (*titles, *sorted(others, key=lambda p: (p.document_type or "~", p.name)))


def _of_title(dossier: Dossier, paper: NamedPaper) -> Paper:
    document = received_as(dossier, dossier.registers, paper)
    shut = [d for d in unread(dossier, "land_tenure", "other") if named_in(paper, (d.filename, *d.names))]
    own = {r.document_id: r.title_number for r in dossier.registers}
    by_content = document is not None and own.get(document.document_id) == paper.title_number
    received = document or next(iter(shut), None)
    return Paper(
        name=paper.name,
        document_type="land_tenure",
        title_number=paper.title_number,
        is_plan=paper.is_plan,
        where=paper.where,
        received=received.filename if received else None,
        received_id=received.document_id if received else None,
        why="told by its own title number" if by_content else "told by its name" if received else "",
        unread=document is None and bool(shut),
    )


def _in_plan(dossier: Dossier) -> Iterator[_Mention]:
    for paragraph in dossier.plan.everything() if dossier.plan else ():
        text = paragraph.text
        for name, kind, start, end in _names(text):
            for item in dossier.quote_paragraph(paragraph, start, end)[:1]:
                yield _Mention(name, kind, item)
        for first, last in paragraph.sentences():
            sentence = text[first:last]
            if not _SENT.search(sentence) or _NOT_SENT.search(sentence):
                continue
            for kind, pattern in _KINDS:
                if match := pattern.search(sentence):
                    for item in dossier.quote_paragraph(paragraph, first, last)[:1]:
                        yield _Mention(plain(match.group()), kind, item, described=True)


def _in_reports(dossier: Dossier) -> Iterator[_Mention]:
    for document in dossier.of_type(*_REPORTS):
        for page in dossier.pages(document):
            for line in page.text.splitlines():
                for name, kind, _, _ in _names(line):
                    item = dossier.quote_line(document, page, line)
                    if item and not _is_itself(name, document):
                        yield _Mention(name, kind, item)


def _names(text: str) -> Iterator[tuple[str, DocumentType | None, int, int]]:
    """File names in a line: (name, type its words speak for, start, end)."""
    taken: list[tuple[int, int]] = []
    for match in _FILE.finditer(text):
        taken.append(match.span())
        yield plain(match.group()), _kind(match.group()), *match.span()
    for match in _BY_ID.finditer(text):
        inside = any(a <= match.start() < b for a, b in taken)
        if not inside and (kind := _kind(match["words"])):
            yield plain(match.group()), kind, *match.span()


def _kind(name: str) -> DocumentType | None:
    folded = plain_name(name)
    return next((cue.document_type for cue in NAME_CUES if cue.found(folded)), None)


def _is_itself(name: str, document: Document) -> bool:
    """A report prints its own file's name; the public form of it is named a little differently."""
    words = {w for w in plain_name(name).split() if w not in ("public", "private")}
    return any(words <= set(plain_name(own).split()) for own in (document.filename, *document.names)) or (
        document.facts.get("project_id", "~") in name and bool(re.search(r"\bproject report\b", plain_name(name)))
    )


def _paper(dossier: Dossier, mentions: list[_Mention]) -> Paper | None:
    """One paper of all that names it; None for papers that no submission holds (methodologies, finished reviews)."""
    first = mentions[0]
    kind = next((m.kind for m in mentions if m.kind), None)
    if kind in ("methodology_reference", "registry_review", "project_plan") or first.kind in _REPORTS:
        return None
    found, why = _received(dossier, first, kind)
    return Paper(
        name=first.name,
        document_type=kind,
        where=tuple(dict.fromkeys(m.evidence for m in mentions)),
        received=found.filename if found else None,
        received_id=found.document_id if found else None,
        why=why,
        unread=found is not None and found.status in ("unreadable", "quarantined"),
    )


def _received(dossier: Dossier, mention: _Mention, kind: DocumentType | None) -> tuple[Document | None, str]:
    """The file that a mention means, and by what it was told."""
    kept = [d for d in dossier.inventory.documents if d.status not in ("ignored", "excluded", "superseded")]
    there = sorted(kept, key=lambda d: (d.status != "pinned", d.filename, d.sha256))
    same_kind = [d for d in there if d.document_type == kind] if kind else []
    if mention.described:
        if same_kind:
            return same_kind[0], "a paper of this kind"
        inside = _in_appendix(dossier, kind)
        return (dossier.plan_document, f"the plan's own Appendix: {inside}") if inside else (None, "")
    if fitting := [d for d in same_kind if _fits(mention.name, d)]:
        return fitting[0], "told by its contents"
    wanted = squash(plain_name(mention.name))
    named = [d for d in there if any(squash(plain_name(n)) == wanted for n in (d.filename, *d.names))]
    return next(iter(named), None), "told by its name" if named else ""


def _fits(name: str, document: Document) -> bool:
    """True when nothing that the file says of itself contradicts the name: the day its year ends, its year."""
    facts = document.facts
    day = next((printed_date(" ".join(m.groups())) for m in _DAY.finditer(name)), None)
    own = printed_date(facts.get("year_end"))
    if day and own:
        return day == own
    years = set(_YEAR.findall(re.sub(_ID, " ", name)))
    stated = facts.get("year")
    return not (years and stated) or stated in years


def _in_appendix(dossier: Dossier, kind: DocumentType | None) -> str | None:
    """The sub-head of the plan's Appendix under which a paper of that kind stands itself."""
    heads = {
        "farm_management_records": r"\bmanagement plan|\bpre-baseline|\bhistoric",
        "land_cover_map": r"\bland cover",
        "land_tenure": r"\bland (?:ownership|tenure)|\battestation",
    }
    wanted = heads.get(kind or "")
    if not wanted or not dossier.plan:
        return None
    under = [p for p in dossier.plan.paragraphs("Appendix") if p.subhead and re.search(wanted, p.subhead, re.I)]
    if kind == "land_tenure":
        # One sentence on who owns the land is no attestation; a signed one, or a list of papers, is.
        under = [p for p in under if re.search(r"\battest|\bsigned\b|\bdeclare|\bcertif", p.text, re.I)]
    # A sub-head that only names a file sends the reader on to it.
    return next((p.subhead for p in under if len(p.text) > _WORTH_READING and not next(_names(p.text), None)), None)


def absent(papers: Iterable[Paper]) -> list[Paper]:
    """Those that were named and not received."""
    return [p for p in papers if p.received is None]
