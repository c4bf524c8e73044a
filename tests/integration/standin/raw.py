"""The client that sends exactly the bytes a test wants, as the scripted server knows it."""

from __future__ import annotations

from sandbox.fuzzing import client
from sandbox.fuzzing.client import HEADERS, PRELOGIN, packet
from tests.integration.standin.scripted import PASSWORD, USER
from tests.patience import PATIENCE_S

__all__ = ["HEADERS", "PRELOGIN", "RawClient", "packet"]


class RawClient(client.RawClient):
    def __init__(self, port: int) -> None:
        super().__init__(port, USER, PASSWORD, "d", timeout_s=PATIENCE_S)
