"""Commands for doors over a network: REST and the reviewer's pages, and the keys that open them."""

from __future__ import annotations

import click

from commands.door import Door, command
from pipeline.reporting.answers import Answer


@command(
    click.option("--host", metavar="ADDRESS", help="Where to listen (default: from the settings, 127.0.0.1)."),
    click.option("--port", metavar="N", type=click.IntRange(0, 65_535),
                 help="Which port; 0 takes a free one (default: from the settings, 8000)."),
)  # fmt: skip
def serve(door: Door, host: str | None, port: int | None) -> Answer | None:
    """Serve REST and the reviewer's pages.

    Ends on Ctrl-C or SIGTERM within ten seconds; what is cut off then is done by the next start. At the machine's own
    address nobody else can call it; any other address needs an API key first: `keys create`.
    """
    from actors.remote import queue_for
    from servers import running
    from servers.app import access_of, make_app

    settings = door.ws.settings.server
    host = settings.host if host is None else host
    access = access_of(door.ws, host)
    listener = running.bind(host, settings.port if port is None else port)
    app = make_app(door.ws, queue_for(door.ws, running.DRAIN_SECONDS), access)
    where = running.address_of(listener)
    ready = f"Serving {door.ws.data} at {where}; its routes: {where}/docs. Ctrl-C ends it."
    running.serve(app, listener, lambda: door.note(ready))
    return None
