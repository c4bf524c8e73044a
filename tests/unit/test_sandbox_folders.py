"""Cache and run directories: reachable by the servers' user, and swept when their owner is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from model.errors import ConfigurationError
from sandbox.children import Child, StartFailed
from sandbox.folders import RunDirectory, cache_folder


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder of this test's own, which another user may enter."""
    folder = tmp_path_factory.mktemp("cache")
    for place in (folder, *folder.parents):
        if place.stat().st_uid == os.getuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | 0o011)
    monkeypatch.setenv("REPLICATOR_CACHE", str(folder))
    return folder


def test_a_private_cache_is_refused_for_root(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert cache_folder() == cache
    (cache / "private").mkdir(mode=0o700)
    monkeypatch.setenv("REPLICATOR_CACHE", str(cache / "private" / "inner"))
    with pytest.raises(ConfigurationError, match="cannot enter"):
        cache_folder()


def test_a_run_directory_is_gone_after_remove(cache: Path) -> None:
    run = RunDirectory("test")
    (run.path / "file").write_text("x")
    run.remove()
    run.remove()
    assert {path.name for path in (cache / "run").iterdir()} == {".lock"}


def test_only_directories_without_a_living_owner_are_swept(cache: Path) -> None:
    mine = RunDirectory("mine")
    owner = "from sandbox.folders import RunDirectory; import os; print(RunDirectory('dead').path,"
    ended = subprocess.run(
        [sys.executable, "-c", f"{owner} flush=True); os._exit(0)"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    dead = Path(ended.stdout.strip())
    assert dead.exists()
    other = RunDirectory("other")
    assert not dead.exists()
    assert mine.path.exists()
    mine.remove()
    other.remove()


def test_a_child_that_ends_while_starting_tells_its_last_words(tmp_path: Path) -> None:
    child = Child("server", ["sh", "-c", "echo no room left >&2; exit 3"], log=tmp_path / "log")
    with pytest.raises(StartFailed) as raised:
        child.wait_until(lambda: False, 20)
    assert "server: ended with code 3 while starting" in str(raised.value)
    assert "no room left" in str(raised.value)


def test_a_child_that_does_not_leave_is_killed(tmp_path: Path) -> None:
    ignoring = "trap '' TERM; touch ready; while :; do sleep 0.1; done"
    child = Child("server", ["sh", "-c", ignoring], log=tmp_path / "log", cwd=tmp_path)
    child.wait_until((tmp_path / "ready").exists, 20)
    child.stop(timeout_s=0.3)
    child.stop()
    assert child.process.returncode == -signal.SIGKILL
