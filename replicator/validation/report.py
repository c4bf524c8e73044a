"""What a comparison found: every difference counted, some of them named."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from model.catalog import TableName

_SHOWN: Final = 160


class DifferenceKind(StrEnum):
    """How two tables may differ."""

    MISSING_ROW = "missing row"
    EXTRA_ROW = "extra row"
    DIFFERENT_VALUE = "different value"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `key` maps key columns to their text; for a table without a key it holds the
    whole row. `column`, `source` and `target` are set for a different value. None is SQL NULL.
    `count` is the number of equal rows that a keyless table lacks or has too many."""

    table: TableName
    kind: DifferenceKind
    key: dict[str, str | None]
    column: str | None = None
    source: str | None = None
    target: str | None = None
    count: int = 1

    def __str__(self) -> str:
        key = ", ".join(f"{name}={_shown(value)}" for name, value in self.key.items())
        if self.kind is not DifferenceKind.DIFFERENT_VALUE:
            times = f" ({self.count} times)" if self.count > 1 else ""
            return f"{self.table} ({key}): {self.kind}{times}"
        return (
            f"{self.table} ({key}): {self.column} is {_shown(self.source)} in the source and "
            f"{_shown(self.target)} in the target"
        )


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table compared. `differences` counts all of them (a row that is missing or too many is
    one, every different value is one), `listed` names the first."""

    table: TableName
    target: TableName
    source_rows: int
    target_rows: int
    differences: int
    listed: tuple[Difference, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """All tables compared."""

    tables: tuple[TableReport, ...]

    @property
    def differences(self) -> int:
        return sum(table.differences for table in self.tables)

    @property
    def rows(self) -> int:
        """Rows of the source that were compared."""
        return sum(table.source_rows for table in self.tables)

    def to_json(self) -> dict[str, Any]:
        """For `--format json` and the journal."""
        return {
            "differences": self.differences,
            "rows": self.rows,
            "tables": [
                {
                    "source": str(table.table),
                    "target": str(table.target),
                    "source_rows": table.source_rows,
                    "target_rows": table.target_rows,
                    "differences": table.differences,
                    "seconds": round(table.seconds, 3),
                    "listed": [
                        asdict(found) | {"table": str(found.table), "kind": str(found.kind)}
                        for found in table.listed
                    ],
                }
                for table in self.tables
            ],
        }


def masked(value: str | None) -> str | None:
    """The value's length instead of the value."""
    return None if value is None else f"({len(value)} characters, masked)"


def _shown(value: str | None) -> str:
    if value is None:
        return "NULL"
    text = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    return "'" + text.replace("'", "''") + "'"
