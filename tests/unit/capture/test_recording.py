"""What is written where, under which position, and what stops being written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from model.change import Begin, Change, Commit, LogEvent, MarkerSeen, Op, SchemaChanged, Undecodable
from model.errors import Blocked
from model.position import Position
from replicator.capture.recording import Recording
from replicator.capture.shape import Shapes, remembered
from tests.streams import (
    NOTES,
    USERS,
    Topics,
    boundary,
    column,
    create,
    delete,
    table,
    tracked,
    transaction,
    truncate,
    update,
)
from topics.partition import partition_of

OF = table()


def _key(number: int) -> bytes:
    return b'{"id":%d}' % number


def _apart(partitions: int) -> tuple[bytes, bytes]:
    """Two keys of different partitions."""
    first = partition_of(_key(1), partitions)
    other = next(n for n in range(2, 99) if partition_of(_key(n), partitions) != first)
    return b"1", b"%d" % other


def _together(partitions: int) -> tuple[bytes, bytes]:
    """Two keys of one partition."""
    first = partition_of(_key(1), partitions)
    other = next(n for n in range(2, 99) if partition_of(_key(n), partitions) == first)
    return b"1", b"%d" % other


def _moved(before: bytes, key: bytes, *rest: bytes | None) -> Change:
    return update(OF, (key, *rest), key_before=before)


def test_positions_count_the_records_of_a_transaction() -> None:
    topics = Topics({OF: 4})
    recording = topics.recording()
    rows = [create(OF, b"%d" % n, b'"x"', b"null") for n in range(5)]
    topics.write(recording, [*transaction(7, rows), *transaction(8, rows[:1])])
    positions = sorted(record.position for record in topics.records())
    assert positions == [
        *(f"{boundary(7)}/{n:08x}" for n in range(5)),
        f"{boundary(8)}/00000000",
    ]


def test_records_of_one_key_are_in_one_partition() -> None:
    topics = Topics({OF: 4})
    topics.write(
        topics.recording(),
        transaction(
            1,
            [
                create(OF, b"1", b'"x"', b"null"),
                update(OF, (b"1", b'"y"', None)),
                delete(OF, b"1"),
            ],
        ),
    )
    place = ("t.public.users", partition_of(_key(1), 4))
    assert [record.op for record in topics.read(place)] == [Op.CREATE, Op.UPDATE, Op.DELETE]


def test_a_key_change_is_a_delete_and_a_create_and_takes_two_positions() -> None:
    topics = Topics({OF: 4})
    old, new = _apart(4)
    topics.write(
        topics.recording(),
        transaction(1, [_moved(old, new, b'"x"', b'"y"'), create(OF, b"77", b"null", b"null")]),
    )
    found = {record.position[-1]: record for record in topics.records()}
    assert (found["0"].op, found["0"].key) == (Op.DELETE, {"id": int(old)})
    assert (found["1"].op, found["1"].key) == (Op.CREATE, {"id": int(new)})
    assert found["1"].after == {"id": int(new), "bio": "x", "avatar": "y"}
    assert found["2"].key == {"id": 77}


def test_a_key_change_that_lacks_values_is_one_update_in_one_partition() -> None:
    """✗ As `d` and `c` the value that the log did not carry would be lost."""
    topics = Topics({OF: 4})
    old, new = _together(4)
    topics.write(
        topics.recording(),
        transaction(1, [_moved(old, new, b'"x"', None), create(OF, b"77", b"null", b"null")]),
    )
    found = {record.position[-1]: record for record in topics.records()}
    assert found["0"].op is Op.UPDATE
    assert found["0"].key == {"id": int(new)}
    assert found["0"].key_before == {"id": int(old)}
    assert found["0"].unchanged == ("avatar",)
    assert found["1"].key == {"id": 77}, "one record takes one position"


def test_a_key_change_that_lacks_values_between_partitions_quarantines() -> None:
    topics = Topics({OF: 4})
    recording = topics.recording()
    old, new = _apart(4)
    topics.write(
        recording,
        transaction(1, [_moved(old, new, b'"x"', None), create(OF, b"77", b"null", b"null")]),
    )
    assert topics.records() == []
    [dropped] = recording.dropped
    assert dropped.table == USERS
    assert "avatar" in dropped.reason
    assert "REPLICA IDENTITY FULL" in dropped.reason
    assert dropped.record["key_before"] == _key(int(old)).decode()
    assert dropped.position == Position(f"{boundary(1)}/00000000")


def test_with_the_old_row_a_key_change_lacks_nothing() -> None:
    topics = Topics({OF: 4})
    old, new = _apart(4)
    change = _moved(old, new, b'"x"', b'"big"')._replace(
        before=b'{"id":%b,"bio":"x","avatar":"big"}' % old
    )
    topics.write(topics.recording(), transaction(1, [change]))
    created = next(record for record in topics.records() if record.op is Op.CREATE)
    assert created.after == {"id": int(new), "bio": "x", "avatar": "big"}


def test_a_truncate_is_in_every_partition_each_with_its_own_position() -> None:
    topics = Topics({OF: 3})
    topics.write(
        topics.recording(), transaction(1, [truncate(OF), create(OF, b"1", b"null", b"null")])
    )
    for number in range(3):
        first = topics.read(("t.public.users", number))[0]
        assert first.op is Op.TRUNCATE
        assert first.position == f"{boundary(1)}/{number:08x}"
    assert max(record.position for record in topics.records()) == f"{boundary(1)}/00000003"


def test_other_tables_go_on_and_keep_their_positions_when_one_is_quarantined() -> None:
    """✗ Were the quarantined table's records not counted, a second reading would give the others
    lower positions, and the applier would drop what is new as a replay."""
    notes = table(NOTES, ("id", "text"))
    changes: list[LogEvent] = [
        create(OF, b"1", b'"a"', b"null"),
        create(notes, b"1", b'"a"'),
        create(OF, b"2", b'"b"', b"null"),
        Undecodable(USERS, Position(), "bio", "the year is before 1"),
        create(OF, b"3", b'"c"', b"null"),
        create(notes, b"2", b'"b"'),
    ]
    events: list[LogEvent] = [Begin(boundary(1), 1, "1"), *changes, Commit(boundary(1), 1)]
    first = Topics({OF: 1, notes: 1})
    recording = first.recording()
    first.write(recording, events)
    assert [record.key for record in first.records()] == [{"id": 1}, {"id": 2}]
    [dropped] = recording.dropped
    assert dropped.reason.startswith("column bio: the year is before 1")

    again = Topics({OF: 1, notes: 1})
    again.write(again.recording(dropped=[USERS]), events)
    assert again.records() == []
    positions = [record.position for record in first.records(NOTES)]
    assert [record.position for record in again.records(NOTES)] == positions


def test_a_removed_table_is_counted_and_nothing_of_it_is_written() -> None:
    """✗ Left uncounted when a transaction is read again, it gives the others lower positions: what
    is new of them is dropped as a replay."""
    notes = table(NOTES, ("id", "text"))
    gone = replace(OF, columns=OF.columns[:1])  # of a table that was dropped only the log knows
    changes: list[LogEvent] = [
        truncate(OF),
        create(notes, b"1", b'"a"'),
        _moved(b"1", b"2", b"1", b"1"),
        create(notes, b"2", b'"b"'),
    ]
    events: list[LogEvent] = [Begin(boundary(1), 1, "1"), *changes, Commit(boundary(1), 1)]
    before, after = Topics({OF: 3, notes: 1}), Topics({OF: 3, notes: 1})
    before.write(before.recording(), events)
    recording = after.recording(removed={USERS: 3})
    after.write(recording, events)
    assert after.records() == []
    positions = [record.position for record in before.records(NOTES)]
    assert [record.position for record in after.records(NOTES)] == positions
    assert positions == [f"{boundary(1)}/{index:08x}" for index in (3, 6)]
    assert recording.cut()
    assert {topic for topic, _ in recording.cuts[-1].offsets} == {after.tracked[NOTES].topic}
    recording.take(transaction(2, [create(gone, b"3")]), 1)
    assert recording.dropped == []


def test_a_record_beyond_the_limit_quarantines_its_table_and_names_key_and_size() -> None:
    topics = Topics({OF: 1})
    recording = topics.recording(largest=1000)
    topics.write(
        recording,
        transaction(
            1, [create(OF, b"1", b'"%b"' % (b"x" * 1000), b"null"), create(OF, b"2", b"1", b"1")]
        ),
    )
    assert topics.records() == []
    [dropped] = recording.dropped
    assert "larger than the 1000" in dropped.reason
    assert dropped.record["key"] == '{"id":1}'
    assert dropped.record["bytes"] > 1000


def test_a_shape_that_cannot_be_followed_quarantines_and_says_what_changed() -> None:
    topics = Topics({OF: 1})
    recording = topics.recording()
    wider = replace(OF, columns=(*OF.columns, replace(column("age"), default="7")), version=2)
    topics.write(recording, transaction(1, [create(OF, b"1", b"1", b"1")]))
    topics.write(recording, [SchemaChanged(OF, wider)])
    topics.write(recording, transaction(2, [create(wider, b"2", b"1", b"1", b"7")]))
    assert [record.key for record in topics.records()] == [{"id": 1}]
    assert "column age text with default 7 is new" in recording.dropped[0].reason


def test_a_new_nullable_column_is_followed_from_its_first_record_on() -> None:
    topics = Topics({OF: 1})
    recording = topics.recording()
    wider = replace(OF, columns=(*OF.columns, column("age")), version=2)
    topics.write(recording, transaction(1, [create(OF, b"1", b"1", b"1")]))
    recording.take(transaction(2, [create(wider, b"2", b"1", b"1", b"7")]), 1)
    [followed] = recording.followed
    assert (followed.table, [each.name for each in followed.added]) == (USERS, ["age"])
    assert followed.position == Position(f"{boundary(2)}/00000000")
    assert recording.dropped == []
    topics.flush(recording)
    assert [record.version for record in topics.records()] == [1, 2]


def test_log_from_before_a_followed_column_is_read_again_without_offence() -> None:
    """✗ A restart reads what was written before the column came: compared with the newest shape
    alone, the column would seem to be gone, and the table would stop."""
    wider = replace(OF, columns=(*OF.columns, column("age")), version=2)
    events = [
        *transaction(1, [create(OF, b"1", b"1", b"1")]),
        *transaction(2, [create(wider, b"2", b"1", b"1", b"7")]),
    ]
    first = Topics({OF: 1}).recording()
    first.take(events, 1)
    again = Topics({OF: 1}).recording(shapes=_kept(first.shapes))
    again.take(events, 1)
    assert (again.dropped, again.followed) == ([], [])
    again.take(transaction(3, [create(replace(OF, version=3), b"3", b"1", b"1")]), 1)
    assert "column age is gone" in again.dropped[0].reason


def test_a_shape_that_changed_while_nobody_read_is_noticed() -> None:
    """✗ A restart that takes today's catalog for the accepted shape writes on in the new one."""
    first = Topics({OF: 1}).recording()
    first.take(transaction(1, [create(OF, b"1", b"1", b"1")]), 1)
    narrow = replace(OF, columns=OF.columns[:-1], version=1)
    again = Topics({narrow: 1}).recording(shapes=_kept(first.shapes))
    again.take(transaction(2, [create(narrow, b"2", b"1")]), 1)
    assert f"column {OF.columns[-1].name} is gone" in again.dropped[0].reason


