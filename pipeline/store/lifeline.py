"""A child process ends with the program that started it, also while code in it holds the interpreter.

A pipe whose other end the program alone holds: the kernel itself sends SIGIO when that end is closed, and a process
that does not handle SIGIO is ended by it. A thread of the child that waits for the end of its input cannot do that: it
needs the interpreter to act.
"""

from __future__ import annotations

import fcntl
import os
import select


def tie(descriptor: int) -> None:
    """Have this process sent SIGIO when the last writer of the pipe `descriptor` is gone, or end now if it is already.

    Nothing must ever be written into the pipe: that would send the signal too.
    """
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if poll.poll(0):
        os._exit(0)
