"""Constraints: keys, foreign keys, checks, and what keeps SQL Server's meaning of them.

Keys are deferrable, so that they are checked at the end of the statement (two rows may swap their
values), and treat NULLs as equal. PostgreSQL lets no foreign key refer to a deferrable key; its
index is marked immediate for the moment in which the foreign key is made.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import normal_form, queries, refusal
from sandbox.azuresql.tsql.ddl.foreign_keys import around_foreign_key, check_reference
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts, plain, quote
from sandbox.azuresql.tsql.scope import Column, Context, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

Kind = Literal["PK", "UQ", "FK", "CK"]


@dataclass(slots=True)
class Constraint:
    """A constraint as written. `columns` are its own, in order, with True for descending."""

    kind: Kind
    name: str
    columns: list[tuple[str, bool]] = field(default_factory=list)
    clustered: bool | None = None
    """None where it is not said: a primary key is, if no other index of the table is."""
    check: list[Node] = field(default_factory=list)
    referenced: ObjectName | None = None
    referenced_columns: list[str] = field(default_factory=list)
    actions: str = ""
    node: Node | None = None


def generated_name(prefix: str, table: str, column: str = "") -> str:
    """A name such as SQL Server makes up, but the same for the same table."""
    digest = hashlib.sha256(f"{table}.{column}.{prefix}".lower().encode()).hexdigest()[:8].upper()
    middle = f"{table[:9]}__{column[:5]}" if column else table[:16]
    return f"{prefix}__{middle}__{digest}"


def column_constraint(name: str, node: Node, walk: Walk, column: str, table: str) -> Constraint:
    """PRIMARY KEY, UNIQUE, CHECK or REFERENCES behind a column."""
    found = _read(name, node, walk, table, column)
    if not found.columns and found.kind != "CK":
        found.columns = [(column, False)]
    return found


def table_constraint(node: Node, table: str) -> Constraint:
    """A `table_constraint`."""
    walk = Walk(node)
    name = ""
    if walk.words("CONSTRAINT"):
        name = parts(walk.need("object_reference"))[-1]
    found = _read(name, node, walk, table, "")
    walk.done()
    return found


def _read(name: str, node: Node, walk: Walk, table: str, column: str) -> Constraint:
    if walk.words("PRIMARY", "KEY") or walk.words("UNIQUE"):
        primary = any(child.word == "PRIMARY" for child in node.children)
        kind: Kind = "PK" if primary else "UQ"
        word = walk.any_word("CLUSTERED", "NONCLUSTERED")
        found = Constraint(kind, name, clustered=word == "CLUSTERED" if word else None)
        given = walk.kind("bracketed_index_column_list_grammar")
        if given is not None:
            found.columns = index_columns(given)
        options = walk.kind("relational_index_options")
        if options is not None:
            index_options(options)
        if walk.words("ON"):
            walk.skip()
        suffix = found.columns[0][0] if found.columns and kind == "UQ" else column
        found.name = name or generated_name(kind, table, suffix if kind == "UQ" else "")
        return found
    check = walk.kind("check_constraint_grammar")
    if check is not None:
        return _check(name, check, table, column)
    if walk.words("CHECK"):
        body = walk.need("bracketed")
        return Constraint(
            "CK", name or generated_name("CK", table, column), check=[body], node=node
        )
    if walk.words("FOREIGN", "KEY"):
        own = [(parts(group[0])[-1], False) for group in listed(walk.need("bracketed"))]
    else:
        own = [(column, False)] if column else []
    references = walk.kind("references_constraint_grammar")
    if references is None:
        raise refusal.unknown(node)
    return _foreign(name, own, references, table)


def _check(name: str, node: Node, table: str, column: str) -> Constraint:
    walk = Walk(node)
    walk.need_words("CHECK")
    if walk.words("NOT", "FOR", "REPLICATION"):
        pass
    body = walk.need("bracketed")
    walk.done()
    return Constraint("CK", name or generated_name("CK", table, column), check=[body], node=node)


def _foreign(name: str, own: list[tuple[str, bool]], node: Node, table: str) -> Constraint:
    walk = Walk(node)
    walk.need_words("REFERENCES")
    target = ObjectName.of(walk.need("table_reference"))
    given = walk.kind("bracketed")
    columns = [parts(group[0])[-1] for group in listed(given)] if given is not None else []
    actions: list[str] = []
    while walk.words("ON"):
        event = walk.any_word("DELETE", "UPDATE")
        if walk.words("NO", "ACTION"):
            continue
        setting = walk.words("SET")
        action = f"SET {walk.skip().word}" if setting else walk.any_word("CASCADE") or ""
        if not event or not action:
            raise refusal.unknown(node)
        actions.append(f" ON {event} {action}")
    walk.words("NOT", "FOR", "REPLICATION")
    walk.done()
    made = generated_name("FK", table, own[0][0] if own else "")
    return Constraint(
        "FK",
        name or made,
        own,
        referenced=target,
        referenced_columns=columns,
        actions="".join(actions),
    )


def index_columns(node: Node) -> list[tuple[str, bool]]:
    """`(a, b DESC)`."""
    found: list[tuple[str, bool]] = []
    for definition in node.all("index_column_definition"):
        name, *order = definition.children
        found.append((plain(name.text), bool(order) and order[0].word == "DESC"))
    return found


_INDEX_OPTIONS = frozenset(
    {"ONLINE", "DROP_EXISTING", "PAD_INDEX", "FILLFACTOR", "SORT_IN_TEMPDB", "MAXDOP"}
    | {"STATISTICS_NORECOMPUTE", "ALLOW_ROW_LOCKS", "ALLOW_PAGE_LOCKS", "DATA_COMPRESSION"}
    | {"OPTIMIZE_FOR_SEQUENTIAL_KEY", "RESUMABLE", "IGNORE_DUP_KEY"}
)


def index_options(node: Node) -> None:
    """How an index is stored means nothing here; IGNORE_DUP_KEY = ON would, and is refused."""
    words = [token.word for token in node.tokens()]
    for place, word in enumerate(words[:-2]):
        if word == "IGNORE_DUP_KEY" and words[place + 2] == "ON":
            raise refusal.unknown(node)
        if words[place + 1] == "=" and word not in _INDEX_OPTIONS:
            raise refusal.unknown(node)


def remark(kind: str, target: str, notes: dict[str, Any]) -> list[str]:
    """COMMENT ON, when there is something to remember."""
    if not notes:
        return []
    text = json.dumps(notes, ensure_ascii=False)
    return [f"COMMENT ON {kind} {target} IS {literal(text)}"]


def _must_have(names: list[str], columns: list[Column], line: int) -> list[Column]:
    found: list[Column] = []
    for name in names:
        column = next((c for c in columns if fold(c.name) == fold(name)), None)
        if column is None:
            raise Refused(
                1911, f"Column name '{name}' does not exist in the target table or view.", line=line
            )
        found.append(column)
    return found


def key_columns(names: list[str], columns: list[Column], table: str, line: int) -> list[Column]:
    """The columns of a key. Raises Refused 1911, and 1919 for a type that no key may have."""
    found = _must_have(names, columns, line)
    for column in found:
        if column.type is not None and (
            column.type.length < 0 or column.type.name in ("xml", "sql_variant")
        ):
            raise Refused(
                1919,
                f"Column '{column.name}' in table '{table}' is of a type that is invalid for use "
                "as a key column in an index.",
                line=line,
            )
    return found


def constraint_sql(
    constraint: Constraint,
    table: ObjectName,
    columns: list[Column],
    context: Context,
    text: str,
    *,
    trusted: bool = True,
    line: int = 1,
) -> list[str]:
    """The statements that add the constraint to the table."""
    name = quote(fold(constraint.name))
    head = f"ALTER TABLE {table.sql} ADD CONSTRAINT {name}"
    notes: dict[str, Any] = {}
    if fold(constraint.name) != constraint.name:
        notes["name"] = constraint.name
    names = [column for column, _ in constraint.columns]
    listed_names = ", ".join(quote(fold(column)) for column in names)
    if constraint.kind in ("PK", "UQ"):
        key_columns(names, columns, table.name, line)
        what = "PRIMARY KEY" if constraint.kind == "PK" else "UNIQUE NULLS NOT DISTINCT"
        made = [f"{head} {what} ({listed_names}) DEFERRABLE INITIALLY IMMEDIATE"]
        descending = [column for column, down in constraint.columns if down]
        extra: dict[str, Any] = {"clustered": True} if constraint.clustered else {}
        if descending:
            extra = {**extra, "descending": descending}
        index = f"{table.folded_schema if table.temporary else quote(table.folded_schema)}.{name}"
        return [
            *made,
            *remark("CONSTRAINT", f"{name} ON {table.sql}", notes),
            *remark("INDEX", index, {**notes, **extra}),
        ]
    unproven = "" if trusted else " NOT VALID"
    if constraint.kind == "CK":
        condition = check_condition(constraint, columns, context)
        notes["definition"] = normal_form.definition(constraint.check, text, columns)
        return [
            f"{head} CHECK ({condition}){unproven}",
            *remark("CONSTRAINT", f"{name} ON {table.sql}", notes),
        ]
    assert constraint.referenced is not None
    check_reference(constraint, table, columns, context, line)
    target = constraint.referenced
    if not target.schema and not target.temporary:
        target = ObjectName(table.schema, target.name)
    there = ", ".join(quote(fold(column)) for column in constraint.referenced_columns)
    columns_there = f" ({there})" if there else ""
    made_fk = (
        f"{head} FOREIGN KEY ({listed_names}) REFERENCES {target.sql}{columns_there}"
        f"{constraint.actions}{unproven}"
    )
    return [
        *around_foreign_key(target.sql, made_fk),
        *remark("CONSTRAINT", f"{name} ON {table.sql}", notes),
    ]


def check_condition(constraint: Constraint, columns: list[Column], context: Context) -> str:
    scope = Scope(None, [Source("", "", tuple(columns))])
    expressions = Expressions(context, scope, queries.query)
    return expressions.condition(constraint.check[0])
