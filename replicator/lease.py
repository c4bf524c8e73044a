"""Holding a lease in the target, so that only one role of a kind is active."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from model.errors import ReplicatorError, Retryable
from model.ports import Clock, State
from replicator.holder import take

_log = logging.getLogger("replicator.lease")


class Lease:
    """Takes a lease and renews it on a thread of its own until `release`.

    `lost` is set when another holder has it, when it could not be renewed before it expired, or
    when its keeper met an error that does not pass (then `error` says which).
    """

    def __init__(
        self,
        open_state: Callable[[], State],
        name: str,
        holder: str,
        ttl_s: float,
        clock: Clock = time.monotonic,
    ) -> None:
        self._open_state = open_state
        self._name = name
        self._holder = holder
        self._ttl = ttl_s
        self._clock = clock
        self._end = threading.Event()
        self._held = threading.Event()
        self._expires = 0.0
        self.lost = threading.Event()
        self.error: ReplicatorError | None = None
        self._thread = threading.Thread(target=self._keep, name=f"lease {name}", daemon=True)

    def acquire(self, stop: threading.Event) -> bool:
        """Wait until the lease is ours; False when stopped before. Raises the keeper's error."""
        self._thread.start()
        while not self._held.wait(0.05):
            if self.error is not None:
                raise self.error
            if stop.is_set():
                return False
        return True

    def release(self) -> None:
        """Give it back, so that the next holder need not wait."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        try:
            state = self._open_state()
            try:
                while not self._end.is_set() and not self.lost.is_set():
                    self._renew(state)
                    self._end.wait(self._ttl / 3 if self._held.is_set() else 0.25)
                if self._held.is_set() and not self.lost.is_set():
                    state.release_lease(self._name, self._holder)
            finally:
                state.close()
        except ReplicatorError as error:
            self.error = error
            self.lost.set()

    def _renew(self, state: State) -> None:
        asked = self._clock()
        try:
            renew = state.acquire_lease if self._held.is_set() else partial(take, state)
            ours = renew(self._name, self._holder, self._ttl)
        except Retryable as error:
            _log.warning("lease not renewed", extra={"fields": {"why": str(error)}})
            if self._held.is_set() and self._clock() >= self._expires:
                self.lost.set()
            return
        if ours:
            # Counted from before the request: we never believe in it longer than the target does.
            self._expires = asked + self._ttl
            self._held.set()
        elif self._held.is_set():
            self.lost.set()
