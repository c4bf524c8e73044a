"""Microsoft's driver for Go against the stand-in; the checks themselves are `go/*.go`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox.azuresql.addresses import Address, go_url
from sandbox.databases import connection_words
from tests.contract.clients.checks import run_check, tool
from tests.servers import AzureSqlAddress

_SOURCES = Path(__file__).with_name("go")
_NEEDED = (1, 25)
"""What the driver's own go.mod asks for."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled checks. Skips where Go is missing or older than the driver needs."""
    go = tool("go", "golang-go, where it is 1.25 or newer")
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True)
    version = said.stdout.strip().removeprefix("go")
    if tuple(int(part) for part in version.split(".")[:2]) < _NEEDED:
        pytest.skip(
            f"go-mssqldb needs Go {_NEEDED[0]}.{_NEEDED[1]} or newer, and this is {version}"
        )
    built = tmp_path_factory.mktemp("go") / "client"
    subprocess.run([go, "build", "-o", built, "."], cwd=_SOURCES, check=True)
    return built


@pytest.fixture
def client(program: Path, azuresql: AzureSqlAddress, target_database: str) -> list[str]:
    """The command line of the checks, on a database of this test's own."""
    database = connection_words(target_database)["database"]
    address = Address(azuresql.port, azuresql.user, azuresql.password, database)
    return [str(program), go_url(address), go_url(address, encrypt=False)]


def test_logins(client: list[str]) -> None:
    run_check(client, "logins")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("refused_logins", "several_results", "parameters", "output_parameters"),
        *("transactions", "errors", "cancel", "thousand_statements", "fifty_connections"),
        *("types", "large_values", "copy_in", "copy_in_rolled_back"),
    ],
)
def test_go(client: list[str], name: str) -> None:
    run_check(client, name)


@pytest.mark.slow
def test_a_table_as_a_parameter(client: list[str]) -> None:
    run_check(client, "table_parameter")
