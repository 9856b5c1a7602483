"""Sentences that fill a place and answer nothing: placeholders, promises, pointers to somewhere else."""

from __future__ import annotations

import re

from pipeline.evidence.dates import dates_in

_LATER = (
    r"provided|supplied|submitted|confirmed|determined|decided|completed|described|agreed|finali[sz]ed|advised|sought"
)
_PLACEHOLDER = re.compile(
    rf"^\W*(?:tb[acd]|to be (?:added|inserted|filled in|{_LATER})|pending|x{{3,}})\W*$|\blorem ipsum\b"
    r"|^\W*[\[<{][^\]>}]*[\]>}]\W*$|[\[<{]\s*(?:insert|enter|click|type)\b",
    re.I,
)
#: A promise ends its sentence; "will be provided with feed" and "will be described in each report" say something.
_PROMISE = re.compile(
    rf"\b(?:will|shall|is to|are to|to) be (?:{_LATER})\b"
    r"(?:\s+(?:later|soon|shortly|separately|in due course|(?:up)?on request|at a later \w+|in the future))?\W*$",
    re.I,
)
_POINTER = re.compile(
    r"^\W*(?:please\s+)?(?:see|refer to|as (?:per|in|above|below|before|described|stated|mentioned)|ditto|same as)\b"
    r".{0,60}$",
    re.I,
)


def says_anything(sentence: str) -> bool:
    """True for words, a date or a share that answer.

    Not for a lone number, a list's mark, dots to write on, "TBC", "[insert ...]" or "will be provided later".
    """
    if _PLACEHOLDER.search(sentence) or _PROMISE.search(sentence):
        return False
    return bool(re.search(r"[^\W\d_]{2}|\bn/?a\b|\d\s?%", sentence, re.I) or dates_in(sentence))


def points_elsewhere(sentence: str) -> bool:
    """True for "See Appendix A" and "As above": an answer may stand there, none stands here."""
    return bool(_POINTER.match(sentence))
