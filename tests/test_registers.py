"""A register is read by its three sections: who holds the land, who lends on it, and what is pending."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import write_submission
from pipeline.evidence.tenure.registers import read_register
from pipeline.models import Page, Register
from pipeline.reading.pdf import read_pdf
from tests.made_plan import plain_pages, register_pages, register_paper


def read(pages: tuple[Page, ...]) -> Register:
    found = read_register(register_paper("register.pdf", pages).document, pages)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("AGNES MARROWFIELD", ("AGNES MARROWFIELD",)),
        ("AGNES MARROWFIELD and TOBIAS MARROWFIELD both", ("AGNES MARROWFIELD", "TOBIAS MARROWFIELD")),
        ("AGNES LEE, TOBIAS LEE and PIERS DUNN", ("AGNES LEE", "TOBIAS LEE", "PIERS DUNN")),
        ("J. & M. WRENSHAW", ("J WRENSHAW", "M. WRENSHAW")),
        ("J. WRENSHAW and M. WRENSHAW both", ("J. WRENSHAW", "M. WRENSHAW")),
        ("FERNHALLOW FARMS LIMITED (Co. Regn. No. 01234567)", ("FERNHALLOW FARMS LIMITED",)),
        ("A B LIMITED (Co. Regn. No. 1234567) and C D PLC (Co. Regn. No. 7654321)", ("A B LIMITED", "C D PLC")),
        ("MARL AND SONS LIMITED", ("MARL AND SONS LIMITED",)),
        ("TRUSTEES OF THE OLD MARL SETTLEMENT", ("TRUSTEES OF THE OLD MARL SETTLEMENT",)),
        ("ST. JOHN WRENSHAW-COMBE", ("ST. JOHN WRENSHAW-COMBE",)),
        ("AGNES MARROWFIELD and FERNHALLOW FARMS LIMITED", ("AGNES MARROWFIELD", "FERNHALLOW FARMS LIMITED")),
    ],
)  # fmt: skip
def test_the_proprietors_are_named_without_address_number_or_lender(printed: str, names: tuple[str, ...]) -> None:
    found = read(register_pages(printed))
    assert (found.proprietors, found.lenders) == (names, ("OLD MARL BANK PLC",))


def test_what_stands_on_the_copy_is_read() -> None:
    found = read(register_pages("AGNES MARROWFIELD"))
    assert (found.title_number, found.class_of_title, found.tenure) == ("QX510001", "absolute", "freehold")
    assert (found.edition_date, found.pending) == ("04.03.2019", False)
    assert found.evidence["title_number"].quote.startswith("Title number QX510001")
    assert "AGNES MARROWFIELD" in found.evidence["proprietor"].quote


@pytest.mark.parametrize("title", ["QX510001", "K1234", "ABN12345", "MID 4567", "P1", "WSX123456"])
def test_title_numbers_have_many_shapes(title: str) -> None:
    assert read(register_pages("AGNES MARROWFIELD", title=title)).title_number == title.replace(" ", "")


@pytest.mark.parametrize(
    "head", ["C: Charges Register", "C. Charges Register", "Charges Register", "C Charges Register"]
)
@pytest.mark.parametrize("word", ["Proprietor", "PROPRIETOR"])
def test_a_lender_is_never_the_owner_however_its_section_is_headed(head: str, word: str) -> None:
    # Given a register whose charges print the lender as the proprietor, in either case of letters
    pages = tuple(
        p.model_copy(update={"text": p.text.replace("C: Charges Register", head).replace("Proprietor:", f"{word}:")})
        for p in register_pages("AGNES MARROWFIELD")
    )
    assert read(pages).proprietors == ("AGNES MARROWFIELD",)


def test_a_restriction_that_names_the_charges_register_at_a_lines_start_opens_no_section() -> None:
    text = register_pages("AGNES MARROWFIELD")[1].text.replace(
        "2 (04.03.2019) The price",
        "2 RESTRICTION: consent of the proprietor of the charge in the\nCharges Register.\n"
        "3 PROPRIETOR: PIERS DUNN of Home Farm, Oddling.\n4 The price",
    )
    assert read(plain_pages("Title number QX510001", text)).proprietors == ("AGNES MARROWFIELD", "PIERS DUNN")


def test_names_run_on_over_lines_and_over_a_page() -> None:
    first = (
        "Title number QX510001\nA: Property Register\nThe Freehold land\nB: Proprietorship Register\nTitle absolute\n"
        "1 (04.03.2019) PROPRIETOR: AGNES MARROW-\nFIELD, TOBIAS"
    )
    second = (
        "Title number QX510001\nB: Proprietorship Register continued\nMARROWFIELD and PIERS\n"
        "DUNN all of Home Farm, Oddling.\n2 of 2"
    )
    found = read(plain_pages(first, second))
    assert [n.replace("- ", "-") for n in found.proprietors] == [
        "AGNES MARROW-FIELD",
        "TOBIAS MARROWFIELD",
        "PIERS DUNN",
    ]


@pytest.mark.parametrize(
    ("note", "pending"),
    [
        ("This title is subject to pending applications which are not completed.", True),
        ("There is an application that is pending against this title.", True),
        ("An application has not yet been completed.", True),
        ("This copy follows.", False),
        ("No form of application is needed.", False),
    ],
)
def test_a_note_of_pending_applications_is_seen(note: str, pending: bool) -> None:
    found = read(register_pages("AGNES MARROWFIELD", message=note))
    assert found.pending is pending
    assert ("pending" in found.evidence) is pending


def test_leasehold_is_not_freehold() -> None:
    pages = register_pages("AGNES MARROWFIELD")
    text = pages[1].text.replace("Freehold land", "Leasehold land")
    assert read(plain_pages(pages[0].text, text)).tenure == "leasehold"


def test_a_title_plan_is_no_register() -> None:
    pages = plain_pages("Title plan QX510001\nOrdnance survey")
    assert read_register(register_paper("plan.pdf", pages).document, pages) is None


@pytest.mark.parametrize("seed", range(1, 13))
def test_written_registers_are_read_as_they_were_meant(tmp_path: Path, seed: int) -> None:
    made = write_submission(tmp_path, seed)
    for title, key in zip(made.farm.titles, sorted(k for k in made.files if k.startswith("register-")), strict=True):
        found = read(read_pdf(made.files[key], "0" * 64, "1", 50).pages)
        assert found.title_number == title.number
        assert " and ".join(found.proprietors) == made.facts["proprietor"]
        assert found.lenders == ((title.lender,) if title.lender else ())
        assert found.pending is title.pending
        assert found.edition_date == f"{title.edition:%d.%m.%Y}"
