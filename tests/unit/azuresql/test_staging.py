"""The exact text that stages and applies a table's changes."""

from __future__ import annotations

import pytest

from connectors.azuresql import staging
from connectors.azuresql.staging import Shape
from model.errors import Unsupported
from model.ports import TargetColumn, TargetTable
from tests.unit.azuresql.tables import NUMBERED, TAGS, USERS

USERS_SHAPE = Shape(USERS, ("id",), USERS.columns)
PARTIAL = Shape(USERS, ("id",), USERS.columns, flagged=("bio",))
MOVING = Shape(USERS, ("id",), USERS.columns, flagged=("bio",), moves=True)
TAGS_SHAPE = Shape(TAGS, ("tag",), TAGS.columns)


def test_a_stage_has_the_targets_own_types_and_collations() -> None:
    assert staging.create(MOVING, "#stage1") == (
        "CREATE TABLE #stage1 (op tinyint NULL, c0 bigint NULL, "
        "c1 nvarchar(50) COLLATE Latin1_General_100_BIN2 NULL, "
        "c2 nvarchar(max) COLLATE SQL_Latin1_General_CP1_CI_AS NULL, b0 bigint NULL, f2 bit NULL)"
    )


def test_a_stage_is_filled_from_one_json_parameter() -> None:
    """✗ Texts are not typed in WITH: OPENJSON would cut what is too long in silence."""
    assert staging.fill(MOVING, "#stage1") == (
        "/* replicator:stage dbo.users */ TRUNCATE TABLE #stage1; "
        "INSERT INTO #stage1 (op, c0, c1, c2, b0, f2) "
        "SELECT j.op, j.c0, j.c1, j.c2, j.b0, j.f2 FROM OPENJSON(@rows) WITH "
        "(op tinyint '$[0]', c0 bigint '$[1]', c1 nvarchar(max) '$[2]', c2 nvarchar(max) '$[3]', "
        "b0 bigint '$[4]', f2 bit '$[5]') AS j;"
    )


def test_strict_apply_counts_what_must_be_there() -> None:
    assert staging.apply(USERS_SHAPE, "#s", strict=True) == (
        "/* replicator:apply dbo.users */ "
        "IF @deletes > 0 BEGIN DELETE t FROM [dbo].[users] AS t INNER JOIN #s AS s "
        "ON t.[id] = s.c0 WHERE s.op = 1; "
        "IF @@ROWCOUNT <> @deletes THROW 50302, N'a row to delete is not there', 1; END; "
        "IF @absent > 0 AND EXISTS (SELECT 1 FROM [dbo].[users] AS t INNER JOIN #s AS s "
        "ON t.[id] = s.c0 WHERE s.op = 2) "
        "THROW 50302, N'a row to create is there already', 1; "
        "IF @updates > 0 BEGIN UPDATE t SET t.[name] = s.c1, t.[bio] = s.c2 "
        "FROM [dbo].[users] AS t INNER JOIN #s AS s ON t.[id] = s.c0 WHERE s.op IN (3, 5); "
        "IF @@ROWCOUNT <> @updates THROW 50302, N'a row to update is not there', 1; END; "
        "IF @inserts + @moves > 0 BEGIN INSERT INTO [dbo].[users] ([id], [name], [bio]) "
        "SELECT s.c0, s.c1, s.c2 FROM #s AS s WHERE s.op IN (4, 6); END;"
    )


def test_tolerant_apply_lets_replays_converge() -> None:
    assert staging.apply(PARTIAL, "#s", strict=False) == (
        "/* replicator:apply dbo.users */ "
        "IF @deletes + @absent > 0 DELETE t FROM [dbo].[users] AS t INNER JOIN #s AS s "
        "ON t.[id] = s.c0 WHERE s.op IN (1, 2); "
        "IF @updates + @inserts + @moves > 0 UPDATE t SET t.[name] = s.c1, "
        "t.[bio] = CASE WHEN s.f2 = 1 THEN t.[bio] ELSE s.c2 END "
        "FROM [dbo].[users] AS t INNER JOIN #s AS s ON t.[id] = s.c0 WHERE s.op IN (3, 4, 5); "
        "IF @updates + @inserts + @moves > 0 BEGIN "
        "INSERT INTO [dbo].[users] ([id], [name], [bio]) SELECT s.c0, s.c1, s.c2 FROM #s AS s "
        "WHERE s.op IN (3, 4, 6) AND NOT EXISTS "
        "(SELECT 1 FROM [dbo].[users] AS t WHERE t.[id] = s.c0); END;"
    )


def test_a_key_change_takes_what_it_lacks_from_the_former_row() -> None:
    text = staging.apply(MOVING, "#s", strict=True)
    assert (
        "IF @moves > 0 BEGIN UPDATE s SET s.c2 = CASE WHEN s.f2 = 1 THEN t.[bio] ELSE s.c2 END, "
        "s.f2 = 0 FROM [dbo].[users] AS t INNER JOIN #s AS s ON t.[id] = s.b0 WHERE s.op = 6; "
        "DELETE t FROM [dbo].[users] AS t INNER JOIN #s AS s ON t.[id] = s.b0 WHERE s.op = 6; "
        "IF @@ROWCOUNT <> @moves THROW 50302, N'a row whose key changes is not there', 1; END;"
    ) in text


