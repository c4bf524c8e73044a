"""Names, literals and batches of T-SQL."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.azuresql.dialect import (
    batches,
    comment,
    like_prefix,
    literal,
    qualified,
    quote,
)
from model.catalog import TableName


@given(st.text())
def test_a_quoted_name_reads_back_as_itself(name: str) -> None:
    quoted = quote(name)
    assert re.fullmatch(r"\[([^\]]|\]\])*\]", quoted, re.DOTALL)
    assert quoted[1:-1].replace("]]", "]") == name


@given(st.text())
def test_a_literal_reads_back_as_itself(text: str) -> None:
    written = literal(text)
    assert re.fullmatch(r"N'([^']|'')*'", written, re.DOTALL)
    assert written[2:-1].replace("''", "'") == text


@given(st.text(alphabet="/*ab "))
def test_a_comment_ends_where_it_is_meant_to(text: str) -> None:
    assert "/*" not in comment(text)
    assert "*/" not in comment(text)


def test_brackets_are_doubled_not_removed() -> None:
    assert qualified(TableName("odd]", "[x]")) == "[odd]]].[[x]]]"


def test_a_prefix_matches_only_itself() -> None:
    assert like_prefix("a_b%[~") == "a~_b~%~[~~%"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1\nGO\nSELECT 2\ngo\n", ["SELECT 1", "SELECT 2"]),
        ("GO\n\nGO\nSELECT 1\n  GO  -- done\n", ["SELECT 1"]),
        ("SELECT 1\nGO 3\n", ["SELECT 1"] * 3),
        ("SELECT 'a\nGO\n''b'\nGO\nSELECT 2", ["SELECT 'a\nGO\n''b'", "SELECT 2"]),
        ("/* a /* nested */\nGO\n*/ SELECT 1", ["/* a /* nested */\nGO\n*/ SELECT 1"]),
        ("-- it's\nGO\nSELECT 2", ["-- it's", "SELECT 2"]),
        ("SELECT [a'\n]]\nGO\nb]\nGO\nSELECT 2", ["SELECT [a'\n]]\nGO\nb]", "SELECT 2"]),
        ('SELECT "x\nGO\n"\nGO', ['SELECT "x\nGO\n"']),
        ("SELECT GO\nFROM t", ["SELECT GO\nFROM t"]),
        ("SELECT 1\r\nGO\r\nSELECT 2", ["SELECT 1", "SELECT 2"]),
    ],
)
def test_a_script_falls_into_batches(script: str, expected: list[str]) -> None:
    assert list(batches(script)) == expected
