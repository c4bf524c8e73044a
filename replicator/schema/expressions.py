"""PostgreSQL's expressions in T-SQL, from the tree of PostgreSQL's own parser.

Only constructs that surely mean the same are converted; anything else raises Inconvertible, and the
caller lists the expression for a person. Two languages hide in one here: a *predicate* (true, false
or unknown) and a *value* are different things in T-SQL, where a bit is no condition.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import postgast

from connectors.azuresql.dialect import literal, qualified
from model.catalog import TableName
from replicator.schema.tsql import KEY_COLLATION
from replicator.schema.values import (
    CASTS,
    NOW,
    NUMBERS,
    TEXTS,
    WITHOUT_ARGUMENTS,
    Family,
    Inconvertible,
    Value,
    calculated,
    clock,
    compared,
    concatenated,
    constant,
    sides,
    typed_constant,
    widest,
)

_COUNTING_COLLATION: Final = "Latin1_General_100_CI_AS_SC"
"""LEN counts whole characters, not UTF-16 units, under a collation with supplementary ones."""


Columns = Callable[[tuple[str, ...]], Value]
"""Resolves a column reference (its parts), or raises Inconvertible."""

Sequences = Callable[[str], TableName]
"""The target's name of a sequence, from the text inside `nextval('…')`; or Inconvertible."""


def parse_expression(text: str) -> Any:
    """The tree of one expression. Raises Inconvertible when PostgreSQL's parser refuses it."""
    try:
        statements = postgast.parse(f"SELECT {text}").stmts
    except postgast.PgQueryError as error:
        raise Inconvertible(f"it cannot be parsed ({error})") from error
    targets = statements[0].stmt.select_stmt.target_list
    if len(statements) != 1 or len(targets) != 1:
        raise Inconvertible("it is not one expression")
    return targets[0].res_target.val


def shape(node: Any) -> tuple[str, Any]:
    """A node's kind (`a_expr`, `func_call`, …) and its content."""
    name = node.WhichOneof("node")
    if name is None:
        raise Inconvertible("it has an empty part")
    return name, getattr(node, name)


def names_of(nodes: Any) -> tuple[str, ...]:
    """The strings of a list of name nodes, without PostgreSQL's own schema."""
    parts = tuple(node.string.sval for node in nodes)
    return parts[1:] if parts[:1] == ("pg_catalog",) and len(parts) > 1 else parts


