"""Identities and sequences go on where the source stopped, never backwards."""

from __future__ import annotations

import pytest

from connectors.azuresql import numbering
from connectors.azuresql.numbering import IdentityColumn, SequenceObject
from model.catalog import TableName

USERS = TableName("dbo", "users")


def identity(last: int | None, increment: int = 1) -> IdentityColumn:
    return IdentityColumn(USERS, "id", increment, last)


def test_the_statement() -> None:
    assert numbering.reseed(identity(7), 7, 40) == (
        "/* replicator:reseed */ DBCC CHECKIDENT (N'[dbo].[users]', RESEED, 40) WITH NO_INFOMSGS"
    )
    assert numbering.restart(SequenceObject(TableName("dbo", "s"), 5, 1), 40) == (
        "/* replicator:restart */ ALTER SEQUENCE [dbo].[s] RESTART WITH 45"
    )
    assert numbering.furthest_row(identity(1)) == (
        "/* replicator:identity-rows */ SELECT CAST(MAX([id]) AS bigint) FROM [dbo].[users]"
    )


@pytest.mark.parametrize(
    ("last", "furthest", "source", "increment", "seed"),
    [
        (7, 7, 40, 1, 40),  # the source gave numbers that no row holds any more
        (7, 50, 40, 1, 50),  # rows that came with their own numbers
        (60, 50, 40, 1, None),  # ✗ the application has written already: never back
        (None, None, 40, 1, 41),  # ✗ a table that never had a row gives the seed itself
        (None, None, None, 1, None),
        (40, 40, 40, 1, None),
        (-7, -9, -8, -1, -9),
        (7, None, None, 1, None),
    ],
)
def test_where_an_identity_goes_on(
    last: int | None, furthest: int | None, source: int | None, increment: int, seed: int | None
) -> None:
    statement = numbering.reseed(identity(last, increment), furthest, source)
    assert statement is None if seed is None else f"RESEED, {seed})" in str(statement)


@pytest.mark.parametrize(
    ("current", "increment", "source", "next_value"),
    [
        (1, 1, 40, 41),
        (41, 1, 40, None),
        (99, 1, 40, None),
        (-1, -1, -40, -41),
        (-90, -1, -40, None),
    ],
)
def test_where_a_sequence_goes_on(
    current: int, increment: int, source: int, next_value: int | None
) -> None:
    sequence = SequenceObject(TableName("dbo", "s"), increment, current)
    statement = numbering.restart(sequence, source)
    assert statement is None if next_value is None else f"WITH {next_value}" in str(statement)


def test_names_that_the_target_does_not_know_are_told() -> None:
    given = {"dbo.users.id": 1, "dbo.s": 2, "dbo.gone": 3}
    known = [SequenceObject(TableName("dbo", "s"), 1, 1)]
    assert numbering.unknown(given, [identity(1)], known) == ["dbo.gone"]
