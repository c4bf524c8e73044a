"""What a seed of the soak decides, and what its report adds up."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from sandbox.soak.__main__ import seeds_of
from sandbox.soak.faults.kinds import KINDS
from sandbox.soak.plan import SYNC_WRITES, planned
from sandbox.soak.report import Report, Seed
from sandbox.soak.writes import CLIENTS, ROWS, TABLES, Author


@pytest.mark.parametrize(("text", "seeds"), [("4", [4]), ("2-5", [2, 3, 4, 5])])
def test_seeds_are_a_number_or_a_range(text: str, seeds: list[int]) -> None:
    assert list(seeds_of(text)) == seeds


@pytest.mark.parametrize("text", ["", "a-b", "1-2-3"])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        seeds_of(text)


def test_a_seed_decides_its_faults_and_their_moments() -> None:
    assert [str(each) for each in planned(5)] == [str(each) for each in planned(5)]
    assert len({str([str(each) for each in planned(seed)]) for seed in range(20)}) == 20


def test_two_hundred_seeds_meet_every_kind_ten_times() -> None:
    met: Counter[str] = Counter()
    for seed in range(200):
        strikes = planned(seed)
        assert 3 <= len(strikes) <= 6
        met.update(each.kind for each in strikes)
    assert met.keys() == KINDS.keys()
    assert min(met.values()) >= 10


def test_every_fault_has_its_moment_within_the_run() -> None:
    for seed in range(100):
        for strike in planned(seed):
            assert (strike.rows is None) != (strike.writes is None)
            assert (strike.rows or 0) <= ROWS
            assert (strike.writes or 0) + strike.lasts <= 2 * SYNC_WRITES


def test_kinds_can_be_chosen() -> None:
    assert {each.kind for each in planned(3, ["kill load"])} == {"kill load"}


def test_a_write_follows_from_seed_client_and_number() -> None:
    one, again, other = Author(7, 2), Author(7, 2), Author(8, 2)
    written = [one.write(number).statements for number in range(1, 50)]
    assert written == [again.write(number).statements for number in range(1, 50)]
    assert written != [other.write(number).statements for number in range(1, 50)]


def test_clients_write_to_all_tables_and_never_to_one_row() -> None:
    records: Counter[str] = Counter()
    keys: list[set[object]] = []
    for client in range(CLIENTS):
        author = Author(1, client)
        writes = [author.write(number) for number in range(1, 400)]
        records.update({name: n for each in writes for name, n in each.records.items()})
        keys.append({(fact.aspect, fact.key) for each in writes for fact in each.facts})
    assert records.keys() == set(TABLES)
    assert not any(keys[a] & keys[b] for a in range(CLIENTS) for b in range(a))


def seed(number: int, differences: int | None = 0, took: float = 1.0) -> Seed:
    return Seed(number, ["kill load"], {"kill load": took}, differences=differences)


def test_runs_of_one_commit_are_added_up(tmp_path: Path) -> None:
    Report(tmp_path, "abc").add(seed(1, took=2.5))
    Report(tmp_path, "abc").add(seed(2, differences=3))
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["runs"] == 2
    assert found["faults"] == {"kill load": 2}
    assert found["differences"] == 3
    assert found["longest_recovery_s"] == 2.5
    assert found["failed"] == [2]


def test_another_commit_begins_another_report(tmp_path: Path) -> None:
    Report(tmp_path, "abc").add(seed(1))
    Report(tmp_path, "def").add(seed(2))
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["commit"], found["runs"]) == ("def", 1)


def test_a_run_that_came_to_no_rest_has_failed(tmp_path: Path) -> None:
    assert seed(1).good
    assert not seed(1, differences=None).good
