"""What a file name says: the second-best cue, for names are tidy, misspelt or missing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from pipeline.classification.seen import Seen
from pipeline.models import DocumentType

_FREE = r"(?<![a-z])(?:{})(?![a-z])"


@dataclass(frozen=True)
class NameCue:
    """Words in a file name that speak for a type; separators between words are optional and of any kind."""

    document_type: DocumentType
    #: Alternatives; a space in a pattern also matches nothing.
    words: tuple[str, ...]

    def found(self, name: str) -> str | None:
        """The words as they stand in the name, or None."""
        pattern = "|".join(word.replace(" ", " ?") for word in self.words)
        match = re.search(_FREE.format(pattern), name)
        return match.group() if match else None


#: In order: a name that says two things is taken by the one that stands first here, the more special first.
NAME_CUES = (
    NameCue(
        "registry_review",
        (
            "registry agent review",
            "agent review",
            "issuance review",
            "registration review",
            "registry review",
            "review checklist",
        ),
    ),
    NameCue(
        "methodology_reference",
        ("methodology", "protocol", "credit class", "program guide", "programme guide", "handbook", "user guide"),
    ),
    NameCue(
        "model_results",
        (
            "training data.*",
            "(?:sampled |project )?net results?",
            "results? tables?",
            "model results?",
            "model training",
        ),
    ),
    NameCue("imagery_metadata", (r"s2[abc] .*", "tile metadata", "imagery metadata", "sentinel", "satellite")),
    NameCue(
        "lab_results",
        (
            "sample plan results?",
            "soil results?",
            "lab(?:oratory)? (?:results?|report|analysis|data)",
            "cc csv",
            r"y\d{3} \d+",
            "certificate of analysis",
        ),
    ),
    NameCue(
        "sampling_plan",
        (
            "sample plan(?: record)?",
            "sampling plan",
            "sampling map",
            "sample map",
            "stratification(?: map)?",
            "sampling design",
        ),
    ),
    NameCue("project_plan", ("project plan", r"pp ?\d{1,3}")),
    NameCue("baseline_report", ("baseline report", "report baseline", "baseline monitoring report")),
    NameCue(
        "monitoring_report", ("monitoring report", "annual report", "report monitoring", "monitoring round.*report")
    ),
    NameCue("land_cover_map", ("land ?cover", "corine", "land ?use map")),
    NameCue(
        "farm_management_records",
        (
            "historic 5 year.*",
            "5 year management",
            "five year management",
            "historic management",
            "average yields?",
            "yields?",
            "cropping(?: history| plan)?",
            "farm records?",
            "management records?",
            "management plan",
            "rotations?",
        ),
    ),
    NameCue(
        "land_tenure",
        (
            "official cop(?:y|ies)",
            "land registry",
            "land register",
            "title (?:plan|register|deeds?|number)",
            "transfer (?:plan|deed)",
            "deeds?",
            "tenure",
            "lease",
            "tenancy",
            "tr1",
            "conveyance",
            "attestation",
            "landowner.*",
            "consent letter",
            "letter of consent",
            "contract",
            "agreement",
            "registers?",
        ),
    ),
    NameCue(
        "ghg_emissions",
        ("ghg.*", "greenhouse gas.*", "emissions?", "carbon (?:footprint|calculator).*", "agrecalc", "cool farm"),
    ),
    NameCue(
        "gis_boundary",
        (
            "boundary",
            "boundaries",
            "shape ?files?",
            "field blocks?",
            "sample (?:team )?(?:blocks?|fields?|points?|cores?)",
            "gis",
            "polygons?",
        ),
    ),
    NameCue("imagery_metadata", ("tile", "imagery")),
)
#: A register is often named by nothing but its title number: two or three letters (the county) and four to six digits.
_TITLE_IN_NAME = re.compile(
    r"(?<![a-z0-9])(?!dsc|img|iso|doc|pxl|pic|bs|en|gb|uk|fy|epsg)[a-z]{2,3} ?"  # no camera, standard or country
    r"(?!(?:19|20)\d\d(?!\d))\d{4,6}(?![a-z0-9])"  # and no year
)
#: Files that belong to an emissions report but are none themselves.
_EMISSION_INPUTS = re.compile(
    _FREE.format("fuel.*|spray.*|fertili[sz]ers?.*|livestock|equipment list|cultivation.*|soyl.*|stewardship.*")
)
#: Phrases long enough to be recognised although misspelt.
_MISSPELT: dict[str, DocumentType] = {
    "project plan": "project_plan",
    "baseline report": "baseline_report",
    "monitoring report": "monitoring_report",
    "official copy": "land_tenure",
    "title register": "land_tenure",
    "land cover map": "land_cover_map",
    "ghg emissions": "ghg_emissions",
    "average yields": "farm_management_records",
    "registry agent review": "registry_review",
    "sampling plan": "sampling_plan",
}
#: rapidfuzz ratio from which a phrase counts as misspelt rather than different: two slips in twelve letters.
_MISSPELT_FROM = 88.0


def by_name(seen: Seen) -> tuple[DocumentType, str] | None:
    """The type the file name speaks for, with the cue in words."""
    for cue in NAME_CUES:
        if words := cue.found(seen.name):
            return cue.document_type, f"the file name says “{words}”"
    if match := _TITLE_IN_NAME.search(seen.name):
        return (
            "land_tenure",
            f"the file name holds what looks like a title number, {match.group().upper().replace(' ', '')}",
        )
    return _misspelt(seen.name)


def _misspelt(name: str) -> tuple[DocumentType, str] | None:
    words = re.findall(r"[a-z]+", name)
    best: tuple[float, str, str] = (0.0, "", "")
    for phrase in _MISSPELT:
        count = phrase.count(" ") + 1
        for start in range(len(words) - count + 1):
            window = " ".join(words[start : start + count])
            best = max(best, (fuzz.ratio(window, phrase), phrase, window))
    if best[0] < _MISSPELT_FROM:
        return None
    return _MISSPELT[best[1]], f"the file name says “{best[2]}”, read as “{best[1]}”"


def emission_input(seen: Seen) -> str | None:
    """The words that make a file an input of the emissions calculation (fuel, sprays, fertiliser), or None."""
    match = _EMISSION_INPUTS.search(seen.name)
    return match.group() if match else None
