"""A clock that jumps under all roles at once, as when a machine's time is set right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.soak.faults.fault import Fault, Scene

_LIBRARIES: Final = Path("/usr/lib")
_FILE: Final = "clock"


def faketime() -> Path | None:
    """Debian's libfaketime, None when it is not installed."""
    return next(iter(sorted(_LIBRARIES.glob("*/faketime/libfaketime.so.1"))), None)


class ClockJump(Fault):
    """The time of day is `seconds` later (or earlier) from now on; monotonic clocks go on."""

    place = "clock"

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def environment(self, folder: Path) -> Mapping[str, str]:
        """The roles must be started with the library: it reads the file again each second."""
        library = faketime()
        if library is None:
            return {}
        (folder / _FILE).write_text("+0")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str((folder / _FILE).absolute()),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def skipped(self) -> str:
        return "" if faketime() else "faketime is not installed"

    def begin(self, scene: Scene) -> bool:
        (scene.folder / _FILE).write_text(f"{self._seconds:+d}")
        return True
