"""How each client is told where the stand-in is, with a password that needs quoting everywhere."""

from __future__ import annotations

from sandbox.azuresql.addresses import Address, connection_strings, go_url, jdbc_url

ADDRESS = Address(11433, "sa", "p}w;'@/ é", "so cial")


def test_exact_texts() -> None:
    strings = connection_strings(ADDRESS)
    assert strings["mssql-python"] == (
        "Server=tcp:127.0.0.1,11433;Database={so cial};UID={sa};PWD={p}}w;'@/ é};"
        "Encrypt=yes;TrustServerCertificate=yes"
    )
    assert strings["ODBC"].endswith(strings["mssql-python"])
    assert strings["go-mssqldb"] == (
        "sqlserver://sa:p%7Dw%3B%27%40%2F%20%C3%A9@127.0.0.1:11433"
        "?database=so%20cial&encrypt=true&TrustServerCertificate=true"
    )
    assert strings["JDBC"] == (
        "jdbc:sqlserver://127.0.0.1:11433;databaseName={so cial};user={sa};"
        "password={p}}w;'@/ é};encrypt={true};trustServerCertificate={true}"
    )
    assert strings["FreeTDS"] == (
        """tsql -H 127.0.0.1 -p 11433 -U sa -P 'p}w;'"'"'@/ é' -D 'so cial'"""
    )
    assert strings["pymssql"] == (
        """pymssql.connect('127.0.0.1', port=11433, user='sa', password="p}w;'@/ é","""
        " database='so cial')"
    )


def test_without_encryption() -> None:
    assert "encrypt=disable" in go_url(ADDRESS, encrypt=False)
    assert "encrypt={false}" in jdbc_url(ADDRESS, encrypt=False)


def test_a_password_is_not_shown() -> None:
    assert ADDRESS.password not in repr(ADDRESS)
