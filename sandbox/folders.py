"""Where the sandbox keeps what it fetches (cache) and what it runs in (run directories).

As root, PostgreSQL runs as another user, who must be able to reach its binaries and its data; a
home directory or a clone below it is closed to others, so both live under /var/cache then.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from model.errors import ConfigurationError

SERVICE_USER = "nobody"
"""Runs PostgreSQL when we are root."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a server must run as, when that is not us."""

    uid: int
    gid: int


def service_account() -> Account | None:
    """The unprivileged account for PostgreSQL; None when we are unprivileged ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(SERVICE_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def cache_folder() -> Path:
    """Where jars and binaries are kept: `REPLICATOR_CACHE`, or the user's (root: system's) cache.

    Raises ConfigurationError when we are root and the service user could not enter it.
    """
    named = os.environ.get("REPLICATOR_CACHE")
    if named:
        folder = Path(named).absolute()
    elif os.geteuid() == 0:
        folder = Path("/var/cache/replicator")
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "replicator"
    folder.mkdir(parents=True, exist_ok=True)
    _require_traversable(folder, "REPLICATOR_CACHE")
    return folder


def _require_traversable(folder: Path, name: str) -> None:
    if os.geteuid() != 0:
        return
    for place in (folder, *folder.parents):
        if not place.stat().st_mode & 0o001:
            raise ConfigurationError(
                f"as root, PostgreSQL runs as {SERVICE_USER}, who cannot enter {place}",
                object=name,
                hint="name a folder outside of private directories, or chmod o+x that one",
            )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, so that two processes do not fetch the same thing."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class RunDirectory:
    """A directory for one server's files, gone with `remove`.

    Its owner holds a lock on a file beside it for as long as it lives, so that whoever comes later
    can tell a directory in use from one that a killed process left, and remove the latter.
    """

    def __init__(self, name: str) -> None:
        base = cache_folder() / "run"
        base.mkdir(exist_ok=True, mode=0o755)
        with locked(base / ".lock"):
            _sweep(base)
            self.path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
            self._owner: IO[str] = _owner_file(self.path).open("w")
            fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.geteuid() == 0:
            self.path.chmod(0o711)

    def give(self, folder: str, account: Account | None) -> Path:
        """A folder in it that belongs to the account alone."""
        path = self.path / folder
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
        return path

    def remove(self) -> None:
        """Delete everything in it. Idempotent."""
        shutil.rmtree(self.path, ignore_errors=True)
        _owner_file(self.path).unlink(missing_ok=True)
        self._owner.close()


class KeptFolder:
    """A folder whose content outlives the process that holds it; one process at a time does.

    Raises ConfigurationError when another one holds it, or PostgreSQL's user cannot enter it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.path.mkdir(parents=True, exist_ok=True)
        _require_traversable(self.path, str(self.path))
        self._owner: IO[str] = (self.path / "lock").open("a")
        try:
            fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._owner.close()
            raise ConfigurationError(
                "another server runs in this folder", object=str(self.path), hint="end it first"
            ) from error

    def give(self, folder: str, account: Account | None) -> Path:
        """An empty folder in it that belongs to the account alone."""
        path = self.path / folder
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
        return path

    def secret(self, name: str) -> str:
        """A random text, the same each time, that only we can read."""
        return self.note(name, lambda: secrets.token_urlsafe(18))

    def note(self, name: str, make: Callable[[], str]) -> str:
        """What `make` gave when the name was first asked for."""
        path = self.path / name
        if not path.exists():
            scratch = path.with_name(f"{name}.new")
            scratch.unlink(missing_ok=True)
            scratch.touch(mode=0o600)
            scratch.write_text(make())
            scratch.rename(path)
        return path.read_text()

    def close(self) -> None:
        """Let another process have it. Idempotent."""
        self._owner.close()


def _owner_file(directory: Path) -> Path:
    return directory.with_name(directory.name + ".owner")


def _sweep(base: Path) -> None:
    """Remove the directories whose owner is gone."""
    for directory in [entry for entry in base.iterdir() if entry.is_dir()]:
        owner = _owner_file(directory)
        with owner.open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(directory, ignore_errors=True)
            owner.unlink(missing_ok=True)
