"""A function of a user in PL/pgSQL: one that returns a value, or fills a table of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import (
    accumulation,
    function_tables,
    inserts,
    queries,
    refusal,
    types,
    updates,
)
from sandbox.azuresql.tsql.expression import cast
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.function_tables import FunctionTable
from sandbox.azuresql.tsql.names import quote
from sandbox.azuresql.tsql.scope import Context, Scope
from sandbox.azuresql.tsql.signatures import Signature
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


class _Body(Context):
    """Variables are PL/pgSQL's own, under their names."""

    def parameter(self, name: str) -> str:
        if name.startswith("@@"):
            raise Refused(443, f"Invalid use of '{name}' within a function.")
        return quote(name)


def body(
    node: Node, signature: Signature, context: Context, tables: Mapping[str, FunctionTable]
) -> str:
    """The PL/pgSQL text of a function; its collations are left in `context`.

    Raises Refused 455 for a body whose last statement is no RETURN.
    """
    statement = node.find("procedure_statement")
    assert statement is not None
    last = [n.children[0] for n in statement.all("statement") if n.children][-1]
    if last.kind != "return_segment":
        text = "The last statement included within a function must be a return statement."
        raise Refused(455, text, state=2, line=last.line)
    writer = _Writer(context, signature, tables)
    lines = writer.block(statement.children)
    context.collations |= writer.context.collations
    declared = "".join(
        f" {quote(name)} {types.bare(type)};" for name, type in writer.variables.items()
    )
    if signature.result is not None:
        declared += f' "~result" {types.bare(signature.result)};'
    made = tables[signature.variable].made if signature.table is not None else ""
    return (
        f'#variable_conflict use_column\nDECLARE "~row" record;{declared} BEGIN {made} {lines} END'
    )


