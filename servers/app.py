"""One home as a web application: its queue, its layers, its routes; REST, pages and MCP stand on the same one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio.to_thread
from fastapi import APIRouter, FastAPI

from pipeline import __version__
from pipeline.home.keys import check_key, keys_exist
from pipeline.status.worklist import Turns
from pipeline.uploads import sweep_uploads
from servers import description, documentation, problems
from servers.access import LOOPBACK, Access, Guard, is_loopback
from servers.bodies import Capped
from servers.context import Context
from servers.current_work import CurrentWork
from servers.form_files import Receiving
from servers.idempotency import sweep_answers
from servers.metrics import Metrics
from servers.one_time import OneTime
from servers.pages import ROUTERS as PAGES
from servers.pages.error_pages import refusal
from servers.rest import ROUTERS
from servers.sign_in import signed_in
from servers.sweeping import Sweeping

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from actors.engine import Engine
    from pipeline.home.workspace import Workspace

#: Calls that are worked on at the same time; each is short, since waiting for a stage holds no thread.
THREADS = 64


def make_app(
    ws: Workspace,
    engine: Engine,
    access: Access | None = None,
    routers: Sequence[APIRouter] = (),
    sweeps: Sequence[Callable[[], object]] = (),
) -> FastAPI:
    """The application for a home; its lifespan enters `engine`, which is used by nobody else, and sweeps.

    `access` says who may call; without it, whoever reaches it by this machine's own names, as on the loopback.
    `routers` are further ones than REST's, which share `app.state.served`; `sweeps` further acts that are done from
    time to time.
    """
    server = ws.settings.server
    if access is None:
        access = access_of(ws, server.host)
    metrics, doing = Metrics(ws, engine), CurrentWork()
    own = (engine.sweep, ws.sweep_orphans, partial(sweep_uploads, ws), partial(sweep_answers, ws))
    sweeping = Sweeping((*own, *sweeps), ws.settings.queue.sweep_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        with ExitStack() as stack:
            stack.enter_context(engine)
            stack.enter_context(engine.listening(metrics.hear))
            stack.enter_context(engine.listening(doing.hear))
            stack.enter_context(sweeping)
            yield

    app = FastAPI(
        title="registry-review",
        version=__version__,
        summary=description.SUMMARY,
        description=description.ABOUT,
        lifespan=lifespan,
        # The pages that FastAPI brings load scripts from the network.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.served = Context(
        *(ws, engine, metrics, sweeping, Receiving(), Turns(ws), doing),
        public_url=server.public_url,
        answer_seconds=server.answer_seconds,
        once=access.once,
    )
    for router in (*ROUTERS, documentation.router, *PAGES, *routers):
        app.include_router(router)
    problems.install(app, ws.data)
    description.install(app, server.public_url)
    # The last one added is the outermost.
    app.add_middleware(Capped, most=server.max_body_mb * 1_000_000)
    app.add_middleware(Guard, access=access, refused=refusal)
    app.add_middleware(problems.LastResort, data=ws.data)
    app.add_middleware(Counted, metrics=metrics)
    return app


def access_of(ws: Workspace, host: str, once: OneTime | None = None) -> Access:
    """The rules for a server of that home which listens at `host`; with `once` nobody gets in without a key or it."""
    server = ws.settings.server
    outside = urlsplit(server.public_url).hostname
    hosts = frozenset({*LOOPBACK, *(name.lower() for name in server.allowed_hosts), *([outside] if outside else [])})
    return Access(
        check=lambda secret: check_key(ws, secret),
        keys_exist=lambda: keys_exist(ws),
        exposed=once is not None or not is_loopback(host),
        hosts=hosts,
        public_url=server.public_url,
        signed_in=lambda kept: signed_in(ws, kept, (once.key,) if once else ()),
        once=once,
    )


class Counted:
    """The outermost layer: counts answers by method and class of status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and count how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = str(scope["method"])
                self._metrics.answered(method if method in METHODS else "other", int(message["status"]))
            await send(message)

        await self._app(scope, receive, counting)


#: Methods that are counted by name: a caller can make up as many as it likes.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
