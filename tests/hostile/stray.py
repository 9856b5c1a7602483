"""What may happen to the bytes of any file: bits turned, pieces lost, doubled, moved or put in."""

from __future__ import annotations

from random import Random

#: Numbers that programs count wrongly with, as they stand in binary files.
_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def stray(data: bytes, luck: Random) -> bytes:
    """`data` with one to four random damages."""
    for _ in range(luck.randint(1, 4)):
        data = luck.choice(_DAMAGES)(data, luck)
    return data


def _turned(data: bytes, luck: Random) -> bytes:
    made = bytearray(data)
    for _ in range(luck.choice((1, 3, 20, 400))):
        if made:
            made[luck.randrange(len(made))] ^= 1 << luck.randrange(8)
    return bytes(made)


def _cut(data: bytes, luck: Random) -> bytes:
    return data[: luck.randrange(len(data) + 1)]


def _lost(data: bytes, luck: Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    return data[:at] + data[at + luck.choice((1, 7, 100, 3000)) :]


def _doubled(data: bytes, luck: Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    piece = data[at : at + luck.choice((1, 50, 2000))]
    return data[:at] + piece * luck.choice((2, 9)) + data[at:]


def _moved(data: bytes, luck: Random) -> bytes:
    a, b = sorted(luck.randrange(len(data) + 1) for _ in range(2))
    return data[b:] + data[a:b] + data[:a]


def _edged(data: bytes, luck: Random) -> bytes:
    """A number of two or four bytes becomes one that programs count wrongly with."""
    width, order = luck.choice((2, 4)), luck.choice(("little", "big"))
    if len(data) <= width:
        return data
    at = luck.randrange(len(data) - width)
    number = luck.choice(_EDGES) & (256**width - 1)
    return data[:at] + number.to_bytes(width, order) + data[at + width :]  # type: ignore[arg-type]


def _filled(data: bytes, luck: Random) -> bytes:
    at = luck.randrange(len(data) + 1)
    return data[:at] + luck.choice((b"\0", b"\xff", b"%", b"<", b"[", b"(")) * luck.choice((1, 60, 20_000)) + data[at:]


_DAMAGES = (_turned, _turned, _cut, _lost, _doubled, _moved, _edged, _edged, _filled)
