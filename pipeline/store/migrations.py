"""Old session files are brought to the present schema step by step; the list of steps only ever grows.

To add one: raise SCHEMA_VERSION in pipeline/models/ by one, write a function below that takes the tables as they were
and returns them as they are to be, and append it to MIGRATIONS. Never edit or remove a step that was released:
somebody's session may still stand before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.errors import SessionCorrupt
from pipeline.models import SCHEMA_VERSION
from pipeline.store.storage import Tables

#: Turns the tables of one version into those of the next; plain JSON in, plain JSON out, because old models are gone.
Migration = Callable[[Tables], Tables]

#: MIGRATIONS[n] leads from version n+1 to version n+2.
MIGRATIONS: tuple[Migration, ...] = ()

#: Key of the one row in the table `session`.
SESSION_ROW = "session"


def version_of(tables: Tables) -> int:
    """The schema version the tables were written with; SessionCorrupt when they do not say."""
    version = tables.get("session", {}).get(SESSION_ROW, {}).get("schema_version")
    if not isinstance(version, int) or version < 1:
        raise SessionCorrupt("The session's file does not say which schema version it has.")
    return version


def migrate(tables: Tables, steps: Sequence[Migration] = MIGRATIONS) -> Tables:
    """The tables at the newest version that `steps` lead to; as they are when they stand there already.

    Raises SessionCorrupt for a file that a newer program wrote: reading it by old rules could lose what it added.
    """
    newest = len(steps) + 1
    version = version_of(tables)
    if version > newest:
        raise SessionCorrupt(
            f"The session was written by a newer version of this program (schema {version}, this one knows {newest}).",
            "Update the program.",
        )
    for step in steps[version - 1 :]:
        tables = step(tables)
        version += 1
        tables["session"][SESSION_ROW]["schema_version"] = version
    return tables


if len(MIGRATIONS) + 1 != SCHEMA_VERSION:  # pragma: no cover - a mistake of the developer, seen at the first import
    raise RuntimeError("SCHEMA_VERSION and MIGRATIONS disagree: every version needs the step that leads to it")
