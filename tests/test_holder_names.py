"""Names of holders: each pair of names, and what differs between them, as a table."""

from __future__ import annotations

import pytest

from pipeline.evidence.tenure.holders import split_names
from pipeline.evidence.tenure.people import closest, compare
from pipeline.evidence.tenure.registers import read_register
from pipeline.models import Register
from tests.made_plan import plain_pages, register_paper


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        # the same: titles, case, accents, hyphens, order, abbreviations
        ("Mr Agnes Marrowfield", "AGNES MARROWFIELD", "none"),
        ("Dr. Agnes Marrowfield OBE", "AGNES MARROWFIELD", "none"),
        ("Tobias Marrowfield Esq.", "TOBIAS MARROWFIELD", "none"),
        ("Zoé Marrowfield", "ZOE MARROWFIELD", "none"),
        ("Agnes Wrenshaw-Combe", "AGNES WRENSHAW COMBE", "none"),
        ("Agnes O'Dunn", "AGNES ODUNN", "none"),
        ("MARROWFIELD, Agnes Rose", "AGNES ROSE MARROWFIELD", "none"),
        ("Fernhallow Farms Ltd", "FERNHALLOW FARMS LIMITED", "none"),
        ("Fernhallow Farms L.L.P.", "FERNHALLOW FARMS LLP", "none"),
        ("Marl & Sons Ltd", "MARL AND SONS LIMITED (Co. Regn. No. 01234567)", "none"),
        ("Trustees of the Marl Settlement", "THE TRUSTEES OF THE MARL SETTLEMENT", "none"),
        # initials
        ("Agnes Marrowfield", "AGNES ROSE MARROWFIELD", "initials"),
        ("A. R. Marrowfield", "AGNES ROSE MARROWFIELD", "initials"),
        ("Rose Marrowfield", "AGNES ROSE MARROWFIELD", "initials"),
        # first names
        ("Nick Marrowfield", "NICHOLAS MARROWFIELD", "short_first_name"),
        ("Tom Marrowfield", "THOMAS MARROWFIELD", "first_name"),
        ("Agnes Marrowfield", "TOBIAS MARROWFIELD", "first_name"),
        ("Marian Marrowfield", "MARVIN MARROWFIELD", "first_name"),
        ("Agnes Wrenshaw-Combe", "PIERS WRENSHAW-COMBE", "first_name"),
        ("Tobias Marrowfield Jnr", "TOBIAS MARROWFIELD SENIOR", "first_name"),
        # spelling
        ("Agnes Marrowfeld", "AGNES MARROWFIELD", "spelling"),
        ("Harriet Marrowfield", "HARRIETT MARROWFIELD", "spelling"),
        ("Fern Hallow Farms Ltd", "FERNHALLOW FARMS LIMITED", "spelling"),
        # trustees and executors
        ("Agnes Marrowfield", "AGNES MARROWFIELD AS TRUSTEE", "trustee"),
        ("Agnes Marrowfield", "EXECUTORS OF AGNES MARROWFIELD", "trustee"),
        ("Agnes Marrowfield (Executors of)", "AGNES MARROWFIELD", "trustee"),
        ("The Estate of the late Agnes Marrowfield", "AGNES MARROWFIELD", "trustee"),
        ("Agnes Marrowfield", "PERSONAL REPRESENTATIVES OF AGNES MARROWFIELD DECEASED", "trustee"),
        ("Agnes Marrowfield", "TRUSTEES OF THE MARROWFIELD SETTLEMENT", "trustee"),
        ("Agnes Marrowfield", "TRUSTEES OF THE OLD MARL SETTLEMENT", "other"),
        # forms of companies
        ("Fernhallow Farms", "FERNHALLOW FARMS LIMITED", "company_form"),
        ("Fernhallow Farms LLP", "FERNHALLOW FARMS LIMITED", "company_form"),
        ("Fernhallow Farm Partnership", "FERNHALLOW FARMING COMPANY LIMITED", "company_form"),
        ("Agnes Marrowfield", "MARROWFIELD FARMS LIMITED", "company_form"),
        # accounts and trading names
        ("Agnes Marrowfield", "Agnes Marrowfield Carbon Account", "account_suffix"),
        ("Agnes Marrowfield", "Agnes Marrowfield (No. 2 Account)", "account_suffix"),
        ("Fernhallow Farms Ltd", "Fernhallow Farms Limited - Client A/C", "account_suffix"),
        ("Agnes Marrowfield T/A Fernhallow Farm", "AGNES MARROWFIELD", "trading_name"),
        ("Agnes Marrowfield trading as Fernhallow Farm", "Fernhallow Farm", "trading_name"),
        # others
        ("Agnes Marrowfield", "PIERS DUNN", "other"),
        ("Agnes Lee", "PIERS LEA", "other"),
        ("Marl Farms Limited", "DUNN FARMS LIMITED", "other"),
        ("Agnes Marrowfield", "OLD MARL BANK PLC", "other"),
    ],
)
def test_what_differs_between_two_names_is_named(one: str, other: str, difference: str) -> None:
    assert (compare(one, other).difference, compare(other, one).difference) == (difference, difference)


