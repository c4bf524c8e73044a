"""Which table is loaded first."""

from __future__ import annotations

from model.catalog import TableName
from replicator.snapshot.order import in_turn
from tests.streams import table, tracked


def test_the_patterns_tell_the_order_and_the_rest_keeps_its_own() -> None:
    names = ("a", "orders", "b", "order_lines")
    tables = [tracked(table(TableName("public", name)), 1) for name in names]
    chosen = in_turn(tables, ["public.order_*", "public.orders", "nobody.*"])
    assert [each.source.name for each in chosen] == ["order_lines", "orders", "a", "b"]
    assert in_turn(tables, []) == tables
