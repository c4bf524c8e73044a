"""PostgreSQL's refusals as SQL Server's: the number is decided by SQLSTATE, never by text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.azuresql.session import Notice
from sandbox.azuresql.tsql.link import ServerError


@dataclass(frozen=True, slots=True)
class Named:
    """What the catalog knows of the objects that an error names, in their real spelling."""

    database: str = ""
    schema: str = ""
    table: str = ""
    constraint: str = ""
    kind: str = ""
    """p, u (constraint), i (unique index), f, c: what the constraint is."""
    other_schema: str = ""
    other_table: str = ""
    other_column: str = ""
    truncated_columns: tuple[str, ...] = ()
    statement: str = ""
    """INSERT, UPDATE, DELETE or MERGE."""
    columns: Mapping[str, str] = field(default_factory=dict)


_TYPE_NAMES: Final = {
    "integer": "int",
    "smallint": "smallint",
    "bigint": "bigint",
    "numeric": "numeric",
    "real": "real",
    "double precision": "float",
    "uuid": "uniqueidentifier",
    "boolean": "bit",
    "date": "date",
}


def notice(error: ServerError, named: Named, line: int) -> Notice:
    """The error as SQL Server words it, on the statement's line."""
    maker = _BY_STATE.get(error.sqlstate)
    if maker is None:
        maker = _BY_CLASS.get(error.sqlstate[:2], _unexpected)
    number, severity, state, text = maker(error, named)
    return Notice(number, severity, state, line, text)


_OVERFLOWS: Final = {"int": (248, "an int column"), "smallint": (244, "an INT2 column")}

_Made = tuple[int, int, int, str]
DEADLOCK: Final = (
    "Transaction was deadlocked on lock resources with another process and has been chosen as "
    "the deadlock victim. Rerun the transaction."
)


def _duplicate(error: ServerError, named: Named) -> _Made:
    values = error.detail.partition("=(")[2].rpartition(")")[0]
    shown = f" The duplicate key value is ({values.replace('null', '<NULL>')})." if values else ""
    table = f"{named.schema}.{named.table}"
    if named.statement in ("CREATE", "ALTER TABLE"):
        return (
            1505,
            16,
            1,
            "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for "
            f"the object name '{table}' and the index name '{named.constraint}'.{shown}",
        )
    if named.kind in ("p", "u"):
        what = "PRIMARY KEY" if named.kind == "p" else "UNIQUE KEY"
        return (
            2627,
            14,
            1,
            f"Violation of {what} constraint '{named.constraint}'. "
            f"Cannot insert duplicate key in object '{table}'.{shown}",
        )
    return (
        2601,
        14,
        1,
        f"Cannot insert duplicate key row in object '{table}' with unique index "
        f"'{named.constraint}'.{shown}",
    )


def _foreign(error: ServerError, named: Named) -> _Made:
    referenced = error.message.startswith("update or delete")
    kind = "REFERENCE" if referenced else "FOREIGN KEY"
    column = f", column '{named.other_column}'" if named.other_column else ""
    return (
        547,
        16,
        0,
        f"The {named.statement or 'INSERT'} statement conflicted with the {kind} constraint "
        f'"{named.constraint}". The conflict occurred in database "{named.database}", table '
        f'"{named.other_schema}.{named.other_table}"{column}.',
    )


def _check(error: ServerError, named: Named) -> _Made:
    return (
        547,
        16,
        0,
        f"The {named.statement or 'INSERT'} statement conflicted with the CHECK constraint "
        f'"{named.constraint}". The conflict occurred in database "{named.database}", table '
        f'"{named.schema}.{named.table}".',
    )


def _null(error: ServerError, named: Named) -> _Made:
    return (
        515,
        16,
        2,
        f"Cannot insert the value NULL into column "
        f"'{named.columns.get(error.column, error.column)}', table "
        f"'{named.database}.{named.schema}.{named.table}'; column does not allow nulls. "
        f"{named.statement or 'INSERT'} fails.",
    )


