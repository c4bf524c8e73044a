"""What each client wants to be told to reach the stand-in."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from sandbox.children import LOOPBACK
from sandbox.standin import connection_string

_MASTER: Final = "master"


@dataclass(frozen=True, slots=True)
class Address:
    """A port on loopback, and who may log in there."""

    port: int
    user: str
    password: str = field(repr=False)
    database: str = _MASTER

    @property
    def server(self) -> str:
        return f"{LOOPBACK},{self.port}"


def connection_strings(address: Address) -> dict[str, str]:
    """By client, in that client's own words; the certificate is self-signed, so none checks it."""
    odbc = connection_string(address.port, address.user, address.password, address.database)
    python = (
        f"{LOOPBACK!r}, port={address.port}, user={address.user!r}, "
        f"password={address.password!r}, database={address.database!r}"
    )
    shell = (
        f"-H {LOOPBACK} -p {address.port} -U {shlex.quote(address.user)} "
        f"-P {shlex.quote(address.password)} -D {shlex.quote(address.database)}"
    )
    return {
        "ODBC": odbc,
        "mssql-python": odbc.partition(";")[2],
        "pymssql": f"pymssql.connect({python})",
        "python-tds": f"pytds.connect({python})",
        "FreeTDS": f"tsql {shell}",
        "go-mssqldb": go_url(address),
        "JDBC": jdbc_url(address),
    }


def go_url(address: Address, *, encrypt: bool = True) -> str:
    """For Go's go-mssqldb."""
    credentials = f"{quote(address.user, safe='')}:{quote(address.password, safe='')}"
    return (
        f"sqlserver://{credentials}@{LOOPBACK}:{address.port}?database="
        f"{quote(address.database, safe='')}&encrypt={'true' if encrypt else 'disable'}"
        "&TrustServerCertificate=true"
    )


def jdbc_url(address: Address, *, encrypt: bool = True) -> str:
    """For Microsoft's JDBC driver."""
    words = {
        "databaseName": address.database,
        "user": address.user,
        "password": address.password,
        "encrypt": "true" if encrypt else "false",
        "trustServerCertificate": "true",
    }
    rest = "".join(f";{name}={{{value.replace('}', '}}')}}}" for name, value in words.items())
    return f"jdbc:sqlserver://{LOOPBACK}:{address.port}{rest}"
