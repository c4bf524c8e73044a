"""What a batch takes of a partition, and what it drops."""

from __future__ import annotations

from model.change import Op
from model.errors import ForeignRecord, Gap
from model.position import Position
from model.state import Checkpoint
from replicator.apply.batch import split, truncate_moves
from replicator.apply.lane import Lane
from tests.streams import table, tracked
from topics.record import Record, RecordDecoder

OF = table()
_MANY = 1000


def _lane(of_key: bool = True, high: str = "", checkpoint: Checkpoint | None = None) -> Lane:
    of = OF if of_key else table(key=())
    each = tracked(of, 1, high=Position(high))
    lane = Lane((each.topic, 0), each, RecordDecoder("m", each.topic, each.source, each.key))
    lane.stand_at(checkpoint or Checkpoint(each.topic, 0, 0))
    lane.open, lane.seeking = True, False
    return lane


def _record(offset: int, position: str, op: Op = Op.CREATE, key_before: bool = False) -> Record:
    key = {"id": offset}
    before = {"id": 0} if key_before else None
    return Record(offset, op, position, key, None, {"id": offset}, before, (), 0, 1, 10)


def _filled(*positions: str) -> Lane:
    lane = _lane()
    for offset, position in enumerate(positions):
        lane.append(_record(offset, position))
    return lane


def test_a_batch_is_bounded_by_rows_and_bytes_and_takes_one_record_at_least() -> None:
    positions = [f"{n:02}/0" for n in range(10)]
    assert len(_filled(*positions).take(3, _MANY).records) == 3
    assert len(_filled(*positions).take(_MANY, 35).records) == 4
    assert len(_filled(*positions).take(_MANY, 1).records) == 1


def test_a_replay_inside_the_batch_is_dropped() -> None:
    """✗ Compared with the checkpoint alone, 01 and 02 would come again after 03."""
    lane = _filled("01/0", "02/0", "03/0", "01/0", "02/0", "03/0", "04/0")
    taken = lane.take(_MANY, _MANY)
    assert [record.position for record in taken.records] == ["01/0", "02/0", "03/0", "04/0"]
    assert taken.dropped == 3
    assert (taken.next, taken.position) == (7, "04/0")


def test_what_the_checkpoint_has_seen_is_dropped_and_the_offset_moves_on() -> None:
    lane = _lane(checkpoint=Checkpoint("t.public.users", 0, 5, Position("09/0")))
    lane.append(_record(5, "08/0"))
    lane.append(_record(6, "09/0"))
    taken = lane.take(_MANY, _MANY)
    assert (taken.records, taken.expected, taken.next, taken.position) == ([], 5, 7, "09/0")


def test_a_keyless_table_takes_nothing_that_its_snapshot_holds() -> None:
    lane = _lane(of_key=False, high="05/0")
    lane.append(_record(0, "04/7"))
    lane.append(_record(1, "05/1"))
    taken = lane.take(_MANY, _MANY)
    assert [record.position for record in taken.records] == ["05/1"]
    assert taken.dropped == 1


def test_a_keyed_table_is_replayed_over_its_snapshot() -> None:
    lane = _filled("04/7")
    lane.table = tracked(OF, 1, high=Position("05/0"))
    assert len(lane.take(_MANY, _MANY).records) == 1


def test_a_truncate_ends_the_batch_and_waits_at_the_head() -> None:
    lane = _filled("01/0")
    lane.append(_record(1, "02/0", Op.TRUNCATE))
    lane.append(_record(2, "03/0"))
    assert len(lane.take(_MANY, _MANY).records) == 1
    assert lane.at_truncate()
    assert not lane.ready()
    lane.next = 1
    lane.settled(Checkpoint("t.public.users", 0, 2, Position("02/0")))
    assert lane.ready()
    assert [record.position for record in lane.take(_MANY, _MANY).records] == ["03/0"]


def test_a_replayed_truncate_is_dropped_like_any_other_record() -> None:
    lane = _filled("02/0")
    lane.append(_record(1, "01/0", Op.TRUNCATE))
    taken = lane.take(_MANY, _MANY)
    assert (len(taken.records), taken.dropped) == (1, 1)
    lane = _lane(checkpoint=Checkpoint("t.public.users", 0, 0, Position("02/0")))
    lane.append(_record(0, "01/0", Op.TRUNCATE))
    assert not lane.at_truncate()


def test_a_record_that_moves_a_key_is_alone() -> None:
    lane = _filled("01/0")
    lane.append(_record(1, "02/0", Op.UPDATE, key_before=True))
    lane.append(_record(2, "03/0"))
    sizes = [len(lane.take(_MANY, _MANY).records) for _ in range(3)]
    assert sizes == [1, 1, 1]


