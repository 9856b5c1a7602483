"""What was looked at for one requirement, noted by the very code that finds its evidence, in the order it happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.forms import Paragraph
from pipeline.models import Document, DocumentType, Evidence

#: Who looks when no test does: the search for an answer, and for the sentence that makes a row not applicable.
ANSWER, NOT_APPLICABLE, SUPPORT = "answered", "not applicable", "supplementary"


@dataclass(frozen=True)
class Look:
    """One passage of the plan under the eyes of one seeker; `holds` when it has what was asked, `why` in words."""

    by: str
    paragraph: Paragraph
    holds: bool
    why: str


@dataclass
class Trace:
    """Filled while a row is worked on; nothing is decided by it."""

    looks: list[Look] = field(default_factory=list)
    #: Places of the form that were read: "1.8", "1.11/Habitat".
    places: list[str] = field(default_factory=list)
    #: Documents of the types that were asked for, by whom.
    asked: list[tuple[str, tuple[DocumentType, ...], tuple[Document, ...]]] = field(default_factory=list)
    #: The paragraph that a quote was cut from, by the quote's id.
    cut_from: dict[str, Paragraph] = field(default_factory=dict)
    #: What each seeker took for a quote.
    took: list[tuple[str, Evidence]] = field(default_factory=list)
    #: Quotes that the row does not show, and why.
    dropped: list[tuple[Evidence, str]] = field(default_factory=list)
    _by: str = ANSWER

    @contextmanager
    def seeking(self, who: str) -> Iterator[None]:
        """What is noted inside was looked at by `who`: a test's name, or one of the words above."""
        before, self._by = self._by, who
        try:
            yield
        finally:
            self._by = before

    def read(self, places: Iterable[str], found: Sequence[Paragraph]) -> None:
        """These places of the form were read and held these paragraphs."""
        self.places += [p for p in places if p not in self.places]
        for paragraph in found:
            self.judged(paragraph, False, "")

    def judged(self, paragraph: Paragraph, holds: bool, why: str) -> None:
        """A sentence of the paragraph was weighed; what holds goes before what does not, the first reason counts."""
        here = next((i for i, k in enumerate(self.looks) if k.by == self._by and k.paragraph == paragraph), None)
        if here is None:
            self.looks.append(Look(self._by, paragraph, holds, why))
        elif not self.looks[here].why or (holds and not self.looks[here].holds):
            self.looks[here] = Look(self._by, paragraph, holds, why)

    def asked_for(self, types: tuple[DocumentType, ...], found: Sequence[Document]) -> None:
        """Documents of these types were wanted, and these are in scope."""
        self.asked.append((self._by, types, tuple(found)))

    def quoted(self, paragraph: Paragraph, items: Iterable[Evidence]) -> None:
        """These quotes were cut from the paragraph."""
        self.cut_from |= {item.evidence_id: paragraph for item in items}

    def taken(self, items: Iterable[Evidence]) -> None:
        """The seeker took these for its quotes."""
        self.took += [(self._by, item) for item in items]

    def left(self, items: Iterable[Evidence], why: str) -> None:
        """The row does not show these."""
        self.dropped += [(item, why) for item in items]
