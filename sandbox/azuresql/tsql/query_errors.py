"""Queries and names that mean nothing, and objects in the way of others."""

from __future__ import annotations

from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.named import Made, Named


def no_object(error: ServerError, named: Named) -> Made:
    name = error.message.partition('"')[2].partition('"')[0]
    return 208, 16, 1, f"Invalid object name '{name}'."


def exists(error: ServerError, named: Named) -> Made:
    name = error.message.partition('"')[2].partition('"')[0]
    if named.statement == "CREATE" and "." in name:
        table, _, index = name.partition(".")
        text = f"The operation failed because an index or statistics with name '{index}' already "
        return 1913, 16, 1, f"{text}exists on table '{table}'."
    return 2714, 16, 6, f"There is already an object named '{name}' in the database."


def depends(error: ServerError, named: Named) -> Made:
    text = f"Could not drop the object because it is referenced elsewhere: {error.message}."
    return 3726, 16, 1, text


def several(error: ServerError, named: Named) -> Made:
    text = (
        "Subquery returned more than 1 value. This is not permitted when the subquery follows "
        "=, !=, <, <= , >, >= or when the subquery is used as an expression."
    )
    return 512, 16, 1, text


def ungrouped(error: ServerError, named: Named) -> Made:
    return (
        8120,
        16,
        1,
        f"Column '{named.column}' is invalid in the select list because it is not contained in "
        "either an aggregate function or the GROUP BY clause.",
    )


def exposed(error: ServerError, named: Named) -> Made:
    name = error.message.partition('"')[2].partition('"')[0]
    text = f'The objects "{name}" and "{name}" in the FROM clause have the same exposed names.'
    return 1013, 16, 1, f"{text} Use correlation names to distinguish them."


def twice(error: ServerError, named: Named) -> Made:
    name = error.message.partition('"')[2].partition('"')[0]
    text = f"The column name '{name}' is specified more than once in the SET clause or column list"
    return 264, 16, 1, f"{text} of an INSERT. A column cannot be assigned more than one value."


def undistinct(error: ServerError, named: Named) -> Made:
    text = "ORDER BY items must appear in the select list if SELECT DISTINCT is specified."
    return 145, 15, 1, text


def offset(error: ServerError, named: Named) -> Made:
    return 10742, 15, 1, "The offset specified in a OFFSET clause may not be negative."


def fetch(error: ServerError, named: Named) -> Made:
    return 127, 15, 1, "A TOP N or FETCH rowcount value may not be negative."
