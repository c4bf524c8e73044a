"""Where Microsoft's ODBC driver 18 is: installed on the system, or packaged with Python.

The packaged driver (`mssql-python-odbc`) is loaded by path. A shared library that it needs and
that is missing shows to unixODBC only as "file not found" of the driver itself, so the library is
looked for here and named by its Debian package.
"""

from __future__ import annotations

import configparser
import ctypes
import functools
import os
from collections.abc import Callable, Iterable
from importlib import util
from pathlib import Path
from typing import Final

from model.errors import ConfigurationError

_INSTALLED: Final = "ODBC Driver 18 for SQL Server"
_REGISTRIES: Final = ("/etc/odbcinst.ini", "/etc/unixODBC/odbcinst.ini")

PACKAGES: Final = {
    "libodbc.so.2": "libodbc2",
    "libltdl.so.7": "libltdl7",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libssl.so.3": "libssl3",
    "libodbcinst.so.2": "libodbcinst2",
}
"""Shared libraries that pyodbc and the driver need, by the Debian package that brings them."""

_BROUGHT_ALONG: Final = "libodbcinst.so.2"


@functools.cache
def driver() -> str:
    """The value for `Driver=` in a connection string, braces included.

    Prefers an installed driver 18, else the packaged one. Raises ConfigurationError naming the
    package that is missing.
    """
    return "{" + (installed(_registries()) or str(packaged())) + "}"


def installed(registries: Iterable[Path]) -> str | None:
    """The registered name of driver 18, when its library is there too."""
    for registry in registries:
        known = configparser.ConfigParser(interpolation=None, strict=False)
        known.read(registry, encoding="utf-8")
        if known.has_section(_INSTALLED):
            library = known.get(_INSTALLED, "Driver", fallback="")
            if library and Path(library).exists():
                return _INSTALLED
    return None


def packaged() -> Path:
    """The packaged driver's library, once everything that it needs has been found."""
    require(PACKAGES, _loads)
    spec = util.find_spec("mssql_python_odbc")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "no ODBC driver 18 for SQL Server is installed",
            object="ODBC",
            hint="install Microsoft's package msodbcsql18, or mssql-python-odbc with pip",
        )
    root = Path(spec.origin).parent / "libs" / "linux"
    found = sorted(root.glob(f"{_family()}/{os.uname().machine}/lib/libmsodbcsql-18.*.so.*"))
    if not found:
        raise ConfigurationError(
            f"mssql-python-odbc has no driver 18 for {_family()} on {os.uname().machine}",
            object="ODBC",
            hint="install Microsoft's package msodbcsql18",
        )
    return found[-1]


def require(libraries: dict[str, str], loads: Callable[[str], bool]) -> None:
    """Raise ConfigurationError with every missing library and the packages that bring them."""
    missing = [name for name in libraries if name != _BROUGHT_ALONG and not loads(name)]
    if missing:
        packages = " ".join(dict.fromkeys(libraries[name] for name in missing))
        raise ConfigurationError(
            f"the ODBC driver needs {', '.join(missing)}, which this system does not have",
            object="ODBC",
            hint=f"apt-get install {packages}",
        )


def _registries() -> list[Path]:
    named = os.environ.get("ODBCSYSINI")
    home = [Path(named) / "odbcinst.ini"] if named else []
    return [*home, Path.home() / ".odbcinst.ini", *map(Path, _REGISTRIES)]


def _family() -> str:
    """The folder of the packaged driver that fits this distribution."""
    try:
        release = Path("/etc/os-release").read_text(encoding="utf-8").lower()
    except FileNotFoundError:
        release = ""
    if "suse" in release:
        return "suse"
    if "rhel" in release or "fedora" in release:
        return "rhel"
    return "debian_ubuntu"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
