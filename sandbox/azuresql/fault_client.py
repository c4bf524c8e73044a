"""The control API, from a test's side."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

from model.errors import ConfigurationError
from sandbox.azuresql.fault_settings import FaultSettings

_TIMEOUT_S: Final = 10.0


class FaultClient:
    """Causes faults at the stand-in whose control API is at `address`."""

    def __init__(self, address: str) -> None:
        self._address = address

    def set(self, **settings: object) -> None:
        """Exactly these faults (see `FaultSettings`); what is not named is off.

        Raises ConfigurationError, with the reason, for what means nothing.
        """
        self._send("PUT", "/faults", json.dumps(settings).encode())

    def clear(self) -> None:
        """All off, and what is frozen goes on."""
        self._send("DELETE", "/faults")

    def read(self) -> FaultSettings:
        """What is set; the counts are those that have not struck yet."""
        return FaultSettings.model_validate(self._send("GET", "/faults"))

    @contextlib.contextmanager
    def during(self, **settings: object) -> Iterator[None]:
        """These faults for the block."""
        self.set(**settings)
        try:
            yield
        finally:
            self.clear()

    def drop_connections(self) -> int:
        """Drop every connection now; how many there were."""
        return int(self._send("POST", "/drop")["dropped"])

    def connections(self) -> int:
        """How many connections there are."""
        return int(self._send("GET", "/healthz")["connections"])

    def _send(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(self._address + path, body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                said: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ConfigurationError(
                    f"the stand-in refused the faults: {error.read().decode()}",
                    object=self._address + path,
                    hint="FaultSettings says what can be set",
                ) from None
        return said
