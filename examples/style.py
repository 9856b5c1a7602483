"""How one filled form looks: faces, sizes, wraps, footers and offsets, drawn from a seed so that no two are alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from examples.chance import chance


class Face(NamedTuple):
    """A typeface as fpdf2 knows it: family, style letters ("" upright, "B", "I"), size in points."""

    family: str
    style: str
    size: float


@dataclass(frozen=True)
class Style:
    """Everything about the layout that a reader must not rely on."""

    paper: str
    #: Face family of headings, instructions and labels, and of the answers.
    form_family: str
    answer_family: str
    body: float
    chapter: float
    section: float
    bold_headings: bool
    #: "1.4." or "1.4" before a section's title.
    dotted_numbers: bool
    #: Number and title as one piece of text, or as two with a gap.
    tabbed_numbers: bool
    #: The bullet as a character of the Symbol face, or of the text's own face.
    symbol_bullets: bool
    justified: bool
    #: The page number stands first in the page's stream, so some readers see it on top.
    footer_first: bool
    footer_centred: bool
    #: PDF page minus printed page.
    offset: int
    contents_pages: int
    #: The area is drawn inside the map picture and stands nowhere in the text.
    area_in_picture: bool
    #: Labels of tables stand in the middle of their row, or on top.
    centred_labels: bool
    papers_per_line: int
    #: Whether the private form has a section 1.6.2.
    owner_section: bool
    public: bool
    #: One more paper is named in the Appendix than was sent.
    absent_paper: bool
    #: "1 January 2022" instead of "01/01/2022".
    dates_in_words: bool

    def face(self, style: str = "", answer: bool = True) -> Face:
        """The text face of the answers, or of the form itself."""
        return Face(self.answer_family if answer else self.form_family, style, self.body)

    def day(self, day: date) -> str:
        """A date as this form's writer puts it."""
        return f"{day.day} {day:%B %Y}" if self.dates_in_words else f"{day:%d/%m/%Y}"


def draw_style(seed: int) -> Style:
    """Draw the look of a seed's form; the same seed gives the same look."""
    rng = chance("style", seed)
    offset = (3, 0, 4, 2, 1)[(seed - 1) % 5]
    body = rng.choice((10.5, 11.0, 11.5))
    return Style(
        paper=rng.choice(("letter", "a4")),
        form_family=("helvetica", "times", "helvetica", "times")[seed % 4],
        answer_family=("times", "times", "helvetica", "helvetica")[seed % 4],
        body=body,
        chapter=rng.choice((18.0, 20.0, 22.0)),
        section=rng.choice((14.0, 15.0, 16.0)),
        bold_headings=rng.random() < 0.4,
        dotted_numbers=rng.random() < 0.6,
        tabbed_numbers=rng.random() < 0.7,
        symbol_bullets=rng.random() < 0.5,
        justified=rng.random() < 0.5,
        footer_first=rng.random() < 0.5,
        footer_centred=rng.random() < 0.3,
        offset=offset,
        contents_pages=offset - 1 if offset > 1 else rng.randint(1, 3),
        area_in_picture=rng.random() < 0.4,
        centred_labels=rng.random() < 0.6,
        papers_per_line=rng.choice((1, 2, 2)),
        owner_section=rng.random() < 0.75,
        public=seed % 4 == 3,
        absent_paper=rng.random() < 0.5,
        dates_in_words=rng.random() < 0.25,
    )
