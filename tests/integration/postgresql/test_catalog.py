"""The catalog of a real database in the model's words."""

from __future__ import annotations

import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from connectors.postgresql.source import PostgresqlSource
from model.catalog import (
    Check,
    ForeignKey,
    Identity,
    IndexColumn,
    Key,
    ReplicaIdentity,
    Table,
    TableName,
)
from model.errors import RightMissing
from model.types import Kind, LogicalType
from tests.integration.postgresql.conftest import Connection, MakeSource

NETWORK = """
CREATE TABLE users (
    id serial PRIMARY KEY,
    email varchar(320) NOT NULL COLLATE "C" UNIQUE,
    score numeric(12, 3) DEFAULT 1.5 CHECK (score >= 0),
    doubled numeric GENERATED ALWAYS AS (score * 2) STORED,
    number bigint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5)
);
COMMENT ON TABLE users IS 'people';
COMMENT ON COLUMN users.email IS 'address';
CREATE TABLE follows (
    a int REFERENCES users ON DELETE CASCADE ON UPDATE RESTRICT,
    b int, since date,
    PRIMARY KEY (b, a),
    UNIQUE NULLS NOT DISTINCT (since),
    CONSTRAINT follows_b FOREIGN KEY (b) REFERENCES users DEFERRABLE
);
CREATE INDEX users_low ON users (lower(email) DESC, id) INCLUDE (score) WHERE score > 5;
CREATE UNIQUE INDEX users_once ON users (number);
CREATE VIEW adults AS SELECT id FROM users;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM users;
CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x';
CREATE SEQUENCE free AS smallint MINVALUE 3 MAXVALUE 30 CYCLE;
CREATE SCHEMA other; CREATE TABLE other.users (id int PRIMARY KEY);
CREATE TABLE "Odd.Name" ("a ""b"" c" int PRIMARY KEY);
"""


@pytest.fixture
def tables(admin: Connection, source: PostgresqlSource) -> dict[str, Table]:
    admin.execute(NETWORK)
    return {table.name.name: table for table in source.catalog(["public.*"], []).tables}


def test_keys_constraints_and_indexes(tables: dict[str, Table]) -> None:
    users, follows = tables["users"], tables["follows"]
    assert users.primary_key == Key("users_pkey", ("id",))
    assert users.unique_keys == (Key("users_email_key", ("email",)),)
    assert users.checks == (Check("users_score_check", "(score >= (0)::numeric)"),)
    assert users.key == ("id",)
    assert users.comment == "people"
    assert users.ordered
    low, once = users.indexes
    assert low.columns == (
        IndexColumn(None, "lower(email::text)", descending=True),
        IndexColumn("id"),
    )
    assert (low.included, low.predicate, low.unique) == (
        ("score",),
        "(score > (5)::numeric)",
        False,
    )
    assert (once.unique, once.method) == (True, "btree")
    assert follows.key == ("b", "a")
    assert follows.unique_keys == (Key("follows_since_key", ("since",), nulls_equal=True),)
    assert follows.foreign_keys == (
        ForeignKey(
            "follows_a_fkey", ("a",), users.name, ("id",), on_delete="CASCADE",
            on_update="RESTRICT",
        ),
        ForeignKey("follows_b", ("b",), users.name, ("id",), deferrable=True),
    )  # fmt: skip


def test_columns(tables: dict[str, Table]) -> None:
    users = tables["users"]
    number, email = users.column("number"), users.column("email")
    sequence = TableName("public", "users_id_seq")
    assert users.column("id").identity == Identity(sequence, 1, 1, always=False)
    assert users.column("id").default is None
    assert number.identity == Identity(TableName("public", "users_number_seq"), 100, 5, always=True)
    assert (email.collation, email.comment, email.nullable) == ("C", "address", False)
    assert email.type == LogicalType(Kind.VARCHAR, length=320)
    assert users.column("score").default == "1.5"
    assert users.column("score").type == LogicalType(Kind.DECIMAL, precision=12, scale=3)
    assert users.column("doubled").generated == "(score * (2)::numeric)"
    assert [column.name for column in users.carried] == ["id", "email", "score", "number"]
    assert "Odd.Name" in tables
    assert tables["Odd.Name"].key == ('a "b" c',)


