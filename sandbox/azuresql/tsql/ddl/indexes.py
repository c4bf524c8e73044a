"""Indexes. A unique one is checked at the end of the statement, filtered or not.

PostgreSQL has that only for constraints, and those take no predicate: the index gets the
constraint's trigger and is marked as not immediate by hand.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from sandbox.azuresql.session import Notice, Refused, Result
from sandbox.azuresql.tsql import evaluate, normal_form, queries, refusal
from sandbox.azuresql.tsql.ddl import key_length, keys, running
from sandbox.azuresql.tsql.ddl.constraints import (
    index_columns,
    index_options,
    key_columns,
    remark,
)
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts, quote
from sandbox.azuresql.tsql.scope import Column, Context, Relation, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_text
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


def index_name(table: str, index: str) -> str:
    """The index's name in PostgreSQL, unique in the schema: T-SQL's are unique in their table."""
    return fold(f"{table}.{index}")


def _key(column: Column, descending: bool) -> str:
    """A key part in the order of NULLs that ORDER BY is translated with."""
    name = quote(fold(column.name))
    if not column.nullable:
        return f"{name} DESC" if descending else name
    return f"{name} DESC NULLS LAST" if descending else f"{name} NULLS FIRST"


def index_sql(
    node: Node, relation: Relation, context: Context, text: str
) -> tuple[list[str], Notice | None]:
    """CREATE INDEX as PostgreSQL's statements, and the warning that goes with it."""
    walk = Walk(node)
    walk.need_words("CREATE")
    unique = walk.words("UNIQUE")
    clustered = walk.any_word("CLUSTERED", "NONCLUSTERED") == "CLUSTERED"
    walk.need_words("INDEX")
    name = parts(walk.need("index_reference"))[-1]
    walk.need_words("ON")
    walk.need("table_reference")
    keys = index_columns(walk.need("bracketed_index_column_list_grammar"))
    included: list[str] = []
    if walk.words("INCLUDE"):
        included = [parts(group[0])[-1] for group in listed(walk.need("bracketed"))]
    where = walk.kind("where_clause")
    options = walk.kind("relational_index_options")
    if options is not None:
        index_options(options)
    if walk.words("ON"):
        walk.skip()
    walk.done()
    columns = list(relation.columns)
    found = key_columns([key for key, _ in keys], columns, relation.name, node.line)
    shown = ", ".join(_key(column, down) for column, (_, down) in zip(found, keys, strict=True))
    include = ""
    if included:
        include = f" INCLUDE ({', '.join(quote(fold(name)) for name in included)})"
    notes: dict[str, Any] = {"name": name}
    if clustered:
        notes["clustered"] = True
    predicate = ""
    if where is not None:
        scope = Scope(None, [Source("", "", relation.columns)])
        condition = queries.condition_of(where, Expressions(context, scope, queries.query))
        predicate = f" WHERE {condition}"
        notes["filter"] = normal_form.definition(
            where.children[1:], text, relation.columns, filters=True
        )
    plain = index_name(relation.name, name)
    schema = relation.sql.rpartition(".")[0]
    equal = " NULLS NOT DISTINCT" if unique else ""
    made = (
        f"CREATE {'UNIQUE ' if unique else ''}INDEX {quote(plain)} ON {relation.sql} "
        f"({shown}){include}{equal}{predicate}"
    )
    place = f"{schema}.{quote(plain)}"
    statements = [made, *remark("INDEX", place, notes)]
    if unique:
        statements += deferred(place, relation.sql)
    limit = key_length.CLUSTERED if clustered else key_length.NONCLUSTERED
    statements += key_length.guard(name, plain, relation.sql, found, limit)
    return statements, key_length.warning(name, found, limit, node.line)


def deferred(index: str, table: str) -> list[str]:
    """Make a unique index wait for the end of the statement."""
    name = fold(f"recheck {index}")
    place = f"{literal(index)}::regclass"
    return [
        f"CREATE CONSTRAINT TRIGGER {quote(name)} AFTER INSERT OR UPDATE ON {table} DEFERRABLE "
        "INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION pg_catalog.unique_key_recheck()",
        f"UPDATE pg_catalog.pg_trigger SET tgconstrindid = {place} "
        f"WHERE tgname = {literal(name)} AND tgrelid = {literal(table)}::regclass",
        f"UPDATE pg_catalog.pg_index SET indimmediate = false WHERE indexrelid = {place}",
    ]


async def create_index(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    session = interpreter.session
    reference = node.find("table_reference")
    assert reference is not None
    name = ObjectName.of(reference)

    def make(context: Context) -> tuple[list[str], Notice | None]:
        relation = running.must_exist(context, name, node)
        return index_sql(node, relation, context, running.text_of(interpreter, node))

    (statements, warning), context = await evaluate.translate(session, node, frame, make, "index")
    running.require(interpreter, "ALTER", name, node)
    if any(child.word == "CLUSTERED" for child in node.children):
        relation = running.must_exist(context, name, node)
        keys.check_clustered(await keys.of(session.link, relation), name, node.line)
    if warning is not None:
        yield warning
    async for result in running.run(interpreter, statements, node):
        yield result


async def drop_index(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP INDEX [IF EXISTS] i ON t`."""
    walk = Walk(node)
    walk.need_words("DROP", "INDEX")
    tolerant = walk.words("IF", "EXISTS")
    index = parts(walk.need("index_reference", "object_reference"))[-1]
    walk.need_words("ON")
    reference = walk.need("table_reference", "object_reference")
    walk.done()
    name = ObjectName.of(reference)
    plain = index_name(name.name, index)
    schema = name.folded_schema if name.temporary else quote(name.folded_schema)
    place = f"{schema}.{quote(plain)}"
    rows, _ = await interpreter.session.link.fetch(
        f"SELECT to_regclass({literal(place)}) IS NOT NULL"
    )
    if rows[0][0] != b"\x01":
        if tolerant:
            return
        raise Refused(
            3701,
            f"Cannot drop the index '{name}.{index}', because it does not exist or you do not have "
            "permission.",
            11,
            7,
            node.line,
        )
    running.require(interpreter, "ALTER", name, node)
    length = quote(key_length.trigger(plain))
    checks, _ = await interpreter.session.link.fetch(
        f"SELECT tgname::text FROM pg_trigger WHERE tgrelid = {literal(name.sql)}::regclass "
        f"AND tgconstrindid = {literal(place)}::regclass AND NOT tgisinternal"
    )
    statements = [f"DROP TRIGGER {quote(read_text(row[0]))} ON {name.sql}" for row in checks]
    statements += [f"DROP TRIGGER IF EXISTS {length} ON {name.sql}", f"DROP INDEX {place}"]
    async for result in running.run(interpreter, statements, node):
        yield result


async def alter_index(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ALTER INDEX i | ALL ON t REBUILD | REORGANIZE`."""
    words = [child.word for child in node.children if child.kind == "keyword"]
    if "DISABLE" in words or "SET" in words:
        raise refusal.unknown(node)
    reference = node.find("table_reference")
    assert reference is not None
    name = ObjectName.of(reference)
    async for result in running.run(interpreter, [f"REINDEX TABLE {name.sql}"], node):
        yield result
