"""What a holder's name is made of: the name itself, and the titles, offices, forms and accounts around it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pipeline.forms.normal import plain

#: Forms of address and letters behind a name; they tell nobody apart.
_ADDRESS = {"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "dame", "lady", "lord", "prof", "professor", "rev", "the"}
_ADDRESS |= {"reverend", "messrs", "esq", "esquire", "hon", "capt", "captain", "col", "colonel", "major", "maj"}
_ADDRESS |= {"obe", "mbe", "cbe", "jp", "dl", "bsc", "msc", "phd", "frics", "mrics", "fraggs", "nda", "qc", "kc"}
_GENERATION = {"jnr": "junior", "jr": "junior", "junior": "junior", "snr": "senior", "sr": "senior", "senior": "senior"}
#: Short forms that mean the same as the whole word.
_SHORT = {"ltd": "limited", "co": "company", "bros": "brothers", "p'ship": "partnership", "pship": "partnership"}
#: What only says that it is a company of some form.
_LEGAL = {"limited", "llp", "plc", "lp", "inc", "cic"}
#: Words of companies, partnerships and farms that name nobody.
FORMS = _LEGAL | {"partnership", "partners", "company", "farms", "farm", "farming", "estate", "estates", "trust"}
FORMS |= {"sons", "son", "daughter", "daughters", "brothers", "and", "group", "holdings", "of", "uk"}
_DOTTED = re.compile(r"\b(?:l\.?\s?l\.?\s?p|p\.?\s?l\.?\s?c|l\.?\s?t\.?\s?d|c\.?\s?i\.?\s?c)\b\.?", re.I)
_TRADING = re.compile(
    r"(?<!\s)\s*+(?:[,(]\s*+)?\b(?:t/as?|t\.a\.|trading\s++(?:as|under(?:\s+the\s+name(?:\s+of)?)?))\s+"
    r"(?P<name>[^()]+)\)?",
    re.I,
)
_OFFICE = re.compile(
    r"\b(?:as\s+)?(?:(?:the|a)\s+)?(?P<office>trustees?|executors?|executrix|administrators?|"
    r"(?:legal\s+)?personal\s+representatives?|beneficiar(?:y|ies))\b(?:\s+(?:of|for))?(?:\s+the)?(?:\s+estate\s+of)?"
    r"(?:\s+the\s+late)?|\b(?:the\s+)?(?:estate\s+of(?:\s+the\s+late)?|the\s+late)\b|\b(?:deceased|dec'?d)\b",
    re.I,
)
_ACCOUNT = re.compile(
    r"(?<!\s)\s*+(?:[-,:(/]\s*+)?\b(?:(?:no\.?|number)\s*+\d++\s++|(?:carbon|credits?|client|business|current|deposit|registry|farm|joint"
    r"|number\s*(?:one|two)|second|reserve)\s++)*+(?:account|acct|a/c)\b"
    r"(?:\s*+(?:(?:no\.?|number|#)\s*+)?\d++)?+\s*+(?:\)\s*+)?$",
    re.I,
)
#: A company's number or place of registration in brackets.
_NUMBER = re.compile(
    r"\((?![^)]*\b(?:account|a/c)\b)(?=[^)]*\b(?:co|company|regn?|registration|incorporated|no)\b)[^)]*\)", re.I
)
_TRUST = re.compile(r"\b(?:settlement|trust|will\s+trust|pension\s+(?:scheme|fund))\b", re.I)


@dataclass(frozen=True)
class Parts:
    """A name taken apart; every word folded: small letters, no accents, no titles."""

    #: The words of the name, forms of companies among them, legal ones aside.
    core: tuple[str, ...]
    #: limited, llp ...; empty for a person.
    form: str = ""
    #: trustee or executor; empty for one who holds in his own name.
    office: str = ""
    trust: bool = False
    account: bool = False
    #: The name behind "trading as".
    trading: str = ""
    generation: str = ""

    @property
    def without_forms(self) -> tuple[str, ...]:
        """The words that tell holders apart."""
        return tuple(w for w in self.core if w not in FORMS)


def parts_of(name: str) -> Parts:
    """Take a name apart; "MARROWFIELD, Agnes" is turned round."""
    text = _NUMBER.sub(" ", plain(name))
    account = not _ACCOUNT.fullmatch(text) and bool(_ACCOUNT.search(text))
    text = _ACCOUNT.sub("", text) if account else text
    trading = ""
    if found := _TRADING.search(text):
        trading = " ".join(_words(found["name"])[0])
        text = text[: found.start()] + text[found.end() :]
    office = ""
    if found := _OFFICE.search(text):
        office = "trustee" if (found["office"] or "").casefold().startswith("trus") else "executor"
        text = _OFFICE.sub(" ", text)
    words, form, generation = _words(turned(text))
    return Parts(words, form, office, bool(_TRUST.search(text)), account, trading, generation)


def turned(text: str) -> str:
    """ "Surname, First" as "First Surname"; anything else as it is."""
    match = re.fullmatch(r"\s*(?P<last>[^\W\d_][\w'-]+)\s*,\s*(?P<first>[^\W\d_][\w.'-]*(?:\s+[\w.'-]+){0,2})\s*", text)
    if not match or _words(match["first"])[1] or {w.casefold() for w in match["first"].split()} & FORMS:
        return text
    return f"{match['first']} {match['last']}"


def _words(text: str) -> tuple[tuple[str, ...], str, str]:
    """The folded words of a name, its legal form and its generation."""
    text = _DOTTED.sub(lambda m: re.sub(r"[.\s]", "", m.group()) + " ", text)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    text = text.replace(".", " ").replace("&", " and ").replace("-", " ")
    found = [_SHORT.get(w, w) for w in re.findall(r"[^\W_]+(?:'[^\W_]+)*", text)]
    found = [w.replace("'", "") for w in found if w not in _ADDRESS]
    form = next((w for w in found if w in _LEGAL), "")
    generation = next((_GENERATION[w] for w in found if w in _GENERATION), "")
    return tuple(w for w in found if w not in _LEGAL and w not in _GENERATION), form, generation
