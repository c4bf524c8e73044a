"""What all seeds of one commit came to: `.sandbox/soak/report.json`."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from model.errors import ReplicatorError

_ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Seed:
    """One run. `faults` are the kinds that struck, `recoveries_s` how long each recovery took,
    `changes` the records that the topics hold once, `repeated` those that stand there again,
    `wrong` what must not be. `differences` is None when the migration did not come to rest."""

    seed: int
    faults: list[str] = field(default_factory=list)
    recoveries_s: dict[str, float] = field(default_factory=dict)
    rows: int = 0
    writes: int = 0
    changes: int = 0
    repeated: int = 0
    differences: int | None = None
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return self.differences == 0 and not self.wrong


class Report:
    """The report in a folder. Runs of the same commit are added to it, others begin it anew."""

    def __init__(self, folder: Path, commit: str) -> None:
        self._path = folder / "report.json"
        self._commit = commit
        self._runs: list[dict[str, Any]] = []
        if self._path.exists():
            known = json.loads(self._path.read_text())
            self._runs = known["seeds"] if known["commit"] == commit else []

    def add(self, seed: Seed) -> None:
        """Add a run and write the report."""
        self._runs.append(asdict(seed) | {"good": seed.good})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self.content(), indent=2, ensure_ascii=False) + "\n")
        fresh.replace(self._path)

    def content(self) -> dict[str, Any]:
        """`runs`, `faults` by kind, `differences`, `longest_recovery_s`, `failed`, `seeds`."""
        faults = Counter(kind for run in self._runs for kind in run["faults"])
        recoveries = [took for run in self._runs for took in run["recoveries_s"].values()]
        return {
            "commit": self._commit,
            "runs": len(self._runs),
            "faults": dict(sorted(faults.items())),
            "differences": sum(run["differences"] or 0 for run in self._runs),
            "longest_recovery_s": round(max(recoveries, default=0.0), 1),
            "failed": [run["seed"] for run in self._runs if not run["good"]],
            "seeds": self._runs,
        }


def this_commit() -> str:
    """The commit that is checked out, `-dirty` when files differ from it.

    Raises ReplicatorError outside of a clone.
    """
    asked = subprocess.run(
        ["git", "-C", str(_ROOT), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        raise ReplicatorError(
            f"git does not know the commit: {asked.stderr.strip()}",
            object=str(_ROOT),
            hint="run the soak in a clone: its report belongs to a commit",
        )
    return asked.stdout.strip()
