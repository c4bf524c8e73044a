"""Finding the driver, and naming the package that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import odbc
from model.errors import ConfigurationError


def test_a_missing_library_is_named_by_its_debian_package() -> None:
    missing = {"libodbc.so.2", "libltdl.so.7"}
    with pytest.raises(ConfigurationError) as raised:
        odbc.require(odbc.PACKAGES, lambda name: name not in missing)
    assert raised.value.hint == "apt-get install libodbc2 libltdl7"
    assert "libodbc.so.2, libltdl.so.7" in raised.value.what


def test_the_drivers_own_companion_is_not_asked_of_the_system() -> None:
    odbc.require(odbc.PACKAGES, lambda name: name != "libodbcinst.so.2")


def test_an_installed_driver_wins_when_its_library_is_there(tmp_path: Path) -> None:
    library = tmp_path / "libmsodbcsql-18.so"
    registry = tmp_path / "odbcinst.ini"
    registry.write_text(f"[ODBC Driver 18 for SQL Server]\nDriver={library}\nUsageCount=1\n")
    assert odbc.installed([registry]) is None
    library.touch()
    assert odbc.installed([tmp_path / "none.ini", registry]) == "ODBC Driver 18 for SQL Server"


def test_another_driver_is_not_taken_for_it(tmp_path: Path) -> None:
    registry = tmp_path / "odbcinst.ini"
    registry.write_text("[FreeTDS]\nDriver=/nowhere\n")
    assert odbc.installed([registry]) is None


def test_the_driver_of_this_machine_is_found() -> None:
    assert odbc.driver().startswith("{")
