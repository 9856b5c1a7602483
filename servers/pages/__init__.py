"""The reviewer's pages: made on the server, whole without scripts; each form ends with the page it came from."""

from __future__ import annotations

from fastapi import APIRouter

from servers.pages import documents, downloads, nowhere, own_files, session, sessions, signing_in

#: `nowhere` answers what no other route knows, so it comes last.
ROUTERS: tuple[APIRouter, ...] = tuple(
    one.router for one in (signing_in, own_files, sessions, downloads, documents, session, nowhere)
)
