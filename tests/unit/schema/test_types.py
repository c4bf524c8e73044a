"""Every row of the page of types: exact, or refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.catalog import TableName
from model.errors import ConfigurationError, Unsupported
from model.profile import ColumnProfile, TableProfile
from model.types import Kind
from replicator.schema import PlanOptions, TableTypes
from replicator.schema.tsql import parse_type
from tests.unit.schema.catalogs import column, planned, profiled, table

EXACT: list[tuple[Kind, dict[str, Any], str]] = [
    (Kind.INT16, {}, "smallint"),
    (Kind.INT32, {}, "int"),
    (Kind.INT64, {}, "bigint"),
    (Kind.DECIMAL, {"precision": 12, "scale": 3}, "decimal(12,3)"),
    (Kind.DECIMAL, {"precision": 38, "scale": 38}, "decimal(38,38)"),
    (Kind.DECIMAL, {"precision": 6, "scale": -3}, "decimal(9,0)"),
    (Kind.DECIMAL, {"precision": 2, "scale": 5}, "decimal(5,5)"),
    (Kind.MONEY, {}, "decimal(19,4)"),
    (Kind.FLOAT32, {}, "real"),
    (Kind.FLOAT64, {}, "float(53)"),
    (Kind.BOOLEAN, {}, "bit"),
    (Kind.CHAR, {"length": 5}, "nchar(5)"),
    (Kind.CHAR, {"length": 4001}, "nvarchar(max)"),
    (Kind.VARCHAR, {"length": 40}, "nvarchar(40)"),
    (Kind.VARCHAR, {"length": 4000}, "nvarchar(4000)"),
    (Kind.VARCHAR, {"length": 4001}, "nvarchar(max)"),
    (Kind.VARCHAR, {}, "nvarchar(max)"),
    (Kind.TEXT, {}, "nvarchar(max)"),
    (Kind.BYTES, {}, "varbinary(max)"),
    (Kind.DATE, {}, "date"),
    (Kind.TIMESTAMP, {}, "datetime2(6)"),
    (Kind.TIMESTAMP, {"precision": 0}, "datetime2(0)"),
    (Kind.TIMESTAMPTZ, {"precision": 3}, "datetimeoffset(3)"),
    (Kind.TIME, {"precision": 6}, "time(6)"),
    (Kind.TIMETZ, {}, "nvarchar(21)"),
    (Kind.INTERVAL, {}, "nvarchar(64)"),
    (Kind.UUID, {}, "uniqueidentifier"),
    (Kind.JSON, {}, "nvarchar(max)"),
    (Kind.XML, {}, "nvarchar(max)"),
    (Kind.KEYVALUE, {}, "nvarchar(max)"),
    (Kind.ARRAY, {}, "nvarchar(max)"),
    (Kind.COMPOSITE, {}, "nvarchar(max)"),
    (Kind.RANGE, {}, "nvarchar(max)"),
    (Kind.GEOMETRIC, {}, "nvarchar(max)"),
    (Kind.ENUM, {"labels": ("sad", "😀😀")}, "nvarchar(4)"),
    (Kind.NETWORK, {}, "nvarchar(43)"),
    (Kind.BITSTRING, {"length": 8}, "nvarchar(8)"),
    (Kind.BITSTRING, {}, "nvarchar(max)"),
]


@pytest.mark.parametrize(("kind", "measures", "expected"), EXACT)
def test_every_type_has_its_row(kind: Kind, measures: dict[str, Any], expected: str) -> None:
    plan = planned(table("t", column("c", kind, **measures)))
    assert str(plan.tables[0].columns[0].type) == expected


def test_no_kind_is_forgotten() -> None:
    refused = {Kind.SPATIAL, Kind.UNKNOWN}
    assert {kind for kind, _, _ in EXACT} | refused | {Kind.TSVECTOR} == set(Kind)


@pytest.mark.parametrize(
    ("integer_digits", "scale", "expected"),
    [
        (0, 0, "decimal(38,10)"),
        (5, 2, "decimal(38,10)"),
        (20, 18, "decimal(38,18)"),
        (38, 0, "decimal(38,0)"),
        (25, 1, "decimal(38,4)"),
        (0, 38, "decimal(38,38)"),
    ],
)
def test_a_numeric_without_precision_takes_its_scale_from_the_data(
    integer_digits: int, scale: int, expected: str
) -> None:
    source = table("t", column("c", Kind.DECIMAL))
    facts = ColumnProfile(integer_digits=integer_digits, scale=scale)
    plan = planned(source, profiles=profiled(source, c=facts))
    assert str(plan.tables[0].columns[0].type) == expected


@given(st.integers(0, 38), st.integers(0, 38))
def test_a_measured_decimal_always_holds_what_was_measured(digits: int, scale: int) -> None:
    source = table("t", column("c", Kind.DECIMAL))
    profiles = profiled(source, c=ColumnProfile(integer_digits=digits, scale=scale))
    if digits + scale > 38:
        with pytest.raises(Unsupported, match=r"public\.t\.c"):
            planned(source, profiles=profiles)
        return
    precision, chosen = planned(source, profiles=profiles).tables[0].columns[0].type.measures
    assert chosen >= scale
    assert precision - chosen >= digits


REFUSED: list[tuple[Kind, dict[str, Any], ColumnProfile, str]] = [
    (Kind.DECIMAL, {"precision": 40, "scale": 2}, ColumnProfile(), "more than 38 digits"),
    (Kind.DECIMAL, {}, ColumnProfile(integer_digits=30, scale=9), "together more than 38"),
    (Kind.DECIMAL, {"precision": 5, "scale": 2}, ColumnProfile(not_numbers=2), "2 of its values"),
    (Kind.FLOAT64, {}, ColumnProfile(not_numbers=1), "NaN or infinite"),
    (Kind.INTERVAL, {}, ColumnProfile(not_numbers=1), "NaN or infinite"),
    (Kind.DATE, {}, ColumnProfile(out_of_range=3), "before the year 1 or after 9999"),
    (Kind.TIMESTAMP, {}, ColumnProfile(out_of_range=1), "before the year 1 or after 9999"),
    (Kind.TIME, {}, ColumnProfile(midnights=1), "24:00:00"),
    (Kind.TIMETZ, {}, ColumnProfile(odd_offsets=1), "offset with seconds"),
    (Kind.UNKNOWN, {}, ColumnProfile(), "has no counterpart"),
    (Kind.SPATIAL, {}, ColumnProfile(), "has no counterpart"),
]


@pytest.mark.parametrize(("kind", "measures", "facts", "why"), REFUSED)
def test_what_cannot_be_represented_is_refused_by_name(
    kind: Kind, measures: dict[str, Any], facts: ColumnProfile, why: str
) -> None:
    source = table("t", column("c", kind, **measures))
    with pytest.raises(Unsupported, match=r"public\.t\.c: ") as raised:
        planned(source, profiles=profiled(source, c=facts))
    assert why in raised.value.what
    assert raised.value.exit_code == 3


def test_all_refusals_are_named_at_once() -> None:
    one = table("a", column("x", Kind.UNKNOWN), column("y", Kind.UNKNOWN))
    two = table("b", column("z", Kind.SPATIAL))
    with pytest.raises(Unsupported, match="3 objects") as raised:
        planned(one, two)
    for name in ("public.a.x", "public.a.y", "public.b.z"):
        assert name in raised.value.what


def test_the_policy_null_lets_special_values_pass_where_null_is_allowed() -> None:
    source = table("t", column("c", Kind.FLOAT64), column("d", Kind.FLOAT64, nullable=False))
    options = PlanOptions(not_a_number="null")
    profiles = profiled(source, c=ColumnProfile(not_numbers=1))
    assert str(planned(source, profiles=profiles, options=options).tables[0].columns[0].type)
    with pytest.raises(Unsupported, match=r"public\.t\.d: .* cannot hold NULL"):
        planned(source, profiles=profiled(source, d=ColumnProfile(not_numbers=1)), options=options)


def test_lengths_count_utf16_units() -> None:
    source = table("t", column("v", Kind.VARCHAR, length=20), column("c", Kind.CHAR, length=5))
    profiles = profiled(source, v=ColumnProfile(units=40), c=ColumnProfile(units=6))
    plan = planned(source, profiles=profiles)
    assert [str(c.type) for c in plan.tables[0].columns] == ["nvarchar(40)", "nchar(10)"]
    assert [f.object for f in plan.differences] == ["public.t.v", "public.t.c"]


def test_money_of_more_than_fifteen_digits_gets_more() -> None:
    source = table("t", column("m", Kind.MONEY))
    plan = planned(source, profiles=profiled(source, m=ColumnProfile(integer_digits=17)))
    assert str(plan.tables[0].columns[0].type) == "decimal(21,4)"


def test_infinite_dates_are_reported() -> None:
    source = table("t", column("d", Kind.DATE))
    plan = planned(source, profiles=profiled(source, d=ColumnProfile(infinite=2)))
    assert "2 infinite values" in plan.differences[0].what


def test_overrides_by_column_win_over_those_by_type() -> None:
    source = table(
        "t",
        column("a", Kind.TEXT, native="citext"),
        column("b", Kind.TEXT, native="citext"),
        column("c", Kind.TEXT, native="citext"),
    )
    other = table("u", column("a", Kind.TEXT, native="citext"))
    options = PlanOptions(
        types={"citext": "nvarchar(300)"},
        tables={"public.t": TableTypes({"citext": "nvarchar(200)"}, {"c": "nvarchar(100)"})},
    )
    one, two = planned(source, other, options=options).tables
    assert [str(c.type) for c in one.columns] == ["nvarchar(200)", "nvarchar(200)", "nvarchar(100)"]
    assert str(two.columns[0].type) == "nvarchar(300)"


def test_an_override_takes_a_numeric_of_too_many_digits_as_text() -> None:
    source = table("t", column("n", Kind.DECIMAL, precision=50, scale=2, native="numeric(50,2)"))
    options = PlanOptions(types={"numeric": "nvarchar(60)"})
    assert str(planned(source, options=options).tables[0].columns[0].type) == "nvarchar(60)"


@pytest.mark.parametrize(
    ("kind", "measures", "override", "why"),
    [
        (Kind.BYTES, {}, "nvarchar(max)", "cannot become"),
        (Kind.INT64, {}, "int", "cannot become"),
        (Kind.INT64, {}, "decimal(10,0)", "too small"),
        (Kind.TIMESTAMP, {}, "datetime2(3)", "too small"),
        (Kind.UUID, {}, "bigint", "cannot become"),
        (Kind.DECIMAL, {"precision": 10, "scale": 2}, "nvarchar(20)", "cannot become"),
    ],
)
def test_an_override_that_would_lose_something_is_refused(
    kind: Kind, measures: dict[str, Any], override: str, why: str
) -> None:
    source = table("t", column("c", kind, native="x", **measures))
    with pytest.raises(Unsupported, match=why):
        planned(source, options=PlanOptions(types={"x": override}))


def test_an_override_for_what_is_not_there_names_the_nearest() -> None:
    source = table("users", column("bio", Kind.TEXT))
    options = PlanOptions(tables={"public.usres": TableTypes()})
    with pytest.raises(ConfigurationError, match=r"did you mean public\.users"):
        planned(source, options=options)
    options = PlanOptions(tables={"public.users": TableTypes(columns={"boi": "nvarchar(9)"})})
    with pytest.raises(ConfigurationError, match=r"did you mean public\.users\.bio"):
        planned(source, options=options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NVARCHAR( 20 )", "nvarchar(20)"),
        ("decimal(12, 3)", "decimal(12,3)"),
        ("varbinary(max)", "varbinary(max)"),
        ("float(53)", "float(53)"),
        ("datetime2(7)", "datetime2(7)"),
        ("bigint", "bigint"),
    ],
)
def test_types_are_read_as_people_write_them(text: str, expected: str) -> None:
    assert str(parse_type(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "nvarchar",
        "nvarchar(4001)",
        "decimal(39,2)",
        "decimal(5,6)",
        "text",
        "int(4)",
        "a b",
        "nchar(max)",
    ],
)
def test_what_is_no_type_is_a_configuration_error(text: str) -> None:
    source = table("t", column("c", Kind.TEXT, native="text"))
    with pytest.raises(ConfigurationError, match=r"public\.t\.c"):
        planned(source, options=PlanOptions(types={"text": text}))


def test_names_that_the_target_takes_for_one_are_refused() -> None:
    with pytest.raises(Unsupported, match="its name equals that of"):
        planned(table("Users", column("id")), table("users", column("id")))
    with pytest.raises(Unsupported, match="its name equals that of"):
        planned(table("t", column("Id"), column("id")))


def test_keys_that_differ_only_by_spaces_at_the_end_are_refused() -> None:
    source = table("t", column("k", Kind.TEXT, nullable=False), key=("k",))
    profiles = {TableName("public", "t"): TableProfile(collisions={"t_pkey": 1})}
    with pytest.raises(Unsupported, match=r"public\.t\.t_pkey: 1 groups of its keys"):
        planned(source, profiles=profiles)


def test_a_row_of_too_many_fixed_bytes_is_refused() -> None:
    wide = table("t", *(column(f"c{i}", Kind.CHAR, length=2000) for i in range(3)))
    with pytest.raises(Unsupported, match=r"public\.t: its columns of fixed length take 12000"):
        planned(wide)