def test_a_replayed_key_change_does_not_overwrite_the_row_that_moved_already() -> None:
    """✗ Taking the unchanged value from the old key's row again: by now it is another row."""
    assert (
        "IF @moves > 0 BEGIN UPDATE s SET s.op = 5 FROM [dbo].[users] AS t INNER JOIN #s AS s "
        "ON t.[id] = s.c0 WHERE s.op = 6; "
        "UPDATE s SET s.c2 = CASE WHEN s.f2 = 1 THEN t.[bio] ELSE s.c2 END, s.f2 = 0 "
        "FROM [dbo].[users] AS t INNER JOIN #s AS s ON t.[id] = s.b0 WHERE s.op = 6; "
        "UPDATE s SET s.op = 5 FROM #s AS s WHERE s.op = 6 AND (s.f2 = 1); "
        "DELETE t FROM [dbo].[users] AS t INNER JOIN #s AS s ON t.[id] = s.b0 "
        "WHERE s.b0 IS NOT NULL; END;"
    ) in staging.apply(MOVING, "#s", strict=False)


@pytest.mark.parametrize("strict", [True, False])
def test_text_keys_must_be_identical_not_only_equal(strict: bool) -> None:
    assert (
        "IF EXISTS (SELECT 1 FROM [dbo].[tags] AS t INNER JOIN #s AS s ON t.[tag] = s.c0 "
        "WHERE CONVERT(varbinary(8000), t.[tag]) <> CONVERT(varbinary(8000), s.c0)) "
        "THROW 50303, N'a key equals another one without being identical', 1;"
    ) in staging.apply(TAGS_SHAPE, "#s", strict=strict)
    assert "varbinary" not in staging.apply(USERS_SHAPE, "#s", strict=strict)


def test_a_table_of_key_columns_only_has_nothing_to_update() -> None:
    assert "UPDATE" not in staging.apply(TAGS_SHAPE, "#s", strict=False).replace("@updates", "")
    assert (
        "IF @updates > 0 AND (SELECT COUNT(*) FROM [dbo].[tags] AS t INNER JOIN #s AS s "
        "ON t.[tag] = s.c0 WHERE s.op IN (3, 5)) <> @updates "
        "THROW 50302, N'a row to update is not there', 1;"
    ) in staging.apply(TAGS_SHAPE, "#s", strict=True)


def test_identity_is_inserted_and_never_updated() -> None:
    shape = Shape(NUMBERED, ("id",), NUMBERED.columns[:2])
    text = staging.apply(shape, "#s", strict=True)
    assert (
        "SET IDENTITY_INSERT [dbo].[numbered] ON; INSERT INTO [dbo].[numbered] ([id], [total]) "
        "SELECT s.c0, s.c1 FROM #s AS s WHERE s.op IN (4, 6); "
        "SET IDENTITY_INSERT [dbo].[numbered] OFF;"
    ) in text
    assert "t.[id] = s.c0," not in text


def test_a_changed_identity_outside_of_the_key_is_refused() -> None:
    """✗ Leaving it out of the UPDATE would lose the change without a word."""
    table = TargetTable(
        USERS.name,
        (TargetColumn("k", "int", False), TargetColumn("nr", "int", False, identity=True)),
    )
    text = staging.apply(Shape(table, ("k",), table.columns), "#s", strict=False)
    assert (
        "IF EXISTS (SELECT 1 FROM [dbo].[users] AS t INNER JOIN #s AS s ON t.[k] = s.c0 "
        "WHERE s.op IN (3, 4, 5) AND t.[nr] <> s.c1) "
        "THROW 50305, N'identity column nr cannot be updated', 1;"
    ) in text


def test_composite_keys_join_on_every_column() -> None:
    table = TargetTable(
        USERS.name, (TargetColumn("a", "int", False), TargetColumn("b]", "date", False))
    )
    text = staging.apply(Shape(table, ("b]", "a"), table.columns), "#s", strict=False)
    assert "ON t.[b]]] = s.c1 AND t.[a] = s.c0" in text


def test_bytes_are_decoded_by_the_server_and_numbers_typed_at_once() -> None:
    table = TargetTable(
        USERS.name,
        (
            TargetColumn("id", "int", False),
            TargetColumn("raw", "varbinary(max)", True),
            TargetColumn("price", "decimal(12,3)", True),
            TargetColumn("at", "datetimeoffset(6)", True),
        ),
    )
    assert (
        "c1 varbinary(max) '$[2]', c2 decimal(12,3) '$[3]', c3 datetimeoffset(6) '$[4]'"
        in staging.fill(Shape(table, ("id",), table.columns), "#s")
    )


def test_a_type_without_a_wire_form_is_refused_by_name() -> None:
    table = TargetTable(
        USERS.name, (TargetColumn("id", "int", False), TargetColumn("tree", "hierarchyid", True))
    )
    with pytest.raises(Unsupported, match=r"dbo\.users: column tree has the type hierarchyid"):
        staging.fill(Shape(table, ("id",), table.columns), "#s")
