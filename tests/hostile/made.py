"""One made input: what it is called, its bytes, and which mutator made it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple


class Input(NamedTuple):
    """A file to be dropped."""

    #: As bytes, since a file system takes names that no text can hold.
    name: bytes
    content: bytes
    #: The family and the mutator: "pdf: xref goes in circles".
    made_by: str


#: Makes bytes from luck alone; honest material comes from `honest`.
Maker = Callable[[Random], bytes]
