"""What a form looks like: its sections, sub-heads and table labels, and how its instructions are phrased."""

from __future__ import annotations

import re

from pipeline.forms.normal import plain, squash, unbroken
from pipeline.models import Value


class FormSection(Value):
    """A section of the form: its number as printed ("1.8"; "Appendix" has none) and its title."""

    number: str
    title: str
    #: Other titles seen under the same number.
    also: tuple[str, ...] = ()
    #: Headings inside the section that carry no number.
    subheads: tuple[str, ...] = ()
    #: Printed cells of its tables: never an answer by themselves.
    labels: tuple[str, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """Every title the section may stand under."""
        return (self.title, *self.also)


class FormGrammar(Value):
    """The sections of a form in order."""

    sections: tuple[FormSection, ...]

    def section(self, number: str) -> FormSection | None:
        """The section of that number, if the form has it."""
        return next((s for s in self.sections if s.number == number), None)

    def by_title(self, title: str) -> FormSection | None:
        """The section whose title this line is, spaces, hyphens and case aside."""
        wanted = squash(title)
        return next((s for s in self.sections if any(squash(t) == wanted for t in s.titles)), None)


# An instruction tells somebody to do something. When italics are lost this grammar is what is left to see it by.
_VERBS = (
    "add|address|answer|append|assess|attach|attest|calculate|cite|clarify|classify|compare|complete|confirm|consider|copy|"
    "declare|define|delete|demonstrate|describe|detail|disclose|discuss|document|enclose|ensure|enter|estimate|evidence|"
    "explain|fill|give|identify|include|indicate|insert|justify|leave out|list|mention|name|note|outline|point out|"
    "present|provide|quantify|quote|record|refer|remove|repeat|report|say|select|set out|show|specify|state|submit|"
    "summari[sz]e|supply|take into account|tell|tick|treat|use|write"
)
# Words that are as often nouns ("Cover crops are grown"): an instruction only where no verb of a statement follows.
_WEAK_VERBS = "account|break down|bring|check|cover|draw|go|keep|limit|look|make|map|plan|put|set|split|start"
_OPENERS = (
    r"(?:additionally|also|briefly|clearly|further|in addition|please|then|where applicable|where relevant|if so|"
    r"if applicable)"
)
#: Imperatives that are nouns and adjectives too: "Present land use is arable" tells nobody anything to do.
_NOUN = re.compile(
    rf"^(?:{_OPENERS},?\s+)*(?:address|answer|complete|copy|detail|document|estimate|evidence|list|name|note|outline|"
    r"present|quote|record|report|show|state|tick|treat|use)\s+(?!(?:the|an?|all|any|each|every|your|its|those|these)\b)",
    re.I,
)
#: A list's mark: "(a)", "b)", "3."
_MARK = re.compile(r"^\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s+", re.I)
_IMPERATIVE = re.compile(
    rf"^(?:{_OPENERS},?\s+)*(?:{_VERBS})\b(?!\s*:)(?!\s+(?:is|are|was|were|has|have|will|of)\b)", re.I
)
_CONDITIONAL = re.compile(
    rf"^(?:if|where|when|for (?:all|each|every|any))\b.*?,\s*(?:please\s+)?"
    rf"(?:(?:{_VERBS})\b|(?:{_WEAK_VERBS})\s+(?:how|what|which|who|whether|where|when)\b)",
    re.I | re.S,
)
_WEAK = re.compile(rf"^(?:{_OPENERS},?\s+)*(?:{_WEAK_VERBS})\b(?!\s*:)", re.I)
_SUBORDINATE = re.compile(r"\b(?:that|which|who|how|what|where|when|whether|if)\b", re.I)
_STATES = re.compile(r"\b(?:is|are|was|were|be|been|has|have|had|will|shall|may|can|does|do|did)\b", re.I)
_ABOUT_THE_FORM = re.compile(
    r"^this (?:could|should|may|must) include\b|^(?:this|these) includes?\W*$|^note that\b"
    r"|\b(?:delete|remove) this (?:text|section)\b|^(?:project )?proponents?\b.*\bmust\b"
    r"|^(?:all |each |aggregated )?projects?\b.{0,30}\bmust (?:give|provide|state|describe|show)\b"
    r"|\b(?:sections?|items?|headings?)\b[^\d.]{0,40}\b(?:below|further on|of (?:its|their) own)\b[^\d]*$"
    r"|\bfollowing project plan items\b|^examples? (?:include|may)\b",
    re.I | re.S,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|shall|may|can|does|do|did|includes?|falls?|shows?|owns?|owned|held|"
    r"holds?|provides?|supports?|lies|stands|covers?|none|not|no)\b",
    re.I,
)


def is_instruction(sentence: str) -> bool:
    """True when a sentence, by its grammar alone, tells the proponent what to write."""
    text = _MARK.sub("", plain(sentence).strip("\u2022 -\uf0b7"))
    return _instructs(text) or (unbroken(text) != text and _instructs(unbroken(text)))


def _instructs(text: str) -> bool:
    main = _SUBORDINATE.split(text)[0]
    if _CONDITIONAL.match(text) or _ABOUT_THE_FORM.search(text):
        return True
    if _IMPERATIVE.match(text):
        return not (_NOUN.match(text) and _STATES.search(main))
    return bool(_WEAK.match(text)) and not _STATES.search(main) and not re.search(r"\d", text)


def states_something(text: str) -> bool:
    """True when a text has the verb, the negation or the figure of a statement; a title has none of them."""
    return bool(_FINITE.search(plain(text)) or re.search(r"\d|%|@", text))


def is_instruction_item(item: str) -> bool:
    """True for a list item that only names a thing ("proof of tenure."), as items under an instruction do."""
    return not states_something(plain(item).strip("\u2022 -\uf0b7"))
