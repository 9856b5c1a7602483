"""Tests on labelled cells of the plan's tables."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from pipeline.checklists.model import FieldTest
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.row_tests.verdict import Facts, Verdict
from pipeline.forms.normal import plain
from pipeline.models import Finding

_VERSION = re.compile(r"\d+(?:\.\d+)*")
#: A name may be shortened or joined with "&"; another protocol's name is far below this.
_LIKE = 80.0


class LabelledField:
    """A labelled cell is filled with something the checklist knows."""

    @staticmethod
    def find(test: FieldTest, dossier: Dossier) -> Finding:
        """The cell's row as the quote, the cell itself as the value."""
        field = dossier.plan.field(test.section, test.label) if dossier.plan else None
        if not field:
            return Finding(test=test.test)
        dossier.trace.read([test.section], [])
        dossier.trace.judged(field.paragraph, True, f"is the cell “{test.label}” of the form's table")
        items = dossier.quote_paragraph(field.paragraph, 0, len(field.paragraph.text))
        return Finding(test=test.test, evidence=tuple(items), values={"value": plain(field.value)})

    @staticmethod
    def judge(test: FieldTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when filled, of a known version, and naming what it should."""
        value = finding.values.get("value")
        if not value:
            return Verdict("fail", f"{test.label} is not filled in section {test.section}.")
        if test.known:
            version = _VERSION.search(value)
            if not version or version.group() not in test.known:
                known = " or ".join(test.known)
                return Verdict("fail", f"{test.label} says {value!r}; the checklist knows {known}.")
            newest = test.known[-1]
            older = f" (the newest known is {newest})" if version.group() != newest else ""
            return Verdict("pass", f"{test.label} is {version.group()}{older}.")
        if test.like and _likeness(value, test.like) < _LIKE:
            return Verdict("fail", f"{test.label} says {value!r}, not {test.like!r}.")
        return Verdict("pass", f"{test.label} is {value!r}.")


def _likeness(a: str, b: str) -> float:
    return fuzz.token_sort_ratio(_bare(a), _bare(b))


def _bare(name: str) -> str:
    text = plain(name).casefold().replace("&", " and ")
    return re.sub(r"\b(?:credit class|methodology|the|and|v?\d+(?:\.\d+)*)\b|[^\w\s]", " ", text)
