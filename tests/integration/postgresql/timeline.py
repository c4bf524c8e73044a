"""A server that is restored to the end of its log: its history goes on, on another timeline."""

from __future__ import annotations

import psycopg
import pytest

from sandbox import postgres
from sandbox.artifacts import postgres_binaries
from sandbox.postgres import PostgresServer


def next_timeline(server: PostgresServer, patch: pytest.MonkeyPatch) -> None:
    """What a failover leaves, with one server instead of two: same address, same slots."""
    port, data = server.port, server.folder / "home" / "data"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("CHECKPOINT")  # so that all that was committed is there again
    assert server._child is not None
    server._child.stop()
    (data / "postmaster.pid").unlink(missing_ok=True)
    (data / "recovery.signal").touch()
    # Nobody may log in before the recovery has ended: until then everything is read-only.
    server._settings |= {"restore_command": "false", "hot_standby": "off"}
    with patch.context() as one_port:
        one_port.setattr(postgres, "free_port", lambda: port)
        server._child = server._attempt(postgres_binaries(), data, server.folder / "log")
