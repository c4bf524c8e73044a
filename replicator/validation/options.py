"""How a comparison is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """`memory` bounds the engine (bytes; a table of very many columns gets more); what does not fit
    goes to `spill` (a folder; a temporary one when None). `listed` differences of each table are
    named. `masked` hides values."""

    memory: int = 96 * MIB
    spill: Path | None = None
    threads: int = 2
    listed: int = 100
    masked: bool = False
