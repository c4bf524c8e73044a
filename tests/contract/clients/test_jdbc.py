"""Microsoft's JDBC driver against the stand-in; the checks themselves are `java/*.java`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox.artifacts import jars
from sandbox.azuresql.addresses import Address, jdbc_url
from sandbox.databases import connection_words
from tests.contract.clients.checks import run_check, tool
from tests.servers import AzureSqlAddress

_SOURCES = Path(__file__).with_name("java")


@pytest.fixture(scope="module")
def class_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled checks and the driver."""
    compiler = tool("javac", "default-jdk-headless")
    classes, driver = tmp_path_factory.mktemp("classes"), jars(_SOURCES / "pom.xml")
    path = f"{classes}:{driver}/*"
    sources = sorted(map(str, _SOURCES.glob("*.java")))
    subprocess.run(
        [compiler, "-Xlint:all", "-Werror", "-cp", path, "-d", classes, *sources], check=True
    )
    return path


@pytest.fixture
def client(class_path: str, azuresql: AzureSqlAddress, target_database: str) -> list[str]:
    """The command line of the checks, on a database of this test's own."""
    database = connection_words(target_database)["database"]
    address = Address(azuresql.port, azuresql.user, azuresql.password, database)
    urls = [jdbc_url(address), jdbc_url(address, encrypt=False)]
    return ["java", "-Xmx1g", "-cp", class_path, "Client", *urls]


def test_logins(client: list[str]) -> None:
    run_check(client, "logins")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("refused_logins", "several_results", "parameters", "output_parameters"),
        *("generated_keys", "transactions", "errors", "cancel", "query_timeout"),
        *("thousand_statements", "fifty_connections"),
        *("types", "large_values"),
        *("batch", "batch_by_bulk_copy", "bulk_copy", "bulk_copy_in_transaction"),
        *("result_metadata", "parameter_metadata", "tables_and_columns", "keys_and_indexes"),
        "product_and_types",
    ],
)
def test_jdbc(client: list[str], name: str) -> None:
    run_check(client, name)


@pytest.mark.slow
def test_a_table_as_a_parameter(client: list[str]) -> None:
    run_check(client, "table_parameter")


@pytest.mark.slow
def test_a_value_of_any_type(client: list[str]) -> None:
    run_check(client, "sql_variant")
