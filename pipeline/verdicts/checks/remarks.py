"""Rules on what a reviewer remarks: figures against the reports, approvals without papers, doubts about names, ids."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.evidence.finished_reviews.figures import Figure, figures_in
from pipeline.forms.normal import plain
from pipeline.models import CheckFinding, Fact, FinishedReview, ReviewedRow
from pipeline.models.fact_details import StatedFigure
from pipeline.verdicts.checks.each_review import NO_REVIEW, each_review, finding, other_project, ruling
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

# --- figures -------------------------------------------------------------------------------------------------------


def _figures(case: Case, review: FinishedReview) -> Iterator[CheckFinding] | None:
    stated = [(fact, figure) for fact in review.remarks() for figure in figures_in(fact.value)]
    known = [(fact, Figure(f.kind, f.unit, f.raw)) for fact, f in case.facts.detailed("report_figure", StatedFigure)]
    pairs = [(f, own, [k for k in known if k[1].kind == own.kind]) for f, own in stated]
    comparable = [(f, own, there) for f, own, there in pairs if there]
    return _unequal(case, review, comparable) if comparable else None


def _unequal(
    case: Case, review: FinishedReview, pairs: list[tuple[Fact, Figure, list[tuple[Fact, Figure]]]]
) -> Iterator[CheckFinding]:
    """Figures that no document gives; of a named year, that its report does not give."""
    years = {f.evidence.document_id: f.value for f in case.facts.all("report_year")}
    told: set[tuple[str, str]] = set()
    for fact, own, known in pairs:
        of_year = [k for k in known if own.year and years.get(k[0].evidence.document_id) == own.year]
        compared = of_year or known
        if (own.kind, own.raw) in told or any(own.equals(other) for _, other in compared):
            continue
        told.add((own.kind, own.raw))
        source, nearest = min(compared, key=lambda k: abs(k[1].value - own.value))
        year = f" for {own.year}" if own.year else ""
        said = (
            f"{review.document}, page {fact.evidence.page}: {own.kind} {own.words}{year}; "
            f"{source.evidence.document} has {nearest.words}."
        )
        yield finding(said, "low", fact.evidence, source.evidence)


# --- approvals -----------------------------------------------------------------------------------------------------

#: The material is not there. A deviation or conflict that does not exist needs no paper, so a bare "none" is no gap.
_ABSENT = re.compile(
    r"\bnot (?:yet )?(?:present|provided|submitted|supplied|received|available|included|signed|contracted)\b"
    r"|\b(?:missing|absent|outstanding|lacking)\b",
    re.I,
)
#: It is promised; what comes with every round is a duty and no promise.
_PROMISED = re.compile(
    r"\b(?:will|shall|to) be (?:added|provided|supplied|submitted|sent|uploaded|signed)\b|\bforthcoming\b"
    r"|\bto follow(?=\W*$| (?:later|by|at|after|from)\b)|\bretroactive|\bat a later (?:date|stage)\b",
    re.I,
)
_DUTY = re.compile(r"\b(?:annual\w*|yearly|each|every|per year|future|ongoing)\b", re.I)
#: It is there and nobody could look at it.
_UNOPENED = re.compile(
    r"\b(?:un|not )able to (?:open|read|access|check|view)\b|\b(?:could|can)(?:\s?not|n't) (?:be )?(?:open|read|access|"
    r"check|view)|\bcould not be (?:opened|read|accessed|checked|viewed)\b",
    re.I,
)


def _approved(case: Case, review: FinishedReview) -> Iterator[CheckFinding] | None:
    approved = [row for row in review.rows if row.approved.casefold().startswith("approved")]
    if not approved:
        return None
    bare = [(row, why) for row in approved if (why := _without(row))]
    if not bare:
        return iter(())
    listed = "; ".join(f"page {row.page}, {_called(row)}: {why}" for row, why in bare)
    items = [row.evidence[n] for row, _ in bare for n in ("submitted", "comment") if n in row.evidence and _gap(row, n)]
    said = f"{review.document} marks as approved what by its own words was not there or not looked at: {listed}."
    return iter((finding(said, "medium", *items),))


def _gap(row: ReviewedRow, name: str) -> bool:
    text = plain(row.submitted if name == "submitted" else row.comment)
    promised = bool(_PROMISED.search(text)) and not _DUTY.search(text)
    if name == "submitted":
        # A list of papers may say anything of them; what says that nothing is there is short.
        return (promised or bool(_ABSENT.search(text))) and "documentation:" not in text.casefold()
    return promised or bool(_UNOPENED.search(text))


def _without(row: ReviewedRow) -> str:
    """What the row itself says is lacking, in its own words."""
    said = [getattr(row, n) for n in ("submitted", "comment") if n in row.evidence and _gap(row, n)]
    return " / ".join(f"\u201c{text}\u201d" for text in said)


def _called(row: ReviewedRow) -> str:
    """A row by its category, and the words before the colon where the requirement has some."""
    head, colon, _ = row.requirement.partition(":")
    return f"{row.category} ({head})" if colon and len(head) <= 60 and not head.startswith("Source") else row.category


# --- names ---------------------------------------------------------------------------------------------------------

_DIFFERS = re.compile(
    r"\bdifferent (?:first |last |sur|given |family )?names?\b"
    r"|\bnames? (?:differs?|do(?:es)? not match|is different|are different|mismatch)"
    r"|\bmismatch\w* (?:of|in|between) (?:the )?(?:first |last |sur)?names?\b",
    re.I,
)
_DENIED = re.compile(r"\b(?:no|not|without|never)\W+(?:\w+\W+){0,2}different\b|\bnot differ\b", re.I)
_OF_LAND = re.compile(r"\bland ?owners?\b|\bowners?\b|\bproprietors?\b|\bland regist|\btitles?\b|\btenure\b", re.I)


def _owner(case: Case, review: FinishedReview) -> Iterator[CheckFinding] | None:
    remarks = [f for f in review.remarks() if _DIFFERS.search(plain(f.value)) and _OF_LAND.search(f.value)]
    remarks = [f for f in remarks if not _DENIED.search(plain(f.value))]
    if not remarks:
        return None
    # With a register in the folder the names are compared by owner-register, on the papers themselves.
    if any(r.proprietors for r in case.registers):
        return iter(())
    owners = case.facts.all("owner")
    said = (
        f"{review.document}, page {remarks[0].evidence.page}, remarks that the owner is named differently in the papers"
    )
    said += f"; the plan names {', '.join(o.value for o in owners)}" if owners else ""
    said += ". No register that could settle it is in the folder."
    return iter((finding(said, "medium", *(f.evidence for f in remarks), *(o.evidence for o in owners[:1])),))


# --- ids -----------------------------------------------------------------------------------------------------------

#: An id that the registry gives to a registered project; ids of files are another matter and never compared with it.
_LEDGER_ID = re.compile(r"(?<![A-Za-z0-9-])C\d{2}-\d+(?!\d)")


def _ledger_id(case: Case) -> Ruling:
    own = [r for r in case.reviews if other_project(case, r) is None]
    if not case.reviews:
        return not_run(NO_REVIEW)
    found = [(m.group(), fact, r) for r in own for fact in r.written() for m in _LEDGER_ID.finditer(plain(fact.value))]
    if len({fact.evidence.evidence_id for _, fact, _ in found}) < 2:
        return not_run("Fewer than two places in the reviews give the project's ledger id.")
    first = found[0]
    odd = {name: (fact, review) for name, fact, review in found if name != first[0]}
    said = [
        finding(
            f"{review.document} calls the project {name}; {first[2].document} calls it {first[0]}.",
            "medium",
            fact.evidence,
            first[1].evidence,
        )
        for name, (fact, review) in odd.items()
    ]
    return ruling(said, True, f"The reviews give one ledger id, {first[0]}.")


RULES = (
    Rule("review-figures", "Figures in reviews are those of the reports", "Review form, Comments", "low", (),
         "The figure is corrected in the review, or the report that has it is sent.",
         each_review(_figures, "Labelled figures in the reviews are those of plan and reports.",
                     "No review gives a labelled figure that a plan or report gives.")),
    Rule("review-approved-without-evidence", "What reviews approve was there", "Review form, Approval Categories",
         "medium", (), "The paper is sent, or the reviewer says why the row stands without it.",
         each_review(_approved, "No approved row says that its material was lacking.",
                     "No row of a review is marked as approved.")),
    Rule("review-owner", "Reviews know of no other owner", "PG 8.2", "medium", (),
         "The register is sent, or a paper explains the difference.",
         each_review(_owner, "The register in the folder is compared with the plan itself.",
                     "No review remarks that names of the owner differ.")),
    Rule("review-ledger-id", "Reviews give one ledger id", "Review form, Project ID", "medium", (),
         "The id is corrected in the review.", _ledger_id),
)  # fmt: skip
