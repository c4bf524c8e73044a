"""Arrays, composites and hstore: our JSON text is what the server's `to_json` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.postgresql.sessions import Sessions
from connectors.postgresql.types import TypeCatalog
from connectors.postgresql.values import container
from tests.integration.postgresql.conftest import Connection

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
AWKWARD = st.sampled_from(["", " ", "NULL", "null", '"', "\\", "{}", "()", ",", "a,b", "'", "\n"])
WORDS = st.none() | TEXTS | AWKWARD


@pytest.fixture
def pinned(admin: Connection, source_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A session as all of ours are."""
    admin.execute("CREATE EXTENSION hstore")
    admin.execute("CREATE TYPE inner_ AS (words text[], n numeric)")
    admin.execute('CREATE TYPE pair AS ("a b" text, "c""d" text, part inner_)')
    with Sessions(SecretStr(source_database), "replicator:test", 5.0).connect("test") as session:
        yield session


def agree(session: psycopg.Connection[Any], type_: str, expression: str, *values: Any) -> None:
    """Our text for the server's text of a value equals the server's own JSON."""
    [[oid, text, expected]] = session.execute(
        "SELECT %s::regtype::oid::int8, format('%%s', v), to_json(v)::text"
        f" FROM (SELECT {expression} AS v) x",
        [type_, *values],
    ).fetchall()
    types = TypeCatalog()
    types.load(session, [oid])
    fragment = container(types.resolve(oid, -1))(text.encode())
    assert json.loads(fragment) == expected


QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MATRICES = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=1, max_size=3)
)
LISTS = st.none() | st.lists(WORDS, max_size=3)
NUMBERS = st.none() | st.decimals(allow_infinity=False, allow_nan=False)
COMPOSITE = "ROW(%s::text, %s::text, ROW(%s::text[], %s::numeric)::public.inner_)::public.pair"


@QUICK
@given(words=st.lists(WORDS, max_size=5))
def test_arrays_of_text(pinned: psycopg.Connection[Any], words: list[str | None]) -> None:
    agree(pinned, "text[]", "%s::text[]", words)


@QUICK
@given(rows=MATRICES)
def test_matrices(pinned: psycopg.Connection[Any], rows: list[list[str | None]]) -> None:
    agree(pinned, "text[]", "%s::text[]", rows)


@QUICK
@given(pairs=st.dictionaries(TEXTS | AWKWARD, WORDS, max_size=4))
def test_hstores(pinned: psycopg.Connection[Any], pairs: dict[str, str | None]) -> None:
    expression = "public.hstore(%s::text[], %s::text[])"
    agree(pinned, "public.hstore", expression, list(pairs), list(pairs.values()))


@QUICK
@given(a=WORDS, b=WORDS, words=LISTS, number=NUMBERS)
def test_composites(
    pinned: psycopg.Connection[Any], a: Any, b: Any, words: Any, number: Any
) -> None:
    agree(pinned, "public.pair", COMPOSITE, a, b, words, number)


@QUICK
@given(a=WORDS, b=WORDS, words=LISTS, number=NUMBERS)
def test_arrays_of_composites(
    pinned: psycopg.Connection[Any], a: Any, b: Any, words: Any, number: Any
) -> None:
    expression = f"ARRAY[{COMPOSITE}, NULL]"
    agree(pinned, "public.pair[]", expression, a, b, words, number)
