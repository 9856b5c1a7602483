"""`python -m examples OUT [--seed N] [--farms K]`: write made-up submissions, one folder for each farm."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from examples.farm import draw_farm
from examples.submission import write_submission


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the submissions and name each folder; seeds count up from the one given."""
    parser = argparse.ArgumentParser(prog="python -m examples", description=main.__doc__)
    parser.add_argument("out", type=Path, help="a folder, for example inbox/new")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first farm (1)")
    parser.add_argument("--farms", type=int, default=1, help="how many farms (1)")
    given = parser.parse_args(arguments)
    for seed in range(given.seed, given.seed + given.farms):
        farm = draw_farm(seed)
        written = write_submission(given.out / f"{farm.name} {farm.start.year}", seed)
        print(f"{written.folder}: {len(written.files)} files")


if __name__ == "__main__":
    main()
