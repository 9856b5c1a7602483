"""What a checklist may say: requirements, where their answers stand, and the tests that make them covered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator
from rapidfuzz import process

from pipeline.forms.grammar import FormGrammar, FormSection
from pipeline.forms.normal import squash
from pipeline.models import DocumentType, Value


def nearest(name: str, known: Iterable[str]) -> str:
    """The nearest known name as the end of a sentence; nothing when none is near."""
    near = process.extractOne(name, sorted(known))
    return f"; did you mean {near[0]!r}?" if near and near[1] > 60 else ""


def compiled(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The patterns themselves, if each is a regular expression; ValueError names the one that is not."""
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return patterns


class Place(Value):
    """Where an answer stands: `sections` of the plan, best first, as "1.8" or, for one sub-head, "1.11/Habitat".

    "5.3/" is what stands there under none of the form's sub-heads: a passing word in the lead of a section is no
    answer to a sub-head that is there and empty, but a plan that lost its sub-heads is still read.
    """

    sections: tuple[str, ...]
    #: Regular expressions, case aside; a sentence must hold one of them. Empty: any words of the proponent do.
    any: tuple[str, ...] = ()
    #: A sentence that holds one of these does not count.
    unless: tuple[str, ...] = ()

    @field_validator("any", "unless")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return compiled(patterns)


class _Test(Value):
    """Common to every test: its name, and what would clear it when it fails."""

    test: str
    clears_when: str
    #: What the row becomes when this test fails.
    on_fail: Literal["partial", "needs_review"] = "partial"
    #: Failures with the same cause are one exception, whatever the number of rows.
    cause: str | None = None


class StatementTest(_Test):
    """A sentence of the plan says it; `what` names it: "whether the public was consulted"."""

    kind: Literal["statement"]
    what: str
    place: Place


class FieldTest(_Test):
    """A labelled cell of the plan is filled: with `known`, by a value it lists; with `like`, by that name."""

    kind: Literal["field"]
    section: str
    label: str
    known: tuple[str, ...] = ()
    like: str | None = None


class DateTest(_Test):
    """The section states a date that exists; kept as the fact `fact`."""

    kind: Literal["date"]
    section: str
    fact: str
    #: Of several dates, the one whose sentence holds one of these; the first pattern that is found counts.
    near: tuple[str, ...] = ()

    @field_validator("near")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return compiled(patterns)


class PeriodTest(_Test):
    """The section states a start and an end, exactly `years` apart (end = start + years - 1 day)."""

    kind: Literal["period"]
    section: str
    fact: str
    years: int


class LengthTest(_Test):
    """One of the sections says in words that the term lasts `years` years."""

    kind: Literal["length"]
    sections: tuple[str, ...]
    years: int
    #: The sentence must also hold one of these.
    near: tuple[str, ...]


class AgreesTest(_Test):
    """Two dates that were read are `days` apart; 0 means equal."""

    kind: Literal["agrees"]
    left: str
    right: str
    days: int = 0


class ShareTest(_Test):
    """Percentages in the answer make `total`; with `parts`, the named parts add up to it too."""

    kind: Literal["share"]
    place: Place
    total: int
    parts: int = 0
    #: Sentences that hold one of these state other shares: they are never taken for a wrong total.
    aside: tuple[str, ...] = ()

    @field_validator("aside")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return compiled(patterns)


class DocumentTest(_Test):
    """A document of one of these types is in the folder; `quote` are patterns of lines worth quoting from it."""

    kind: Literal["document"]
    documents: tuple[DocumentType, ...]
    quote: tuple[str, ...] = ()
    #: Software cannot judge the content (pictures, formats it does not open): found means a person must look.
    look: bool = False


class BoundaryTest(_Test):
    """A map layer of polygons is in the folder, with all its parts and a stated coordinate system."""

    kind: Literal["boundary"]


class RegisterTest(_Test):
    """Land registers: one is `present`, their proprietors are the `owner`, none is leasehold without `consent`."""

    kind: Literal["register"]
    what: Literal["present", "owner", "consent"]


class PapersTest(_Test):
    """Every paper of tenure that the plan names, by title number, is in the folder."""

    kind: Literal["papers"]
    sections: tuple[str, ...]


class MapAgeTest(_Test):
    """A dated map or image is at least `years` older than the start date and shows this farm."""

    kind: Literal["map_age"]
    years: int


