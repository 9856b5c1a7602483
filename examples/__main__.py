"""`python -m examples OUT [--seed N] [--farms K]`: write made-up submissions, one folder for each farm."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from examples.farm import draw_farm
from examples.portfolio import write_portfolio
from examples.submission import write_submission


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the submissions and name each folder; seeds count up from the one given.

    One farm is as its seed makes it. Several are a portfolio: see `examples.portfolio`.
    """
    parser = argparse.ArgumentParser(prog="python -m examples", description="Write made-up submissions.")
    parser.add_argument("out", type=Path, help="a folder, for example inbox/new")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first farm (1)")
    parser.add_argument("--farms", type=int, default=1, help="how many farms (1)")
    given = parser.parse_args(arguments)
    if given.farms == 1:
        farm = draw_farm(given.seed)
        folders = [write_submission(given.out / f"{farm.name} {farm.start.year}", given.seed).folder]
    else:
        folders = [sent.folder for sent in write_portfolio(given.out, given.farms, given.seed)]
    for folder in folders:
        print(f"{folder}: {len(list(folder.iterdir()))} files")


if __name__ == "__main__":
    main()
