"""Rows that a table does not take."""

from __future__ import annotations

from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.named import Made, Named


def duplicate(error: ServerError, named: Named) -> Made:
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


def foreign(error: ServerError, named: Named) -> Made:
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


def check(error: ServerError, named: Named) -> Made:
    if error.type in ("money", "smallmoney"):
        text = f"Arithmetic overflow error converting numeric to data type {error.type}."
        return 8115, 16, 4, text
    return (
        547,
        16,
        0,
        f"The {named.statement or 'INSERT'} statement conflicted with the CHECK constraint "
        f'"{named.constraint}". The conflict occurred in database "{named.database}", table '
        f'"{named.schema}.{named.table}".',
    )


def null(error: ServerError, named: Named) -> Made:
    return (
        515,
        16,
        2,
        f"Cannot insert the value NULL into column "
        f"'{named.columns.get(error.column, error.column)}', table "
        f"'{named.database}.{named.schema}.{named.table}'; column does not allow nulls. "
        f"{named.statement or 'INSERT'} fails.",
    )


def truncated(error: ServerError, named: Named) -> Made:
    table = f"{named.database}.{named.schema}.{named.table}"
    columns = "' or '".join(named.truncated_columns)
    return (
        2628,
        16,
        1,
        f"String or binary data would be truncated in table '{table}', column '{columns}'. "
        f"Truncated value: '{error.message}'.",
    )


def long_key(error: ServerError, named: Named) -> Made:
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


def exhausted(error: ServerError, named: Named) -> Made:
    if named.numbered:
        text = f"Arithmetic overflow error converting IDENTITY to data type {named.numbered}."
        return 8115, 16, 1, text
    name = error.message.partition('"')[2].partition('"')[0]
    return (
        11728,
        16,
        1,
        f"The sequence object '{name}' has reached its minimum or maximum value. Restart the "
        "sequence object to allow new values to be generated.",
    )


def no_key(error: ServerError, named: Named) -> Made:
    table = error.message.rpartition(' table "')[2].partition('"')[0]
    return (
        1776,
        16,
        0,
        f"There are no primary or candidate keys in the referenced table '{table}' that match the "
        "referencing column list in the foreign key.",
    )


def unqualified(error: ServerError, named: Named) -> Made:
    return (
        550,
        16,
        1,
        "The attempted insert or update failed because the target view either specifies WITH CHECK "
        "OPTION or spans a view that specifies WITH CHECK OPTION and one or more rows resulting "
        "from the operation did not qualify under the CHECK OPTION constraint.",
    )
