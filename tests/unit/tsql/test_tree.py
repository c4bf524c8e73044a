"""Trees are parsed beside the event loop and kept within bounds."""

from __future__ import annotations

import asyncio
import time

import pytest

from sandbox.azuresql.session import Parameter, Refused, SqlType
from sandbox.azuresql.tsql import brackets, parameters, tree


def _wide(columns: int) -> str:
    names = ", ".join(f"c{n} decimal(18, 2) NOT NULL DEFAULT 0" for n in range(columns))
    return f"CREATE TABLE dbo.wide{columns} ({names})"


async def test_the_loop_turns_while_a_new_text_is_parsed() -> None:
    start = time.perf_counter()
    tree.parse(_wide(59))
    alone = time.perf_counter() - start
    parsing = asyncio.create_task(tree.parsed(_wide(60)))
    turns = 0
    while not parsing.done():
        await asyncio.sleep(alone / 1000)
        turns += 1
    assert turns > 5
    assert parsing.result() is tree.parse(_wide(60))


async def test_a_refusal_comes_from_the_other_thread_too() -> None:
    with pytest.raises(Refused, match="Incorrect syntax"):
        await tree.parsed("SELECT FROM WHERE")


def test_kept_trees_are_the_last_ones_used() -> None:
    kept = tree._Kept(10)
    for text in ("aaaa", "bbbb"):
        kept.add(text, tree.Node("file", text, 1))
    assert kept.get("aaaa") is not None
    kept.add("cccc", tree.Node("file", "cccc", 1))
    assert kept.get("bbbb") is None
    assert kept.get("aaaa") is not None
    kept.add("d" * 11, tree.Node("file", "", 1))
    assert kept.get("d" * 11) is None


async def test_declarations_are_parsed_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    declarations = "@ahead_1 int, @ahead_2 nvarchar(44) OUTPUT"
    given = [Parameter("", SqlType("nvarchar", -1), text) for text in ("SELECT 1", declarations)]
    await parameters.read_ahead("sp_executesql", given)
    monkeypatch.setattr(tree, "_parse", None)
    assert [d.name for d in parameters.declared(declarations)] == ["@ahead_1", "@ahead_2"]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("SELECT 'a', [b]]c], \"d\" /* e /* f */ */ -- 'g", None),
        ("SELECT 'it''s' + 'open", 17),
        ("SELECT 'open''", 7),
        ("SELECT [open]]", 7),
        ("SELECT 1 /* /* */", 9),
        ("SELECT '/*', 1 /* 'a'", 15),
    ],
)
def test_what_a_text_leaves_open_is_found(text: str, start: int | None) -> None:
    assert brackets.unclosed(text) == start
