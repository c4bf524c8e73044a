"""Real PostgreSQL with `wal_level=logical` on a free loopback port; its data goes, or is kept."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sandbox.artifacts import postgres_binaries
from sandbox.child_server import ChildServer
from sandbox.children import LOOPBACK, Child, StartFailed, free_port, launched, tail, working_in
from sandbox.folders import KeptFolder, RunDirectory, service_account

SUPERUSER: Final = "postgres"
_READY_S: Final = 120.0
"""Recovery after a kill reads at most `max_wal_size` of log."""

_PREDECESSOR_S: Final = 30.0

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


class PostgresServer(ChildServer):
    """One server.

    `settings` add to or replace `postgresql.conf`. With `durable` every commit is flushed to the
    disk as in production; without, the server is quick. With `kept` the cluster lives in that
    folder, is always durable and is there again for the next server. The superuser's password is
    random. ICU is built in; the cluster's own locale is C.UTF-8 (databases may choose: `CREATE
    DATABASE … LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0`).
    """

    title = "PostgreSQL"
    prefix = "postgres"
    user: Final = SUPERUSER

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        durable: bool = False,
        kept: KeptFolder | None = None,
    ) -> None:
        super().__init__()
        self.port = 0
        self.password = secrets.token_urlsafe(18) if kept is None else kept.secret("superuser")
        volatile = {} if durable or kept is not None else _VOLATILE
        self._settings = {**_SETTINGS, **volatile, **(settings or {})}
        self._kept = kept

    def _launch(self, run: RunDirectory) -> Child:
        """Initialise a cluster, when there is none yet, and start it."""
        binaries, account = postgres_binaries(), service_account()
        home = run.give("home", account)
        if self._kept is None:
            data = home / "data"
            self._initialise(binaries, home, data)
        else:
            data = self._kept.path / "postgres"
            _await_predecessor(data)
            if not data.exists():
                scratch = self._kept.give("postgres.new", account)
                self._initialise(binaries, home, scratch)
                scratch.rename(data)
        return launched(lambda _: self._attempt(binaries, data, run.path / "log"))

    def _initialise(self, binaries: Path, home: Path, data: Path) -> None:
        account = service_account()
        password = home / "password"
        password.write_text(self.password)
        if account is not None:
            os.chown(password, account.uid, account.gid)
        initdb = subprocess.run(
            [
                str(binaries / "bin" / "initdb"),
                *("-D", str(data), "-U", SUPERUSER, "--encoding=UTF8"),
                *([] if self._kept is not None else ["--no-sync"]),
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
            raise StartFailed("could not be initialised", object=self.title, hint=initdb.stderr)

    def _attempt(self, binaries: Path, data: Path, log: Path) -> Child:
        self.port = free_port()
        options = {**self._settings, "port": str(self.port)}
        child = Child(
            self.title,
            [
                str(binaries / "bin" / "postgres"),
                *("-D", str(data)),
                *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
            ],
            log=log,
            account=service_account(),
            # An immediate shutdown: it ends all sessions, the walsenders too, without waiting, and
            # gives the shared memory back. Where data is kept, a fast one writes everything, so
            # that the next start is quick.
            farewell=signal.SIGQUIT if self._kept is None else signal.SIGINT,
            cwd=data,
        )
        try:
            child.wait_until(lambda: _ready(data, child.pid), _READY_S)
        except BaseException:
            child.stop()
            raise
        return child

    def log_tail(self, lines: int = 40) -> str:
        """The end of the server's log, for messages."""
        return "" if self._run is None else tail(self.folder / "log", lines)

    def dsn(
        self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None
    ) -> str:
        """A connection URI; without a user it is the superuser's, with its password."""
        secret = self.password if password is None else password
        return (
            f"postgresql://{quote(user, safe='')}:{quote(secret, safe='')}"
            f"@{self.host}:{self.port}/{quote(database, safe='')}"
        )


def _ready(data: Path, pid: int) -> bool:
    """The eighth line of `postmaster.pid` says whether the server accepts connections.

    The first is its process: a killed predecessor leaves the file behind.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _await_predecessor(data: Path) -> None:
    """The kernel tells what a killed process left behind to end, and that takes a moment.

    Its lock file goes then: PostgreSQL would take a dead process that nobody has waited for yet, or
    another one with its number, for a running server. Raises StartFailed when processes still work
    in the folder.
    """
    deadline = time.monotonic() + _PREDECESSOR_S
    while left := working_in(data):
        if time.monotonic() > deadline:
            numbers = ", ".join(map(str, left))
            raise StartFailed(f"processes {numbers} still work in {data}", object="PostgreSQL")
        time.sleep(0.02)
    (data / "postmaster.pid").unlink(missing_ok=True)
