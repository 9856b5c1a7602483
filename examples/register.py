"""A land register: the official copy of one title, in the three registers that such copies have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from examples.chance import chance
from examples.farm import Farm, Title
from examples.sheet import Draw, Sheet, print_pages, rule, text_at
from examples.style import Face

_LEFT, _ENTRY = 72.0, 108.0


def write_register(farm: Farm, title: Title, proprietor: str | None = None) -> bytes:
    """The official copy of a title as PDF.

    `proprietor` stands in upper case in the Proprietorship Register, in place of the farm's owner; the lender of the
    Charges Register is a "Proprietor:" too, in mixed case.
    """
    rng = chance("register", title.number)
    family = rng.choice(("courier", "helvetica", "times"))
    body = Face(family, "", 9.5 if family == "courier" else 10.5)
    crossing = rng.random() < 0.35  # the proprietor's entry runs on to the next page
    sheet = Sheet("a4", top=64.0, bottom=64.0)
    _message(sheet, body, title)
    sheet.new_page()
    sheet.draw(text_at(_LEFT, sheet.y + 18, "Official copy of register of title", body._replace(size=19)))
    sheet.y += 44
    strong = body._replace(style="B", size=body.size + 1)
    sheet.draw(text_at(_LEFT, sheet.y + 10, f"Title number {title.number}", strong))
    sheet.draw(text_at(330, sheet.y + 10, f"Edition date {title.edition:%d.%m.%Y}", body))
    sheet.y += 30
    for text in (
        f"This copy shows what stood on the register on {title.issued:%d %b %Y} at 10:{rng.randint(10, 59)}:07.",
        "That date is to be quoted as the date of search.",
        f"Issued on {title.issued:%d %b %Y}.",
        f"The title is kept by the registry's {farm.county} office.",
    ):
        sheet.paragraph(text, _ENTRY, body, mark="\u2013", mark_x=_LEFT + 18)
    for head, opening, entries in (
        (
            "A: Property Register",
            "This register names the land and the estate held in it.",
            _property(farm, title, rng, 4 if crossing else 1),
        ),
        (
            "B: Proprietorship Register",
            "This register states the class of title, names the owner and lists what binds the owner's dealings.",
            _proprietorship(farm, title, proprietor, rng),
        ),
        (
            "C: Charges Register",
            "This register lists charges and other matters that burden the land.",
            _charges(farm, title, rng),
        ),
    ):
        if head.startswith("B") and crossing:
            first_line = 78 + sheet.height_of(opening, _LEFT, body) + body.size * 1.4 + 1
            sheet.y = max(sheet.y, sheet.height - sheet.bottom - first_line)
        _section(sheet, body, head, opening, entries)
    sheet.y += 18
    sheet.paragraph("End of register", _LEFT, body._replace(style="B"))
    return print_pages("a4", _numbered(sheet, body, title))


def printed_proprietor(name: str) -> str:
    """A proprietor's name as registers print it: upper case, but for the "and" between two owners."""
    return name.upper().replace(" AND ", " and ")


def _message(sheet: Sheet, body: Face, title: Title) -> None:
    """The message that comes before the copy, with a note where applications are pending."""
    texts = [
        "The electronic official copy of the register follows this message.",
        "It is the only copy that is issued; none will be sent on paper.",
    ]
    if title.pending:
        texts.append(
            "Please note that this title is subject to pending applications which have not yet been completed. "
            "The entries below may change when they are."
        )
    for text in texts:
        sheet.paragraph(text, _LEFT, body, gap=10)


def _section(sheet: Sheet, body: Face, head: str, opening: str, entries: Sequence[tuple[date | None, str]]) -> None:
    """One of the three registers; its head is repeated when it runs on to another page."""
    sheet.need(100)
    sheet.y += 20
    strong = body._replace(style="B", size=body.size + 4)
    sheet.draw(text_at(_LEFT, sheet.y + 14, head, strong))
    sheet.y += 26
    sheet.paragraph(opening, _LEFT, body, gap=8)
    if head.startswith("B"):
        sheet.draw(text_at(_LEFT, sheet.y + 10, "Title absolute", body._replace(style="B")))
        sheet.y += 24
    for number, (day, text) in enumerate(entries, start=1):
        words = sheet.words(f"({day:%d.%m.%Y}) {text}" if day else text, body)
        for i, line in enumerate(sheet.broken(words, sheet.width - sheet.right - _ENTRY, body)):
            before = sheet.page
            sheet.need(body.size * 1.4)
            if sheet.page != before:
                sheet.draw(text_at(_LEFT, sheet.y + 14, f"{head} continued", strong))
                sheet.y += 30
            if i == 0:
                sheet.draw(text_at(_LEFT, sheet.y + body.size * 0.93, str(number), body))
            sheet.set_line(line, _ENTRY, sheet.y, body)
            sheet.y += body.size * 1.4
        sheet.y += 8


