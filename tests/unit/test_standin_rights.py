"""The rules of rights: what decides, what wins, and the error that a definition gets."""

from __future__ import annotations

import pytest

from sandbox.azuresql.catalog.definitions import Definition, refusal
from sandbox.azuresql.catalog.security import Principal, Rights

PUBLIC, OWNER, READER, DDL = 0, 16384, 16390, 16387
USER, ROLE = 5, 6
SAID = tuple[int, int, str, str, str, str]


def rights(*said: SAID, members: tuple[tuple[int, int], ...] = ()) -> Rights:
    principals = [
        Principal(PUBLIC, "public", "R", None, fixed=True),
        Principal(1, "dbo", "S", None, fixed=True),
        Principal(OWNER, "db_owner", "R", None, fixed=True),
        Principal(READER, "db_datareader", "R", None, fixed=True),
        Principal(DDL, "db_ddladmin", "R", None, fixed=True),
        Principal(USER, "app", "S", "App_Login"),
        Principal(ROLE, "writers", "R", None),
        Principal(7, "alone", "S", None, contained=True),
    ]
    return Rights(principals, list(members), list(said))


def on_table(state: str, right: str = "SELECT", grantee: int = USER) -> SAID:
    return 1, grantee, right, state, "dbo", "t"


def on_schema(state: str, right: str = "SELECT", grantee: int = USER) -> SAID:
    return 3, grantee, right, state, "dbo", ""


def on_database(state: str, right: str, grantee: int = USER) -> SAID:
    return 0, grantee, right, state, "", ""


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ((), False),
        ((on_table("G"),), True),
        ((on_table("W"),), True),
        ((on_schema("G"),), True),
        ((on_database("G", "SELECT"),), True),
        ((on_table("G", "CONTROL"),), True),
        ((on_table("G", "INSERT"),), False),
        ((on_table("G"), on_schema("D")), False),
        ((on_table("D"), on_database("G", "CONTROL")), False),
        ((on_table("G"), on_table("D", grantee=PUBLIC)), False),
        (((1, USER, "SELECT", "G", "", ""),), False),
    ],
)
def test_a_denial_wins_and_wider_grants_cover(said: tuple[SAID, ...], wanted: bool) -> None:
    assert rights(*said).may("app", "SELECT", "dbo", "t") is wanted


def test_a_role_inside_a_role_counts() -> None:
    found = rights(on_table("G", grantee=ROLE), members=((ROLE, USER),))
    assert found.may("APP", "SELECT", "dbo", "t")


def test_nothing_is_denied_to_owners() -> None:
    found = rights(on_table("D"), members=((OWNER, USER),))
    assert found.may("app", "SELECT", "dbo", "t")


def test_a_grant_of_one_object_is_none_of_its_schema_or_database() -> None:
    found = rights(on_table("G", "ALTER"), on_schema("G", "CREATE TABLE"))
    assert found.may("app", "ALTER", "dbo", "t")
    assert not found.may("app", "ALTER", "dbo")
    assert not found.may("app", "CREATE TABLE")


def test_only_grant_option_and_control_may_be_passed_on() -> None:
    assert not rights(on_table("G")).may_grant("app", "SELECT", "dbo", "t")
    assert rights(on_table("W")).may_grant("app", "SELECT", "dbo", "t")
    assert not rights(on_table("W")).may_grant("app", "INSERT", "dbo", "t")
    assert rights(on_schema("G", "CONTROL")).may_grant("app", "INSERT", "dbo", "t")


def test_a_login_finds_its_user_and_a_contained_user_itself() -> None:
    found = rights()
    assert [p.name if p else None for p in map(found.of_login, ("app_login", "ALONE", "app"))] == [
        *("app", "alone", None)
    ]


CREATE = Definition("CREATE", "create_table_statement")


@pytest.mark.parametrize(
    ("said", "made", "number"),
    [
        ((), CREATE, 262),
        ((on_database("G", "CREATE TABLE"),), CREATE, 2760),
        ((on_database("G", "CREATE TABLE"), on_schema("G", "ALTER")), CREATE, None),
        ((on_database("G", "ALTER"),), CREATE, None),
        ((on_schema("G", "CREATE SEQUENCE"),), Definition("CREATE", "create_sequence_x"), 2760),
        ((), Definition("ALTER", "alter_table_statement"), 1088),
        ((on_table("G", "ALTER"),), Definition("ALTER", "alter_table_statement"), None),
        ((on_database("G", "ALTER ANY SCHEMA"),), Definition("ALTER", "truncate_table"), None),
        ((), Definition("ALTER", "drop_table_statement"), 3701),
        ((), Definition("ALTER", "drop_schema_statement"), 15151),
        ((), Definition("CREATE", "create_index_statement"), 1088),
        ((), Definition("ALTER", "create_procedure_statement"), 3704),
        ((), Definition("ALTER", "dbcc_statement"), 2557),
    ],
)
def test_a_definition_is_refused_by_its_own_number(
    said: tuple[SAID, ...], made: Definition, number: int | None
) -> None:
    refused = refusal(rights(*said), "app", made, "shop", "dbo", "t", 3)
    assert (refused.notice.number if refused else None) == number
    assert refused is None or refused.notice.line == 3


def test_the_role_of_definitions_makes_objects_and_no_principals() -> None:
    found = rights(members=((DDL, USER),))
    assert found.may("app", "CREATE VIEW")
    assert found.may("app", "ALTER", "dbo", "t")
    assert not found.may("app", "CREATE ROLE")
    assert not found.may("app", "SELECT", "dbo", "t")
