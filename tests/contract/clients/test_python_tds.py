"""python-tds, TDS in plain Python: the scenarios and its bulk copy."""

from __future__ import annotations

import tempfile
from contextlib import closing
from typing import Any

import pytds
import pytest

from tests.contract.clients.edges import Edge
from tests.contract.clients.scenarios import APPLICATION, Place, Scenarios


class TestPythonTds(Scenarios):
    mark = "%s"
    no_database = 18456

    def connect(self, place: Place, *, encrypt: bool = True, limit_s: int = 0) -> Any:
        """Only a certificate to trust makes it encrypt."""
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as trusted:
            trusted.write(place.certificate())
            trusted.flush()
            return pytds.connect(
                place.host,
                port=place.port,
                user=place.user,
                password=place.password,
                database=place.database,
                timeout=limit_s or None,
                login_timeout=20,
                appname=APPLICATION,
                cafile=trusted.name if encrypt else None,
                validate_host=False,
            )

    def sent(self, edge: Edge) -> Any:
        """Bytes are text to it unless they are marked."""
        return pytds.Binary(edge.value) if isinstance(edge.value, bytes) else edge.value

    def write_large(self, connection: Any, value: bytes) -> None:
        super().write_large(connection, pytds.Binary(value))

    def number(self, error: Exception) -> int:
        found: Any = error
        return int(found.number)


@pytest.mark.slow
def test_copy_to(place: Place) -> None:
    rows = [(n, f"row {n} é😀" if n % 3 else None) for n in range(3_000)]
    with closing(TestPythonTds().connect(place)) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE dbo.copied (n int NOT NULL, t nvarchar(40) NULL)")
        columns = [
            pytds.Column("n", type=pytds.tds_types.IntType()),
            pytds.Column("t", type=pytds.tds_types.NVarCharType(40)),
        ]
        cursor.copy_to(data=rows, table_or_view="copied", schema="dbo", columns=columns)
        connection.commit()
        cursor.execute("SELECT n, t FROM dbo.copied ORDER BY n")
        assert cursor.fetchall() == rows


@pytest.mark.slow
def test_output_parameters_and_the_return_status(place: Place) -> None:
    with closing(TestPythonTds().connect(place)) as connection:
        cursor = connection.cursor()
        declared = "@n int OUTPUT, @t nvarchar(20) OUTPUT, @none int OUTPUT"
        statement = "SET @n = @n + 1; SET @t = @t + N'é'; SET @none = NULL"
        out = [
            pytds.output(value=4, param_type="int"),
            pytds.output(value="ab", param_type="nvarchar(20)"),
            pytds.output(value=1, param_type="int"),
        ]
        given = cursor.callproc("sp_executesql", (statement, declared, *out))
        assert given[2:] == [5, "abé", None]
        assert cursor.get_proc_return_status() == 0


@pytest.mark.slow
def test_server_cursors_are_refused_by_name(place: Place) -> None:
    with closing(TestPythonTds().connect(place)) as connection:
        with pytest.raises(pytds.Error, match="sp_cursoropen") as caught:
            connection.cursor().callproc("sp_cursoropen", (0, "SELECT 1", 1, 1, 0))
        assert caught.value.number == 2812
