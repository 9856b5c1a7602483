"""A quote is words of the page it names, or it is no quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.quoting import quote
from pipeline.models import Document, Page
from tests.made_plan import plan_paper

DOCUMENT: Document = plan_paper().document


def page(text: str) -> Page:
    return Page(number=7, label="4", text=text)


def test_a_quote_says_where_it_stands() -> None:
    item = quote(
        DOCUMENT, page("The start date is 01/01/2024."), "The start date", section="1.8", section_title="Start"
    )
    assert item is not None
    assert (item.page, item.page_label, item.section, item.grounding) == (7, "4", "1.8", "exact")
    assert (item.document_id, item.sha256, item.quote) == (DOCUMENT.document_id, DOCUMENT.sha256, "The start date")


def test_words_over_a_line_end_are_exact() -> None:
    item = quote(DOCUMENT, page("The start\ndate is set."), "The start date is set.")
    assert item is not None
    assert item.grounding == "exact"


def test_a_hyphen_at_a_lines_end_is_normalised() -> None:
    item = quote(DOCUMENT, page("the regen-\nerative rotation"), "the regen-erative rotation")
    assert item is not None
    assert item.grounding == "normalised"


@pytest.mark.parametrize("words", ["", "  ", "\u2022", " - ", "\u2022 \u2022"])
def test_nothing_is_no_quote(words: str) -> None:
    assert quote(DOCUMENT, page("\u2022 something - else"), words) is None


@pytest.mark.parametrize(
    "words", ["The start date is 01/01/2025.", "start date The", "is 01/01/2024 and", "The start date was 01/01/2024."]
)
def test_words_that_do_not_stand_there_are_no_quote(words: str) -> None:
    assert quote(DOCUMENT, page("The start date is 01/01/2024."), words) is None


@given(st.text(alphabet="abc de-\n\u2022", max_size=40), st.text(alphabet="abc de-\n\u2022", max_size=8))
def test_whatever_is_quoted_can_be_found_on_its_page(text: str, words: str) -> None:
    item = quote(DOCUMENT, page(text), words)
    bare = str.maketrans("", "", " -\n\u2022")
    assert item is None or item.quote.translate(bare) in text.translate(bare)


def test_the_same_words_at_the_same_place_have_one_id() -> None:
    text = page("The start date is\nset. The start date is set.")
    first, second = quote(DOCUMENT, text, "The start date is set."), quote(DOCUMENT, text, "The start date  is\nset.")
    other = quote(DOCUMENT, text.model_copy(update={"number": 8}), "The start date is set.")
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.evidence_id == second.evidence_id != other.evidence_id