def _truncated(error: ServerError, named: Named) -> _Made:
    table = f"{named.database}.{named.schema}.{named.table}"
    columns = "' or '".join(named.truncated_columns)
    return (
        2628,
        16,
        1,
        f"String or binary data would be truncated in table '{table}', column '{columns}'. "
        f"Truncated value: '{error.message}'.",
    )


def _overflow(error: ServerError, named: Named) -> _Made:
    words = error.message.split()
    type = _TYPE_NAMES.get(words[0], "") if words else ""
    into = _TYPE_NAMES.get(words[-1], "")
    if error.message.startswith('value "') and into in _OVERFLOWS:
        value = error.message.partition('"')[2].partition('"')[0]
        number, column = _OVERFLOWS[into]
        return number, 16, 1, f"The conversion of the varchar value '{value}' overflowed {column}."
    if error.detail.startswith("A field with precision"):
        text = "Arithmetic overflow error converting numeric to data type numeric."
        return 8115, 16, 8, text
    return (
        8115,
        16,
        2,
        f"Arithmetic overflow error converting expression to data type {type or 'int'}.",
    )


def _unreadable(error: ServerError, named: Named) -> _Made:
    head, _, value = error.message.partition(': "')
    type = _TYPE_NAMES.get(head.rpartition("for type ")[2], head.rpartition("for type ")[2])
    if type == "json":
        text = "JSON text is not properly formatted. Unexpected character is found."
        return 13609, 16, 1, text
    if type in ("int", "smallint", "bit", "tinyint"):
        return (
            245,
            16,
            1,
            f"Conversion failed when converting the nvarchar value '{value.removesuffix(chr(34))}' "
            f"to data type {type}.",
        )
    if type == "uniqueidentifier":
        text = "Conversion failed when converting from a character string to uniqueidentifier."
        return 8169, 16, 2, text
    return 8114, 16, 5, f"Error converting data type nvarchar to {type}."


def _time(error: ServerError, named: Named) -> _Made:
    text = "Conversion failed when converting date and/or time from character string."
    return 241, 16, 1, text


def _ours(error: ServerError, named: Named) -> _Made:
    number = int(error.detail)
    return number, 16, 1, error.message


def _deadlock(error: ServerError, named: Named) -> _Made:
    return 1205, 13, 51, DEADLOCK


def _conflict(error: ServerError, named: Named) -> _Made:
    return (
        3960,
        16,
        2,
        "Snapshot isolation transaction aborted due to update conflict. Retry the transaction or "
        "change the isolation level for the update/delete statement.",
    )


def _lock_timeout(error: ServerError, named: Named) -> _Made:
    return 1222, 16, 51, "Lock request time out period exceeded."


def _no_object(error: ServerError, named: Named) -> _Made:
    name = error.message.partition('"')[2].partition('"')[0]
    return 208, 16, 1, f"Invalid object name '{name}'."


def _exists(error: ServerError, named: Named) -> _Made:
    name = error.message.partition('"')[2].partition('"')[0]
    if named.statement == "CREATE" and "." in name:
        table, _, index = name.partition(".")
        text = f"The operation failed because an index or statistics with name '{index}' already "
        return 1913, 16, 1, f"{text}exists on table '{table}'."
    return 2714, 16, 6, f"There is already an object named '{name}' in the database."


def _zero(error: ServerError, named: Named) -> _Made:
    return 8134, 16, 1, "Divide by zero error encountered."


def _clash(error: ServerError, named: Named) -> _Made:
    return 206, 16, 2, f"Operand type clash: {error.message}"


def _collation(error: ServerError, named: Named) -> _Made:
    text = "Cannot resolve the collation conflict between the operands of the comparison."
    return 468, 16, 9, text


def _several(error: ServerError, named: Named) -> _Made:
    text = (
        "Subquery returned more than 1 value. This is not permitted when the subquery follows "
        "=, !=, <, <= , >, >= or when the subquery is used as an expression."
    )
    return 512, 16, 1, text


