"""What a night's run over all sessions came to, for a terminal and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.batch_report import Skipped
from commands.text.answers import Answer
from pipeline.home import exit_codes
from pipeline.models import SCHEMA_VERSION, wording

if TYPE_CHECKING:
    from actors.batch_report import Night


def night(found: Night | Skipped, tell: bool) -> Answer:
    """The answer to `batch-report`: no text unless told otherwise; failures are its problems, one each."""
    if isinstance(found, Skipped):
        skipped = {"schema_version": SCHEMA_VERSION, "skipped": True, "reason": found.reason}
        said = f"{found.reason} Nothing was done."
        return Answer(skipped, said if tell else "", notes=() if tell else (said,))
    done = found.renewal
    value = {
        "schema_version": SCHEMA_VERSION,
        "skipped": False,
        "paths": {kind: str(path) for kind, path in found.paths.items()},
        "last_success": str(found.stamp) if found.stamp else None,
        "sessions": len(found.portfolio.farms),
        "looked_at": list(done.looked_at),
        "renewed": list(done.renewed),
        "failed": [{"session_id": one, "message": e.message, "cure": e.cure} for one, e in done.failed],
        "left": list(done.left),
        "changes": found.portfolio.changes,
    }
    problems = tuple((f"{one}: {error.message}", error.cure) for one, error in done.failed)
    if done.stopped:
        what = f"{wording.count(len(done.left), 'farm')} could not be finished: {done.stopped.message}"
        problems += ((what, done.stopped.cure),)
    short = _in_short(found)
    text = "\n".join([short[0], *(f"renewed: {sid}" for sid in done.renewed), short[1]]) if tell else ""
    return Answer(value, text, _code(found), notes=() if tell else short, problems=problems)


def _code(found: Night) -> int:
    """A damaged session or a checklist that is gone is a failure of that farm, not a wrong use of this command."""
    done = found.renewal
    codes = [exit_codes.code_of(error) for _, error in done.failed] + [exit_codes.TRY_AGAIN] * bool(done.stopped)
    return exit_codes.TRY_AGAIN if set(codes) == {exit_codes.TRY_AGAIN} else exit_codes.FAILED * bool(codes)


def _in_short(found: Night) -> tuple[str, str]:
    """What the run came to, and where that can be read."""
    done = found.renewal
    return (
        f"{wording.count(len(found.portfolio.farms), 'farm')}; {wording.count(len(done.renewed), 'report')} renewed, "
        f"{len(done.failed)} failed.",
        f"The portfolio: {found.paths['html']}",
    )
