"""The form of the suite's own files."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.contract.tsql import cases
from tests.contract.tsql.client import shown
from tests.contract.tsql.events import (
    Column,
    Count,
    Error,
    Event,
    Message,
    ResultSet,
    as_told,
    events,
)

TOLD = """columns: a | (none) int
'it''s' | 1
NULL | -2
message: hello
count: 3
error: 547 The statement conflicted."""


def test_an_expectation_is_read_and_told_alike() -> None:
    assert "\n".join(map(str, events(TOLD))) == TOLD
    assert events(TOLD)[0] == ResultSet(
        (Column("a"), Column("", "int")), ("'it''s' | 1", "NULL | -2")
    )


def test_a_line_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="rows affected"):
        events("rows affected: 3")


def test_only_what_is_written_is_compared() -> None:
    seen: list[Event] = [
        ResultSet((Column("a", "int"), Column("b", "bit")), ("1 | 0",)),
        Error(547, "why"),
    ]
    wanted = events("columns: a | b bit\n1 | 0\nerror: 547")
    assert as_told(seen, wanted) == wanted


def test_another_type_row_number_or_length_shows() -> None:
    seen: list[Event] = [ResultSet((Column("a", "int"),), ("1",)), Error(547, "why"), Count(1)]
    for other in (
        "columns: a bigint\n1\nerror: 547\ncount: 1",
        "columns: a\n2\nerror: 547\ncount: 1",
        "columns: a\n1\nerror: 515\ncount: 1",
        "columns: a\n1\nerror: 547 because\ncount: 1",
        "columns: a\n1\nerror: 547",
    ):
        wanted = events(other)
        assert as_told(seen, wanted) != wanted


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (None, 0, "NULL"),
        (True, 0, "1"),
        (Decimal("-0.50"), 2, "-0.50"),
        (b"\x0a\xff", 0, "0x0AFF"),
        ("a'b\n", 0, "'a''b\\n'"),
    ],
)
def test_values_are_shown_as_the_files_write_them(value: object, scale: int, text: str) -> None:
    assert shown(value, scale) == text


def test_batches_go_to_the_session_that_is_named_last() -> None:
    found = cases.batches(
        "SELECT 1;\nGO\n-- session: b as ann\nSELECT 2;\nGO\nSELECT 3;\nGO\n"
        "-- session: main\nSELECT 4;\nGO\n"
    )
    assert [(batch.session, batch.user) for batch in found] == [
        ("main", None),
        ("b", "ann"),
        ("b", "ann"),
        ("main", None),
    ]


def test_a_message_alone_is_an_expectation() -> None:
    assert events("message: a | b") == [Message("a | b")]