class Converter:
    """Converts expressions over the columns that `columns` resolves.

    `enums` are the names of the source's enumerations: casts to them keep the text.
    """

    def __init__(
        self,
        columns: Columns,
        sequences: Sequences | None = None,
        enums: frozenset[str] = frozenset(),
    ) -> None:
        self._columns = columns
        self._sequences = sequences
        self._enums = enums

    def predicate(self, node: Any) -> str:
        """A condition, in parentheses where it is more than one comparison."""
        name, content = shape(node)
        match name:
            case "bool_expr":
                return self._boolean(content)
            case "null_test":
                kind = postgast.pg_query_pb2.NullTestType.Name(content.nulltesttype)
                negation = "NOT " if kind == "IS_NOT_NULL" else ""
                return f"{self.value(content.arg).text} IS {negation}NULL"
            case "a_expr":
                return self._comparison(content)
            case "column_ref" | "a_const" | "type_cast":
                value = self.value(node)
                if value.family is not Family.BOOLEAN:
                    raise Inconvertible(f"{value.text} is no condition")
                return f"{value.text} = 1"
        raise Inconvertible(f"no sure counterpart for {name.replace('_', ' ')} as a condition")

    def value(self, node: Any) -> Value:
        """A value; constants, columns, arithmetic, and the functions that are surely alike."""
        name, content = shape(node)
        match name:
            case "a_const":
                return constant(content)
            case "column_ref":
                if any(field.WhichOneof("node") != "string" for field in content.fields):
                    raise Inconvertible("a reference to a whole row")
                return self._columns(names_of(content.fields))
            case "type_cast":
                return self._cast(content)
            case "a_expr":
                return self._operation(content)
            case "func_call":
                return self._call(content)
            case "sqlvalue_function":
                return clock(content)
            case "coalesce_expr":
                return self._coalesce(content)
            case "bool_expr" | "null_test":
                return _bit(self.predicate(node))
        raise Inconvertible(f"no sure counterpart for {name.replace('_', ' ')}")

    def _boolean(self, content: Any) -> str:
        operator = postgast.pg_query_pb2.BoolExprType.Name(content.boolop)
        if operator == "NOT_EXPR" and shape(content.args[0])[0] == "column_ref":
            value = self.value(content.args[0])
            if value.family is Family.BOOLEAN:
                return f"{value.text} = 0"
        parts = [self.predicate(argument) for argument in content.args]
        if operator == "NOT_EXPR":
            return f"NOT ({parts[0]})"
        return "(" + f" {operator.removesuffix('_EXPR')} ".join(parts) + ")"

    def _comparison(self, content: Any) -> str:
        operator = _operator(content)
        match _kind(content), operator:
            case (("OP" | "LIKE"), ("~~" | "!~~")):
                return self._like(content, "NOT " if operator == "!~~" else "")
            case "OP", operator if operator in _COMPARISONS and content.HasField("lexpr"):
                left, right = self.value(content.lexpr), self.value(content.rexpr)
                return compared(left, _COMPARISONS[operator], right)
            case "OP_ANY", "=":
                return self._among(content.lexpr, _elements(content.rexpr), "IN")
            case "OP_ALL", "<>":
                return self._among(content.lexpr, _elements(content.rexpr), "NOT IN")
            case "IN", ("=" | "<>"):
                word = "IN" if operator == "=" else "NOT IN"
                return self._among(content.lexpr, list(content.rexpr.list.items), word)
            case (("BETWEEN" | "NOT_BETWEEN"), _):
                value = self.value(content.lexpr)
                low, high = (self.value(bound) for bound in content.rexpr.list.items)
                inside = f"({compared(value, '>=', low)} AND {compared(value, '<=', high)})"
                return inside if _kind(content) == "BETWEEN" else f"NOT {inside}"
        raise Inconvertible(f"no sure counterpart for the operator {operator}")

    def _among(self, left: Any, items: list[Any], word: str) -> str:
        value = self.value(left)
        members = [self.value(item) for item in items]
        if not members:
            raise Inconvertible("an empty list")
        pairs = [sides(value, "=", member) for member in members]
        return f"{pairs[0][0]} {word} ({', '.join(member for _, member in pairs)})"

    def _like(self, content: Any, negation: str) -> str:
        value = self.value(content.lexpr)
        name, pattern = shape(_stripped(content.rexpr))
        if name != "a_const" or value.family not in TEXTS or not pattern.HasField("sval"):
            raise Inconvertible("LIKE with a pattern that is no constant")
        text = pattern.sval.sval
        if "_" in text or "\\" in text:
            raise Inconvertible("LIKE with a single-character wildcard or an escape")
        escaped = literal(text.replace("[", "\\["))
        return f"{value.text} COLLATE {KEY_COLLATION} {negation}LIKE {escaped} ESCAPE N'\\'"

    def _cast(self, content: Any) -> Value:
        wanted = names_of(content.type_name.names)[-1]
        array = bool(content.type_name.array_bounds)
        inner_name, inner = shape(content.arg)
        if inner_name == "a_const":
            return typed_constant(inner, wanted, self._enums, array)
        if inner_name == "a_array_expr" and array and not inner.elements:
            return Value("N'[]'", Family.ARRAY, constant=True)
        value = self.value(content.arg)
        family = CASTS.get(wanted)
        if array or content.type_name.typmods:
            raise Inconvertible(f"a cast of {value.text}")
        if family is value.family or (family is Family.STRING and value.family is Family.ENUM):
            return value
        if family is Family.DECIMAL and value.family is Family.INTEGER:
            return Value(value.text, Family.DECIMAL, value.digits, constant=value.constant)
        raise Inconvertible(f"a cast of {value.text} to {wanted}")

    def _operation(self, content: Any) -> Value:
        operator = _operator(content)
        if _kind(content) != "OP" or operator in _COMPARISONS or operator in ("~~", "!~~"):
            return _bit(self._comparison(content))
        right = self.value(content.rexpr)
        if not content.HasField("lexpr"):
            if operator != "-" or right.family not in NUMBERS:
                raise Inconvertible(f"the sign {operator}")
            return Value(f"(-{right.text})", right.family, right.digits, constant=right.constant)
        left = self.value(content.lexpr)
        if operator == "||":
            return concatenated(left, right)
        return calculated(left, operator, right)

    def _coalesce(self, content: Any) -> Value:
        values = [self.value(argument) for argument in content.args]
        families = {value.family for value in values}
        if len(families) != 1 or not families <= NUMBERS | TEXTS | {Family.BOOLEAN}:
            raise Inconvertible("COALESCE over these types")
        text = f"COALESCE({', '.join(value.text for value in values)})"
        digits = widest([value.digits for value in values])
        return Value(text, values[0].family, digits)

    def _call(self, content: Any) -> Value:
        name = names_of(content.funcname)[-1]
        if content.agg_star or content.HasField("over") or content.agg_distinct:
            raise Inconvertible(f"{name}() as an aggregate")
        if name in WITHOUT_ARGUMENTS and not content.args:
            return WITHOUT_ARGUMENTS[name]
        if name == "nextval" and self._sequences is not None:
            _, argument = shape(_stripped(content.args[0]))
            sequence = qualified(self._sequences(argument.sval.sval))
            return Value(f"NEXT VALUE FOR {sequence}", Family.INTEGER, (19, 0))
        if name == "timezone" and len(content.args) == 2:
            return self._utc(content)
        arguments = [self.value(argument) for argument in content.args]
        if len(arguments) == 1 and (found := _of_one(name, arguments[0])) is not None:
            return found
        raise Inconvertible(f"no sure counterpart for the function {name}()")

    def _utc(self, content: Any) -> Value:
        """`now() AT TIME ZONE 'UTC'`: the same clock without its offset."""
        name, zone = shape(_stripped(content.args[0]))
        value = self.value(content.args[1])
        if name == "a_const" and zone.sval.sval.upper() == "UTC" and value == NOW:
            return Value(value.text, Family.TIMESTAMP)
        raise Inconvertible("AT TIME ZONE")


