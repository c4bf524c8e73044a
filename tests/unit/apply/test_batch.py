"""What a batch asks of the target: tolerance until a table is consistent, and no longer."""

from __future__ import annotations

import pytest

from model.change import Op
from model.errors import DataRefused
from model.ports import Advance
from model.position import START
from model.state import Checkpoint, TableState
from replicator.apply.batch import Group, landed, table_batches
from replicator.apply.lane import Lane, Slice
from tests.streams import table, tracked
from topics.record import Record, RecordDecoder

OF = table()
TWICE = (Op.CREATE, Op.CREATE)


def _group(*ops: Op) -> Group:
    each = tracked(OF, 1)
    lane = Lane((each.topic, 0), each, RecordDecoder("m", each.topic, each.source, each.key))
    records = [
        Record(n, op, f"{n:02}/0", {"id": 1}, None, {"id": 1}, None, (), 0, 1, 10)
        for n, op in enumerate(ops)
    ]
    return [Slice(lane, 0, len(ops), "", "99/0", records)]


def test_what_must_be_there_is_asked_once_a_table_is_consistent() -> None:
    """✗ Tolerance for ever would hide a lost row."""
    consistent = {OF.name: tracked(OF, 1, TableState.CONSISTENT)}
    [batch] = table_batches(_group(Op.CREATE), consistent)
    assert batch.strict
    with pytest.raises(DataRefused):
        table_batches(_group(*TWICE), consistent)


def test_replays_are_tolerated_until_then() -> None:
    [batch] = table_batches(_group(*TWICE), {OF.name: tracked(OF, 1, TableState.OPEN)})
    assert not batch.strict
    assert len(batch.keyed) == 1


def test_a_batch_has_landed_when_every_partition_is_where_it_would_be() -> None:
    advances = [Advance("t", 0, 3, 5, START), Advance("t", 1, 0, 2, START)]
    assert landed(advances, [Checkpoint("t", 0, 5), Checkpoint("t", 1, 2), Checkpoint("t", 2, 0)])
    assert landed(advances, [Checkpoint("t", 0, 9), Checkpoint("t", 1, 2)])
    assert not landed(advances, [Checkpoint("t", 0, 5), Checkpoint("t", 1, 0)])
    assert not landed(advances, [Checkpoint("t", 0, 5)])