def test_records_that_are_missing_end_the_reading() -> None:
    """What is before the hole is applied; behind it nothing is, however much comes."""
    lane = _lane()
    for offset in (0, 2, 3):
        lane.append(_record(offset, f"{offset:02}/0"))
    assert lane.refused() is None, "the record before it is not applied yet"
    taken = lane.take(_MANY, _MANY)
    lane.next, lane.position = taken.next, taken.position
    assert [record.offset for record in taken.records] == [0]
    assert lane.refused() == {"topic": "t.public.users", "partition": 0, "offset": 1, "found": 2}
    assert lane.trouble is not None
    assert isinstance(lane.trouble.error, Gap)
    assert "offset 2, and 1 was expected" in lane.trouble.error.what
    assert lane.trouble.error.hint.endswith("`replicator table reload public.users`")
    assert not lane.queue


def test_a_foreign_record_is_passed_over_at_the_position_before_it() -> None:
    lane = _lane()
    lane.append(_record(0, "01/0"))
    lane.foreign(1, 9, ForeignRecord("not ours"))
    lane.append(_record(2, "03/0"))
    taken = lane.take(_MANY, _MANY)
    assert lane.refused() is None
    lane.next, lane.position = taken.next, taken.position
    record = lane.refused()
    assert record is not None
    assert (record["offset"], record["position"], record["bytes"]) == (1, "01/0", 9)
    lane.stand_at(Checkpoint("t.public.users", 0, 2, Position("01/0")))
    lane.seeking = False
    assert lane.refused() is None
    lane.append(_record(2, "03/0"))
    assert lane.ready()


def test_what_arrives_before_the_seek_is_not_taken() -> None:
    """✗ Records that were under way when the checkpoint moved would be applied past a hole."""
    lane = _filled("01/0", "02/0")
    lane.stand_at(Checkpoint("t.public.users", 0, 1, Position("01/0")))
    lane.append(_record(2, "03/0"))
    assert not lane.ready()
    lane.seeking = False
    lane.append(_record(1, "02/0"))
    assert [record.offset for record in lane.take(_MANY, _MANY).records] == [1]


def test_a_closed_checkpoint_is_not_read_on() -> None:
    lane = _filled("01/0")
    lane.stand_at(Checkpoint("t.public.users", 0, 0, closed=True))
    lane.seeking = False
    lane.append(_record(0, "01/0"))
    assert not lane.ready()


def test_a_refused_group_is_split_until_one_record_is_left() -> None:
    lane = _filled("01/0", "02/0", "03/0")
    whole = lane.take(_MANY, _MANY)
    [first], [rest] = split([whole], "public.users")
    assert (first.expected, first.next, first.position) == (0, 1, "01/0")
    assert (rest.expected, rest.next, rest.position) == (1, 3, "03/0")
    assert split([first], "public.users") == []


def test_other_tables_are_tried_before_the_one_at_fault() -> None:
    mine = _filled("01/0").take(_MANY, _MANY)
    other = _lane(of_key=True)
    other.table = tracked(table(OF.name.__class__("public", "notes")), 1)
    other.append(_record(0, "01/0"))
    theirs = other.take(_MANY, _MANY)
    assert split([mine, theirs], "public.users") == [[theirs], [mine]]
    assert split([mine, theirs], "") == [[mine], [theirs]]


def test_all_partitions_wait_before_any_passes_a_truncate() -> None:
    each = tracked(OF, 3)
    waiting = [
        Checkpoint(each.topic, 0, 7, waiting_at=7),
        Checkpoint(each.topic, 1, 3, waiting_at=3),
        Checkpoint(each.topic, 2, 9),
    ]
    place = (each.topic, 1)
    assert truncate_moves(each, place, "aa/00000011", waiting) == []
    waiting[2] = Checkpoint(each.topic, 2, 9, waiting_at=9)
    moves = truncate_moves(each, place, "aa/00000011", waiting)
    assert [(m.partition, m.expected, m.next, m.position.text) for m in moves] == [
        (0, 7, 8, "aa/00000010"),
        (1, 3, 4, "aa/00000011"),
        (2, 9, 10, "aa/00000012"),
    ]


def test_a_checkpoint_that_stands_at_the_same_offset_in_another_story_is_followed() -> None:
    """✗ By its offset alone a lane goes on with the batch of a table that was loaded anew."""
    lane = _lane()
    lane.append(_record(0, "01/0", Op.TRUNCATE))
    lane.settled(Checkpoint(lane.place[0], 0, 0))
    assert lane.at_truncate()
    lane.settled(Checkpoint(lane.place[0], 0, 0, Position("05/0")))
    assert (lane.position, list(lane.queue), lane.seeking) == ("05/0", [], True)


def test_each_part_of_a_slice_begins_at_the_position_where_the_one_before_ends() -> None:
    lane = _filled("01/0", "02/0", "03/0", "04/0")
    first, second = lane.take(_MANY, _MANY).halves()
    assert (first.advance.before, first.advance.position) == (Position(""), Position("02/0"))
    assert (second.advance.before, second.advance.position) == (Position("02/0"), Position("04/0"))
