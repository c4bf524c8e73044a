"""CREATE and ALTER TRIGGER."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import modules, refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.modules import keep, module_options, only_known, verb_of
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def create_trigger(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE TRIGGER tr ON t AFTER | INSTEAD OF INSERT, UPDATE AS …`.

    Raises Refused 2103, 2111, and 8197 for a view that an AFTER trigger is to watch.
    """
    walk = Walk(node)
    verb = verb_of(walk)
    walk.need_words("TRIGGER")
    given = ObjectName.of(walk.need("trigger_reference"))
    walk.need_words("ON")
    table = ObjectName.of(walk.need("table_reference"))
    if walk.words("WITH"):
        module_options(walk)
    instead = walk.words("INSTEAD", "OF")
    if not instead and not walk.any_word("AFTER", "FOR"):
        raise refusal.unknown(walk.here or node, node.kind)
    while walk.here is not None and not walk.words("AS"):
        walk.skip()
    body = Node("trigger_body", node.text, node.line, walk.rest)
    relation = await running.relation_of(interpreter, table, node)
    if relation.kind != "U" and not (instead and relation.kind == "V"):
        text = f"The object '{table}' does not exist or is invalid for this operation."
        raise Refused(8197, text, state=4, line=node.line)
    name = ObjectName(given.schema or table.schema or "dbo", given.name)
    if fold(name.schema) != fold(relation.schema):
        raise Refused(
            2103,
            f"Cannot create trigger '{given}' because its schema is different from the schema of "
            "the target table or view.",
            15,
            line=node.line,
        )
    only_known(body, interpreter.known)
    operations = modules.events(node)
    if instead:
        await _alone(interpreter, name, relation, operations, node)
    own = f"{literal(relation.sql)}::regclass"
    before = [] if instead else [f"CALL store.watch({own})"]
    after = [f"CALL store.intercept({relation.oid}, {own})"] if instead else []
    async for result in keep(
        interpreter,
        node,
        name,
        modules.TRIGGER,
        verb,
        parent=relation.oid,
        instead=operations if instead else frozenset(),
        before=before,
        after=after,
    ):
        yield result


async def _alone(
    interpreter: Interpreter,
    name: ObjectName,
    relation: Relation,
    operations: frozenset[str],
    node: Node,
) -> None:
    """Raises Refused 2111 where another trigger does one of the operations instead."""
    known = await modules.load(interpreter.session)
    for other in known.by_name.values():
        if not other.instead or other.parent != relation.oid or other.key == name.key:
            continue
        both = operations & other.instead
        if both:
            raise Refused(
                2111,
                f"Cannot create trigger '{name}' on {'view' if relation.kind == 'V' else 'table'} "
                f"'{relation.schema}.{relation.name}' because an INSTEAD OF {min(both).upper()} "
                "trigger already exists on this object.",
                line=node.line,
            )
