"""What a person sees whom the server does not let in: the sign-in page, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request

from servers.access import wants_page
from servers.pages.frame import failed, to_sign_in
from servers.problems import Refused, problem_of, trouble_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope


def refusal(scope: Scope, error: Refused) -> ASGIApp:
    """The answer to a call that is not let in; programs get a problem."""
    if not wants_page(scope):
        return problem_of(error)
    request = Request(scope)
    return to_sign_in(request) if error.status_code == 401 else failed(request, trouble_of(error))
