"""Keys that an index can hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.catalog import Column, Key, Table
from model.errors import Unsupported
from model.profile import ColumnProfile
from model.types import Kind
from replicator.schema import SchemaPlan
from replicator.schema.sizing import allocate
from replicator.schema.tsql import KEY_COLLATION, TypeText
from replicator.schema.types import Chosen
from tests.unit.schema.catalogs import column, index, planned, profiled, reference, table


def text(name: str, **more: Any) -> Column:
    return column(name, Kind.TEXT, nullable=False, **more)


def types(plan: SchemaPlan) -> list[str]:
    return [str(column.type) for column in plan.tables[0].columns]


def one(source: Table, **units: int) -> SchemaPlan:
    facts = {name: ColumnProfile(units=count) for name, count in units.items()}
    return planned(source, profiles=profiled(source, **facts))


def test_a_text_key_is_clustered_with_450_characters() -> None:
    plan = one(table("t", text("k"), key=("k",)), k=12)
    assert types(plan) == ["nvarchar(450)"]
    assert plan.tables[0].clustered
    assert plan.tables[0].columns[0].collation == KEY_COLLATION


def test_a_longer_text_key_is_nonclustered_with_850() -> None:
    plan = one(table("t", text("k"), key=("k",)), k=451)
    assert types(plan) == ["nvarchar(850)"]
    assert not plan.tables[0].clustered


def test_a_key_value_that_no_index_holds_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"public\.t\.k: its longest value has 851 UTF-16 units"):
        one(table("t", text("k"), key=("k",)), k=851)


def test_the_columns_of_a_key_share_its_bytes() -> None:
    plan = one(table("t", text("a"), text("b"), column("n"), key=("a", "b", "n")), a=300, b=10)
    assert types(plan) == ["nvarchar(368)", "nvarchar(78)", "bigint"]
    assert plan.tables[0].clustered


def test_a_declared_length_that_fits_stays() -> None:
    source = table("t", column("k", Kind.VARCHAR, length=60, nullable=False), key=("k",))
    assert types(one(source, k=5)) == ["nvarchar(60)"]


def test_a_unique_key_makes_a_text_850_long_and_binary_compared() -> None:
    source = table("t", column("id"), text("u"), key=("id",), unique_keys=(Key("t_u_key", ("u",)),))
    plan = one(source, u=3)
    assert types(plan) == ["bigint", "nvarchar(850)"]
    assert plan.tables[0].columns[1].collation == KEY_COLLATION


def test_columns_that_reference_each_other_get_one_type() -> None:
    parent = table("a", text("code"), key=("code",))
    child = table(
        "b",
        column("id"),
        column("code", Kind.TEXT),
        key=("id",),
        foreign_keys=(reference("b_code_fkey", "code", "a", "code"),),
    )
    plan = planned(parent, child, profiles=profiled(child, code=ColumnProfile(units=500)))
    assert str(plan.tables[0].columns[0].type) == "nvarchar(850)"
    assert str(plan.tables[1].columns[1].type) == "nvarchar(850)"
    assert plan.tables[1].columns[1].collation == KEY_COLLATION


def test_integers_that_reference_each_other_take_the_widest() -> None:
    parent = table("a", column("id", Kind.INT64, nullable=False), key=("id",))
    child = table(
        "b", column("a", Kind.INT32), foreign_keys=(reference("b_a_fkey", "a", "a", "id"),)
    )
    assert str(planned(parent, child).tables[1].columns[0].type) == "bigint"


def test_an_index_for_speed_sizes_a_text_only_where_there_is_room() -> None:
    source = table("t", column("id"), text("s"), key=("id",), indexes=(index("t_s_idx", "s"),))
    assert types(one(source, s=425)) == ["bigint", "nvarchar(850)"]
    plan = one(source, s=426)
    assert types(plan) == ["bigint", "nvarchar(max)"]
    assert plan.unfit == {
        (
            source.name,
            "t_s_idx",
        ): "its columns may grow beyond the 1700 bytes that an index key holds"
    }


def test_documents_cannot_be_keys() -> None:
    source = table("t", column("j", Kind.JSON, nullable=False), key=("j",))
    with pytest.raises(Unsupported, match="cannot be part of a key"):
        planned(source)


def test_a_binary_key_counts_bytes() -> None:
    source = table("t", column("k", Kind.BYTES, nullable=False), key=("k",))
    assert types(one(source, k=16)) == ["varbinary(900)"]


@given(
    st.integers(0, 1700),
    st.lists(
        st.tuples(st.integers(1, 600), st.one_of(st.none(), st.integers(0, 900))),
        min_size=1,
        max_size=6,
    ),
)
def test_allocation_never_exceeds_the_budget_nor_cuts_a_value(
    budget: int, wanted: list[tuple[int, int | None]]
) -> None:
    choices = [
        Chosen(
            TypeText("nvarchar", unlimited=True),
            True,
            longest,
            None if more is None else longest + more,
        )
        for longest, more in wanted
    ]
    lengths = allocate(budget, choices)
    if sum(choice.longest for choice in choices) * 2 > budget:
        assert lengths is None
        return
    assert lengths is not None
    assert sum(lengths) * 2 <= budget
    for length, choice in zip(lengths, choices, strict=True):
        assert length >= choice.longest
        assert choice.limit is None or length <= choice.limit


def test_a_key_that_ignores_case_in_the_source_is_told() -> None:
    source = table(
        "t",
        column("k", Kind.TEXT, nullable=False, native="citext"),
        column("u", Kind.TEXT, nullable=False, collation="de-x-icu"),
        column("c", Kind.TEXT, nullable=False, collation="C"),
        key=("k", "u", "c"),
    )
    told = [
        (finding.object, finding.what.rpartition(" by ")[2])
        for finding in planned(source).differences
        if KEY_COLLATION in finding.what
    ]
    assert told == [("public.t.k", "citext"), ("public.t.u", "de-x-icu")]
