"""REST: one module per kind of thing that is asked; each route parses, calls one function, answers."""

from __future__ import annotations

from fastapi import APIRouter

from servers.rest import documents, health, reading, sessions, stages

#: In the order of the documentation.
ROUTERS: tuple[APIRouter, ...] = (sessions.router, documents.router, stages.router, reading.router, health.router)
