"""Asks the OSV service for known holes in what requirements.lock names; says plainly when it cannot be asked.

Exit code 0: none known, or not asked, and which of the two is printed; 1: there are some, each is printed.
"""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
SERVICE = "https://api.osv.dev/"
#: pip-audit is no part of what is tested or shipped, so it has an environment of its own.
PLACE = Path(sys.prefix) / "audit"


def why_not() -> str | None:
    """Why the service cannot be asked; None when it answers, whatever it says."""
    try:
        urllib.request.urlopen(SERVICE, timeout=10).close()
    except urllib.error.HTTPError:
        return None
    except OSError as error:
        return str(getattr(error, "reason", error))
    return None


def main() -> int:
    """Audit, or say why not."""
    reason = why_not()
    if reason is not None:
        print(f"NOT AUDITED: {SERVICE} cannot be reached from here ({reason}). Run `make audit` where it can.")
        return 0
    if not (PLACE / "bin" / "pip-audit").exists():
        venv.create(PLACE, with_pip=True, clear=True)
        subprocess.run([PLACE / "bin/python", "-m", "pip", "install", "--quiet", "pip-audit>=2.9"], check=True)  # noqa: S603 - our own environment
    options = ("--vulnerability-service", "osv", "--require-hashes", "--disable-pip", "--progress-spinner", "off")
    done = subprocess.run([PLACE / "bin/pip-audit", *options, "--requirement", LOCK], check=False)  # noqa: S603 - just installed
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
