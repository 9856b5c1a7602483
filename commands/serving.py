"""Commands for doors over a network: REST with the upload page, and the keys that open them."""

from __future__ import annotations

import click

from commands.door import Door, Verbs, cli, command
from commands.text import terminal
from commands.text.answers import Answer
from pipeline.errors import UsageError
from pipeline.models import SCHEMA_VERSION


@command(
    click.option("--host", metavar="ADDRESS", help="Where to listen (default: from the settings, 127.0.0.1)."),
    click.option("--port", metavar="N", type=click.IntRange(0, 65_535),
                 help="Which port; 0 takes a free one (default: from the settings, 8000)."),
)  # fmt: skip
def serve(door: Door, host: str | None, port: int | None) -> Answer | None:
    """Serve REST, and a page to upload files at.

    Ends on Ctrl-C or SIGTERM within ten seconds; what is cut off then is done by the next start. At the machine's own
    address nobody else can call it; any other address needs an API key first: `keys create`.
    """
    from actors.redis_queue import queue_for
    from servers import running
    from servers.app import access_of, make_app

    settings = door.ws.settings.server
    host = settings.host if host is None else host
    _require_key(door, host)
    access = access_of(door.ws, host)
    listener = running.bind(host, settings.port if port is None else port)
    app = make_app(door.ws, queue_for(door.ws, running.DRAIN_SECONDS), access)
    where = running.address_of(listener)
    ready = f"Serving {door.ws.data} at {where}; its routes: {where}/docs. Ctrl-C ends it."
    door.ends_when_told()
    running.serve(app, listener, lambda: door.note(ready))
    return None


def _require_key(door: Door, host: str) -> None:
    """UsageError for an address that other machines can reach, as long as there is no key."""
    from pipeline.home.keys import keys_exist
    from servers.access import is_loopback

    if not is_loopback(host) and not keys_exist(door.ws):
        raise UsageError(
            f"Other machines could reach {host}, and there is no API key yet: nothing is served.",
            "Make one first: registry-review keys create NAME --scope write",
        )


@cli.group(cls=Verbs)
def keys() -> None:
    """API keys: who may call the server."""


@command(
    click.argument("name"),
    click.option("--scope", type=click.Choice(("read", "write")), default="read", show_default=True,
                 help="What it may do; write includes read."),
    under=keys, name="create",
)  # fmt: skip
def keys_create(door: Door, name: str, scope: str) -> Answer:
    """Make a key and print it; it is shown this once."""
    from pipeline.home.keys import create_key

    made, secret = create_key(door.ws, name, (scope,))
    value = {"schema_version": SCHEMA_VERSION, **made.model_dump(mode="json"), "key": secret}
    return Answer(value, secret, notes=("Keep it: only its hash is stored.",))


@command(under=keys, name="list")
def keys_list(door: Door) -> Answer:
    """List the keys, without their secrets."""
    from pipeline.home.keys import list_keys

    found = list_keys(door.ws)
    rows = [(key.key_id, key.name, ", ".join(key.scopes), f"{key.created_at:%Y-%m-%d}") for key in found]
    text = terminal.table(("id", "name", "scopes", "since"), rows, door.width) if rows else "No keys."
    return Answer({"schema_version": SCHEMA_VERSION, "keys": list(found)}, text)


@command(click.argument("key", metavar="NAME|ID"), under=keys, name="revoke")
def keys_revoke(door: Door, key: str) -> Answer:
    """Revoke a key at once."""
    from pipeline.home.keys import revoke_key

    gone = revoke_key(door.ws, key)
    return Answer({"schema_version": SCHEMA_VERSION, "revoked": gone}, f"{terminal.plain(gone.name)} is revoked.")