def _of_one(name: str, value: Value) -> Value | None:
    if name in ("length", "char_length", "character_length") and value.family is Family.STRING:
        whole = f"CAST({value.text} AS nvarchar(max)) COLLATE {_COUNTING_COLLATION}"
        return Value(f"(LEN({whole} + N'x') - 1)", Family.INTEGER, (10, 0))
    if name in ("octet_length", "length") and value.family is Family.BYTES:
        return Value(f"DATALENGTH({value.text})", Family.INTEGER, (19, 0))
    if name == "abs" and value.family in NUMBERS:
        return Value(f"ABS({value.text})", value.family, value.digits)
    return None


def is_filter(node: Any) -> bool:
    """True for what a filtered index may have: columns against constants, joined by AND."""
    name, content = shape(node)
    match name:
        case "bool_expr":
            operator = postgast.pg_query_pb2.BoolExprType.Name(content.boolop)
            if operator == "NOT_EXPR":
                return shape(content.args[0])[0] == "column_ref"
            return operator == "AND_EXPR" and all(is_filter(part) for part in content.args)
        case "null_test":
            return shape(content.arg)[0] == "column_ref"
        case "a_expr":
            kind, operator = _kind(content), _operator(content)
            if not (
                (kind == "OP" and operator in _COMPARISONS and content.HasField("lexpr"))
                or (kind in ("IN", "OP_ANY") and operator == "=")
                or kind == "BETWEEN"
            ):
                return False
            left = shape(_stripped(content.lexpr))[0] == "column_ref"
            return left and all(shape(_stripped(each))[0] == "a_const" for each in _right(content))
        case _:
            return name == "column_ref"


def _right(content: Any) -> list[Any]:
    """The constants on the right of an operator: one, those of a list, or of an array."""
    name, right = shape(_stripped(content.rexpr))
    if name == "list":
        return list(right.items)
    if name == "a_array_expr":
        return list(right.elements)
    return [content.rexpr]


def _elements(node: Any) -> list[Any]:
    name, content = shape(_stripped(node))
    if name != "a_array_expr":
        raise Inconvertible("ANY over something else than a list")
    return list(content.elements)


def _stripped(node: Any) -> Any:
    """The node inside of casts."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return node


def _operator(content: Any) -> str:
    return names_of(content.name)[-1] if content.name else ""


def _kind(content: Any) -> str:
    return str(postgast.pg_query_pb2.A_Expr_Kind.Name(content.kind)).removeprefix("AEXPR_")


def _bit(condition: str) -> Value:
    text = f"CAST(CASE WHEN {condition} THEN 1 WHEN NOT ({condition}) THEN 0 END AS bit)"
    return Value(text, Family.BOOLEAN)


_COMPARISONS: Final = {op: op for op in ("=", "<>", "<", "<=", ">", ">=")} | {"!=": "<>"}
