"""What deploy decides before it changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from model.catalog import Check, TableName
from model.errors import Blocked
from model.ports import Target, TargetColumn, TargetObject, TargetTable
from model.types import Kind
from replicator.schema import Scripts, Stage, convert
from replicator.schema.deploy import Deployed, Outcome, deploy, expected
from replicator.schema.scripts import made_by
from tests.unit.schema.catalogs import column, index, planned, table

PLAN = planned(
    table(
        "t",
        column("id", nullable=False),
        column("name", Kind.VARCHAR, length=9),
        key=("id",),
        checks=(Check("t_check", "(id > 0)"),),
        indexes=(index("t_name_idx", "name"),),
    )
)
SCRIPTS = convert(PLAN)
NAME = TableName("dbo", "t")


class Catalogued:
    """A target that only remembers what was run: the decisions need no more."""

    def __init__(self, fail_at: str = "") -> None:
        self.ran: list[str] = []
        self.apart: dict[str, str] = {}
        self.rows = 0
        self.tables: dict[TableName, TargetTable] = {}
        self.found = {TargetObject("schema", "dbo")}
        self._fail_at = fail_at

    def objects(self) -> frozenset[TargetObject]:
        return frozenset(self.found)

    def describe(self, name: TableName) -> TargetTable | None:
        return self.tables.get(name)

    def count(self, name: TableName) -> int:
        return self.rows

    def run_script(self, text: str, *, apart_from: str = "") -> Iterator[tuple[str, int]]:
        made = made_by(text)
        if self._fail_at and self._fail_at in text:
            raise ConnectionError("lost")
        self.ran.append(str(made))
        if apart_from:
            self.apart[str(made)] = apart_from
        self.found.add(TargetObject(made.kind, made.name, made.table))
        if made.kind == "table":
            self.tables[NAME] = expected(PLAN.tables[0])
        yield text.splitlines()[0], -1


class Deployment:
    """Keeps what was recorded, as the journal does."""

    def __init__(self, target: Catalogued, scripts: Scripts = SCRIPTS) -> None:
        self.target = target
        self.scripts = scripts
        self.recorded: dict[str, str] = {}
        self.seen: list[Deployed] = []

    def run(self, stage: Stage, **more: object) -> Outcome:
        def done(step: Deployed) -> None:
            self.seen.append(step)
            self.recorded[step.object] = step.digest

        target = cast(Target, self.target)
        return deploy(stage, self.scripts, PLAN, target, dict(self.recorded), done, **more)  # type: ignore[arg-type]  # options pass through


def test_both_stages_run_in_order_and_once() -> None:
    deployment = Deployment(Catalogued())
    assert deployment.run(Stage.PRE_LOAD).made == ("table dbo.t",)
    assert deployment.run(Stage.POST_LOAD).made == (
        "index dbo.t.t_name_idx",
        "constraint dbo.t_check",
    )
    ran = list(deployment.target.ran)
    again = deployment.run(Stage.PRE_LOAD), deployment.run(Stage.POST_LOAD)
    assert [outcome.made for outcome in again] == [(), ()]
    assert deployment.target.ran == ran
    assert again[1].left == ("index dbo.t.t_name_idx", "constraint dbo.t_check")


def test_constraints_keep_the_appliers_between_two_transactions() -> None:
    """✗ A foreign key locks two tables in another order than a batch does."""
    deployment = Deployment(Catalogued())
    for stage in Stage:
        deployment.run(stage, migration="social")
    assert deployment.target.apart == {"constraint dbo.t_check": "social"}


def test_a_stage_that_broke_goes_on_where_it_stopped() -> None:
    target = Catalogued(fail_at="t_check")
    deployment = Deployment(target)
    with pytest.raises(ConnectionError):
        deployment.run(Stage.POST_LOAD)
    assert target.ran == ["index dbo.t.t_name_idx"]
    target._fail_at = ""
    assert deployment.run(Stage.POST_LOAD).made == ("constraint dbo.t_check",)


def test_what_was_made_but_not_recorded_is_left_and_said() -> None:
    deployment = Deployment(Catalogued())
    deployment.run(Stage.POST_LOAD)
    deployment.recorded.clear()
    outcome = deployment.run(Stage.POST_LOAD)
    assert outcome.made == ()
    assert outcome.unproven == ("index dbo.t.t_name_idx", "constraint dbo.t_check")


def test_a_table_that_differs_stops_with_its_differences_and_nothing_is_run() -> None:
    target = Catalogued()
    target.found.add(TargetObject("table", "dbo.t"))
    columns = (TargetColumn("id", "int", False), TargetColumn("more", "int", False))
    target.tables[NAME] = TargetTable(NAME, columns, ("more",))
    with pytest.raises(Blocked) as raised:
        Deployment(target).run(Stage.PRE_LOAD)
    for line in (
        "dbo.t.id is int, it should be bigint",
        "dbo.t.name is missing, it should be nvarchar(9)",
        "dbo.t.more is not in the source and does not take NULL",
        "dbo.t has the key (more), it should be (id)",
    ):
        assert line in raised.value.what
    assert target.ran == []


def test_an_equal_table_made_by_hand_is_left() -> None:
    target = Catalogued()
    target.found.add(TargetObject("table", "dbo.t"))
    target.tables[NAME] = expected(PLAN.tables[0])
    assert Deployment(target).run(Stage.PRE_LOAD).left == ("table dbo.t",)


def test_a_script_that_changed_since_stops() -> None:
    deployment = Deployment(Catalogued())
    deployment.run(Stage.POST_LOAD)
    text = SCRIPTS.files["60_constraints.sql"].replace("> 0", "> 1")
    deployment.scripts = Scripts({**SCRIPTS.files, "60_constraints.sql": text})
    with pytest.raises(Blocked, match=r"constraint dbo\.t_check was made from another text"):
        deployment.run(Stage.POST_LOAD)


def test_a_table_with_rows_is_refused_before_anything_is_changed() -> None:
    target = Catalogued()
    target.tables[NAME] = expected(PLAN.tables[0])
    target.found.add(TargetObject("table", "dbo.t"))
    target.rows = 7
    with pytest.raises(Blocked, match=r"dbo\.t holds 7 rows"):
        Deployment(target).run(Stage.PRE_LOAD)
    assert target.ran == []
    assert Deployment(target).run(Stage.PRE_LOAD, allow_rows=frozenset({NAME})).made == ()


def test_verify_only_runs_nothing() -> None:
    target = Catalogued()
    with pytest.raises(Blocked, match=r"dbo\.t does not exist"):
        Deployment(target).run(Stage.PRE_LOAD, verify_only=True)
    target.tables[NAME] = expected(PLAN.tables[0])
    Deployment(target).run(Stage.PRE_LOAD, verify_only=True)
    assert target.ran == []
