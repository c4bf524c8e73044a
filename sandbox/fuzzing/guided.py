"""`python -m sandbox.fuzzing.guided readers|conversations OPTION…`: atheris, guided by coverage.

The options are libFuzzer's. An input that fails is kept where `-artifact_prefix` says.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sandbox.children import tail

TARGETS: Final = ("readers", "conversations")

_INSTRUMENTED: Final = ["sandbox.azuresql.tds", "sandbox.azuresql.server"]
_LONGEST: Final = 8_192
_SLOWEST_S: Final = 30
_MEMORY_MIB: Final = 768
_LARGEST_PIECE_MIB: Final = 128
_EXECUTED: Final = re.compile(r"number_of_executed_units:\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`failures` are the files of inputs that failed; `code` is the fuzzer's, 0 for none."""

    target: str
    executions: int
    code: int
    failures: tuple[Path, ...]
    log: Path

    @property
    def good(self) -> bool:
        return self.code == 0 and self.executions > 0

    def __str__(self) -> str:
        told = f"{self.target}: {self.executions:,} executions by coverage"
        if self.good:
            return f"{told}, nothing failed"
        kept = ", ".join(map(str, self.failures)) or "none"
        return f"{told}, code {self.code}; inputs that failed: {kept}\n{tail(self.log, 40)}"


def available() -> bool:
    """Whether atheris is installed; it has wheels for Linux on x86-64 only."""
    return find_spec("atheris") is not None


def fuzz(target: str, folder: Path, seed: int, limit: str) -> Outcome:
    """Fuzz one target in a process of its own, until `limit` (libFuzzer's option) is reached.

    What it learns stays in `folder`, and the next run begins with it.
    """
    learnt, seeds, found = (folder / target / name for name in ("learnt", "seeds", "found"))
    for each in (learnt, seeds, found):
        each.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"sandbox.fuzzing.{target}")
    for number, data in enumerate(module.seeds()):
        (seeds / f"{number:03d}").write_bytes(data)
    known = set(found.iterdir())
    log = folder / target / "log"
    options = [
        *(limit, f"-seed={seed}", f"-max_len={_LONGEST}", f"-timeout={_SLOWEST_S}"),
        *(f"-rss_limit_mb={_MEMORY_MIB}", f"-malloc_limit_mb={_LARGEST_PIECE_MIB}"),
        *(f"-artifact_prefix={found}/", "-print_final_stats=1", str(learnt), str(seeds)),
    ]
    with log.open("wb") as output:
        ended = subprocess.run(
            [sys.executable, "-m", "sandbox.fuzzing.guided", target, *options],
            stdout=output,
            stderr=output,
            check=False,
        )
    executed = _EXECUTED.search(log.read_text(errors="replace"))
    return Outcome(
        target,
        int(executed[1]) if executed else 0,
        ended.returncode,
        tuple(sorted(set(found.iterdir()) - known)),
        log,
    )


def main() -> None:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=_INSTRUMENTED):
        target = importlib.import_module(f"sandbox.fuzzing.{sys.argv[1]}")
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.attack)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
