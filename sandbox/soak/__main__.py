"""`python -m sandbox.soak FIRST-LAST`: seed after seed on the same servers; exit 1 if one fails."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from model.errors import ReplicatorError
from sandbox.signals import end_on_signals
from sandbox.soak.course import run_seed
from sandbox.soak.faults.kinds import KINDS
from sandbox.soak.plan import Strike, planned, planned_long
from sandbox.soak.report import Report, Seed, this_commit
from sandbox.soak.stage import Stage


def seeds_of(text: str) -> range:
    """`3` or `3-7`, both ends included. Raises ValueError for anything else."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def soak(
    seeds: Sequence[int], plan: Callable[[int], list[Strike]], folder: Path, report: Report
) -> list[Seed]:
    """Run every seed and add it to the report; what each came to. Their logs stay in `folder`."""
    done = []
    with Stage() as stage:
        for seed in seeds:
            begin = time.monotonic()

            def tell(text: str, seed: int = seed, begin: float = begin) -> None:
                print(f"seed {seed} [{time.monotonic() - begin:5.1f} s] {text}", flush=True)

            result = run_seed(seed, plan(seed), stage, folder / f"seed-{seed}", tell)
            for line in result.wrong:
                tell(f"WRONG: {line}")
            tell("good" if result.good else "FAILED")
            report.add(result)
            done.append(result)
    return done


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.soak", description=__doc__)
    parser.add_argument("seeds", type=seeds_of, help="SEED or FIRST-LAST")
    parser.add_argument(
        "--only", action="append", choices=list(KINDS), metavar="KIND", help="only faults like this"
    )
    parser.add_argument("--long", action="store_true", help="faults as long as they are in life")
    parser.add_argument("--folder", type=Path, default=Path(".sandbox/soak"))
    return parser.parse_args()


def main() -> None:
    end_on_signals()
    asked = _arguments()
    try:
        report = Report(asked.folder, this_commit())
        plan = planned_long if asked.long else partial(planned, kinds=asked.only or list(KINDS))
        done = soak(asked.seeds, plan, asked.folder, report)
    except ReplicatorError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    failed = [result.seed for result in done if not result.good]
    said = f"failed: {failed}" if failed else "all good"
    print(f"{len(done)} seeds, {said}; all of this commit: {asked.folder / 'report.json'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
