"""Scripts as files and batches."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.catalog import TableName
from model.errors import ConfigurationError
from replicator.schema.scripts import Made, Scripts, Stage, concerning, made_by, replaced


@pytest.mark.parametrize(
    ("batch", "made"),
    [
        ("CREATE SCHEMA [a]]b]", Made("schema", "a]b")),
        ("-- a comment\nCREATE TABLE [dbo].[t] (\n [a] int\n)", Made("table", "dbo.t")),
        ("/* x */ create table dbo.t (a int)", Made("table", "dbo.t")),
        ("CREATE SEQUENCE [s].[q] AS bigint", Made("sequence", "s.q")),
        ("CREATE VIEW [dbo].[v] AS SELECT 1", Made("view", "dbo.v")),
        ("CREATE INDEX [i] ON [dbo].[t] ([a])", Made("index", "dbo.t.i", "dbo.t")),
        (
            "CREATE UNIQUE NONCLUSTERED INDEX [i] ON [dbo].[t] ([a]) WHERE [a] IS NOT NULL",
            Made("index", "dbo.t.i", "dbo.t"),
        ),
        (
            "ALTER TABLE [dbo].[t] WITH NOCHECK ADD CONSTRAINT [c] CHECK ([a] > 0)",
            Made("constraint", "dbo.c", "dbo.t"),
        ),
        (
            "ALTER TABLE [dbo].[t] ADD CONSTRAINT [u] UNIQUE ([a])",
            Made("constraint", "dbo.u", "dbo.t"),
        ),
        ("ALTER TABLE [dbo].[t] NOCHECK CONSTRAINT [c]", Made("state", "dbo.c", "dbo.t")),
    ],
)
def test_a_batch_tells_what_it_makes(batch: str, made: Made) -> None:
    assert made_by(batch) == made


def test_other_batches_are_known_by_their_text() -> None:
    one, two = made_by("GRANT SELECT TO [x]"), made_by("GRANT SELECT TO [y]")
    assert one.kind == two.kind == "other"
    assert one.name != two.name


def test_files_are_written_and_read_back(tmp_path: Path) -> None:
    scripts = Scripts({"30_tables.sql": "-- head\n\nCREATE TABLE [dbo].[t] ([a] int)\nGO\n"})
    scripts.write(tmp_path / "new")
    again = Scripts.read(tmp_path / "new")
    assert again == scripts
    assert again.fingerprint == scripts.fingerprint


def test_an_edited_file_changes_the_fingerprint() -> None:
    one = Scripts({"30_tables.sql": "a", "90_unconverted.md": "x"})
    assert one.fingerprint == Scripts({"30_tables.sql": "a"}).fingerprint
    assert one.fingerprint != Scripts({"30_tables.sql": "b"}).fingerprint


def test_a_folder_without_scripts_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"30_tables\.sql"):
        Scripts.read(tmp_path)


def test_batches_end_at_go_lines_only() -> None:
    scripts = Scripts(
        {
            "10_schemas.sql": "-- head\n\nCREATE SCHEMA [a]\ngo\n",
            "30_tables.sql": "CREATE TABLE [a].[t] ([x] int DEFAULT 'GO')\nGO\n\n"
            "CREATE TABLE [a].[u] ([x] int)\nGO\n",
            "50_indexes.sql": "CREATE INDEX [i] ON [a].[t] ([x])\nGO\n",
        }
    )
    assert [str(batch.made) for batch in scripts.batches(Stage.PRE_LOAD)] == [
        "schema a",
        "table a.t",
        "table a.u",
    ]
    assert [batch.file for batch in scripts.batches(Stage.POST_LOAD)] == ["50_indexes.sql"]
    assert scripts.batches(Stage.PRE_LOAD)[0].text == "CREATE SCHEMA [a]"


T = TableName("dbo", "t")
TABLES = """CREATE TABLE [dbo].[t] (
    [id] int NOT NULL
)
GO
CREATE TABLE [dbo].[u] (
    [t] int NULL
)
GO
"""
TIES = """ALTER TABLE [dbo].[u] WITH NOCHECK ADD CONSTRAINT [u_t]
FOREIGN KEY ([t]) REFERENCES [dbo].[t] ([id])
GO
ALTER TABLE [dbo].[u] NOCHECK CONSTRAINT [u_t]
GO
ALTER TABLE [dbo].[u] WITH NOCHECK ADD CONSTRAINT [u_tt]
FOREIGN KEY ([t]) REFERENCES [dbo].[tt] ([id])
GO
"""


def test_a_table_is_made_with_what_ties_others_to_it() -> None:
    scripts = Scripts({"30_tables.sql": TABLES, "60_constraints.sql": TIES})
    made = [str(each.made) for each in concerning(scripts.batches(Stage.POST_LOAD), T)]
    assert made == ["constraint dbo.u_t", "state dbo.u_t"]
    made = [str(each.made) for each in concerning(scripts.batches(Stage.PRE_LOAD), T)]
    assert made == ["table dbo.t"]


def test_only_what_concerns_one_table_is_replaced_and_keeps_its_text() -> None:
    old = Scripts({"30_tables.sql": TABLES, "60_constraints.sql": TIES, "20_sequences.sql": "-- x"})
    fresh = Scripts({"30_tables.sql": TABLES.replace("int", "bigint"), "60_constraints.sql": ""})
    merged = replaced(old, fresh, T)
    tables = {str(each.made): each.text for each in merged.batches(Stage.PRE_LOAD)}
    assert "[id] bigint" in tables["table dbo.t"]
    assert "[t] int" in tables["table dbo.u"]
    assert [str(each.made) for each in merged.batches(Stage.POST_LOAD)] == ["constraint dbo.u_tt"]
    kept = {each.digest for each in old.batches(Stage.POST_LOAD)}
    assert {each.digest for each in merged.batches(Stage.POST_LOAD)} <= kept
    assert merged.files["20_sequences.sql"] == "-- x"
