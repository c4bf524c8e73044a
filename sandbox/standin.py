"""The Azure SQL stand-in as a process of its own, and what clients need to reach it."""

from __future__ import annotations

import secrets
import subprocess
import sys
from types import TracebackType
from typing import Final, Self

from connectors.odbc import driver
from sandbox.children import LOOPBACK, Announcement, Child
from sandbox.folders import RunDirectory

ADMINISTRATOR: Final = "sa"
_READY_S: Final = 60.0


def connection_string(
    port: int, user: str, password: str, database: str = "master", *, encrypt: bool = True
) -> str:
    """An ODBC connection string for a server on loopback, whose certificate nobody signed."""
    return (
        f"Driver={driver()};Server=tcp:{LOOPBACK},{port};Database={_quoted(database)};"
        f"UID={_quoted(user)};PWD={_quoted(password)};Encrypt={'yes' if encrypt else 'no'};"
        "TrustServerCertificate=yes"
    )


def _quoted(value: str) -> str:
    return "{" + value.replace("}", "}}") + "}"


class AzureSqlStandIn:
    """One stand-in on free loopback ports. `start` and `stop` are idempotent.

    `control` is the address of its control API. A login with `access_token` is the administrator's.
    It ends with the thread that called `start`.
    """

    host = LOOPBACK
    user = ADMINISTRATOR

    def __init__(self, *, durable: bool = False, access_token: str = "") -> None:
        self.port = 0
        self.control = ""
        self.password = secrets.token_urlsafe(18)
        self._durable = durable
        self._secrets = {"AZURESQL_PASSWORD": self.password, "AZURESQL_ACCESS_TOKEN": access_token}
        self._run: RunDirectory | None = None
        self._child: Child | None = None

    def start(self) -> None:
        """Start it and wait until it accepts logins. Raises StartFailed with its log's end."""
        if self._child is not None:
            return
        self._run = RunDirectory("azuresql")
        try:
            self._child = Child(
                "Azure SQL stand-in",
                [
                    *(sys.executable, "-m", "sandbox.azuresql", "--user", ADMINISTRATOR),
                    *(["--durable"] if self._durable else []),
                ],
                log=self._run.path / "log",
                environment=self._secrets,
                stdout=subprocess.PIPE,
            )
            announcement = Announcement(self._child.process.stdout)
            self._child.wait_until(announcement.complete, _READY_S)
            said = announcement.content()
            self.port, self.control = int(said["port"]), str(said["control"])
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it and what it started. Idempotent."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._run is not None:
            self._run.remove()
            self._run = None

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    @property
    def pid(self) -> int:
        """Its process. Raises RuntimeError when it is not started."""
        if self._child is None:
            raise RuntimeError("the stand-in is not started")
        return self._child.pid

    def dsn(
        self,
        database: str = "master",
        user: str = ADMINISTRATOR,
        password: str | None = None,
        *,
        encrypt: bool = True,
    ) -> str:
        """An ODBC connection string; without a user it is the administrator's."""
        secret = self.password if password is None else password
        return connection_string(self.port, user, secret, database, encrypt=encrypt)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
