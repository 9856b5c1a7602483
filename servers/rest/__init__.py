"""REST: one module per kind of thing that is asked; each route parses, calls one function, answers."""

from __future__ import annotations

from fastapi import APIRouter

from servers.rest import claims, decisions, documents, health, marks, own, reading, sessions, signing, stages, uploads

#: In the order of the documentation.
ROUTERS: tuple[APIRouter, ...] = tuple(
    one.router
    for one in (sessions, documents, uploads, stages, reading, own, decisions, marks, signing, claims, health)
)
