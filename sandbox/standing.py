"""A sandbox that stands in a folder: who holds it up, what it offers, how to end it.

The process that holds it keeps a lock on `.sandbox/lock`, which the kernel frees when that process
ends in whatever way; so "is it running" is never answered from a file that outlived its writer.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from model.errors import ReplicatorError
from sandbox.children import StartFailed, tail
from sandbox.databases import (
    create_source_database,
    create_target_database,
    source_dsn,
    target_dsn,
)
from sandbox.servers import Servers
from sandbox.signals import end_on_signals

DATABASE: Final = "social"
"""Stands empty on both ends, for whoever wants to try something."""

_START_S: Final = 120.0
_END_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Known:
    """What `.sandbox/state.json` says: the holder, its servers' processes, the addresses."""

    pid: int
    token: str
    servers: dict[str, int]
    environment: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Standing:
    """The sandbox of one folder, running or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / ".sandbox"
        self.env_file = self.folder / "env"
        self._state_file = self.folder / "state.json"
        self._lock_file = self.folder / "lock"

    def runs(self) -> bool:
        """True while a process holds it up (it may still be starting)."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def read(self) -> Known:
        """What its holder wrote. Raises ReplicatorError while it is still starting."""
        try:
            return Known(**json.loads(self._state_file.read_text()))
        except FileNotFoundError as error:
            raise ReplicatorError(
                "the sandbox is just being started", hint="ask again in a few seconds"
            ) from error

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Be its holder. Raises ReplicatorError when another process is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock_file.open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ReplicatorError("a sandbox is already running here") from error
            try:
                yield
            finally:
                self._state_file.unlink(missing_ok=True)
                self.env_file.unlink(missing_ok=True)

    def write(self, known: Known) -> None:
        """Publish the addresses; the files hold passwords, so they are ours alone to read."""
        lines = [f"{name}={shlex.quote(value)}" for name, value in known.environment.items()]
        _write_private(self.env_file, "\n".join(lines) + "\n")
        _write_private(self._state_file, json.dumps(known.as_json(), indent=2) + "\n")

    def end(self) -> bool:
        """Ask its holder to end and wait for that; False when there was none.

        Raises ReplicatorError when it does not end in time.
        """
        if not self.runs():
            return False
        os.kill(self.read().pid, signal.SIGTERM)
        deadline = time.monotonic() + _END_S
        while self.runs():
            if time.monotonic() > deadline:
                raise ReplicatorError(f"the sandbox did not end within {_END_S:g} s")
            time.sleep(0.05)
        return True


def _write_private(path: Path, text: str) -> None:
    scratch = path.with_name(path.name + ".new")
    scratch.unlink(missing_ok=True)
    scratch.touch(mode=0o600)
    scratch.write_text(text)
    scratch.rename(path)


def hold_up(standing: Standing, ready: Callable[[], None], token: str = "") -> None:
    """Start the servers, tell, and stay until a signal raises SystemExit or a server dies.

    Raises StartFailed when a server does not start or ends by itself.
    """
    with standing.held(), Servers(given=("KAFKA_BOOTSTRAP",)) as servers:
        source, kafka, target = servers.source(), servers.kafka(), servers.target()
        create_source_database(source, DATABASE)
        create_target_database(target, DATABASE)
        environment = {
            "SOURCE_DSN": source_dsn(source, DATABASE),
            "KAFKA_BOOTSTRAP": kafka,
            "AZURESQL_DSN": target_dsn(target, database=DATABASE),
        }
        processes = {one.name: one.server.pid for one in servers.started}
        standing.write(Known(os.getpid(), token, processes, environment))
        ready()
        while all(one.server.running() for one in servers.started):
            time.sleep(0.5)
        dead = next(one.name for one in servers.started if not one.server.running())
        raise StartFailed("ended by itself", object=dead, hint="the sandbox ends with it")


def start_detached(standing: Standing) -> None:
    """Start a process that holds the sandbox up after we are gone. Raises StartFailed."""
    standing.folder.mkdir(parents=True, exist_ok=True)
    log, token = standing.folder / "up.log", secrets.token_hex(8)
    with log.open("wb") as output:
        holder = subprocess.Popen(
            [sys.executable, "-m", "sandbox.standing", str(standing.folder.parent), token],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_S
    while not _stands(standing, token):
        if holder.poll() is not None or time.monotonic() > deadline:
            holder.terminate()
            raise StartFailed("did not start", object="sandbox", hint=f"it said:\n{tail(log)}")
        time.sleep(0.1)


def _stands(standing: Standing, token: str) -> bool:
    """Asks the state before the lock: to test the lock is to hold it for a moment."""
    try:
        return standing.read().token == token and standing.runs()
    except ReplicatorError:
        return False


def _main() -> None:
    end_on_signals()
    hold_up(Standing(Path(sys.argv[1])), lambda: None, sys.argv[2])


if __name__ == "__main__":
    _main()
