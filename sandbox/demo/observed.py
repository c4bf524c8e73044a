"""What the migration's own status said over time, folded into what the report needs."""

from __future__ import annotations

import threading
from typing import Any, Final

_CALM_MS: Final = 1_800.0
"""Heartbeats come once a second, so that this allows a lag of less than one."""

_CALM_STATUSES: Final = 3


class Observed:
    """The latest status, and the greatest figures of each role over all its processes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status: dict[str, Any] = {}
        self._peaks: dict[str, float] = {}
        self._rates: dict[str, float] = {}
        self._lag: dict[str, float] = {}
        self._calm = 0

    def take(self, status: dict[str, Any]) -> None:
        """Fold in one status. Unknown figures are null there and change nothing here."""
        with self._lock:
            self._status = status
            for role, said in (status.get("roles") or {}).items():
                self._raise(self._peaks, role, said.get("peak_rss_mib"))
                self._raise(self._rates, f"{role}.rows_per_s", said.get("rows_per_s"))
                self._raise(self._rates, f"{role}.changes_per_s", said.get("changes_per_s"))
            now = ((status.get("lag_ms") or {}).get("total") or {}).get("now")
            self._calm = self._calm + 1 if now is not None and now < _CALM_MS else 0
            lag = ((status.get("roles") or {}).get("apply") or {}).get("changes_lag_ms")
            if lag and status.get("state") == "in-sync":
                self._lag = dict(lag)

    @staticmethod
    def _raise(greatest: dict[str, float], name: str, value: float | None) -> None:
        if value is not None:
            greatest[name] = max(value, greatest.get(name, 0.0))

    @property
    def state(self) -> str | None:
        """The migration's state, None while it has none."""
        with self._lock:
            state: str | None = self._status.get("state")
            return state

    @property
    def quarantined(self) -> list[str]:
        with self._lock:
            return list(self._status.get("quarantined") or [])

    @property
    def percent_loaded(self) -> float | None:
        with self._lock:
            percent: float | None = (self._status.get("rows") or {}).get("percent")
            return percent

    @property
    def rows_loaded(self) -> int:
        with self._lock:
            return int((self._status.get("rows") or {}).get("loaded") or 0)

    @property
    def lag_ms(self) -> dict[str, float]:
        """p50, p95, p99 of the latest changes' whole way, as last said in sync; empty if unknown.

        Of changes, not of heartbeats: a heartbeat comes once a second, so that the age of the
        newest one says little about a lag below that.
        """
        with self._lock:
            return dict(self._lag)

    @property
    def calm(self) -> bool:
        """The lag was low in the last statuses, so that a cut-over may be asked for."""
        with self._lock:
            return self._calm >= _CALM_STATUSES

    @property
    def peak_rss_mib(self) -> dict[str, float]:
        with self._lock:
            return dict(self._peaks)

    def greatest_rate(self, name: str) -> float | None:
        """`load.rows_per_s`, `apply.changes_per_s` …; None when it was never said."""
        with self._lock:
            return self._rates.get(name)

    def process(self, role: str) -> int | None:
        """The process of a role, as last said."""
        with self._lock:
            pid: int | None = ((self._status.get("roles") or {}).get(role) or {}).get("pid")
            return pid
