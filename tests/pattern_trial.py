"""Every pattern of the program, tried against texts made for it, in a process that may be ended.

`python -m tests.pattern_trial FIRST [PATTERN...]` tries all from the FIRST on, of the program or of those given, and
prints a JSON line before each and for each that grows too fast. A search that never ends is ended by the kernel, by
processor time and not by the clock; whoever started it knows from the last line which one it was.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.attacking import Attack, attacks

ROOT = Path(__file__).parent.parent
_PACKAGES = ("pipeline", "actors", "servers", "commands")
#: Seconds of processor time for one search; a sound one needs thousandths.
DEADLINE = int(os.environ.get("PATTERN_SECONDS", "10"))
#: Short attacks first; the few that take the longest are lengthened.
_SHORT, _LONG = 100, 6400
_SUSPICIOUS_SECONDS, _MEASURABLE_SECONDS, _LENGTHENED = 0.001, 0.1, 3
#: Twice the text may take four times as long (a search begins anew at each character); eight times is too much.
_GROWTH = 5.7

Found = dict[tuple[str | bytes, int], str]


def all_patterns() -> Found:
    """Pattern and flags, with where they stand: what is compiled when the program is imported and its checklists are
    loaded, and every pattern that is written out in a call of `re`."""
    found: Found = {}
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in _files()]
    compile_ = re._compile  # type: ignore[attr-defined] # all of `re` goes through it, and nothing else sees the patterns

    def noting(pattern: Any, flags: int) -> Any:
        made = compile_(pattern, flags)
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename == re.__file__:
            frame = frame.f_back
        if _ours(frame):
            found.setdefault((made.pattern, made.flags), f"{frame.f_globals.get('__name__')}:{frame.f_lineno}")
        return made

    re._compile = noting  # type: ignore[attr-defined] # as above
    try:
        modules = {name: importlib.import_module(name.removesuffix(".__init__")) for name in names}
        checklists = importlib.import_module("pipeline.checklists")
        for methodology in checklists.available(None):
            # Its patterns are compiled where they are used, small letters and capitals alike.
            checklist = checklists.load(methodology)
            for pattern in _of_checklist(checklist.model_dump()):
                found.setdefault((pattern, int(re.I | re.S | re.U)), f"checklist {methodology}")
        for name, path in zip(names, _files(), strict=True):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                for pattern in _written_out(call, vars(modules[name])):
                    found.setdefault(pattern, f"{name}:{getattr(call, 'lineno', 0)}")
    finally:
        re._compile = compile_  # type: ignore[attr-defined] # as above
    return found


def _files() -> list[Path]:
    own = [path for package in _PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [*own, ROOT / "cli.py", ROOT / "watcher.py"]


def _ours(frame: Any) -> bool:
    return bool(frame) and str(frame.f_globals.get("__name__")).partition(".")[0] in _PACKAGES


def _of_checklist(value: Any) -> Iterator[str]:
    """Whatever in a checklist can be compiled and repeats something; a title or a place is none."""
    if isinstance(value, str):
        if any(mark in value for mark in "+*}"):
            try:
                re.compile(value)
            except re.error:
                return
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _of_checklist(one)
    elif isinstance(value, tuple | list | frozenset | set):
        for one in value:
            yield from _of_checklist(one)


def _written_out(call: ast.AST, names: Mapping[str, Any]) -> Iterator[tuple[str | bytes, int]]:
    """The pattern of `re.search(r"...", text, re.I)`, names of its module in it filled in."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
        return
    of = call.func.value
    if not (isinstance(of, ast.Name) and of.id == "re") or call.func.attr == "escape":
        return
    flags = 0
    try:
        pattern = _value(call.args[0], dict(names))
        for one in (*call.args[1:], *(keyword.value for keyword in call.keywords)):
            if "re." in ast.unparse(one):
                flags |= int(_value(one, {"re": re}))
    except (NameError, AttributeError, TypeError):
        return  # it is put together of what only a call knows
    if isinstance(pattern, str | bytes):
        made = re.compile(pattern, flags)
        yield made.pattern, made.flags


def _value(written: ast.expr, names: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(written), "", "eval"), names)  # noqa: S307 - our own program's text


def too_fast(pattern: str | bytes, flags: int) -> Attack | None:
    """The attack whose time grows with the third power of its length or more; None when there is none."""
    compiled = re.compile(pattern, flags)
    in_bytes = isinstance(pattern, bytes)
    slow: list[tuple[float, Attack]] = []

    def search(attack: Attack, length: int, clock: Any = time.process_time) -> float:
        text = attack.text(length)
        _grant()
        begin = clock()
        compiled.search(text.encode("latin-1", "replace") if in_bytes else text)
        return float(clock() - begin)

    readable = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    for attack in attacks(readable, flags & ~re.U if in_bytes else flags):
        if (taken := search(attack, _SHORT, time.perf_counter)) > _SUSPICIOUS_SECONDS:
            slow.append((min(taken, search(attack, _SHORT, time.perf_counter)), attack))
    slow = [one for one in slow if one[0] > _SUSPICIOUS_SECONDS]
    for _, attack in sorted(slow, reverse=True)[:_LENGTHENED]:
        length = 2 * _SHORT
        while length < _LONG and search(attack, length) < _MEASURABLE_SECONDS:
            length *= 2
        # A busy machine makes one measurement long, and not each of three.
        if length < _LONG and all(
            search(attack, 2 * length) > _GROWTH * max(search(attack, length), 0.01) for _ in range(3)
        ):
            return attack
    return None


def _grant() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + DEADLINE
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> None:
    """Try all patterns from the given one on."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    given = {(pattern, int(re.I)): "given" for pattern in sys.argv[2:]}
    found: Found = {**given} or all_patterns()
    for index, ((pattern, flags), where) in enumerate(sorted(found.items(), key=lambda one: repr(one[0]))):
        if index < first:
            continue
        print(json.dumps({"at": index, "where": where, "pattern": repr(pattern)}), flush=True)
        attack = too_fast(pattern, flags)
        if attack is not None:
            print(json.dumps({"slow": where, "pattern": repr(pattern), "attack": attack}), flush=True)


if __name__ == "__main__":
    main()
