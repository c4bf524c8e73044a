"""Kafka's jars and PostgreSQL's binaries: fetched once through Maven, kept in the cache folder."""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from model.errors import ConfigurationError, Unreachable
from sandbox.folders import cache_folder, locked

_POM = Path(__file__).with_name("pom.xml")
_POSTGRES_JAR = "embedded-postgres-binaries-*.jar"

PACKAGES = "default-jre-headless maven libodbc2 libltdl7 libgssapi-krb5-2"
"""Debian's names of what the sandbox needs from the system."""


def program(name: str) -> str:
    """The path of a program. Raises ConfigurationError that names the packages to install."""
    found = shutil.which(name)
    if found is None:
        raise ConfigurationError(
            f"the sandbox needs the program {name!r}, which is not installed",
            hint=f"install it, on Debian with: apt-get install {PACKAGES}",
        )
    return found


def jars(pom: Path = _POM) -> Path:
    """The folder of all jars that a pom.xml names, fetched when it is not there yet.

    Raises ConfigurationError without Maven, Unreachable when Maven cannot fetch.
    """
    name = "jars-" + hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / name
    with locked(cache_folder() / f"{name}.lock"):
        if not folder.exists():
            _copy_dependencies(pom, folder)
    return folder


def _copy_dependencies(pom: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        shutil.copy(pom, f"{scratch}/pom.xml")
        run = subprocess.run(
            [
                program("mvn"),
                *("--batch-mode", "--quiet", "--file", f"{scratch}/pom.xml"),
                "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies",
                f"-DoutputDirectory={scratch}/jars",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise Unreachable(
                f"Maven could not fetch what it names (exit code {run.returncode})",
                object=str(pom),
                hint=f"it said:\n{(run.stdout + run.stderr)[-2000:]}",
            )
        _publish(Path(scratch) / "jars", folder)


def postgres_binaries() -> Path:
    """The folder that holds PostgreSQL's `bin`, `lib` and `share`, unpacked when it is not yet."""
    jar = next(jars().glob(_POSTGRES_JAR))
    folder = cache_folder() / f"postgres-{jar.stem.rpartition('-')[2]}"
    with locked(cache_folder() / f"{folder.name}.lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                _unpack(jar, Path(scratch) / "tree")
                _publish(Path(scratch) / "tree", folder)
    return folder


def _unpack(jar: Path, folder: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        packed = next(name for name in archive.namelist() if name.endswith(".txz"))
        content = archive.read(packed)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:xz") as tree:
        tree.extractall(folder, filter="data")


def _publish(scratch: Path, folder: Path) -> None:
    """Make a complete folder appear at once, readable by whatever user runs a server."""
    for place in (scratch, *scratch.rglob("*")):
        if place.is_dir():
            place.chmod(0o755)
        elif not place.is_symlink():
            place.chmod(0o755 if place.stat().st_mode & stat.S_IXUSR else 0o644)
    scratch.rename(folder)
