"""The profile's queries, to the letter."""

from __future__ import annotations

from connectors.postgresql.profile import collision_query, facts, query
from model.types import Kind
from tests.unit.schema.catalogs import column, table

TABLE = table(
    "t",
    column("id", nullable=False),
    column("n", Kind.DECIMAL),
    column("k", Kind.VARCHAR, length=9, nullable=False),
    column("at", Kind.TIMESTAMP),
    column("note", Kind.TEXT),
    column("size", Kind.INT32),
    key=("id", "k"),
)
SPECIAL = "\"n\" IN ('NaN', 'Infinity', '-Infinity')"
FINITE = f'CASE WHEN {SPECIAL} THEN NULL ELSE "n" END'
GREATEST = f"max(abs({FINITE}))"
EXTRA = (
    'CASE WHEN octet_length("k"::text) > length("k"::text) '
    "AND current_setting('server_encoding') = 'UTF8' "
    "THEN length(regexp_replace(\"k\"::text, '[\\u0001-\\uffff]', '', 'g')) ELSE 0 END"
)


def test_one_scan_asks_for_what_types_depend_on() -> None:
    asked = facts(TABLE)
    assert [(fact.column, fact.name) for fact in asked] == [
        ("n", "integer_digits"),
        ("n", "scale"),
        ("n", "not_numbers"),
        ("k", "units"),
        ("k", "trailing_spaces"),
        ("at", "out_of_range"),
        ("at", "infinite"),
    ]
    expected = [
        f"CASE WHEN {GREATEST} >= 1 THEN length(trunc({GREATEST})::text) ELSE 0 END",
        f"max(min_scale({FINITE}))",
        f"count(*) FILTER (WHERE {SPECIAL})",
        f'max(length("k"::text) + {EXTRA})',
        "count(*) FILTER (WHERE \"k\"::text LIKE '% ')",
        'count(*) FILTER (WHERE isfinite("at") AND ("at" < \'0001-01-01 00:00:00\' '
        "OR \"at\" >= '10000-01-01 00:00:00'))",
        'count(*) FILTER (WHERE NOT isfinite("at"))',
    ]
    assert query(TABLE, asked) == (
        "/* replicator:profile */ SELECT "
        + ", ".join(f"coalesce({text}, 0)" for text in expected)
        + ' FROM ONLY "public"."t"'
    )


def test_keys_that_differ_only_by_spaces_are_counted() -> None:
    assert collision_query(TABLE, ("id", "k"), partitioned=True) == (
        "/* replicator:profile */ SELECT count(*) FROM (SELECT 1 FROM "
        '"public"."t" WHERE "id" IS NOT NULL AND "k" IS NOT NULL '
        'GROUP BY "id", rtrim("k"::text, \' \') HAVING count(*) > 1) AS collisions'
    )
