"""`python -m sandbox.soak a-b`: demos with kills; each seed is another network and schedule."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

from model.errors import ReplicatorError
from sandbox.demo import Wishes, run_demo
from sandbox.demo.kills import ROLES
from sandbox.signals import end_on_signals


def wishes_of(seed: int) -> Wishes:
    """What the seed decides: size, rate, length and who is killed."""
    random = Random(f"soak/{seed}")
    return Wishes(
        rows=random.choice((20_000, 60_000, 200_000)),
        writes_per_s=float(random.choice((50, 150, 300))),
        seconds=float(random.randint(10, 60)),
        kill=tuple(role for role in ROLES if random.random() < 0.6),
        seed=seed,
    )


def seeds_of(text: str) -> range:
    """`3` or `3-7`, both ends included. Raises ValueError for anything else."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def soak(seeds: range, folder: Path) -> list[int]:
    """Run every seed; returns those that failed. Their folders stay to be looked at."""
    failed = []
    for seed in seeds:
        wishes, begin = wishes_of(seed), time.monotonic()
        print(f"seed {seed}: {wishes}", flush=True)
        try:
            good = run_demo(wishes, folder / f"seed-{seed}")
        except ReplicatorError as error:
            print(f"seed {seed}: {error}", file=sys.stderr, flush=True)
            good = False
        print(f"seed {seed}: {'good' if good else 'FAILED'} in {time.monotonic() - begin:.0f} s")
        if not good:
            failed.append(seed)
    return failed


def main() -> None:
    end_on_signals()
    try:
        seeds = seeds_of(sys.argv[1] if len(sys.argv) > 1 else "")
    except ValueError:
        print("usage: python -m sandbox.soak SEED or FIRST-LAST", file=sys.stderr)
        sys.exit(2)
    failed = soak(seeds, Path(".sandbox/soak"))
    print(f"{len(seeds) - len(failed)} of {len(seeds)} seeds good; failed: {failed or 'none'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
