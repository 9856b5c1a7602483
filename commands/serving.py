"""Commands for doors over a network: REST with the upload page, and the keys that open them."""

from __future__ import annotations

import click

from commands.door import Door, Verbs, cli, command
from commands.text import terminal
from commands.text.answers import Answer
from pipeline.errors import UsageError
from pipeline.models import SCHEMA_VERSION, characters


@command(
    click.option("--host", metavar="ADDRESS", help="Where to listen (default: from the settings, 127.0.0.1)."),
    click.option("--port", metavar="N", type=click.IntRange(0, 65_535),
                 help="Which port; 0 takes a free one (default: from the settings, 8000)."),
    click.option("--token", is_flag=True, help="Let in nobody without a key or the one-time link that is printed."),
)  # fmt: skip
def serve(door: Door, host: str | None, port: int | None, token: bool) -> Answer | None:
    """Serve REST, and a page to upload files at.

    Ends on Ctrl-C or SIGTERM within ten seconds; what is cut off then is done by the next start. At the machine's own
    address no other machine can call it; any other address needs an API key first: `keys create`. Other accounts of
    this machine can, unless there is a key, or --token is given: it prints a link that signs in one browser, once.
    """
    from actors.redis_queue import queue_for  # start-up
    from servers import running  # start-up
    from servers.app import access_of, make_app  # start-up
    from servers.one_time import OneTime

    settings = door.ws.settings.server
    host = settings.host if host is None else host
    _require_key(door, host)
    once = OneTime(door.ws) if token else None
    access = access_of(door.ws, host, once)
    listener = running.bind(host, settings.port if port is None else port)
    app = make_app(door.ws, queue_for(door.ws, running.DRAIN_SECONDS), access)
    where = running.address_of(listener)
    ready = f"Serving {door.ws.data} at {where}; its routes: {where}/docs. Ctrl-C ends it."
    public = settings.public_url or where

    or_else = ", or serve --token, which prints a link with a one-time token to sign in with"

    def tell() -> None:
        door.note(ready)
        if once is not None:
            click.echo(f"Opens one browser, once: {public}/sign-in?token={once.token}", err=True)
        elif warning := open_to_others(door, or_else):
            door.note(warning)

    door.ends_when_told()
    running.serve(app, listener, tell, running.Limits.of(settings))
    return None


def open_to_others(door: Door, or_else: str = "") -> str:
    """What is to be said of a server without keys on a machine with several accounts; empty where that is not so."""
    from pipeline.home.keys import keys_exist
    from pipeline.home.probes import other_accounts

    others = [] if keys_exist(door.ws) else other_accounts()
    if not others:
        return ""
    named = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return (
        f"warning: anybody with an account on this machine ({characters.plain(named)}) can read and change everything "
        f"here, since there is no API key. To shut them out: registry-review keys create NAME --scope write{or_else}."
    )


def _require_key(door: Door, host: str) -> None:
    """UsageError for an address that other machines can reach, as long as there is no key."""
    from pipeline.home.keys import keys_exist  # start-up
    from servers.access import is_loopback  # start-up

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
    from pipeline.home.keys import create_key  # start-up

    made, secret = create_key(door.ws, name, (scope,))
    value = {"schema_version": SCHEMA_VERSION, **made.model_dump(mode="json"), "key": secret}
    return Answer(value, secret, notes=("Keep it: only its hash is stored.",))


@command(under=keys, name="list")
def keys_list(door: Door) -> Answer:
    """List the keys, without their secrets."""
    from pipeline.home.keys import list_keys  # start-up

    found = list_keys(door.ws)
    rows = [(key.key_id, key.name, ", ".join(key.scopes), f"{key.created_at:%Y-%m-%d}") for key in found]
    text = terminal.table(("id", "name", "scopes", "since"), rows, door.width) if rows else "No keys."
    return Answer({"schema_version": SCHEMA_VERSION, "keys": list(found)}, text)


@command(click.argument("key", metavar="NAME|ID"), under=keys, name="revoke")
def keys_revoke(door: Door, key: str) -> Answer:
    """Revoke a key at once."""
    from pipeline.home.keys import revoke_key  # start-up

    gone = revoke_key(door.ws, key)
    return Answer({"schema_version": SCHEMA_VERSION, "revoked": gone}, f"{characters.plain(gone.name)} is revoked.")
