"""The Azure SQL stand-in as a process of its own, and what clients need to reach it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from connectors.odbc import driver
from sandbox.azuresql.fault_client import FaultClient
from sandbox.child_server import ChildServer
from sandbox.children import LOOPBACK, Announcement, Child
from sandbox.folders import RunDirectory

ADMINISTRATOR: Final = "sa"
_READY_S: Final = 180.0
"""Recovery of a large data folder included."""


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


class AzureSqlStandIn(ChildServer):
    """One stand-in on free loopback ports.

    `control` is the address of its control API. A login with `access_token` is the administrator's.
    With `data` its databases and its password are kept in that folder.
    """

    title = "Azure SQL stand-in"
    prefix = "azuresql"
    user = ADMINISTRATOR

    def __init__(
        self, *, durable: bool = False, access_token: str = "", data: Path | None = None
    ) -> None:
        super().__init__()
        self.port = 0
        self.control = ""
        self.password = ""
        self._options = [
            *(["--durable"] if durable else []),
            *([] if data is None else ["--data", str(data)]),
        ]
        self._access_token = access_token

    def _launch(self, run: RunDirectory) -> Child:
        """Start it and wait until it accepts logins."""
        child = Child(
            self.title,
            [
                *(sys.executable, "-m", "sandbox.azuresql", "--user", ADMINISTRATOR),
                *("--format", "json", *self._options),
            ],
            log=run.path / "log",
            environment={"AZURESQL_PASSWORD": "", "AZURESQL_ACCESS_TOKEN": self._access_token},
            stdout=subprocess.PIPE,
        )
        announcement = Announcement(child.process.stdout)
        try:
            child.wait_until(announcement.complete, _READY_S)
        except BaseException:
            child.stop()
            raise
        said = announcement.content()
        self.port, self.control = int(said["port"]), str(said["control"])
        self.password = str(said["password"])
        return child

    @property
    def faults(self) -> FaultClient:
        """Causes faults at it."""
        return FaultClient(self.control)

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