def _ungrouped(error: ServerError, named: Named) -> _Made:
    column = error.message.partition('"')[2].partition('"')[0]
    return (
        8120,
        16,
        1,
        f"Column '{column}' is invalid in the select list because it is not contained in either "
        "an aggregate function or the GROUP BY clause.",
    )


def _exposed(error: ServerError, named: Named) -> _Made:
    name = error.message.partition('"')[2].partition('"')[0]
    text = f'The objects "{name}" and "{name}" in the FROM clause have the same exposed names.'
    return 1013, 16, 1, f"{text} Use correlation names to distinguish them."


def _twice(error: ServerError, named: Named) -> _Made:
    name = error.message.partition('"')[2].partition('"')[0]
    text = f"The column name '{name}' is specified more than once in the SET clause or column list"
    return 264, 16, 1, f"{text} of an INSERT. A column cannot be assigned more than one value."


def _undistinct(error: ServerError, named: Named) -> _Made:
    text = "ORDER BY items must appear in the select list if SELECT DISTINCT is specified."
    return 145, 15, 1, text


def _offset(error: ServerError, named: Named) -> _Made:
    return 10742, 15, 1, "The offset specified in a OFFSET clause may not be negative."


def _fetch(error: ServerError, named: Named) -> _Made:
    text = "The number of rows provided for a FETCH clause must be greater then zero."
    return 10744, 15, 1, text


def _floating(error: ServerError, named: Named) -> _Made:
    return 3623, 16, 1, "An invalid floating point operation occurred."


def _long_key(error: ServerError, named: Named) -> _Made:
    words = error.message.split()
    index = error.message.rpartition('index "')[2].partition('"')[0]
    length = words[3] if len(words) > 3 and words[3].isdigit() else "0"
    return (
        1946,
        16,
        3,
        f"Operation failed. The index entry of length {length} bytes for the index '{index}' "
        "exceeds the maximum length of 1700 bytes for nonclustered indexes.",
    )


def _depends(error: ServerError, named: Named) -> _Made:
    text = f"Could not drop the object because it is referenced elsewhere: {error.message}."
    return 3726, 16, 1, text


def _unexpected(error: ServerError, named: Named) -> _Made:
    return 50000, 16, 1, f"The embedded PostgreSQL refused: {error.sqlstate} {error.message}"


_BY_STATE: Final = {
    "23505": _duplicate,
    "23503": _foreign,
    "23514": _check,
    "23502": _null,
    "ZZ028": _truncated,
    "ZZ001": _ours,
    "22003": _overflow,
    "22P02": _unreadable,
    "22P03": _unreadable,
    "22007": _time,
    "22008": _time,
    "22012": _zero,
    "40P01": _deadlock,
    "40001": _conflict,
    "55P03": _lock_timeout,
    "42P01": _no_object,
    "42P07": _exists,
    "42710": _exists,
    "42P06": _exists,
    "42883": _clash,
    "42804": _clash,
    "42846": _clash,
    "42725": _clash,
    "42P22": _collation,
    "42P21": _collation,
    "42803": _ungrouped,
    "42712": _exposed,
    "42701": _twice,
    "42P10": _undistinct,
    "2201X": _offset,
    "2201W": _fetch,
    "2201F": _floating,
    "2201E": _floating,
    "54000": _long_key,
    "21000": _several,
    "2BP01": _depends,
}
_BY_CLASS: Final = {"08": _unexpected}

ENDS_BATCH: Final = frozenset({208, 207, 241, 245, 8114, 8169, 206, 3960, 1205, 468, 102, 137})
"""Errors after which SQL Server does not go on with the batch, XACT_ABORT or not."""

DOOMS: Final = frozenset({241, 245, 8114, 8169})
"""Conversion errors leave an uncommittable transaction inside TRY (XACT_STATE() = -1)."""

ROLLS_BACK: Final = frozenset({1205, 3960})
"""The whole transaction is gone."""


def number_of(error: ServerError) -> int:
    """SQL Server's number alone, before names are looked up."""
    return notice(error, Named(), 1).number
