"""Who may write, whatever way the right came."""

from __future__ import annotations

from connectors.azuresql import rights
from connectors.azuresql.rights import Permission
from model.catalog import TableName

PRINCIPALS = {
    0: ("public", "R"),
    1: ("dbo", "S"),
    2: ("guest", "S"),
    5: ("app", "S"),
    6: ("reader", "E"),
    7: ("team", "R"),
    8: ("replicator_denied", "R"),
    100: ("db_owner", "R"),
    101: ("db_datawriter", "R"),
}
DENIED = [Permission(8, True, name, True) for name in ("INSERT", "UPDATE", "DELETE", "EXECUTE")]


def writers(members: list[tuple[int, int]], permissions: list[Permission]) -> list[str]:
    return rights.effective_writers(PRINCIPALS, members, permissions)


def test_nobody_writes_without_a_right() -> None:
    assert writers([(1, 100)], [Permission(6, True, "SELECT", False)]) == []


def test_a_right_may_come_directly_through_a_role_or_from_public() -> None:
    assert writers([], [Permission(5, False, "INSERT", False)]) == ["app"]
    assert writers([(5, 7), (7, 101)], []) == ["app"]
    assert writers([(6, 7)], [Permission(7, True, "DELETE", False)]) == ["reader"]
    assert writers([], [Permission(0, True, "UPDATE", False)]) == ["app", "reader"]
    assert writers([], [Permission(6, False, "CONTROL", False)]) == ["reader"]
    assert writers([], [Permission(6, True, "EXECUTE", False)]) == ["reader"]


def test_a_denial_through_the_role_wins_over_every_grant() -> None:
    assert writers([(5, 101), (5, 8)], DENIED) == []
    assert writers([(5, 100), (5, 8)], DENIED) == []
    assert writers([(5, 8)], [*DENIED, Permission(5, True, "INSERT", False)]) == []


def test_a_denial_on_one_object_does_not_cover_the_others() -> None:
    """✗ Any DENY taken for a whole one."""
    permissions = [Permission(5, False, "INSERT", True), Permission(5, True, "INSERT", False)]
    assert writers([], permissions) == ["app"]


def test_a_circle_of_roles_ends() -> None:
    assert writers([(5, 7), (7, 8), (8, 7)], DENIED) == []


def test_the_statements() -> None:
    assert rights.DENY == (
        "/* replicator:deny */ DENY INSERT, UPDATE, DELETE, EXECUTE TO [replicator_denied]"
    )
    assert rights.add_member("a]b") == (
        "/* replicator:deny */ ALTER ROLE [replicator_denied] ADD MEMBER [a]]b]"
    )
    assert rights.drop_member("app") == (
        "/* replicator:allow */ ALTER ROLE [replicator_denied] DROP MEMBER [app]"
    )
    assert rights.impersonate("o'app") == "EXECUTE AS USER = N'o''app'"
    assert rights.canary(TableName("dbo", "t")) == (
        "/* replicator:canary */ DELETE FROM [dbo].[t] WHERE 1 = 0"
    )
