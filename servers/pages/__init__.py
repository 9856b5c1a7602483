"""The reviewer's pages: made on the server, whole without scripts; each form ends with the page it came from."""

from __future__ import annotations

from fastapi import APIRouter

from servers.pages import (
    documents,
    downloads,
    error_pages,
    own,
    own_files,
    rows,
    session,
    sessions,
    sheets,
    signing,
    signing_in,
    tenure,
)

#: `error_pages` answers what no other route knows, so it comes last.
_OURS = (
    signing_in,
    own_files,
    sessions,
    downloads,
    documents,
    sheets,
    rows,
    own,
    signing,
    tenure,
    session,
    error_pages,
)
ROUTERS: tuple[APIRouter, ...] = tuple(one.router for one in _OURS)
