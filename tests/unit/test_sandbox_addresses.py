"""Connection strings and URIs: what goes in comes out, whatever signs it holds."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from sandbox.databases import connection_words, source_dsn, target_dsn

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)


@given(WORDS, WORDS)
@example("a}b;c", "{x}")
@example("}}", "=")
def test_a_connection_string_keeps_its_values(password: str, database: str) -> None:
    text = target_dsn("Server=tcp:127.0.0.1,1;UID=sa", pwd=password, database=database)
    assert connection_words(text) == {
        "server": "tcp:127.0.0.1,1",
        "uid": "sa",
        "pwd": password,
        "database": database,
    }


def test_keywords_are_read_in_any_case_and_replaced() -> None:
    text = target_dsn("DRIVER={ODBC Driver 18};Database=a ; Encrypt=yes;", database="b")
    assert text == "driver={ODBC Driver 18};database={b};encrypt={yes}"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=20))
def test_a_uri_keeps_its_password(password: str) -> None:
    uri = source_dsn("postgresql://postgres:x@127.0.0.1:5432/postgres", "a b", "app", password)
    assert conninfo_to_dict(uri) == {
        "user": "app",
        "password": password,
        "host": "127.0.0.1",
        "port": "5432",
        "dbname": "a b",
    }


def test_without_a_user_the_uri_keeps_its_own() -> None:
    uri = "postgresql://postgres:p%40ss@127.0.0.1:5432/postgres"
    assert source_dsn(uri, "x") == "postgresql://postgres:p%40ss@127.0.0.1:5432/x"
