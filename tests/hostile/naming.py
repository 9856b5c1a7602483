"""Names that a hostile hand gives to files and folders."""

from __future__ import annotations

from random import Random

_STEMS = (
    b"plan", b"Land registry title", b"..\\..\\up", b"C:\\x", b"CON", b"nul.tar", b"-rf $(touch x)", b"' OR 1=1 --",
    b"<img src=x onerror=alert(1)>", b"=1+1", b"a\nb", b"tab\there", b"\x1b[31mred", b"stray\xff\xfe", b"\xed\xa0\x80",
    "e\u0301ter".encode(), "\u00e9ter".encode(), "gpj.\u202efdp".encode(), "\u2028".encode(), "\U0001f331 \u200d".encode(),
    "ﬁnal".encode(), b" ", b"...", b"%2e%2e%2f", b"${HOME}", b"{0.__class__}", b"%s%n", b"a" * 240, "ä".encode() * 120,
    b"x.pdf", b"report-session-v1",
)  # fmt: skip


def named(number: int, ending: str, luck: Random) -> bytes:
    """A name for an input, mostly plain, its number first so that no two are equal; a tenth have strange folders."""
    stem = luck.choice(_STEMS) if luck.random() < 0.3 else b"document"
    other = luck.choice((".pdf", ".xlsx", ".zip", "", ".exe", ".PDF"))
    name = b"%04d %s%s" % (number, stem, (other if luck.random() < 0.1 else ending).encode())
    folder = (
        luck.choice((b"maps", b"..\\x", "e\u0301".encode(), b"a" * 200, b"=x")) + b"/" if luck.random() < 0.1 else b""
    )
    return folder + (name if len(name) <= 255 else name[:240] + ending.encode())
