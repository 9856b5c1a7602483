"""Writes docs/commands.md from the help texts; a test compares the two. Run it as a program to renew the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from cli import cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
INTRODUCTION = """\
# Commands

`make docs` writes this page from the help texts; a test keeps the two equal.

`--config`, `--home`, `--json`, `--quiet` and `--verbose` may stand before the command or after it. The result goes to
the standard output, as text or, with `--json`, as one JSON document; progress, notes, errors and logs go to the
standard error. Colours appear on a terminal only, and not when `NO_COLOR` is set.

With `--json` an error is a document, too, on the standard output and beside its sentence: `type`, `title`, `detail` and
`hint` as REST gives them (RFC 9457), and `exit_code`. Every command that is printed repeats `--home` and `--config`
when they were given. What cannot be written to the standard output ends with 1; a reader that goes away, as `head`
does, is no error.

## Exit codes

| code | meaning |
|---|---|
| 0 | done; a report that waits for its review is done |
| 1 | failed, or a stage that was asked for failed |
| 2 | wrong usage: an unknown option, session, document, requirement or setting |
| 3 | done, but within the stages asked for something waits for you: a duplicate question, a wrong checklist |
| 4 | partly done: some files were refused, or lie in the inbox where nobody takes them; each is named |
| 75 | try again: something is locked, the broker is away, or nobody would do the work |
| 130 | interrupted |

## Completion in the shell

Commands, options and session ids complete after one of these lines:

```
eval "$(_REGISTRY_REVIEW_COMPLETE=bash_source registry-review)"     # ~/.bashrc
eval "$(_REGISTRY_REVIEW_COMPLETE=zsh_source registry-review)"      # ~/.zshrc
_REGISTRY_REVIEW_COMPLETE=fish_source registry-review | source      # ~/.config/fish/completions/registry-review.fish
```
"""


def command_paths(group: click.Group = cli, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command, groups included, as the words that are typed."""
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from command_paths(command, (*above, name))


def page() -> str:
    """The page as it should be."""
    parts = [INTRODUCTION]
    for path in ((), *command_paths()):
        words = " ".join(("registry-review", *path))
        shown = CliRunner().invoke(cli, [*path, "--help"], prog_name="registry-review", terminal_width=96).stdout
        parts.append(f"## {words}\n\n```\n{shown.rstrip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