def _property(farm: Farm, title: Title, rng: Random, removed: int) -> list[tuple[date | None, str]]:
    first = date(rng.randint(1962, 1999), rng.randint(1, 12), rng.randint(1, 28))
    fields = " and ".join(p.name for p in rng.sample(farm.parcels, 2))
    return [
        (
            first,
            "The Freehold land shown edged with red on the plan of the above title filed at the registry and being "
            f"land at {farm.name}, {farm.town} ({fields}).",
        ),
        (
            first,
            "The land has the benefit of the rights granted by, but is subject to the rights reserved by, a Conveyance "
            f"dated {rng.randint(1, 28)} May {first.year - 20} made between (1) The Trustees of the {farm.county} "
            "Charity and (2) Josiah Penhallam, so far as they are capable of being enforced.",
        ),
        *(
            (
                title.edition,
                "The land edged and numbered in green on the title plan has been removed from this title and entered "
                f"under the title number {farm.neighbour_title[:2]}{int(farm.neighbour_title[2:]) + 211 * i}.",
            )
            for i in range(removed)
        ),
        (None, "NOTE: A copy of the transfer is filed under the title named in the entry above."),
    ]


def _proprietorship(farm: Farm, title: Title, proprietor: str | None, rng: Random) -> list[tuple[date | None, str]]:
    name = printed_proprietor(proprietor or farm.owner)
    where = farm.owner_contact.address
    if proprietor is None and farm.owner_kind == "company":
        name = f"{name} (Co. Regn. No. {farm.company_number})"
    both = "both of" if " and " in name else "of"
    email = f" and of {farm.owner_contact.email}" if rng.random() < 0.5 else ""
    entries: list[tuple[date | None, str]] = [
        (title.edition, f"PROPRIETOR: {name} {both} {where}{email}."),
        (title.edition, f"The price stated to have been paid on that date was £{rng.randint(410, 2900) * 1000:,}."),
    ]
    if title.lender:
        entries.append(
            (
                title.edition,
                "RESTRICTION: No disposition of the estate by its proprietor is to be registered without a written "
                "consent signed by the proprietor for the time being of the Charge dated "
                f"{title.edition:%d %B %Y} in favour of {title.lender.title()} referred to in the Charges Register.",
            )
        )
    return entries


def _charges(farm: Farm, title: Title, rng: Random) -> list[tuple[date | None, str]]:
    entries: list[tuple[date | None, str]] = [
        (
            None,
            "The land is subject to the rights granted by a Deed of Grant of an electric line across "
            f"{rng.choice(farm.parcels).name} for 99 years.",
        )
    ]
    if title.lender:
        entries += [
            (title.edition, f"REGISTERED CHARGE dated {title.edition:%d %B %Y}."),
            (
                title.edition,
                f"Proprietor: {title.lender} (Scot. Co. Regn. No. SC{rng.randint(100000, 499999)}) of Agricultural "
                f"Lending, {rng.randint(2, 60)} Exchange Row, Market Oddling, {farm.county}, ZZ4 4QX.",
            ),
        ]
    return entries


def _numbered(sheet: Sheet, body: Face, title: Title) -> list[list[Draw]]:
    """The pages with title number and page number: the message has neither."""
    pages, total = [sheet.pages[0]], len(sheet.pages) - 1
    for i, page in enumerate(sheet.pages[1:], start=1):
        foot = [rule(_LEFT, 800, sheet.width - _LEFT, 800), text_at(sheet.width - 110, 815, f"{i} of {total}", body)]
        head = [text_at(_LEFT, 44, f"Title number {title.number}", body)] if i > 1 else []
        pages.append([*head, *page, *foot])
    return pages
