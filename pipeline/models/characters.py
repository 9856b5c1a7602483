"""Text from documents is shown as it is, except that characters which hide or reorder text become visible marks."""

from __future__ import annotations

import re

#: Control characters, zero-width and bidirectional controls, tags and lone surrogates. Soft hyphens and joiners stay:
#: real documents hold them and they cannot turn one sentence into another.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
#: The bullet of a symbol font as PDF readers hand it over; without that font it would show as an empty box.
_SYMBOL_BULLET = "\uf0b7"


def visible(text: str) -> str:
    """Return `text` with every hidden character as ⟦U+XXXX⟧, so that what is read is what is there."""
    shown = text.replace("\r\n", "\n").replace(_SYMBOL_BULLET, "•")
    return _HIDDEN.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", shown)


def escaped_in_json(text: str) -> str:
    r"""Return JSON `text` with hidden characters written as \uXXXX: the same value, and nothing hides in an editor.

    Only strings can hold such characters, and raw line feeds stand outside strings, so the result is the same JSON.
    """
    return _HIDDEN.sub(lambda found: _json_escape(ord(found[0])), text)


def _json_escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def split_long(text: str, keep: int = 420, slack: int = 180) -> tuple[str, str]:
    """Split `text` into what is shown at once and what is folded away; joined, the two are `text` again.

    Nothing is folded that is shorter than `keep + slack` characters; the split is at white space where there is some.
    """
    if len(text) <= keep + slack:
        return text, ""
    cut = max(text.rfind(" ", 0, keep), text.rfind("\n", 0, keep))
    cut = cut + 1 if cut > keep // 2 else keep
    return text[:cut], text[cut:]


def plain(text: object) -> str:
    """`text` on one line, control characters made visible: a hostile file name must not steer the terminal."""
    return " ".join(visible(str(text).replace("\n", " ").replace("\t", " ")).split())
