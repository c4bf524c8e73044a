"""Keys that may grow too long: allowed, with a warning, until a row's is (1945, 1946)."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.azuresql.session import Notice
from sandbox.azuresql.tsql import types
from sandbox.azuresql.tsql.names import fold, literal, quote
from sandbox.azuresql.tsql.scope import Column

CLUSTERED = 900
NONCLUSTERED = 1700


def longest(columns: Sequence[Column]) -> int:
    """The bytes that the widest key would have."""
    return sum(_bytes(column) for column in columns)


def _bytes(column: Column) -> int:
    if column.type is None:
        return 0
    if column.type.name in types.STRINGS:
        return column.type.length * (2 if column.type.name.startswith("n") else 1)
    return column.type.length if column.type.name in ("varbinary", "binary") else 8


def guard(index: str, plain: str, table: str, columns: Sequence[Column], limit: int) -> list[str]:
    """The statements that refuse rows whose key is too long; none where no key can be."""
    if longest(columns) <= limit:
        return []

    def length(row: str) -> str:
        lengths = (
            f"coalesce(sys.datalength({row}.{quote(fold(column.name))}), 0)" for column in columns
        )
        return " + ".join(lengths)

    kind = "clustered" if limit == CLUSTERED else "nonclustered"
    arguments = ", ".join(literal(text) for text in (index, str(limit), kind, length("($1)")))
    return [
        f"CREATE TRIGGER {quote(trigger(plain))} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW "
        f"WHEN ({length('NEW')} > {limit}) EXECUTE FUNCTION store.key_too_long({arguments})",
        f"SELECT store.long_key({literal(index)}, {limit}, '{kind}', {length('t')}) "
        f"FROM {table} AS t WHERE {length('t')} > {limit} LIMIT 1",
    ]


def trigger(plain: str) -> str:
    """The name of the trigger that guards the index."""
    return fold(f"length {plain}")


def warning(index: str, columns: Sequence[Column], limit: int, line: int) -> Notice | None:
    """Error 1945, which is only a warning."""
    most = longest(columns)
    if most <= limit:
        return None
    kind = "clustered" if limit == CLUSTERED else "nonclustered"
    return Notice(
        1945,
        10,
        1,
        line,
        f"Warning! The maximum key length for a {kind} index is {limit} bytes. The index "
        f"'{index}' has maximum length of {most} bytes. For some combination of large values, the "
        "insert/update operation will fail.",
    )