def _kept(shapes: Shapes) -> Shapes:
    """As a later session remembers them."""
    table = tracked(OF, 1)
    document = json.loads(json.dumps(shapes.document([table])))
    return remembered(document, [table], {})


def test_a_story_that_begins_anew_leaves_out_what_came_before_it() -> None:
    """✗ What stopped the table is met again when a restart reads its log again: it would be
    stopped again. Others keep their positions."""
    notes = table(NOTES, ("id", "text"))
    old = replace(OF, columns=OF.columns[:-1], version=2)
    changes = [create(notes, b"1", b'"a"'), create(old, b"1", b"1"), create(notes, b"2", b'"b"')]
    topics = Topics({OF: 1, notes: 1})
    since = Position(f"{boundary(4)}/00000000")
    shapes = remembered(None, [tracked(OF, 1)], {OF.name: OF})
    recording = topics.recording(since={USERS: since}, shapes=shapes)
    topics.write(recording, transaction(3, changes))
    topics.write(recording, transaction(4, [create(OF, b"2", b"1", b"1")]))
    assert recording.dropped == []
    assert [record.position for record in topics.records()] == [since.text]
    positions = [record.position for record in topics.records(NOTES)]
    assert positions == [f"{boundary(3)}/{index:08x}" for index in (0, 2)]