def test_somebody_who_holds_the_land_with_the_owner_under_one_surname_may_be_a_spouse() -> None:
    both = ("AGNES MARROWFIELD", "TOBIAS MARROWFIELD")
    assert closest("TOBIAS MARROWFIELD", ["Agnes Marrowfield"], both).difference == "spouse"
    assert closest("TOBIAS MARROWFIELD", ["Agnes Marrowfield"], both[1:]).difference == "first_name"
    assert closest("PIERS DUNN", ["Agnes Marrowfield"], both).difference == "other"


def test_of_several_owners_the_nearest_is_told() -> None:
    owners = ["Piers Dunn", "Agnes Marrowfield", "Fernhallow Farms Ltd"]
    assert closest("AGNES ROSE MARROWFIELD", owners).difference == "initials"
    assert closest("FERNHALLOW FARMS LIMITED", owners).same


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("Agnes & Tobias Marrowfield", ["Agnes Marrowfield", "Tobias Marrowfield"]),
        ("Mr T and Mrs A Marrowfield", ["Mr T Marrowfield", "Mrs A Marrowfield"]),
        ("MARROWFIELD, Agnes", ["Agnes MARROWFIELD"]),
        ("MARROWFIELD, Agnes and DUNN, Piers", ["Agnes MARROWFIELD", "Piers DUNN"]),
        ("Agnes Marrowfield; Piers Dunn", ["Agnes Marrowfield", "Piers Dunn"]),
        ("Agnes Marrowfield, Piers Dunn & Silas Lee", ["Agnes Marrowfield", "Piers Dunn", "Silas Lee"]),
        ("Agnes Marrowfield and Fernhallow Farms Ltd", ["Agnes Marrowfield", "Fernhallow Farms Ltd"]),
    ],
)
def test_several_owners_in_one_field_are_parted(field: str, names: list[str]) -> None:
    assert split_names(field) == names


# --- registers with several holders --------------------------------------------------------------------------------


def read(*texts: str) -> Register:
    made = plain_pages(*texts)
    found = read_register(register_paper("register.pdf", made).document, made)
    assert found is not None
    return found


HEAD = "Title number QX510001\nEdition date 04.03.2019\nA: Property Register\n1 The Freehold land at Oddling\n"
CHARGES = (
    "C: Charges Register\n1 (04.03.2019) REGISTERED CHARGE dated 4 March 2019.\n"
    "2 (04.03.2019) Proprietor: OLD MARL BANK PLC (Scot. Co. Regn. No. SC327001) of 3 Exchange Row, Oddling.\n"
    "3 (05.03.2020) REGISTERED CHARGE dated 5 March 2020.\n"
    "4 (05.03.2020) Proprietor: THE TRESSLE AGRICULTURAL BANK PLC (Co. Regn. No. 00327001) of 4 Row, Oddling.\n"
)


def test_every_charge_has_its_lender_and_no_lender_holds_the_land() -> None:
    found = read(HEAD + "B: Proprietorship Register\n1 PROPRIETOR: AGNES LEE of Home Farm, Oddling.\n" + CHARGES)
    assert found.proprietors == ("AGNES LEE",)
    assert found.lenders == ("OLD MARL BANK PLC", "THE TRESSLE AGRICULTURAL BANK PLC")
    assert "TRESSLE" in found.evidence["lender-2"].quote


def test_proprietors_with_an_address_each_are_all_read() -> None:
    found = read(
        HEAD + "B: Proprietorship Register\n1 (04.03.2019) PROPRIETOR: AGNES LEE of Home Farm, Oddling\n"
        "ZZ4 4QX and PIERS DUNN of Far Farm, Nether Cobbold and of office@lee.example.org.\n2 (04.03.2019) The price\n"
        + CHARGES
    )
    assert found.proprietors == ("AGNES LEE", "PIERS DUNN")


def test_several_entries_name_several_proprietors() -> None:
    found = read(
        HEAD + "B: Proprietorship Register\n1 PROPRIETOR: AGNES LEE of Home Farm, Oddling.\n"
        "2 PROPRIETOR: FERNHALLOW FARMS LIMITED (Co. Regn. No. 01234567) of Far Farm, Oddling.\n" + CHARGES
    )
    assert found.proprietors == ("AGNES LEE", "FERNHALLOW FARMS LIMITED")
    assert "FERNHALLOW" in found.evidence["proprietor-2"].quote


def test_an_entry_over_a_page_is_quoted_from_both_pages() -> None:
    found = read(
        HEAD + "B: Proprietorship Register\nTitle absolute\n1 (04.03.2019) PROPRIETOR: AGNES MARROWFIELD and",
        "Title number QX510001\nB: Proprietorship Register continued\nTOBIAS MARROWFIELD both of Home Farm, Oddling.\n"
        "2 (04.03.2019) The price stated\n" + CHARGES,
    )
    assert found.proprietors == ("AGNES MARROWFIELD", "TOBIAS MARROWFIELD")
    assert [found.evidence[k].page for k in ("proprietor", "proprietor-2")] == [1, 2]


def test_a_title_number_in_a_sentence_is_not_the_registers_own() -> None:
    found = read(
        "The register entries that follow were copied from title number QX999999.\n" + HEAD
        + "2 The land edged green was entered under the title number QX100211.\n"
        "B: Proprietorship Register\n1 PROPRIETOR: AGNES LEE of Home Farm, Oddling.\n"
    )  # fmt: skip
    assert found.title_number == "QX510001"
