"""Real scripts on a real target: the demo's schema, deployed in stages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files

import psycopg
import pyodbc
import pytest
from pydantic import SecretStr

from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget
from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from model.errors import Blocked, ReplicatorError
from replicator.schema import PlanOptions, SchemaPlan, Scripts, Stage, convert, plan
from replicator.schema.deploy import Deployed, Outcome, deploy

SOCIAL = files("sandbox.social")
MORE = """
CREATE SCHEMA shop;
CREATE SEQUENCE shop.tickets START 100 INCREMENT 5;
CREATE DOMAIN shop.percent AS numeric(5,2) CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE TABLE shop.goods (
    code varchar(20) PRIMARY KEY, ticket bigint NOT NULL DEFAULT nextval('shop.tickets'),
    price numeric(10,2) NOT NULL CHECK (price > 0), quantity integer NOT NULL DEFAULT 1,
    total numeric(12,2) GENERATED ALWAYS AS (price * quantity) STORED,
    discount shop.percent, ref uuid DEFAULT gen_random_uuid(), label text CHECK (label <> ''),
    parent varchar(20) REFERENCES shop.goods ON DELETE CASCADE, UNIQUE (ref)
);
COMMENT ON TABLE shop.goods IS 'What''s sold';
COMMENT ON COLUMN shop.goods.code IS 'As printed';
CREATE INDEX goods_cheap_idx ON shop.goods (price DESC) INCLUDE (label) WHERE quantity > 0;
CREATE VIEW shop.cheap AS SELECT code, price FROM shop.goods WHERE price < 10;
"""


class Deployment:
    """Scripts of one schema on one target, with what was recorded."""

    def __init__(self, planned: SchemaPlan, target: AzureSqlTarget) -> None:
        self.planned = planned
        self.scripts: Scripts = convert(planned)
        self.target = target
        self.recorded: dict[str, str] = {}

    def run(self, stage: Stage) -> Outcome:
        def done(step: Deployed) -> None:
            self.recorded[step.object] = step.digest

        recorded = dict(self.recorded)
        return deploy(stage, self.scripts, self.planned, self.target, recorded, done)


def planned(database: str, *scripts: str) -> SchemaPlan:
    with psycopg.connect(database, autocommit=True) as connection:
        for script in scripts:
            connection.execute(script.encode())
    settings = PostgresqlSettings(dsn=SecretStr(database))
    with closing(PostgresqlSource(settings, "deploy")) as source:
        catalog = source.catalog(["*"], [])
        return plan(catalog, source.profile(catalog.tables), PlanOptions())


@pytest.fixture
def social(source_database: str) -> SchemaPlan:
    texts = [SOCIAL.joinpath(name).read_text() for name in ("tables.sql", "constraints.sql")]
    return planned(source_database, *texts, MORE)


@pytest.fixture
def deployment(social: SchemaPlan, target_database: str) -> Iterator[Deployment]:
    settings = AzureSqlSettings(connection=SecretStr(target_database))
    with closing(AzureSqlTarget(settings)) as target:
        yield Deployment(social, target)


def test_all_of_the_demo_converts(social: SchemaPlan) -> None:
    report = convert(social).files["90_unconverted.md"]
    assert report.startswith("# What was not converted\n\nEverything was converted.\n")


def test_both_stages_run_and_run_again_without_a_change(
    deployment: Deployment, target_database: str
) -> None:
    made = [len(deployment.run(stage).made) for stage in Stage]
    assert all(made)
    objects = deployment.target.objects()
    for stage in Stage:
        outcome = deployment.run(stage)
        assert outcome.made == ()
        assert outcome.unproven == ()
    assert deployment.target.objects() == objects
    with closing(pyodbc.connect(target_database, autocommit=True)) as connection:
        connection.execute("INSERT INTO shop.goods (code, price, quantity) VALUES (N'a', 2.50, 3)")
        row = connection.execute("SELECT total, ticket FROM shop.goods").fetchone()
        assert (str(row[0]), row[1]) == ("7.50", 100)
        assert connection.execute("SELECT code FROM shop.cheap").fetchval() == "a"


def test_a_table_with_rows_is_refused_before_anything_is_changed(
    deployment: Deployment, target_database: str
) -> None:
    deployment.run(Stage.PRE_LOAD)
    with closing(pyodbc.connect(target_database, autocommit=True)) as connection:
        connection.execute("INSERT INTO dbo.tags (name) VALUES (N'x')")
        connection.execute("DROP TABLE dbo.post_tags")
    before = deployment.target.objects()
    with pytest.raises(Blocked, match=r"dbo\.tags holds 1 rows"):
        deployment.run(Stage.PRE_LOAD)
    assert deployment.target.objects() == before


def test_a_table_that_differs_is_refused(deployment: Deployment, target_database: str) -> None:
    with closing(pyodbc.connect(target_database, autocommit=True)) as connection:
        connection.execute("CREATE TABLE dbo.tags (id int NOT NULL PRIMARY KEY, name nvarchar(5))")
    with pytest.raises(Blocked, match=r"dbo\.tags\.name is nvarchar\(5\), it should be nvarchar"):
        deployment.run(Stage.PRE_LOAD)
    names = {found.name for found in deployment.target.objects()}
    assert "dbo.users" not in names


def test_checks_hold_and_foreign_keys_wait_for_finalise(
    deployment: Deployment, target_database: str
) -> None:
    for stage in Stage:
        deployment.run(stage)
    with closing(pyodbc.connect(target_database, autocommit=True)) as connection:
        connection.execute("INSERT INTO dbo.likes (user_id, post_id) VALUES (1, 2)")
        with pytest.raises(pyodbc.IntegrityError, match="547"):
            connection.execute("INSERT INTO shop.goods (code, price) VALUES (N'b', -1)")
        with pytest.raises(pyodbc.IntegrityError, match="547"):
            connection.execute(
                "INSERT INTO dbo.follows (follower_id, followed_id, since) "
                "VALUES (1, 1, '2026-01-01')"
            )


def test_a_batch_that_fails_says_which(deployment: Deployment) -> None:
    files = dict(deployment.scripts.files)
    files["40_views.sql"] = "CREATE VIEW [dbo].[broken] AS SELECT nothing FROM nowhere\nGO\n"
    deployment.scripts = Scripts(files)
    with pytest.raises(ReplicatorError, match=r"nowhere|broken"):
        deployment.run(Stage.PRE_LOAD)
    assert "table dbo.users" in deployment.recorded
    deployment.scripts = convert(deployment.planned)
    assert deployment.run(Stage.PRE_LOAD).made == ("view shop.cheap",)
