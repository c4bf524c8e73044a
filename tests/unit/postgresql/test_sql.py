"""The text of the statements, and settings of sessions."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr, ValidationError

from connectors.postgresql import selection
from connectors.postgresql.names import literal, qualified, quote
from connectors.postgresql.position import at
from connectors.postgresql.publication import create
from connectors.postgresql.rights import Grant, Membership
from connectors.postgresql.sessions import PINNED, address, conninfo
from connectors.postgresql.settings import PostgresqlSettings, derived_name
from connectors.postgresql.slot import start_replication
from model.catalog import Column, Table, TableName
from model.state import Chunk
from model.types import Kind, LogicalType

NAME = TableName("public", 'odd"name')
DSN = SecretStr("postgresql://u:s3cret@db.example:6543/app?options=-c%20DateStyle%3DSQL")


def column(name: str, kind: Kind) -> Column:
    return Column(name, LogicalType(kind), nullable=True, native=str(kind))


TABLE = Table(
    NAME,
    (column("id", Kind.INT32), column("b", Kind.TEXT), column("ip", Kind.NETWORK)),
    key=("b", "id"),
)


def test_names_and_literals() -> None:
    assert quote('a"b') == '"a""b"'
    assert qualified(NAME) == '"public"."odd""name"'
    assert literal("it's") == "'it''s'"
    assert literal("back\\slash'") == " E'back\\\\slash'''"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.INT32, '"c" AS "c"'),
        (Kind.CHAR, '"c" AS "c"'),
        (Kind.TEXT, '"c"::text AS "c"'),
        (Kind.NETWORK, 'CASE WHEN "c" IS NOT NULL THEN format(\'%s\', "c") END AS "c"'),
        (
            Kind.DATE,
            'CASE WHEN isfinite("c") OR "c" IS NULL THEN "c" WHEN "c" = \'infinity\''
            " THEN '9999-12-31' ELSE '0001-01-01' END AS \"c\"",
        ),
        (
            Kind.TIMESTAMPTZ,
            'CASE WHEN isfinite("c") OR "c" IS NULL THEN "c" WHEN "c" = \'infinity\''
            " THEN '9999-12-31 00:00:00+00' ELSE '0001-01-01 00:00:00+00' END AS \"c\"",
        ),
        (Kind.TIMETZ, "regexp_replace(\"c\"::text, '([+-]\\d\\d)$', '\\1:00') AS \"c\""),
        (Kind.ARRAY, 'to_json("c")::text AS "c"'),
    ],
)
def test_what_is_selected(kind: Kind, text: str) -> None:
    assert selection.expression(column("c", kind)) == text


def test_a_chunk_is_a_range_of_rows_compared_by_the_server() -> None:
    chunk = Chunk(NAME, 1, '["it\'s", "1"]', '["x\\\\y", "2"]')
    assert selection.read_chunk(TABLE, chunk, partitioned=False) == (
        '/* replicator:chunk */ SELECT "id" AS "id", "b"::text AS "b", '
        'CASE WHEN "ip" IS NOT NULL THEN format(\'%s\', "ip") END AS "ip" '
        'FROM ONLY "public"."odd""name" '
        "WHERE (\"b\", \"id\") > ('it''s', '1') AND (\"b\", \"id\") <= (E'x\\\\y', '2')"
    )
    whole = Chunk(NAME, 0, None, None)
    assert selection.first_key(TABLE, whole, partitioned=True) == (
        "/* replicator:probe */ SELECT format('%s', \"b\"), format('%s', \"id\") "
        'FROM "public"."odd""name" WHERE true ORDER BY "b", "id" LIMIT 1'
    )


def test_bounds_come_from_a_sample_in_key_order() -> None:
    assert selection.sampled_bounds(TABLE, 4, 12.5, partitioned=False) == (
        "/* replicator:plan */ SELECT k0, k1 FROM "
        "(SELECT format('%s', \"b\") AS k0, format('%s', \"id\") AS k1, "
        'row_number() OVER (ORDER BY "b", "id") AS place, count(*) OVER () AS total '
        'FROM ONLY "public"."odd""name" TABLESAMPLE SYSTEM (12.5000) REPEATABLE (1)) AS sample '
        "WHERE place * 4 / total > (place - 1) * 4 / total AND place < total ORDER BY place"
    )


def test_a_table_without_a_key_is_cut_by_where_its_rows_lie() -> None:
    table = Table(NAME, TABLE.columns)
    assert selection.within(table, Chunk(NAME, 1, '["(0,7)"]', '["(9,1)"]')) == (
        "ctid > ('(0,7)') AND ctid <= ('(9,1)')"
    )
    assert selection.sampled_bounds(table, 4, 12.5, partitioned=False) == (
        "/* replicator:plan */ SELECT k0 FROM (SELECT format('%s', ctid) AS k0, "
        "row_number() OVER (ORDER BY ctid) AS place, count(*) OVER () AS total "
        'FROM ONLY "public"."odd""name" TABLESAMPLE SYSTEM (12.5000) REPEATABLE (1)) AS sample '
        "WHERE place * 4 / total > (place - 1) * 4 / total AND place < total ORDER BY place"
    )


def test_a_chunk_is_halved_at_a_key_that_it_holds() -> None:
    assert selection.middle(TABLE, Chunk(NAME, 1, '["a", "1"]', None), partitioned=True) == (
        "/* replicator:split */ SELECT k0, k1 FROM "
        "(SELECT format('%s', \"b\") AS k0, format('%s', \"id\") AS k1, "
        'row_number() OVER (ORDER BY "b", "id") AS place, count(*) OVER () AS total '
        'FROM "public"."odd""name" WHERE ("b", "id") > ('
        "'a', '1')) AS chunk WHERE place * 2 <= total ORDER BY place DESC LIMIT 1"
    )


def test_rows_are_counted_in_a_sample() -> None:
    assert selection.count_sample(NAME, 0.25, partitioned=False) == (
        '/* replicator:plan */ SELECT count(*) FROM ONLY "public"."odd""name" '
        "TABLESAMPLE SYSTEM (0.250000) REPEATABLE (1)"
    )


def test_a_reader_holds_its_table_and_looks_whether_its_files_are_the_snapshots() -> None:
    assert selection.hold(NAME, partitioned=False) == (
        '/* replicator:hold */ LOCK TABLE ONLY "public"."odd""name" IN ACCESS SHARE MODE'
    )
    assert selection.replaced(NAME) == (
        "/* replicator:hold */ SELECT count(*) FROM pg_class c "
        "WHERE c.relfilenode <> pg_relation_filenode(c.oid) AND "
        '(c.oid = \'"public"."odd""name"\'::regclass OR c.oid IN '
        '(SELECT relid FROM pg_partition_tree(\'"public"."odd""name"\'::regclass)))'
    )


def test_streaming_and_two_phase_stay_off() -> None:
    assert start_replication("s", "p'q", at(0x1_0000_00FF)) == (
        'START_REPLICATION SLOT "s" LOGICAL 1/100 '
        "(proto_version '1', publication_names '\"p''q\"', messages 'true')"
    )


def test_the_publication_lists_exactly_the_tables() -> None:
    kinds = {TableName("s", "root"): "p", TableName("s", "a"): "r"}
    assert create("p", kinds, via_root=True) == (
        '/* replicator:publication */ CREATE PUBLICATION "p" '
        'FOR TABLE ONLY "s"."a", "s"."root" '
        "WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)"
    )


def test_rights_taken_and_given_back() -> None:
    grant = Grant(NAME, None, "App", True, ("DELETE", "INSERT"))
    assert grant.revoke() == 'REVOKE DELETE, INSERT ON TABLE "public"."odd""name" FROM "App"'
    assert grant.give_back() == (
        'GRANT DELETE, INSERT ON TABLE "public"."odd""name" TO "App" WITH GRANT OPTION'
    )
    column_grant = Grant(NAME, "v", "public", False, ("UPDATE",))
    assert column_grant.revoke() == (
        'REVOKE UPDATE ("v") ON TABLE "public"."odd""name" FROM PUBLIC'
    )
    member = Membership("pg_write_all_data", "app", False)
    assert member.revoke() == 'REVOKE "pg_write_all_data" FROM "app"'
    assert member.give_back() == 'GRANT "pg_write_all_data" TO "app"'


def test_our_session_options_come_last() -> None:
    parts = conninfo_to_dict(conninfo(DSN, "replicator:m:log", 10.0, replication="database"))
    options = str(parts["options"])
    assert options.startswith("-c DateStyle=SQL -c DateStyle=ISO ")
    assert parts["application_name"] == "replicator:m:log"
    assert parts["replication"] == "database"
    for name in (
        "DateStyle", "IntervalStyle", "TimeZone", "extra_float_digits", "bytea_output",
        "lc_monetary", "client_encoding", "row_security", "search_path", "statement_timeout",
        "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout",
    ):  # fmt: skip
        assert f"-c {name}={PINNED[name]}" in options


def test_a_connection_is_named_without_its_secret() -> None:
    assert address(DSN) == "db.example:6543/app"
    settings = PostgresqlSettings(dsn=DSN)
    assert "s3cret" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"dsn": "postgresql://u:s3cret@host:not-a-port-or=/x?bad"},
        {"dsn": "s3cret nonsense"},
        {"dsn": DSN, "slot": "Upper"},
        {"dsn": DSN, "not_a_number": "zero"},
        {"dsn": DSN, "connect_timeout": "soon"},
        {"dsn": DSN, "unknown": 1},
    ],
)
def test_settings_that_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        PostgresqlSettings.model_validate(wrong, strict=False)
    assert all("s3cret" not in error["msg"] for error in caught.value.errors())


def test_a_slot_is_named_after_its_migration() -> None:
    assert derived_name("Social-Network 2") == "replicator_social_network_2"
    assert len(derived_name("x" * 100)) == 63
    settings = PostgresqlSettings(dsn=DSN, publication="Pub", slot="mine")
    assert (settings.slot_name("m"), settings.publication_name("m")) == ("mine", "Pub")
