"""Arguments are taken at their word: one that a tool does not have is an error that names the nearest."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from pydantic import ConfigDict, ValidationError

from servers.mcp.fitting import short

if TYPE_CHECKING:
    from mcp.server.mcpserver.context import Context
    from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
    from mcp.types import ToolAnnotations

#: As much as is told of a call's mistakes: how many, and characters of a name or value.
MOST_MISTAKES = 5
MOST_CHARACTERS = 80


class StrictTool(Tool):
    """A tool whose schema forbids further arguments, and that says in a sentence what is wrong with a call."""

    @classmethod
    def of(cls, act: Callable[..., Any], annotations: ToolAnnotations) -> StrictTool:
        """The tool of a function: its name, its docstring and its parameters. Its text is the whole answer."""
        tool = cast("StrictTool", cls.from_function(act, annotations=annotations, structured_output=False))
        lenient = tool.fn_metadata.arg_model
        strict = cast(
            "type[ArgModelBase]", type(lenient.__name__, (lenient,), {"model_config": ConfigDict(extra="forbid")})
        )
        tool.fn_metadata.arg_model = strict
        tool.parameters = _untitled(strict.model_json_schema(by_alias=True))
        tool.description = " ".join(tool.description.split())
        return tool

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Run the tool; ToolError, and nothing done, when the arguments are not its own."""
        known = list(self.fn_metadata.arg_model.model_fields)
        if unknown := [name for name in arguments if name not in known]:
            raise ToolError(unknown_arguments(self.name, unknown, known))
        try:
            self.fn_metadata.validate_arguments(arguments)
        except ValidationError as error:
            raise ToolError(_wrong(self.name, error)) from error
        return await super().run(arguments, context, convert_result)


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without titles, which say the names once more; every agent reads it at every start."""
    parameters = {
        name: {key: one for key, one in what.items() if key != "title"} for name, what in schema["properties"].items()
    }
    return {**{key: one for key, one in schema.items() if key != "title"}, "properties": parameters}


def unknown_arguments(tool: str, unknown: list[str], known: list[str]) -> str:
    """A sentence for each of the first unknown arguments, with the nearest that there is."""
    said = []
    for name in unknown[:MOST_MISTAKES]:
        near = difflib.get_close_matches(name.casefold(), known, 1, 0.5)
        meant = f" Did you mean `{near[0]}`?" if near else ""
        said.append(f"`{tool}` has no argument `{short(name, MOST_CHARACTERS)}`.{meant}")
    return " ".join([*said, *_others(unknown), f"Nothing was done. It takes: {', '.join(known) or 'nothing'}."])


def _wrong(tool: str, error: ValidationError) -> str:
    mistakes = error.errors(include_url=False, include_input=False, include_context=False)
    places = [short(".".join(str(part) for part in one["loc"]), MOST_CHARACTERS) for one in mistakes]
    whys = [short(one["msg"], 4 * MOST_CHARACTERS) for one in mistakes]
    said = [f"`{place}`: {why}." for place, why in zip(places, whys, strict=True)][:MOST_MISTAKES]
    return " ".join([f"`{tool}` cannot be called so; nothing was done.", *said, *_others(mistakes)])


def _others(mistakes: list[Any]) -> list[str]:
    more = len(mistakes) - MOST_MISTAKES
    return [f"And {more} more."] if more > 0 else []


class Shelf:
    """Collects tools; a server is made of them."""

    def __init__(self) -> None:
        self.tools: list[Tool] = []

    def tool(self, annotations: ToolAnnotations) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate a function that is a tool."""

        def enter(act: Callable[..., Any]) -> Callable[..., Any]:
            self.tools.append(StrictTool.of(act, annotations))
            return act

        return enter
