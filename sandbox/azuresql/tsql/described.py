"""sys.dm_exec_describe_first_result_set as rows of FROM.

What it describes is found before the statement runs and handed to it as a parameter, whose name
tells what to describe: the text and its declarations, each a constant or a variable.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Notice, SqlType
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.describe_rows import FIRST_RESULT_SET, query
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import fold, parts, quote
from sandbox.azuresql.tsql.scope import Column, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_text
from sandbox.azuresql.tsql.walk import listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

PREFIX: Final = "@@described:"
"""How the names of such parameters begin; JSON follows."""

Given = str | dict[str, str] | None
"""An argument: a constant's text, the name of a `variable`, None for NULL."""

_INT: Final = SqlType("int")
_SHAPE: Final = (
    *(column for column in FIRST_RESULT_SET if not column[0].startswith("tds_")),
    ("error_number", _INT),
    ("error_severity", _INT),
    ("error_state", _INT),
    ("error_message", SqlType("nvarchar", 4000)),
    ("error_type", _INT),
    ("error_type_desc", SqlType("nvarchar", 60)),
)
_NAME: Final = "dm_exec_describe_first_result_set"
_MISCELLANEOUS: Final = (1, "MISC")
_TYPES: Final = {102: (2, "SYNTAX"), 137: (8, "UNDECLARED_PARAMETER")}


def source(node: Node, alias: str, expressions: Expressions) -> tuple[str, Source] | None:
    """The call as an element of FROM; None for another function."""
    name = fold(parts(node.children[0])[-1])
    if name != _NAME:
        return None
    groups = listed(node.children[1].children[0])
    if len(groups) != 3:
        raise refusal.unknown(node)
    *texts, browse = (_given(group, node, expressions) for group in groups)
    if browse not in (None, "0"):
        raise refusal.unknown(node, "browse information")
    value = expressions.context.parameter(PREFIX + json.dumps(texts))
    shown = quote(fold(alias or name))
    columns = tuple(Column(column, type) for column, type in _SHAPE)
    text = query(_SHAPE).replace("$1", value)
    return f"({text}) AS {shown}", Source(alias or name, shown, columns)


def _given(group: list[Node], node: Node, expressions: Expressions) -> Given:
    """What an argument says."""
    tokens = [token for part in group for token in part.tokens()]
    if len(tokens) == 1 and tokens[0].word == "NULL":
        return None
    if len(tokens) == 1 and tokens[0].kind == "parameter":
        return {"variable": tokens[0].text.lower()}
    if len(tokens) == 1 and tokens[0].text.isdigit():
        return tokens[0].text
    constant = expressions.value(group, node).plain
    if constant is None:
        raise refusal.unknown(node)
    return constant


def asked(name: str, frame: Frame) -> tuple[str, ...]:
    """The texts that a parameter of this name stands for, with the variables of now."""
    given: list[Given] = json.loads(name.removeprefix(PREFIX))
    return tuple(
        read_text(frame.variables[each["variable"]].data) if isinstance(each, dict) else each or ""
        for each in given
    )


def failure(notice: Notice) -> dict[str, object]:
    """The only row of a description that failed."""
    kind, words = _TYPES.get(notice.number, _MISCELLANEOUS)
    return {
        "is_hidden": False,
        "column_ordinal": 0,
        "error_number": notice.number,
        "error_severity": notice.severity,
        "error_state": notice.state,
        "error_message": notice.text,
        "error_type": kind,
        "error_type_desc": words,
    }
