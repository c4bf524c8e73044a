"""`x.value('.', 'type')` of XML that FOR XML made: its text. No other method or path is known."""

from __future__ import annotations

from dataclasses import replace

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.tree import Node, parse
from sandbox.azuresql.tsql.walk import Walk, listed


def called(value: Expression, node: Node) -> Expression:
    """The method's result, as the type that it names."""
    walk = Walk(node)
    walk.need("dot")
    name = walk.need("datatype_method_name_identifier").text
    arguments = listed(walk.need("function_contents").children[0])
    walk.done()
    texts = [next(group[0].tokens()).text.lstrip("nN")[1:-1] for group in arguments]
    if name != "value" or value.type is None or value.type.name != "xml" or texts[:1] != ["."]:
        raise refusal.unknown(node)
    declared = next(parse(f"DECLARE @x {texts[1]}").all("data_type"))
    text = Expression(f"sys.xml_string({value.text}::text)::sys.nvarchar", SqlType("nvarchar", -1))
    return replace(cast(text, types.read_type(declared)), bound=True)
