"""Who owns the land and who holds the credits, as the plan says it; and whether two names mean the same holder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.facts.owners import credit_holders, land_owners, names_in
from pipeline.evidence.tenure.holders import holder_name
from pipeline.evidence.tenure.people import compare
from tests.made_plan import ask, cell, dossier_of, full_plan, plan_paper, register_pages, register_paper, review, say


def owners(*lines: str) -> list[str]:
    made = full_plan(s1_7=[ask("\u2022 Proof of tenure"), *[say(line) for line in lines]])
    return [o.name for o in land_owners(dossier_of(plan_paper(made)))]


def holders(*lines: str) -> list[str]:
    made = full_plan(s1_7=[ask("\u2022 Sharing"), *[say(line) for line in lines]])
    return [h.name for h in credit_holders(dossier_of(plan_paper(made)))]


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("100% of the land is owned by Agnes Marrowfield, the Project Owner.", ["Agnes Marrowfield"]),
        ("The land is owned by the Project Owner, Agnes Marrowfield.", ["Agnes Marrowfield"]),
        ("The land is owned by J. & M. Marrowfield.", ["J Marrowfield", "M. Marrowfield"]),
        ("The land is owned by John and Mary Marrowfield.", ["John Marrowfield", "Mary Marrowfield"]),
        ("The land is owned by Agnes Marrowfield and Piers Dunn.", ["Agnes Marrowfield", "Piers Dunn"]),
        (
            "The land is owned by A. Marrowfield, P. Dunn and T. Lee, all of Oddling.",
            ["A. Marrowfield", "P. Dunn", "T. Lee"],
        ),
        ("The land is held by Fernhallow Farms Ltd.", ["Fernhallow Farms Ltd"]),
        ("The land is owned by Marl & Sons Ltd, Mill Lane, Oddling.", ["Marl & Sons Ltd"]),
        ("The land is held by the trustees of the Old Marl Settlement.", ["the trustees of the Old Marl Settlement"]),
        ("Fernhallow Farms Ltd owns the whole area.", ["Fernhallow Farms Ltd"]),
        ("J. B. Marrowfield owns the land.", ["J. B. Marrowfield"]),
        ("The owner of the land is Agnes Marrowfield.", ["Agnes Marrowfield"]),
    ],
)
def test_the_owner_is_read_from_the_sentence_that_names_it(sentence: str, names: list[str]) -> None:
    assert owners(sentence) == names


@pytest.mark.parametrize(
    "sentence",
    [
        "No third party owns the land.",
        "The farm owns its machinery.",
        "The land is owned by the landowner.",
        "The land is owned by the farmer.",
        "It owns nothing.",
        "A meeting was held on the land by the proponent.",
        "The issued credits are owned by Loamwright Ltd.",
    ],
)
def test_a_sentence_that_names_nobody_gives_no_owner(sentence: str) -> None:
    assert owners(sentence) == []


def test_the_owner_stands_in_the_contacts_when_no_sentence_names_one() -> None:
    made = full_plan(
        s1_7=[say("The land is owned by the Project Owner.")],
        s1_6_2=[cell("Organisation Name", "Fernhallow Farm Partners"), cell("Contact Person", "Agnes Marrowfield")],
    )
    assert [o.name for o in land_owners(dossier_of(plan_paper(made)))] == ["Fernhallow Farm Partners"]


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("All credits are issued to Agnes Marrowfield.", ["Agnes Marrowfield"]),
        (
            "80% of the credits go to Agnes Marrowfield and 20% to Loamwright Ltd.",
            ["Agnes Marrowfield", "Loamwright Ltd"],
        ),
        ("The credits belong to Fernhallow Farms Ltd in accordance with the contract.", ["Fernhallow Farms Ltd"]),
        ("The credits are transferred in full to Agnes Marrowfield.", ["Agnes Marrowfield"]),
        ("20% of the credits are allocated to the Buffer Pool.", []),
        ("The land is owned by Piers Dunn.", []),
    ],
)
def test_the_holder_of_credits_is_read_from_the_sentence_that_names_it(sentence: str, names: list[str]) -> None:
    assert [n for n in holders(sentence) if "Buffer" not in n] == names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Agnes Marrowfield", "AGNES MARROWFIELD"),
        ("Mrs Agnes Marrowfield", "AGNES  MARROWFIELD"),
        ("A. B. Marrowfield", "A B MARROWFIELD"),
        ("Fernhallow Farms Ltd", "FERNHALLOW FARMS LIMITED"),
        ("Marl & Sons Ltd.", "MARL AND SONS LIMITED"),
        ("Agnes O\u2019Dunn", "AGNES O'DUNN"),
        ("the Trustees of the Old Marl Settlement", "TRUSTEES OF THE OLD MARL SETTLEMENT"),
    ],
)
def test_case_titles_and_abbreviations_make_no_difference(one: str, other: str) -> None:
    assert compare(one, other).same
    assert compare(other, one).same


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("Agnes Marrowfield", "AGNES ROSE MARROWFIELD", "initials"),
        ("A. Marrowfield", "AGNES MARROWFIELD", "initials"),
        ("Nick Marrowfield", "NICHOLAS MARROWFIELD", "short_first_name"),
        ("Agnes Marrowfield", "TOBIAS MARROWFIELD", "first_name"),
        ("Agnes Marrowfeld", "AGNES MARROWFIELD", "spelling"),
        ("Agnes Marrowfield", "MARROWFIELD FARMS LIMITED", "company_form"),
        ("Fernhallow Farm", "FERNHALLOW FARM LIMITED", "company_form"),
        ("Agnes Marrowfield", "PIERS DUNN", "other"),
        ("Agnes Lee", "AGNES DEE", "spelling"),
        ("Marl Limited", "MURL LIMITED", "other"),
    ],
)
def test_a_difference_is_named_and_never_passed_over(one: str, other: str, difference: str) -> None:
    found = compare(one, other)
    assert (found.difference, found.same) == (difference, False)


names = st.lists(
    st.sampled_from(["Agnes", "Tobias", "Lee", "Dunn", "J.", "Ltd", "and", "Farms"]), min_size=1, max_size=5
).map(" ".join)


@given(names, names)
def test_comparing_is_the_same_both_ways_round(one: str, other: str) -> None:
    assert compare(one, other).same == compare(other, one).same
    assert compare(one, one).same


@given(st.text(max_size=60))
def test_any_text_at_all_gives_names_or_none(text: str) -> None:
    assert all(holder_name(n) for n in names_in(text))


@pytest.mark.parametrize(
    ("plan", "proprietor", "status", "outcome"),
    [
        ("Agnes Marrowfield", "AGNES MARROWFIELD", "covered", "pass"),
        ("Fernhallow Farms Ltd", "FERNHALLOW FARMS LIMITED (Co. Regn. No. 01234567)", "covered", "pass"),
        ("Agnes and Tobias Marrowfield", "AGNES MARROWFIELD and TOBIAS MARROWFIELD both", "covered", "pass"),
        ("Agnes Marrowfield", "AGNES MARROWFIELD and TOBIAS MARROWFIELD both", "partial", "warning"),
        ("Agnes Marrowfield", "ANGELA MARROWFIELD", "partial", "warning"),
        ("Agnes Marrowfield", "OLD MARL BANK PLC", "partial", "warning"),
        ("Old Marl Bank PLC", "AGNES MARROWFIELD", "partial", "warning"),
    ],
)  # fmt: skip
def test_the_land_row_is_covered_only_when_every_proprietor_is_the_owner(
    plan: str, proprietor: str, status: str, outcome: str
) -> None:
    made = full_plan(s1_7=[ask("\u2022 Proof of tenure"), say(f"The land of the farm is owned by {plan}.")])
    found = review(plan_paper(made), register_paper("register.pdf", register_pages(proprietor)))
    assert (found.row("REQ-002").status, found.outcome("owner-register")) == (status, outcome)


def test_a_register_whose_proprietor_cannot_be_read_is_not_passed_over() -> None:
    # Given two registers, one of them without a proprietor that can be read
    torn = tuple(
        p.model_copy(update={"text": p.text.replace("PROPRIETOR:", "")})
        for p in register_pages("PIERS DUNN", title="QX510002")
    )
    found = review(
        plan_paper(), register_paper("one.pdf", register_pages("AGNES MARROWFIELD")), register_paper("two.pdf", torn)
    )
    # Then the other one does not cover the row for both
    assert found.row("REQ-002").status == "needs_review"
    assert "QX510002" in found.row("REQ-002").reason
    assert found.outcome("owner-register") == "warning"