def test_a_change_that_no_value_shows_is_not_a_change_of_shape() -> None:
    topics = Topics({OF: 1})
    recording = topics.recording()
    same = replace(OF, comment="now with a comment", version=2)
    topics.write(recording, [SchemaChanged(OF, same)])
    topics.write(recording, transaction(2, [create(same, b"2", b"1", b"1")]))
    assert recording.dropped == []
    assert [record.version for record in topics.records()] == [2]


@pytest.mark.parametrize("second", [7, 6])
def test_a_log_that_goes_back_stops_capture_and_names_both(second: int) -> None:
    recording = Topics({OF: 1}).recording()
    recording.take(transaction(7, []), 1)
    with pytest.raises(Blocked, match=rf"{boundary(second)} came after {boundary(7)}"):
        recording.take([Begin(boundary(second), 1, "2")], 1)


def test_what_was_confirmed_already_must_not_come_again() -> None:
    recording = Topics({OF: 1}).recording(start=Position(f"{boundary(9)}/00000004"))
    with pytest.raises(Blocked):
        recording.take([Begin(boundary(9), 1, "2")], 1)


def _cut_offsets(recording: Recording) -> list[int]:
    return [sum(cut.offsets.values()) for cut in recording.cuts]


def test_a_cut_is_at_a_commit_even_when_more_was_read() -> None:
    topics = Topics({OF: 2})
    recording = topics.recording()
    recording.cut_wanted = True
    rows = [create(OF, b"%d" % n, b"1", b"1") for n in range(4)]
    recording.take([*transaction(1, rows), *transaction(2, rows)[:-1]], 1)
    [cut] = recording.cuts
    assert cut.position == Position(f"{boundary(1)}/00000004")
    assert _cut_offsets(recording) == [4], "the open transaction's records are not part of it"
    assert not recording.cut(), "there is no boundary inside of a transaction"
    recording.take([Commit(boundary(2), 2)], 1)
    assert recording.cut()
    assert _cut_offsets(recording) == [4, 8]
    assert not recording.cut(), "nothing has come since"


def test_a_marker_carries_the_offsets_of_all_partitions() -> None:
    topics = Topics({OF: 2, table(NOTES): 1})
    recording = topics.recording()
    rows = [create(OF, b"%d" % n, b"1", b"1") for n in range(4)]
    seen = MarkerSeen("m1", boundary(2), 5, 4)
    recording.take([*transaction(1, rows), seen, *transaction(3, rows)], 1)
    [cut] = recording.cuts
    assert cut.marker is seen
    assert cut.position == Position(f"{boundary(2)}/00000000")
    assert cut.offsets.keys() == topics.logs.keys()
    assert sum(cut.offsets.values()) == 4


def test_a_table_that_is_not_captured_is_named() -> None:
    recording = Topics({OF: 1}).recording()
    with pytest.raises(Blocked, match=r"public\.notes"):
        recording.take(transaction(1, [create(table(NOTES), b"1", b"1", b"1")]), 1)
