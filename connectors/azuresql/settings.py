"""How the target is reached: the ODBC connection string, checked before anything is opened."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from model.units import DURATION_PATTERN, duration

Duration = Annotated[
    float,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]

KEYWORDS: Final = {
    "driver": "Driver",
    "server": "Server",
    "addr": "Server",
    "address": "Server",
    "database": "Database",
    "uid": "UID",
    "pwd": "PWD",
    "authentication": "Authentication",
    "trusted_connection": "Trusted_Connection",
    "encrypt": "Encrypt",
    "trustservercertificate": "TrustServerCertificate",
    "hostnameincertificate": "HostnameInCertificate",
    "servercertificate": "ServerCertificate",
    "serverspn": "ServerSPN",
    "applicationintent": "ApplicationIntent",
    "multisubnetfailover": "MultiSubnetFailover",
    "ipaddresspreference": "IpAddressPreference",
    "keepalive": "KeepAlive",
    "keepaliveinterval": "KeepAliveInterval",
    "packetsize": "PacketSize",
    "replication": "Replication",
    "connectretrycount": "ConnectRetryCount",
    "connectretryinterval": "ConnectRetryInterval",
}
"""Keywords that a connection string may hold, lower case, with the driver's own spelling."""

_ELSEWHERE: Final = {
    "user id": "UID",
    "user": "UID",
    "password": "PWD",
    "data source": "Server",
} | {
    "initial catalog": "Database",
    "app": "nothing: sessions name themselves",
    "application name": "nothing: sessions name themselves",
}

AUTHENTICATION: Final = (
    "SqlPassword",
    "ActiveDirectoryMsi",
    "ActiveDirectoryServicePrincipal",
    "ActiveDirectoryIntegrated",
    "ActiveDirectoryInteractive",
)
_PORT: Final = 1433
_ADDRESS: Final = re.compile(r"\s*(?:tcp:)?\s*([^,:\\]+?)\s*(?:,\s*(\d+)\s*)?", re.IGNORECASE)
_ENCRYPT: Final = ("yes", "mandatory", "strict", "no", "optional")
_PAIR: Final = re.compile(r"\s*([^=;{}]+?)\s*=\s*(?:\{((?:[^}]|\}\})*)\}\s*|([^;{}]*?)\s*)(?:;|$)")


def parse_connection(text: str) -> dict[str, str]:
    """Keyword and value of each pair, in the driver's spelling; the first of a kind wins.

    Raises ValueError that names the keyword and never a value.
    """
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip("; \t\r\n"):
        at += len(text[at:]) - len(text[at:].lstrip("; \t\r\n"))
        match = _PAIR.match(text, at)
        if match is None:
            after = f" after {list(found)[-1]}" if found else ""
            raise ValueError(
                f"cannot be read{after}: write Keyword=value;Keyword=value, "
                "and put a value that holds ; or } in braces"
            )
        found.setdefault(
            _keyword(match[1]), match[2].replace("}}", "}") if match[2] is not None else match[3]
        )
        at = match.end()
    return found


def render_connection(pairs: dict[str, str]) -> str:
    """The connection string of these pairs; every value that needs braces gets them."""
    return "".join(f"{key}={_braced(value)};" for key, value in pairs.items())


def _keyword(name: str) -> str:
    known = KEYWORDS.get(name.lower())
    if known is not None:
        return known
    near = _ELSEWHERE.get(name.lower()) or next(
        iter(difflib.get_close_matches(name.lower(), KEYWORDS, 1)), None
    )
    hint = f"; did you mean {KEYWORDS.get(near, near)}?" if near else ""
    raise ValueError(f"{name!r} is not a keyword of the ODBC driver{hint}")


def _braced(value: str) -> str:
    if re.search(r"[;{}\s=]", value):
        return "{" + value.replace("}", "}}") + "}"
    return value


class AzureSqlSettings(BaseModel):
    """The `target:` section. `credential` logs in by an access token of azure-identity."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Literal["azuresql"] = "azuresql"
    connection: SecretStr
    credential: (
        Literal["default", "managed_identity", "workload_identity", "environment", "cli"] | None
    ) = None
    managed_identity_client_id: str | None = None
    schemas: dict[str, str] = Field(default_factory=lambda: {"public": "dbo"})
    connect_timeout: Duration = 15.0
    statement_timeout: Duration = 300.0
    bulk_timeout: Duration = 3600.0
    patience: Duration = 60.0
    """How long control work goes on trying while the target has a passing fault."""

    @field_validator("connection")
    @classmethod
    def _readable(cls, connection: SecretStr) -> SecretStr:
        pairs = parse_connection(connection.get_secret_value())
        for needed in ("Server", "Database"):
            if not pairs.get(needed):
                raise ValueError(f"names no {needed}: add {needed}=…")
        _one_of("Encrypt", pairs.get("Encrypt", "yes"), _ENCRYPT)
        _one_of("TrustServerCertificate", pairs.get("TrustServerCertificate", "no"), ("yes", "no"))
        if "Authentication" in pairs:
            _one_of("Authentication", pairs["Authentication"], AUTHENTICATION)
        return connection

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> AzureSqlSettings:
        given = [
            key
            for key in ("UID", "PWD", "Authentication", "Trusted_Connection")
            if key in self.pairs
        ]
        if self.credential is not None and given:
            raise ValueError(
                f"credential logs in by a token, so connection must not hold {', '.join(given)}"
            )
        if self.credential is None and not given:
            raise ValueError(
                "connection names no way to log in: add UID and PWD, Authentication=…, "
                "or set credential"
            )
        if self.managed_identity_client_id and self.credential != "managed_identity":
            raise ValueError("managed_identity_client_id needs credential: managed_identity")
        return self

    @property
    def pairs(self) -> dict[str, str]:
        """The connection string's pairs, with `Encrypt` and without the driver's own retries."""
        pairs = {"Encrypt": "yes"} | parse_connection(self.connection.get_secret_value())
        return pairs | {"ConnectRetryCount": "0"}

    @property
    def server(self) -> str:
        """Server and database, for messages."""
        pairs = self.pairs
        return f"{pairs['Server']}/{pairs['Database']}"

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and TCP port; None for a server that is named in another way (`np:`, an instance,
        an IPv6 address)."""
        match = _ADDRESS.fullmatch(self.pairs["Server"])
        return (match[1], int(match[2] or _PORT)) if match else None

    @property
    def trusts_any_certificate(self) -> bool:
        """The configuration turns off the check of the server's certificate."""
        return self.pairs.get("TrustServerCertificate", "no").lower() == "yes"

    def target_schema(self, source_schema: str) -> str:
        """Where a source schema's objects go; schemas that are not mapped keep their names."""
        return self.schemas.get(source_schema, source_schema)


def _one_of(keyword: str, value: str, allowed: tuple[str, ...]) -> None:
    if value.lower() not in {name.lower() for name in allowed}:
        raise ValueError(f"{keyword} must be one of {', '.join(allowed)}")
