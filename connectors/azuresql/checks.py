"""What `replicator check` proves of the target: one line each, with what would make it pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from connectors.azuresql.dialect import quote
from model.ports import CheckResult

DATABASE: Final = (
    "/* replicator:check-database */ SELECT DB_NAME() AS name, USER_NAME() AS ourselves, "
    "snapshot_isolation_state, is_read_committed_snapshot_on, compatibility_level, is_read_only "
    "FROM sys.databases WHERE database_id = DB_ID()"
)
RIGHTS: Final = {
    "CREATE TABLE": "to deploy the schema and keep our own tables",
    "CREATE SCHEMA": "to deploy the schema and keep our own tables",
    "ALTER": "to number identities, switch constraints and triggers, and set roles",
    "SELECT": "to compare and to read checkpoints",
    "INSERT": "to load and apply",
    "UPDATE": "to apply",
    "DELETE": "to apply",
    "REFERENCES": "to create foreign keys",
    "VIEW DATABASE STATE": "to find bulk sessions that a crash left behind",
    "KILL DATABASE CONNECTION": "to end bulk sessions that a crash left behind",
    "CONTROL": "to deny writing to the application until the switch, and to lift it",
}
"""Rights on the database, and what each is for."""

_LEVEL: Final = 130
"""`OPENJSON` exists from this compatibility level on."""


def rights() -> str:
    """One row with a column for each of `RIGHTS`, in order: 1, 0 or NULL (unknown right)."""
    columns = ", ".join(f"HAS_PERMS_BY_NAME(NULL, N'DATABASE', N'{right}')" for right in RIGHTS)
    return f"/* replicator:check-rights */ SELECT {columns}"


def right_results(row: Sequence[Any], ourselves: str) -> list[CheckResult]:
    """Results for the row of `rights()`."""
    return [_right(right, held, ourselves) for right, held in zip(RIGHTS, row, strict=True)]


def _right(right: str, held: int | None, ourselves: str) -> CheckResult:
    if held is None:
        return CheckResult(f"right {right}", True, "this server has no such right")
    if held == 1:
        return CheckResult(f"right {right}", True, f"held: {RIGHTS[right]}")
    grant = f"GRANT {right} TO {quote(ourselves)}"
    return CheckResult(f"right {right}", False, f"missing: {RIGHTS[right]}", grant)


def database_results(row: Any) -> list[CheckResult]:
    """Results for the row of `DATABASE`."""
    current = "ALTER DATABASE CURRENT SET"
    return [
        _result(
            "snapshot isolation",
            row.snapshot_isolation_state == 1,
            f"{current} ALLOW_SNAPSHOT_ISOLATION ON",
        ),
        _result(
            "read committed snapshot",
            bool(row.is_read_committed_snapshot_on),
            f"{current} READ_COMMITTED_SNAPSHOT ON",
        ),
        _result("writable", not row.is_read_only, f"{current} READ_WRITE"),
        CheckResult(
            "compatibility level",
            row.compatibility_level >= _LEVEL,
            f"{row.compatibility_level}, at least {_LEVEL} is needed",
            "" if row.compatibility_level >= _LEVEL else f"{current} COMPATIBILITY_LEVEL = 160",
        ),
    ]


def _result(name: str, passed: bool, fix: str) -> CheckResult:
    return CheckResult(name, passed, "on" if passed else "off", "" if passed else fix)
