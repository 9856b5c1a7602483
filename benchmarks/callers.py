"""Many clients at once over kept connections, as cheap as can be, so that what is measured is the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Calls:
    """What a round of calls came to; seconds."""

    seconds: float
    each: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Calls that were answered in a second, all clients together."""
        return len(self.each) / self.seconds

    @property
    def p99(self) -> float:
        """What 99 of 100 calls were quicker than."""
        return quantiles(self.each, n=100, method="inclusive")[-1]

    @property
    def shown(self) -> str:
        """For the table."""
        return f"{self.per_second:,.0f} calls/s, p99 {self.p99 * 1000:,.0f} ms"


def call(port: int, clients: int, calls: int, request: Callable[[int], bytes]) -> Calls:
    """Make so many calls with so many clients at once; `request(n)` is the n-th call, head and body.

    RuntimeError for an answer that is no 200.
    """
    return asyncio.run(_call(port, clients, [request(number) for number in range(calls)]))


async def _call(port: int, clients: int, requests: Sequence[bytes]) -> Calls:
    each: list[float] = []
    left = iter(requests)
    opened = [await asyncio.open_connection("127.0.0.1", port, limit=2**20) for _ in range(clients)]

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in left:
            begun = time.perf_counter()
            writer.write(request)
            await writer.drain()
            await _answer(reader)
            each.append(time.perf_counter() - begun)
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(client(*one) for one in opened))
    return Calls(time.perf_counter() - begun, tuple(each))


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"an answer was {head[:200]!r}")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    await reader.readexactly(length)
