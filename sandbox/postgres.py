"""Real PostgreSQL with `wal_level=logical` on a free loopback port; its data goes with it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from sandbox.artifacts import postgres_binaries
from sandbox.children import LOOPBACK, Child, StartFailed, free_port, tail
from sandbox.folders import RunDirectory, service_account

SUPERUSER: Final = "postgres"
_ATTEMPTS: Final = 3
"""Another process may take the port between choosing and binding it."""

_SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "wal_level": "logical",
    "max_wal_senders": "20",
    "max_replication_slots": "20",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "password_encryption": "scram-sha-256",
    # Files in the data directory instead of /dev/shm: a killed server leaves nothing there.
    "dynamic_shared_memory_type": "mmap",
    "log_line_prefix": "%m [%p] %d %a ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_VOLATILE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests: what survives is decided by the processes that are killed, not by a power cut."""


class PostgresServer:
    """One server. `start` and `stop` are idempotent; a stopped one may not start again.

    `settings` add to or replace `postgresql.conf`. With `durable` every commit is flushed to the
    disk as in production; without, the server is quick. The superuser's password is random; the
    server ends with the thread that called `start`. ICU is built in; the cluster's own locale is
    C.UTF-8 (databases may choose: `CREATE DATABASE … LOCALE_PROVIDER icu ICU_LOCALE 'en-US'
    TEMPLATE template0`).
    """

    user: Final = SUPERUSER
    host: Final = LOOPBACK

    def __init__(self, settings: Mapping[str, str] | None = None, *, durable: bool = False) -> None:
        self.port = 0
        self.password = secrets.token_urlsafe(18)
        self._settings = {**_SETTINGS, **({} if durable else _VOLATILE), **(settings or {})}
        self._run: RunDirectory | None = None
        self._child: Child | None = None

    def start(self) -> None:
        """Initialise a cluster and start it. Raises StartFailed with the end of its log."""
        if self._child is not None:
            return
        binaries = postgres_binaries()
        self._run = RunDirectory("postgres")
        try:
            data = self._initialise(binaries, self._run)
            self._child = self._launch(binaries, data)
        except BaseException:
            self.stop()
            raise

    def _initialise(self, binaries: Path, run: RunDirectory) -> Path:
        account = service_account()
        home = run.give("home", account)
        data, password = home / "data", home / "password"
        password.write_text(self.password)
        if account is not None:
            os.chown(password, account.uid, account.gid)
        initdb = subprocess.run(
            [
                str(binaries / "bin" / "initdb"),
                *("-D", str(data), "-U", SUPERUSER, "--no-sync", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={password}"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )
        password.unlink()
        if initdb.returncode != 0:
            raise StartFailed("could not be initialised", object="PostgreSQL", hint=initdb.stderr)
        return data

    def _launch(self, binaries: Path, data: Path) -> Child:
        assert self._run is not None
        log = self._run.path / "log"
        for attempt in range(1, _ATTEMPTS + 1):
            self.port = free_port()
            options = {**self._settings, "port": str(self.port)}
            child = Child(
                "PostgreSQL",
                [
                    str(binaries / "bin" / "postgres"),
                    *("-D", str(data)),
                    *(
                        part
                        for name, value in options.items()
                        for part in ("-c", f"{name}={value}")
                    ),
                ],
                log=log,
                account=service_account(),
                # An immediate shutdown: it ends all sessions, the walsenders too, without waiting,
                # and gives the shared memory back. There is nothing to keep.
                farewell=signal.SIGQUIT,
                cwd=data,
            )
            try:
                child.wait_until(lambda: _ready(data), 60.0)
            except StartFailed:
                child.stop()
                if attempt == _ATTEMPTS:
                    raise
            else:
                return child
        raise AssertionError("the last attempt returns or raises")

    def stop(self) -> None:
        """End the server and delete its data. Idempotent."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._run is not None:
            self._run.remove()
            self._run = None

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    @property
    def folder(self) -> Path:
        """Where its data and its log are. Raises RuntimeError when it is not started."""
        if self._run is None:
            raise RuntimeError("PostgreSQL is not started")
        return self._run.path

    @property
    def pid(self) -> int:
        """The postmaster's process. Raises RuntimeError when the server is not started."""
        if self._child is None:
            raise RuntimeError("PostgreSQL is not started")
        return self._child.pid

    def log_tail(self, lines: int = 40) -> str:
        """The end of the server's log, for messages."""
        return "" if self._run is None else tail(self._run.path / "log", lines)

    def dsn(
        self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None
    ) -> str:
        """A connection URI; without a user it is the superuser's, with its password."""
        secret = self.password if password is None else password
        return (
            f"postgresql://{quote(user, safe='')}:{quote(secret, safe='')}"
            f"@{self.host}:{self.port}/{quote(database, safe='')}"
        )

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


def _ready(data: Path) -> bool:
    """The eighth line of `postmaster.pid` says whether the server accepts connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"
