"""Bodies that a server packed although it was asked not to: unpacked piece by piece, so that a few bytes stay few."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from pipeline.errors import FileRefused

Unpacker = Callable[[Iterable[bytes]], Iterator[bytes]]
#: The most that comes out of one step; whoever counts stops between two of them.
_STEP = 1 << 16


def unpacker_for(encoding: str, host: str) -> Unpacker:
    """What makes the file of a body with that Content-Encoding; FileRefused for one that is not unpacked here.

    FileRefused while unpacking when the bytes are not what they claim or end too early.
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return lambda pieces: iter(pieces)
    if coding in ("gzip", "x-gzip"):
        return lambda pieces: _gunzipped(pieces, host)
    raise FileRefused(f"{host} sends the file packed in a way that is not read here.", "Download it and add it.")


def _gunzipped(pieces: Iterable[bytes], host: str) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)  # 16: the form is gzip
    begun = False
    for piece in pieces:
        packed = piece
        while packed:
            if unpacker.eof:
                unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)  # RFC 1952: members follow one another
            begun = True
            try:
                made = unpacker.decompress(packed, _STEP)
            except zlib.error as error:
                raise _damaged(host) from error
            packed = unpacker.unconsumed_tail or unpacker.unused_data
            if made:
                yield made
    # What is still inside after the last piece fits into little, yet counts.
    while begun and not unpacker.eof:
        try:
            made = unpacker.decompress(b"", _STEP)
        except zlib.error as error:
            raise _damaged(host) from error
        if not made:
            raise _damaged(host)
        yield made


def _damaged(host: str) -> FileRefused:
    return FileRefused(f"What {host} sends is packed and damaged.", "Download the file in a browser and add it.")
