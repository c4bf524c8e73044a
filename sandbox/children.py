"""Server processes that cannot outlive the process that started them."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from model.errors import ReplicatorError
from sandbox.folders import Account

_PR_SET_PDEATHSIG = 1
_ATTEMPTS = 3
_libc = ctypes.CDLL(None, use_errno=True)

LOOPBACK = "127.0.0.1"


class StartFailed(ReplicatorError):
    """A server of the sandbox ended, or kept silent, before it was ready."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """True when something accepts connections on that loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


class Child:
    """A process in a session of its own, which the kernel ends when the calling *thread* ends.

    So start it from a thread that lives as long as the server shall: the main thread. A session of
    its own keeps a terminal's Ctrl-C away from it: the parent stops it, in order. Output goes to
    `log`; `farewell` is the signal that ends it at once and cleanly.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        account: Account | None = None,
        farewell: signal.Signals = signal.SIGTERM,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        stdout: int | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._farewell = farewell
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output if stdout is None else stdout,
                stderr=output,
                cwd=cwd,
                env=None if environment is None else {**os.environ, **environment},
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid(), farewell),
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def running(self) -> bool:
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Return once `ready`; raises StartFailed with the log's end when it ends or is late."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running():
                raise self.failure(f"ended with code {self.process.returncode} while starting")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready within {timeout_s:g} s")
            time.sleep(0.02)

    def failure(self, what: str) -> StartFailed:
        """An error that carries the last lines of the log."""
        return StartFailed(what, object=self.name, hint=f"its log ends with:\n{tail(self.log)}")

    def stop(self, timeout_s: float = 20.0) -> None:
        """Say farewell, and kill what does not leave within the time. Idempotent."""
        if self.running():
            self.process.send_signal(self._farewell)
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def launched(attempt: Callable[[int], Child]) -> Child:
    """What `attempt` (told its number) starts; again when another process took its port meanwhile.

    Raises the last attempt's StartFailed.
    """
    for number in range(1, _ATTEMPTS):
        try:
            return attempt(number)
        except StartFailed:
            continue
    return attempt(_ATTEMPTS)


class Announcement:
    """The one line of JSON that a child prints when it is ready, read without blocking us."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        if stream is None:
            raise ValueError("the child's output is not a pipe")
        self._stream = stream
        self._line = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        self._line = self._stream.readline()

    def complete(self) -> bool:
        return self._line.endswith(b"\n")

    def content(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._line)
        return said


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def working_in(folder: Path) -> list[int]:
    """The processes whose working directory that is."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                place = (process / "cwd").readlink()
            except OSError:  # gone meanwhile, or another user's
                continue
            if place == folder:
                found.append(int(process.name))
    return found


def _dies_with(parent: int, farewell: signal.Signals) -> Callable[[], None]:
    """What a child runs before exec, after its user was changed (which would clear the setting)."""

    def arrange() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(farewell), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the kernel knew of our wish
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange
