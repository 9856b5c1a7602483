"""However an answer is worded it counts; what evades, promises or takes back does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.made_plan import Part, Review, ask, say, sub, with_section

ASK = ask("Describe it.")


def under(section: str, *heads: Part) -> Callable[[str], Review]:
    """The whole plan with that text as the answer of a section."""
    return lambda text: with_section(**{f"s{section.replace('.', '_')}": [ASK, *heads, say(text)]})


def alone(section: str, subhead: str, *emptied: str) -> Callable[[str], Review]:
    """The same where other sections that could answer are empty."""
    empty: dict[str, Sequence[Part]] = {f"s{name.replace('.', '_')}": [] for name in emptied}
    return lambda text: with_section(**{f"s{section.replace('.', '_')}": [sub(subhead), say(text)], **empty})


#: Requirement; its test, or "" for the row; where the answer stands; answers that count; answers that do not.
CASES: list[tuple[str, str, Callable[[str], Review], list[str], list[str]]] = [
    (
        "REQ-002",
        "ownership-stated",
        under("1.7"),
        [
            "The Project Area is 100% owned by Agnes Marrowfield.",
            "Agnes Marrowfield is the freehold owner of the project area.",
            "The land is held under a farm business tenancy until 2045.",
            "The landowner, Agnes Marrowfield, holds freehold title to all parcels.",
            "Title to the land is registered to Marrowfield Farms Ltd.",
            "The farm has belonged to the Marrowfield family since 1950.",
            "Agnes Marrowfield owns all of the fields.",
        ],
        [
            "Proof of land ownership will be provided.",
            "Issued credits are 100% owned by the landowner.",
            "TBC",
            "The owner of the land is to be confirmed.",
        ],
    ),
    (
        "REQ-003",
        "answered",
        alone("3.1", "Prior Land Use Eligibility", "1.11", "1.4", "1.13"),
        [
            "The land has not been converted from a native ecosystem in the last ten years.",
            "No change of land use has taken place since 2005.",
            "The fields have been under arable cropping for over fifty years.",
            "The farm has been in continuous cultivation since 1950.",
            "The land was cropland in the 2012 land cover map.",
        ],
        ["TBC", "Evidence will be provided.", "The farm is beautiful."],
    ),
    (
        "REQ-004",
        "area-in-hectares",
        alone("1.11", "Gross Project Area"),
        [
            "The area is 120.40 hectares.",
            "120.4 ha",
            "Gross area: 1,204.5 ha.",
            "91.07Ha",
            "The project covers 120 Ha of arable land.",
        ],
        ["The area is shown on the map.", "TBC", "300 acres"],
    ),
    (
        "REQ-006",
        "shares-make-100",
        under("1.7"),
        [
            "The credits are owned 100% by the landowner.",
            "Credits: 60% landowner, 40% developer.",
            "All issued credits will be owned by the Project Owner.",
            "The landowner is entitled to 100 per cent of the credits.",
            "Issued credits will be fully retained by Agnes Marrowfield.",
            "Credits are shared 50/50 between owner and developer.",
        ],
        [
            "The split of credits is to be agreed.",
            "Credits are shared between the owner and the developer.",
            "60% of the credits go to the owner and 30% to the developer.",
            "The distribution of credits will be provided.",
        ],
    ),
    (
        "REQ-007",
        "",
        under("1.8"),
        [
            "01/01/2024",
            "1 January 2024",
            "01.01.2024.",
            "1st January, 2024: start of the season.",
            "January 1, 2024",
            "2024-01-01",
            "Start date: 01/01/2024, the first day of the farming year.",
        ],
        ["2024", "Spring 2024", "To be confirmed", "01/13/2024", "The start date will be provided."],
    ),
    (
        "REQ-008",
        "vegetation-described",
        alone("1.11", "Habitat", "3.1"),
        [
            "Arable rotation of wheat and beans.",
            "Permanent pasture with clover.",
            "Mixed farmland with hedgerows.",
            "Cereals, oilseed rape and sugar beet.",
            "The land is cropped each year.",
        ],
        ["TBC", "Not applicable.", "To be described."],
    ),
    (
        "REQ-008",
        "climate-described",
        alone("1.11", "Environmental Conditions of Project Area", "3.1"),
        [
            "The climate is oceanic.",
            "Annual rain is 640 mm.",
            "Mean annual temperature is 10.2 °C.",
            "Köppen Cfb.",
            "Cool, wet winters and mild summers.",
        ],
        ["TBC", "The topography is flat."],
    ),
    (
        "REQ-009",
        "answered",
        alone("3.1", "Prior Land Use Eligibility", "1.4"),
        [
            "There has been no change of ecosystem type within the 5 years prior.",
            "Land use was unchanged for five years.",
            "The land has been arable for the past 5 years.",
            "The same ecosystem type has prevailed for at least five years.",
            "Cropland since 1990 without change.",
        ],
        ["TBC", "Evidence will be provided.", "The farm is beautiful."],
    ),
    (
        "REQ-010",
        "crediting-dates-ten-years",
        under("1.9"),
        [
            "01/01/2024 to 31/12/2033",
            "01.01.2024 – 31.12.2033",
            "1 January 2024 to 31 December 2033 (10 years)",
            "From 1st January 2024 until 31st December 2033.",
            "Start: 01/01/2024. End: 31/12/2033.",
            "The crediting period starts on 01/01/2024 and ends on 31/12/2033.",
            "01/01/2024-31/12/2033",
            "Start Date 01/01/2024 End Date 31/12/2033 Total 10 years",
            "The first day is 01/01/2024; the last day is 31/12/2033.",
        ],
        ["2024-2033", "01/01/2024 to 01/01/2034", "01/01/2024 to 31/12/2043", "ten years", "Dates will be provided."],
    ),
    (
        "REQ-010",
        "length-stated",
        under("1.4"),
        [
            "The crediting term lasts ten (10) years.",
            "The Crediting Term is a 10-year period.",
            "The crediting period is ten-years.",
            "The crediting term for this project is 10 years, with an option to renew.",
            "A crediting period of ten calendar years applies.",
            "The length of the crediting term is 10 yrs.",
        ],
        [
            "The permanence obligation is 10 years.",
            "The crediting term is 20 years.",
            "The crediting term will be confirmed.",
        ],
    ),
    (
        "REQ-011",
        "",
        under("3.4"),
        [
            "No law or regulation requires these practices. Gains exceed business as usual. A drawdown is reasonably "
            "expected. Credits are only issued for carbon measured after the baseline.",
            "The activities are not legally mandated. Increases are additional to business-as-usual. Removals are "
            "reasonably expected. Credits will only be issued for increases following the baseline sampling.",
            "The practices are voluntary. They go beyond common practice. It is reasonable to expect a drawdown. "
            "Nothing before the baseline is credited.",
        ],
        ["Additionality will be demonstrated.", "The practices are required by law.", "TBC"],
    ),
    (
        "REQ-012",
        "threshold-stated",
        under("4.3"),
        [
            "Yields will not fall by more than 10%.",
            "A decrease of over 10 % against the 5-year average counts as leakage.",
            "Leakage is negligible: no yield drops by ten per cent or more.",
            "The limit is a reduction of 10 percent.",
            "A fall exceeding 10 per cent is leakage.",
        ],
        ["Leakage is negligible.", "Yields fell by 12%.", "N/A", "Yield data will be provided."],
    ),
    (
        "REQ-012",
        "five-year-average-stated",
        under("4.3"),
        [
            "Yields are compared with the 5-year average.",
            "The average of the five years before the start is the baseline.",
            "Compared to the five year historic mean yield.",
            "The historic average over 5 years is used.",
            "Yields are measured against an average of the previous five years.",
        ],
        ["Yields are good.", "TBC"],
    ),
    (
        "REQ-013",
        "",
        under("1.10"),
        [
            "01/01/2034 to 31/12/2043",
            "The permanence period is 1 January 2034 to 31 December 2043.",
            "Ten years: 01.01.2034 – 31.12.2043.",
            "It runs from 01/01/2034 until 31/12/2043 (10 years).",
            "Permanence begins on 1 January 2034 and ends on 31 December 2043.",
        ],
        ["Ten years after the crediting period.", "01/01/2034 to 31/12/2053", "Not applicable.", "2034-2043"],
    ),
    (
        "REQ-014",
        "commitment-stated",
        under("1.14"),
        [
            "The project complies with all laws.",
            "The Project will continue to comply with national law.",
            "The farm adheres to all legal requirements.",
            "The landowner abides by all statutory rules.",
            "All activities are in accordance with the law.",
            "The farm is fully compliant.",
            "The farm meets all legal requirements.",
        ],
        [
            "The project does not comply with the nitrate rules.",
            "Compliance documents will be provided.",
            "TBC",
            "Not applicable.",
        ],
    ),
    (
        "REQ-015",
        "",
        under("1.15"),
        [
            "This project has not been registered in any other programme.",
            "None.",
            "The farm is not enrolled in any other carbon scheme.",
            "No.",
            "The project takes part in Countryside Stewardship only.",
            "Not applicable; no other listing exists.",
        ],
        ["TBC", "Details will be provided.", "[insert]", "See Appendix A."],
    ),
    (
        "REQ-016",
        "",
        under("3.5"),
        [
            "None",
            "None.",
            "No deviations",
            "There have been no deviations from the methodology.",
            "Not applicable",
            "N/A",
            "No deviations are requested.",
            "There are no methodology deviations.",
            "The project does not deviate from the methodology.",
            "The project fully adheres to the methodology without deviation.",
        ],
        [
            "A deviation from the sampling depth is proposed.",
            "None, except that 9 cores were taken.",
            "TBC",
            "Deviations will be described later.",
            "The project deviates from the sampling rule.",
        ],
    ),
    (
        "REQ-017",
        "laboratory-described",
        under("5.3"),
        [
            "Samples go to an accredited laboratory.",
            "A UKAS lab analyses the samples.",
            "Laboratory analysis is by dry combustion.",
        ],
        ["Nothing is known."],
    ),
    (
        "REQ-018",
        "",
        under("4.5", sub("Buffer Pools")),
        [
            "20% of each issuance goes to the buffer: 10% for the crediting term, 10% for permanence.",
            "20 per cent of issued credits are contributed to the buffer pool, 10 per cent each.",
            "A buffer pool contribution of 20% (10% + 10%) is deducted.",
            "A contribution of 20% split 10%/10% goes to the two buffer pools.",
            "Two buffer pools of 10% each, 20% in total.",
            "10% of each issuance goes to the Buffer Pool and a further 10% to the Permanence Buffer, a total of 20%.",
            "The buffer contribution is 20%, of which half is for the term and half for permanence.",
        ],
        [
            "15% goes to the buffer.",
            "20% does not go to the buffer.",
            "The buffer contribution is to be determined.",
            "25% of each issuance goes to the buffer: 15% and 10%.",
        ],
    ),
    (
        "REQ-019",
        "",
        under("2.1"),
        ["No harm is expected.", "Impacts were assessed; none were found."],
        ["TBC", "To be provided.", "[insert]"],
    ),
    (
        "REQ-020",
        "",
        under("2.1"),
        [
            "No adverse impacts are expected.",
            "No negative environmental or socio-economic effects have been identified.",
            "The project does no harm.",
            "Risks to neighbours are mitigated by buffer strips.",
            "There are no negative effects on people or nature.",
        ],
        ["TBC", "An impact assessment will be provided.", "Not yet assessed.", "[insert impacts]"],
    ),
    (
        "REQ-021",
        "",
        under("2.2"),
        [
            "Neighbours were consulted at a meeting in May 2023.",
            "Local stakeholders were informed by letter.",
            "Employees and neighbouring farmers were engaged in discussions.",
            "The tenant and the workers were involved from the start.",
            "We spoke to all adjoining landowners.",
        ],
        [
            "Stakeholders will be consulted.",
            "TBC",
            "No consultation was done yet.",
            "Details of consultation to be provided.",
        ],
    ),
    (
        "REQ-022",
        "assessment-stated",
        under("2.3"),
        [
            "No environmental impact assessment was carried out.",
            "An EIA was not required.",
            "An environmental assessment found no adverse effects.",
            "A farm audit was made by a consultant.",
            "No assessments have been undertaken.",
        ],
        ["TBC", "An assessment will be provided.", "See Appendix A."],
    ),
    (
        "REQ-023",
        "",
        under("2.4"),
        [
            "No public consultation was required.",
            "Public comments were invited by a notice; none were received.",
            "N/A",
            "Not applicable: the project is on private land.",
            "The parish council was consulted and raised no concern.",
        ],
        ["TBC", "Public comments will be sought.", "To be provided.", "[insert public comments]"],
    ),
]
GOOD = [(r, t, where, text) for r, t, where, good, _ in CASES for text in good]
BAD = [(r, t, where, text) for r, t, where, _, bad in CASES for text in bad]


def counts(found: Review, requirement: str, test: str) -> bool:
    """Whether the test passed; without a test, whether nothing is left to ask for."""
    row = found.row(requirement)
    if not test:
        return row.status in ("covered", "not_applicable")
    return next(t.outcome for t in row.tests if t.test == test) == "pass"


def names(cases: list[tuple[str, str, Callable[[str], Review], str]]) -> list[str]:
    return [f"{requirement}-{text[:40]}" for requirement, _, _, text in cases]


@pytest.mark.parametrize(("requirement", "test", "where", "text"), GOOD, ids=names(GOOD))
def test_an_answer_counts_however_it_is_worded(
    requirement: str, test: str, where: Callable[[str], Review], text: str
) -> None:
    assert counts(where(text), requirement, test)


@pytest.mark.parametrize(("requirement", "test", "where", "text"), BAD, ids=names(BAD))
def test_what_evades_promises_or_takes_back_does_not_count(
    requirement: str, test: str, where: Callable[[str], Review], text: str
) -> None:
    assert not counts(where(text), requirement, test)


@pytest.mark.parametrize(
    "nothing",
    [
        "TBC",
        "To be confirmed.",
        "[insert text here]",
        "<Enter your answer>",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit.",
        "This will be provided later.",
        "Evidence to be submitted in due course.",
    ],
)
@pytest.mark.parametrize(
    ("section", "requirement"),
    [("1.14", "REQ-014"), ("1.15", "REQ-015"), ("2.1", "REQ-020"), ("2.2", "REQ-021"), ("3.5", "REQ-016")],
)
def test_a_placeholder_or_a_promise_leaves_the_row_missing(section: str, requirement: str, nothing: str) -> None:
    row = under(section)(nothing).row(requirement)
    assert row.status == "missing"
    assert nothing not in [item.quote for item in row.evidence]


@pytest.mark.parametrize("elsewhere", ["See Appendix A.", "As above.", "Please refer to section 2.1", "Ditto"])
def test_a_pointer_to_another_place_is_no_answer_of_a_safeguard(elsewhere: str) -> None:
    assert under("2.1")(elsewhere).row("REQ-019").status == "partial"


@pytest.mark.parametrize(
    "text",
    [
        "Neighbours will be provided with a telephone number. Impacts are small.",
        "Emissions will be determined by an independent contractor; no harm is expected.",
    ],
)
def test_a_promise_that_says_what_and_how_is_an_answer(text: str) -> None:
    assert under("2.1")(text).row("REQ-020").status == "covered"


def test_a_word_torn_by_a_hyphen_at_the_lines_end_is_still_found() -> None:
    # Given an answer whose only telling word is broken over two lines
    row = with_section(s1_14=[ASK, say("Whoever works on the farm ad-", "heres to the rules of the land.")]).row(
        "REQ-014"
    )

    # Then it answers, and the quote is what stands there
    assert row.status == "covered"
    assert "ad-heres" in row.evidence[0].quote
