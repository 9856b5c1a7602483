"""Pages made on the server: everything escaped, nothing from elsewhere, scripts and styles under a nonce."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse

from pipeline.models.characters import visible

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """What every page is made with; templates are the files of `servers/templates/`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # start-up

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        # Every printed value passes here first: a page cannot forget to show what hides in a name or a text.
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of ours; the template gets `values` and `nonce`, to be put on each of its `<script>` and `<style>`."""
    nonce = secrets.token_urlsafe(16)
    text = environment().get_template(template).render(nonce=nonce, **values)
    return HTMLResponse(text, status, headers(nonce))


def headers(nonce: str) -> dict[str, str]:
    """What tells a browser that a page loads nothing but itself, is framed by nobody, and is not kept."""
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'self'; style-src 'nonce-{nonce}' 'self'; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer: a browser would then call the origin of its own form "null".
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def _shown(value: Any) -> Any:
    return visible(value) if type(value) is str else value
