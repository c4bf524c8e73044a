"""Tables that the translation tests talk about, and a short way to translate."""

from __future__ import annotations

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import inserts, merge, queries, updates
from sandbox.azuresql.tsql.changes import Change
from sandbox.azuresql.tsql.scope import Column, Context, Relation
from sandbox.azuresql.tsql.tree import Node, parse

BIN = "Latin1_General_100_BIN2"
USERS = Relation(
    "dbo",
    "Users",
    "U",
    1,
    '"dbo"."users"',
    (
        Column("Id", SqlType("bigint"), nullable=False, identity=True),
        Column("Name", SqlType("nvarchar", 50), collation=BIN),
        Column("balance", SqlType("decimal", 0, 12, 2)),
        Column("seen", SqlType("datetime2", 0, 0, 6)),
        Column("flag", SqlType("bit")),
        Column("raw", SqlType("varbinary", -1)),
        Column("twice", SqlType("int"), computed=True),
    ),
    key=('"id"',),
)
STAGE = Relation(
    "dbo",
    "#s",
    "U",
    2,
    'pg_temp."#s"',
    (
        Column("op", SqlType("tinyint")),
        Column("c0", SqlType("bigint")),
        Column("c1", SqlType("nvarchar", 50)),
    ),
)
RELATIONS = {("dbo", "users"): USERS, ("pg_temp", "#s"): STAGE}
VARIABLES = {
    "@j": SqlType("nvarchar", -1),
    "@n": SqlType("int"),
    "@s": SqlType("nvarchar", 20),
    "@b": SqlType("bit"),
}


def context() -> Context:
    return Context(RELATIONS, VARIABLES)


def statement(text: str) -> Node:
    """The first statement of a batch."""
    return parse(text).children[0].children[0].children[0]


def select(text: str) -> str:
    """A query in PostgreSQL's words."""
    return queries.query(statement(text), context(), None)[0]


def value(text: str) -> str:
    """One expression in PostgreSQL's words."""
    return select(f"SELECT {text}").removeprefix("SELECT ")


def condition(text: str) -> str:
    """A WHERE clause over `dbo.Users AS u`."""
    return select(f"SELECT 1 FROM dbo.Users AS u WHERE {text}").partition(" WHERE ")[2]


def change(text: str) -> Change:
    """A statement that changes rows."""
    node = statement(text)
    makers = {
        "insert_statement": inserts.insert,
        "update_statement": updates.update,
        "delete_statement": updates.delete,
        "merge_statement": merge.merge,
    }
    return makers[node.kind](node, context())
