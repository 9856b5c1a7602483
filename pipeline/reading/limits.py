"""What a reading process may use: memory, processor time, files; set by itself, held by the kernel."""

from __future__ import annotations

import contextlib
import resource

#: Seconds of processor time granted beyond the caller's patience, so that the caller's own clock strikes first.
GRACE = 5


def hold(memory_mb: int) -> None:
    """Limit this process for good: address space in MB, no files written, no core dump with document text in it."""
    for kind, amount in (
        (resource.RLIMIT_AS, memory_mb * 1024 * 1024),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        # A system may refuse one of them (macOS has no address space limit); the others still hold.
        with contextlib.suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
            resource.setrlimit(kind, (amount, amount))


def grant_seconds(seconds: float) -> None:
    """Allow so much more processor time from now on; the kernel ends the process when it is used up.

    The caller kills a reader that takes too long. This holds even when the caller is gone and cannot.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime + seconds) + GRACE
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
