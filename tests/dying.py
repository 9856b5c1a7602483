"""Code for a process that kills itself at the n-th step it takes on disk; put before a test's own code."""

#: `die_at(n, folder)`: of the steps below `folder`. Audit hooks of the interpreter are told of each before it happens.
DIE_AT = """
import os, signal, sys

os.fsync = lambda _handle: None  # a killed process loses nothing that the system holds; this makes rounds quick
STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.chmod", "os.utime", "open"}

def die_at(step, home):
    seen = 0
    def hook(event, args):
        nonlocal seen
        if event not in STEPS or not str(args[0]).startswith(home):
            return
        if event == "open" and not (args[2] or 0) & (os.O_WRONLY | os.O_RDWR):
            return
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
"""
