"""A comparison that cannot find things proves nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.catalog import Table, TableName
from model.errors import Retryable
from model.ports import ArrowStream, TargetTable
from model.types import Kind
from replicator.validation import (
    CompareOptions,
    Difference,
    DifferenceKind,
    Report,
    TableReport,
    compare,
)
from tests.unit.validation.ends import TARGET, Rows, SourceEnd, TargetEnd, make_table

KINDS = (Kind.DECIMAL, Kind.TIMESTAMP, Kind.TEXT, Kind.TEXT, Kind.INT32)
TABLE = make_table(*KINDS)
SOURCE: list[list[str | None]] = [
    [str(i), f"{i}.123456789", f"2026-01-02 03:04:05.{i:07d}", f"text {i}", "Case", str(i * 7)]
    for i in range(1, 3001)
]


def compared(
    here: Rows, there: Rows, table: Table = TABLE, options: CompareOptions | None = None
) -> Report:
    return compare(SourceEnd(here), TargetEnd(there), [(table, TARGET)], options)


def with_value(number: int, column: int, value: str | None) -> list[list[str | None]]:
    rows = [list(row) for row in SOURCE]
    rows[number - 1][column] = value
    return rows


def only(report: Report) -> Difference:
    assert report.differences == 1
    [found] = report.tables[0].listed
    return found


def test_equal_rows_in_any_order_have_no_difference() -> None:
    report = compared(SOURCE, SOURCE[::-1])
    assert report.differences == 0
    assert report.rows == 3000
    assert report.tables[0].target_rows == 3000


@pytest.mark.parametrize(
    ("number", "column", "name", "value"),
    [
        (17, 1, "a", "17.123456788"),
        (18, 2, "b", "2026-01-02 03:04:05.0000019"),
        (19, 3, "c", "text 19 "),
        (20, 4, "d", "case"),
        (21, 3, "c", None),
        (22, 3, "c", ""),
    ],
    ids=["digit", "time", "trailing space", "case", "null", "empty"],
)
def test_one_changed_value_is_named(number: int, column: int, name: str, value: str | None) -> None:
    found = only(compared(SOURCE, with_value(number, column, value)))
    assert found == Difference(
        TableName("public", "t"),
        DifferenceKind.DIFFERENT_VALUE,
        {"id": str(number)},
        name,
        SOURCE[number - 1][column],
        value,
    )


def test_null_against_empty_is_a_difference() -> None:
    here, there = with_value(5, 3, None), with_value(5, 3, "")
    found = only(compared(here, there))
    assert (found.source, found.target) == (None, "")
    assert str(found) == "public.t (id='5'): c is NULL in the source and '' in the target"


def test_a_missing_and_an_extra_row_are_named() -> None:
    missing = only(compared(SOURCE, SOURCE[1:]))
    assert (missing.kind, missing.key) == (DifferenceKind.MISSING_ROW, {"id": "1"})
    extra = only(compared(SOURCE[1:], SOURCE))
    assert (extra.kind, extra.key) == (DifferenceKind.EXTRA_ROW, {"id": "1"})
    assert str(extra) == "public.t (id='1'): extra row"


def test_swapped_values_are_two_differences() -> None:
    rows = [list(row) for row in SOURCE]
    rows[0][5], rows[1][5] = rows[1][5], rows[0][5]
    report = compared(SOURCE, rows)
    assert [(d.key, d.column, d.source, d.target) for d in report.tables[0].listed] == [
        ({"id": "1"}, "e", "7", "14"),
        ({"id": "2"}, "e", "14", "7"),
    ]


def test_a_row_that_is_there_twice_is_an_extra_row() -> None:
    """✗ A join by key finds an equal row for both and says nothing."""
    found = only(compared(SOURCE, [*SOURCE, SOURCE[6]]))
    assert (found.kind, found.key) == (DifferenceKind.EXTRA_ROW, {"id": "7"})


def test_decimals_of_other_scales_are_equal() -> None:
    table = make_table(Kind.DECIMAL)
    here: Rows = [["1", "1.5"], ["2", "100"], ["3", "0"], ["4", "-0.10"], ["5", None]]
    there: Rows = [["1", "1.500"], ["2", "100.000"], ["3", "0.000"], ["4", "-0.100"], ["5", None]]
    assert compared(here, there, table).differences == 0
    assert compared([["1", "100"]], [["1", "1"]], table).differences == 1


def test_floats_are_equal_however_they_are_printed() -> None:
    table = make_table(Kind.FLOAT64, Kind.FLOAT32)
    here = [
        ["1", "0.1", "0.1"],
        ["2", "-0", "-0"],
        ["3", "1.7976931348623157e+308", "3.4028235e+38"],
    ]
    there = [
        ["1", "1.0000000000000001e-001", "1.00000001e-001"],
        ["2", "0.0000000000000000e+000", "0.0000000e+000"],
        ["3", "1.7976931348623157e+308", "3.4028235e+038"],
    ]
    assert compared(here, there, table).differences == 0
    last = [["1", "0.1", "0.1"]], [["1", "1.0000000000000002e-001", "1.00000009e-001"]]
    assert compared(*last, table).differences == 2


def test_keyless_tables_are_compared_by_counting_equal_rows() -> None:
    table = make_table(Kind.TEXT, key=())
    here: Rows = [["1", "x"], ["1", "x"], ["1", "x"], ["2", None]]
    there: Rows = [["1", "x"], ["2", ""], ["2", None]]
    report = compared(here, there, table)
    assert report.differences == 3
    assert [(d.kind, d.key, d.count) for d in report.tables[0].listed] == [
        (DifferenceKind.MISSING_ROW, {"id": "1", "a": "x"}, 2),
        (DifferenceKind.EXTRA_ROW, {"id": "2", "a": ""}, 1),
    ]


def test_the_list_is_limited_and_the_count_is_not() -> None:
    report = compared(SOURCE, [], options=CompareOptions(listed=5))
    assert report.differences == 3000
    assert len(report.tables[0].listed) == 5


def test_masked_values_are_not_shown() -> None:
    found = only(compared(SOURCE, with_value(3, 3, "secret"), options=CompareOptions(masked=True)))
    assert (found.source, found.target) == ("(6 characters, masked)", "(6 characters, masked)")
    keyless = make_table(Kind.TEXT, key=())
    hidden = only(compared([["1", "secret"]], [], keyless, CompareOptions(masked=True)))
    assert hidden.key == {"id": "(1 characters, masked)", "a": "(6 characters, masked)"}


def test_long_values_differ_in_their_last_character() -> None:
    table = make_table(Kind.TEXT)
    here, there = "x" * 500_000, "x" * 499_999 + "y"
    assert compared([["1", here]], [["1", here]], table).differences == 0
    found = only(compared([["1", here]], [["1", there]], table))
    assert found.source is not None
    assert "500000 characters, sha256" in found.source


def test_an_error_of_a_stream_arrives_as_it_was() -> None:
    class Broken:
        failure: Exception | None = None

        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            schema = pa.schema([(column.name, pa.string()) for column in TABLE.carried])
            reader = pa.RecordBatchReader.from_batches(schema, self._batches())
            return reader.__arrow_c_stream__(requested_schema)

        def _batches(self) -> Iterator[pa.RecordBatch]:
            self.failure = Retryable("the source went away")
            raise self.failure
            yield

    class Away(SourceEnd):
        def comparable(self, table: Table) -> ArrowStream:
            return Broken()

    with pytest.raises(Retryable, match="the source went away"):
        compare(Away([]), TargetEnd(SOURCE), [(TABLE, TARGET)])


def test_progress_is_told_of_each_table_and_the_report_is_json() -> None:
    seen: list[TableReport] = []
    ticks = iter(range(10))
    report = compare(
        SourceEnd(SOURCE[:2]),
        TargetEnd(SOURCE[:1]),
        [(TABLE, TARGET)],
        progress=seen.append,
        clock=lambda: next(ticks),
    )
    assert tuple(seen) == report.tables
    [table] = json.loads(json.dumps(report.to_json()))["tables"]
    assert table == {
        "source": "public.t",
        "target": "dbo.t",
        "source_rows": 2,
        "target_rows": 1,
        "differences": 1,
        "seconds": 1,
        "listed": [
            {
                "table": "public.t",
                "kind": "missing row",
                "key": {"id": "2"},
                "column": None,
                "source": None,
                "target": None,
                "count": 1,
            }
        ],
    }


VALUES = st.sampled_from([None, "", " ", "a", "A", "a ", "b"])
SETS = st.dictionaries(st.integers(1, 6).map(str), st.tuples(VALUES, VALUES), max_size=6)


@settings(max_examples=40, deadline=None)
@given(SETS, SETS)
def test_the_count_is_what_a_plain_comparison_counts(
    here: dict[str, tuple[str | None, str | None]], there: dict[str, tuple[str | None, str | None]]
) -> None:
    table = make_table(Kind.TEXT, Kind.TEXT)
    wanted = len(here.keys() ^ there.keys()) + sum(
        one != other
        for key in here.keys() & there.keys()
        for one, other in zip(here[key], there[key], strict=True)
    )
    left: Rows = [[key, *values] for key, values in here.items()]
    right: Rows = [[key, *values] for key, values in there.items()]
    assert compared(left, right, table).differences == wanted


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(VALUES, VALUES), max_size=8), st.lists(st.tuples(VALUES, VALUES), max_size=8)
)
def test_keyless_counts_are_those_of_multisets(
    here: list[tuple[str | None, str | None]], there: list[tuple[str | None, str | None]]
) -> None:
    table = make_table(Kind.TEXT, key=())
    one, other = Counter(here), Counter(there)
    wanted = sum(((one - other) + (other - one)).values())
    assert compared(here, there, table).differences == wanted


def test_the_columns_of_the_stream_must_be_those_of_the_table() -> None:
    class Odd:
        def comparable(self, table: TargetTable, source: Table) -> ArrowStream:
            reader: ArrowStream = pa.table({"x": ["1"]}).to_reader()
            return reader

    with pytest.raises(Exception, match=r"public\.t: the comparison got the columns \['x'\]"):
        compare(SourceEnd([]), Odd(), [(TABLE, TARGET)])


def test_a_table_of_many_columns_and_long_values_fits() -> None:
    """✗ Joining whole rows took more than 96 MiB for five rows of the golden table."""
    table = make_table(*[Kind.TEXT] * 300)
    here = [[str(i)] + ["x" * 8000] * 300 for i in range(5)]
    there = [[str(i)] + ["x" * 8000] * 299 + ["y"] for i in range(5)]
    report = compared(here, there, table)
    assert report.differences == 5
    assert len(report.tables[0].listed) == 5
