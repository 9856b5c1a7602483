"""The command that lets agents in: MCP over a pipe or over HTTP."""

from __future__ import annotations

import click

from commands.door import Door, command
from commands.serving import open_to_others


@command(
    click.option("--http", is_flag=True, help="Over HTTP, at /mcp, in place of standard input and output."),
    click.option("--host", metavar="ADDRESS", help="With --http: where to listen (default: from the settings)."),
    click.option("--port", metavar="N", type=click.IntRange(0, 65_535), default=8001, show_default=True,
                 help="With --http: which port; 0 takes a free one."),
)  # fmt: skip
def mcp(door: Door, http: bool, host: str | None, port: int) -> None:
    """Serve MCP, for agents: the same functions as tools.

    Over a pipe an agent's program starts this command itself and may add whatever its user may read. Over HTTP, paths
    must lie below [server] path_roots, and any address but this machine's own needs an API key.
    """
    from actors.redis_queue import queue_for  # start-up
    from servers import running  # start-up
    from servers.app import access_of  # start-up
    from servers.mcp.server import make_server, over_http  # start-up
    from servers.sweeping import Sweeping  # start-up

    ws = door.ws
    queue = queue_for(ws, running.DRAIN_SECONDS)
    with queue as engine, Sweeping((engine.sweep, ws.sweep_orphans), ws.settings.queue.sweep_seconds):
        if not http:
            make_server(ws, engine).run("stdio")
            return
        host = ws.settings.server.host if host is None else host
        access = access_of(ws, host)
        listener = running.bind(host, port)
        most = ws.settings.server.max_body_mb * 1_000_000
        app = over_http(make_server(ws, engine, ws.settings.server.path_roots), access, host, most)
        where = f"{running.address_of(listener)}/mcp"
        ready = f"Serving {ws.data} at {where}. Ctrl-C ends it."
        told, limits = f"{ready}\n{open_to_others(door)}".strip(), running.Limits.of(ws.settings.server)
        door.ends_when_told()
        running.serve(app, listener, lambda: door.note(told), limits)