def test_what_else_is_there(
    admin: Connection, source: PostgresqlSource, tables: dict[str, Table]
) -> None:
    catalog = source.catalog(["*.users"], ["other.*"])
    assert [str(table.name) for table in catalog.tables] == ["public.users"]
    assert catalog.database == admin.info.dbname
    assert [(str(v.name), v.materialized) for v in catalog.views] == [
        ("public.adults", False),
        ("public.counted", True),
    ]
    assert ("function", "public.f(x integer)") in catalog.others
    sequences = {str(sequence.name): sequence for sequence in catalog.sequences}
    free = sequences["public.free"]
    assert (free.type.kind, free.minimum, free.maximum, free.cycle, free.last, free.owner) == (
        Kind.INT16, 3, 30, True, None, None,
    )  # fmt: skip
    assert sequences["public.users_id_seq"].owner == (TableName("public", "users"), "id")


def test_last_values_of_sequences(
    admin: Connection, source: PostgresqlSource, tables: dict[str, Table]
) -> None:
    admin.execute("SELECT nextval('free')")
    admin.execute("INSERT INTO users (email) VALUES ('a'), ('b')")
    assert {str(name): last for name, last in source.sequences().items()} == {
        "public.free": 3,
        "public.users_id_seq": 2,
        "public.users_number_seq": 105,
    }


def test_a_sequence_that_we_may_not_read_is_no_unused_one(
    admin: Connection, make_source: MakeSource, source_database: str
) -> None:
    """`pg_sequences` answers NULL for both."""
    role = f"reader_{admin.info.dbname}"
    admin.execute("CREATE SEQUENCE secret")
    admin.execute("SELECT nextval('secret')")
    admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
    try:
        dsn = SecretStr(make_conninfo(source_database, user=role, password="p"))
        source = make_source(dsn=dsn)
        with pytest.raises(RightMissing, match="GRANT SELECT ON SEQUENCE"):
            source.sequences()
        source.close()
    finally:
        admin.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(
    ("change", "identity", "key"),
    [
        ("SELECT", ReplicaIdentity.DEFAULT, ("id",)),
        ("ALTER TABLE t REPLICA IDENTITY FULL", ReplicaIdentity.FULL, ("id",)),
        ("ALTER TABLE t REPLICA IDENTITY NOTHING", ReplicaIdentity.NOTHING, ()),
        (
            "CREATE UNIQUE INDEX i ON t (b, a); ALTER TABLE t REPLICA IDENTITY USING INDEX i",
            ReplicaIdentity.INDEX,
            ("b", "a"),
        ),
        ("ALTER TABLE t DROP CONSTRAINT t_pkey", ReplicaIdentity.DEFAULT, ()),
    ],
)
def test_the_records_key(
    change: str,
    identity: ReplicaIdentity,
    key: tuple[str, ...],
    admin: Connection,
    source: PostgresqlSource,
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL)")
    admin.execute(change)
    [table] = source.catalog(["public.t"], []).tables
    assert (table.replica_identity, table.key) == (identity, key)


def test_partitioned_tables_by_root_or_by_leaf(admin: Connection, make_source: MakeSource) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id)")
    admin.execute("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (500)")
    roots = make_source(partitions="root").catalog(["public.*"], []).tables
    leaves = make_source(partitions="leaves").catalog(["public.*"], []).tables
    assert [table.name.name for table in roots] == ["t"]
    assert [table.name.name for table in leaves] == ["t1"]


def test_types_with_parts(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TYPE mood AS ENUM ('b', 'a')")
    admin.execute("CREATE DOMAIN positive AS numeric(5, 2) NOT NULL CHECK (VALUE > 0)")
    admin.execute("CREATE DOMAIN tiny AS positive CHECK (VALUE < 1)")
    admin.execute("CREATE TYPE pair AS (m mood, t tiny[])")
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, m mood, t tiny, p pair[], n numeric(5, -2))")
    [table] = source.catalog(["public.t"], []).tables
    mood = LogicalType(Kind.ENUM, labels=("b", "a"))
    tiny = LogicalType(
        Kind.DECIMAL, precision=5, scale=2, domain="public.tiny",
        checks=("(VALUE > (0)::numeric)", "((VALUE)::numeric < (1)::numeric)"),
    )  # fmt: skip
    assert table.column("m").type == mood
    assert table.column("t").type == tiny
    assert table.column("t").nullable is False
    assert table.column("n").type == LogicalType(Kind.DECIMAL, precision=5, scale=-2)
    pairs = table.column("p").type
    assert pairs.kind is Kind.ARRAY
    assert pairs.element is not None
    assert pairs.element.fields == (("m", mood), ("t", LogicalType(Kind.ARRAY, element=tiny)))
