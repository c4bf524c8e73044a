"""`python -m sandbox.fuzzing SECONDS [--seed N] [--folder DIR]`: a third of the time for each lane.

Coverage guides atheris through the readers of messages and through whole conversations in memory;
then attackers come over the sockets of a real server. Inputs that failed stay in the folder.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sandbox.fuzzing import assault, guided
from sandbox.signals import end_on_signals


def run(seconds: int, seed: int, folder: Path) -> bool:
    """Whether nothing was found; what was is printed."""
    lanes = len(guided.TARGETS) + 1
    share = max(1, seconds // lanes)
    good = guided.available()
    if not good:
        print("atheris is not installed: nothing is guided by coverage", file=sys.stderr)
    else:
        for target in guided.TARGETS:
            learnt = guided.fuzz(target, folder, seed, f"-max_total_time={share}")
            print(learnt, flush=True)
            good = good and learnt.good
    stood = assault.assault(seed, seconds=share)
    print(stood, flush=True)
    return good and stood.good


def main(arguments: Sequence[str] | None = None) -> None:
    end_on_signals()
    parser = argparse.ArgumentParser(prog="python -m sandbox.fuzzing", description=__doc__)
    parser.add_argument("seconds", type=int)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, default=Path(".sandbox/soak/fuzzing"))
    given = parser.parse_args(arguments)
    print(f"fuzzing for {given.seconds} s, seed {given.seed}", flush=True)
    sys.exit(0 if run(given.seconds, given.seed, given.folder) else 1)


if __name__ == "__main__":
    main()