class _Writer:
    def __init__(
        self, context: Context, signature: Signature, tables: Mapping[str, FunctionTable]
    ) -> None:
        self.result = signature.result
        self.tables = tables
        self.returned = tables.get(signature.variable)
        self.variables: dict[str, SqlType] = {}
        self.known = {d.name.lower(): d.type for d in signature.parameters}
        self.context = _Body(context.relations, self.known, functions=context.functions)

    def block(self, nodes: list[Node]) -> str:
        return " ".join(self._statement(n.children[0]) for n in nodes if n.kind == "statement")

    def _statement(self, node: Node) -> str:
        maker = _STATEMENTS.get(node.kind)
        if maker is None:
            raise _side_effect(node)
        found: str = getattr(self, maker)(node)
        return found

    def _value(self, nodes: list[Node], owner: Node, type: SqlType) -> str:
        value = Expressions(self.context, Scope(), queries.query).value(nodes, owner)
        return cast(value, type).text

    def _condition(self, node: Node) -> str:
        return Expressions(self.context, Scope(), queries.query).condition(node)

    def _declare(self, node: Node) -> str:
        walk = Walk(node)
        walk.need_words("DECLARE")
        lines: list[str] = []
        while (name := walk.kind("parameter")) is not None:
            walk.words("AS")
            if walk.words("TABLE"):
                walk.need("bracketed")
                lines.append(self.tables[name.text.lower()].made)
                walk.kind("comma")
                continue
            type = types.read_type(walk.need("data_type"))
            folded = name.text.lower()
            self.variables[folded] = self.known[folded] = type
            if walk.kind("comparison_operator", "raw_comparison_operator", "assignment_operator"):
                lines.append(f"{quote(folded)} := {self._value([walk.skip()], node, type)};")
            if not walk.kind("comma"):
                break
        walk.done()
        return " ".join(lines)

    def _set(self, node: Node) -> str:
        walk = Walk(node)
        walk.need_words("SET")
        name = walk.need("parameter")
        type = self._type(name)
        operator = walk.need("assignment_operator", "comparison_operator")
        sign = "".join(token.text for token in operator.tokens())
        nodes = walk.rest
        if sign != "=":
            nodes = [name, Node("binary_operator", sign[:-1], node.line), *nodes]
        return f"{quote(name.text.lower())} := {self._value(nodes, node, type)};"

    def _type(self, name: Node) -> SqlType:
        found = self.known.get(name.text.lower())
        if found is None:
            raise refusal.no_variable(name.text, name.line)
        return found

    def _select(self, node: Node) -> str:
        """`SELECT @x = …`: the last row's values; without a row all stays as it was."""
        targets = [
            target.children[0].text.lower() for target in node.all("select_variable_assignment")
        ]
        if not targets:
            text = "Select statements included within a function cannot return data to a client."
            raise Refused(444, text, state=2, line=node.line)
        sql = accumulation.assignment(node, self.context, targets)
        names = [f"c{place}" for place in range(len(targets))]
        listed = ", ".join([*names, "n"] if sql.counted else names)
        given = " ".join(
            f'{quote(target)} := "~row".{name};'
            for target, name in zip(targets, names, strict=True)
        )
        given = f'IF "~row".n > 0 THEN {given} END IF;' if sql.counted else given
        return (
            f'FOR "~row" IN SELECT * FROM ({sql.text}) AS "~rows" ({listed}) LOOP {given} END LOOP;'
        )

    def _if(self, node: Node) -> str:
        walk = Walk(node)
        text, word = "", "IF"
        while True:
            clause = walk.kind("if_clause")
            if clause is not None:
                condition = Walk(clause)
                condition.need_words("IF")
                text += f"{word} {self._condition(condition.skip())} THEN "
                condition.done()
            else:
                text += "ELSE "
            own: list[Node] = []
            while (child := walk.kind("statement", "statement_terminator")) is not None:
                own.append(child)
            text += self.block(own) + " "
            word = "ELSIF"
            if not walk.words("ELSE"):
                walk.done()
                return f"{text}END IF;"

    def _while(self, node: Node) -> str:
        walk = Walk(node)
        walk.need_words("WHILE")
        condition = self._condition(walk.skip())
        return f"WHILE {condition} LOOP {self.block(walk.rest)} END LOOP;"

    def _return(self, node: Node) -> str:
        walk = Walk(node)
        walk.need_words("RETURN")
        dropped = function_tables.dropped(self.tables.values())
        if self.result is None or self.returned is not None:
            walk.done()
            assert self.returned is not None
            return f"RETURN QUERY SELECT * FROM {self.returned.relation.sql}; {dropped} RETURN;"
        value = self._value(walk.rest, node, self.result)
        return (
            f'"~result" := {value}; {dropped} RETURN "~result";' if dropped else f"RETURN {value};"
        )

    def _change(self, node: Node) -> str:
        """A change of a table of the function's own; others are error 443."""
        change = _CHANGES[node.kind](node, self.context)
        own = {table.relation.sql for table in self.tables.values()}
        if change.target.sql not in own:
            raise _side_effect(node)
        if change.outputs is not None or change.variables:
            raise refusal.unknown(node, "a function")
        return f"{change.sql};"

    def _block(self, node: Node) -> str:
        return self.block(node.children)

    def _break(self, node: Node) -> str:
        return "EXIT;"

    def _continue(self, node: Node) -> str:
        return "CONTINUE;"


def _side_effect(node: Node) -> Refused:
    verb = node.kind.partition("_")[0].upper()
    text = f"Invalid use of a side-effecting operator '{verb}' within a function."
    return Refused(443, text, state=15, line=node.line)


_STATEMENTS: Final = {
    "insert_statement": "_change",
    "update_statement": "_change",
    "delete_statement": "_change",
    "declare_segment": "_declare",
    "set_local_variable_segment": "_set",
    "select_statement": "_select",
    "if_then_statement": "_if",
    "while_statement": "_while",
    "return_segment": "_return",
    "begin_end_block": "_block",
    "break_statement": "_break",
    "continue_statement": "_continue",
}
_CHANGES: Final = {
    "insert_statement": inserts.insert,
    "update_statement": updates.update,
    "delete_statement": updates.delete,
}
