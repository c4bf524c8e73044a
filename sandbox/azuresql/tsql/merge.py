"""MERGE, which PostgreSQL has too."""

from __future__ import annotations

from sandbox.azuresql.tsql import held_keys, queries, refusal, sources
from sandbox.azuresql.tsql.changes import Change, assigned, insert_columns, target_of
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.hints import hints
from sandbox.azuresql.tsql.names import ObjectName, fold, parts, plain, quote
from sandbox.azuresql.tsql.returning import Returning, output_clause, prefixed
from sandbox.azuresql.tsql.scope import Column, Context, Relation, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.updates import assignments_of
from sandbox.azuresql.tsql.walk import Walk, listed


def merge(node: Node, context: Context, prefix: str = "") -> Change:
    """`MERGE t USING s ON … WHEN …`; PostgreSQL raises 21000 where SQL Server raises 8672."""
    walk = Walk(node)
    walk.need_words("MERGE")
    walk.words("INTO")
    name, relation = target_of(walk.need("table_reference"), context)
    words = hints(walk.need("bracketed")) if walk.words("WITH") else []
    alias = parts(
        node.children[1] if node.children[1].kind == "table_reference" else node.children[2]
    )[-1]
    given = walk.kind("alias_expression")
    if given is not None:
        alias = plain([token for token in given.tokens() if token.word != "AS"][-1].text)
    scope = Scope()
    target = Source(alias, quote(fold(alias)), relation.columns, relation.schema)
    scope.sources.append(target)
    walk.need_words("USING")
    body = [walk.need("bracketed", "table_reference", "table_expression")]
    if (more := walk.kind("alias_expression")) is not None:
        body.append(more)
    element = Node(
        "from_expression_element",
        "",
        node.line,
        [_expression(body[0]), *body[1:]],
    )
    clause = Node("from_clause", "", node.line)
    word = Node("keyword", "FROM", node.line)
    clause.children = [word, Node("from_expression", "", node.line, [element])]
    origin = sources.from_clause(clause, context, scope, queries.query)
    expressions = Expressions(context, scope, queries.query)
    on = Walk(walk.need("join_on_condition"))
    on.need_words("ON")
    join = on.skip()
    condition = expressions.condition(join)
    ranges = held_keys.of_change(words, target, relation, context)
    rows = f" FROM {origin.text}" if _is_given(body[0], context) and not prefix else ""
    held_keys.settle(ranges, [join], expressions, rows)
    held_keys.settle(origin.ranges, [], expressions)
    matches = Walk(walk.need("merge_match"))
    queries.options(walk)
    walk.done()
    for right in ("INSERT", "UPDATE", "DELETE"):
        context.require(right, name)
    clauses: list[str] = []
    output = Returning()
    while matches.here is not None:
        if matches.here.kind == "output_clause":
            output = output_clause(matches, context, relation, scope, "MERGE")
            continue
        clauses.append(_clause(matches.skip(), relation, expressions))
    source = origin.text.removeprefix("LATERAL ")
    sql = (
        f"MERGE INTO {relation.sql} AS {target.sql} USING {source} ON {condition} "
        f"{' '.join(clauses)}"
    )
    return Change(prefixed(prefix, sql, output), relation, output.shown)


def _expression(source: Node) -> Node:
    if source.kind == "table_expression":
        return source
    return Node("table_expression", source.text, source.line, [source])


def _is_given(source: Node, context: Context) -> bool:
    """Whether no other session can change what the source gives."""
    references = [
        node for node in source.all("table_reference") if next(node.tokens()).kind != "parameter"
    ]
    return all(context.relation(ObjectName.of(n), source).temporary for n in references)


def _clause(node: Node, relation: Relation, expressions: Expressions) -> str:
    walk = Walk(node)
    walk.need_words("WHEN")
    head = "WHEN NOT MATCHED" if walk.words("NOT", "MATCHED") else "WHEN MATCHED"
    if head == "WHEN MATCHED":
        walk.need_words("MATCHED")
    if walk.words("BY", "SOURCE"):
        head += " BY SOURCE"
    else:
        walk.words("BY", "TARGET")
    if walk.words("AND"):
        head += f" AND {expressions.condition(walk.skip())}"
    walk.need_words("THEN")
    action = walk.skip()
    walk.done()
    if action.kind == "merge_delete_clause":
        return f"{head} THEN DELETE"
    if action.kind == "merge_update_clause":
        part = Walk(action)
        part.need_words("UPDATE")
        assignments = assignments_of(part.need("set_clause_list"), relation, expressions)
        part.done()
        return f"{head} THEN UPDATE SET {assignments}"
    if action.kind == "merge_insert_clause":
        return f"{head} THEN {_insert(action, relation, expressions)}"
    raise refusal.unknown(action)


def _insert(node: Node, relation: Relation, expressions: Expressions) -> str:
    part = Walk(node)
    part.need_words("INSERT")
    given = (
        part.kind("bracketed") if part.here is not None and part.here.kind == "bracketed" else None
    )
    columns: list[Column] = insert_columns(given, relation)[0]
    part.need_words("VALUES")
    row = part.need("bracketed")
    part.done()
    cells = [
        assigned(expressions.value(group, row), column)
        for group, column in zip(listed(row), columns, strict=True)
    ]
    names = ", ".join(column.sql for column in columns)
    return f"INSERT ({names}) VALUES ({', '.join(cells)})"