class WorkbookYearsTest(_Test):
    """The farm records hold each of the `years` calendar years before the start year."""

    kind: Literal["workbook_years"]
    years: int


Test = Annotated[
    StatementTest
    | FieldTest
    | DateTest
    | PeriodTest
    | LengthTest
    | AgreesTest
    | ShareTest
    | DocumentTest
    | BoundaryTest
    | RegisterTest
    | PapersTest
    | MapAgeTest
    | WorkbookYearsTest,
    Field(discriminator="kind"),
]


#: The words for the kinds of tests.
KINDS: tuple[str, ...] = tuple(get_args(t.model_fields["kind"].annotation)[0] for t in get_args(get_args(Test)[0]))


class Support(Value):
    """Lines of other documents that bear on the row without deciding it."""

    documents: tuple[DocumentType, ...]
    quote: tuple[str, ...]


class Requirement(Value):
    """A requirement of the registry in our own words, with the section of the rule it comes from."""

    requirement_id: str
    category: str
    title: str
    text: str
    accepted_evidence: str
    source: str
    scope: Literal["farm", "meta"]
    mandatory: bool = True
    #: Types of documents looked at, primary first.
    documents: tuple[DocumentType, ...] = ("project_plan",)
    #: Where the answer stands; no answer at all means missing.
    answer: Place
    #: The answer that makes the row not applicable ("None."); the sentence itself is the evidence.
    not_applicable: tuple[str, ...] = ()
    tests: tuple[Test, ...] = ()
    #: Quoted beside the answer as supplementary evidence.
    support: tuple[Support, ...] = ()
    #: Worth telling the reviewer when absent, without changing the row.
    notes: tuple[StatementTest, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """Every place of the plan that the requirement looks at."""
        found = list(self.answer.sections)
        for test in (*self.tests, *self.notes):
            match test:
                case StatementTest() | ShareTest():
                    found += test.place.sections
                case LengthTest() | PapersTest():
                    found += test.sections
                case FieldTest() | DateTest() | PeriodTest():
                    found.append(test.section)
        return tuple(dict.fromkeys(found))

    @model_validator(mode="after")
    def _named_once(self) -> Requirement:
        names = [t.test for t in self.tests]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"{self.requirement_id} names the test {twice[0]!r} twice")
        return self


class Versions(Value):
    """A rule document and its versions as the registry published them, newest last."""

    name: str
    known: tuple[str, ...]


class ChecklistFile(Value):
    """A checklist as written in its file."""

    methodology: str
    title: str
    version: str
    source: str
    credit_class: Versions
    methodology_versions: Versions
    form: tuple[FormSection, ...]
    requirements: tuple[Requirement, ...] = Field(alias="requirement")

    @model_validator(mode="after")
    def _ids_once(self) -> ChecklistFile:
        ids = [r.requirement_id for r in self.requirements]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"the requirement {twice[0]} stands twice")
        return self

    @model_validator(mode="after")
    def _places_exist(self) -> ChecklistFile:
        """A place that the form does not have would make its row missing for ever."""
        known = {s.number: {squash(h): h for h in s.subheads} for s in self.form}
        for requirement, place in ((r, p) for r in self.requirements for p in r.places):
            number, _, subhead = place.partition("/")
            if number not in known:
                raise ValueError(f"{requirement.requirement_id}: the form has no section {number!r}")
            if subhead and squash(subhead) not in known[number]:
                hint = nearest(subhead, known[number].values())
                raise ValueError(f"{requirement.requirement_id}: section {number} has no sub-head {subhead!r}{hint}")
        return self

    @model_validator(mode="after")
    def _facts_are_read(self) -> ChecklistFile:
        """A date that no test reads could never agree with another."""
        tests = [(r, t) for r in self.requirements for t in r.tests]
        read = {t.fact for _, t in tests if isinstance(t, DateTest)}
        read |= {f"{t.fact}_{end}" for _, t in tests if isinstance(t, PeriodTest) for end in ("start", "end")}
        for requirement, test in tests:
            for name in (test.left, test.right) if isinstance(test, AgreesTest) else ():
                if name not in read:
                    entry = f"{requirement.requirement_id}, test {test.test!r}"
                    raise ValueError(f"{entry}: no test reads {name!r}{nearest(name, read)}")
        return self

    @property
    def grammar(self) -> FormGrammar:
        """The form the plan is written on."""
        return FormGrammar(sections=self.form)


class Checklist(ChecklistFile):
    """A checklist with the hash of the bytes it was read from."""

    sha256: str
