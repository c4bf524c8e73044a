"""The soak's judge must notice a lost record, a doubled one and one too many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from sandbox.soak.explanation import miscounted, unbalanced
from sandbox.soak.records import Content, content


def value(op: str, commit: int, **after: int) -> bytes:
    """A record at a position of its own."""
    source = {"position": f"{commit:016x}/00000000"}
    return json.dumps({"op": op, "source": source, "after": after or None}).encode()


def counters(*writes: int) -> Content:
    """Client 0's row, written so; a write's position follows from its number."""
    return content((0, value("u", 10 * n, client=0, writes=n)) for n in writes)


def judged(found: Content, last: int) -> list[str]:
    """What is wrong when the client has written so many, one record each."""

    def records(after: Sequence[int]) -> Counter[str]:
        return Counter(counters=last - after[0])

    return miscounted({"counters": found}, [last], records)


def test_records_that_were_written_twice_count_once() -> None:
    found = counters(4, 5, 6, 5, 6, 7)
    assert [record.after["writes"] for record in found.all] == [4, 5, 6, 7]
    assert found.repeated == 2
    assert judged(found, 7) == []


def test_partitions_have_positions_of_their_own() -> None:
    found = content([(0, value("c", 9, id=1)), (1, value("c", 5, id=2))])
    assert len(found.all) == 2


def test_a_lost_write_is_noticed() -> None:
    assert judged(counters(4, 6, 7), 7) == [
        "write 6 of client 0 came after 4",
        "counters: 4 records were written and 3 are there, 0 of them more than once",
    ]


def test_a_lost_end_is_noticed() -> None:
    assert "client 0 wrote 7, its topic ends at 6" in judged(counters(4, 5, 6), 7)


def test_a_doubled_write_is_noticed() -> None:
    again = content([(0, value("u", n, client=0, writes=w)) for n, w in ((1, 4), (2, 5), (3, 5))])
    assert "write 5 of client 0 came after 5" in judged(again, 5)


def test_a_record_of_no_write_is_noticed() -> None:
    contents = {"counters": counters(1), "events": content([(0, value("c", 1, number=1))])}
    wrong = miscounted(contents, [1], lambda after: Counter(counters=1))
    assert wrong == ["events: 0 records were written and 1 are there, 0 of them more than once"]


def test_rows_of_a_table_without_a_key_are_balanced_from_its_snapshot_on() -> None:
    ops = [("c", 1), ("c", 5), ("c", 6), ("d", 7)]
    found = content((0, value(op, commit)) for op, commit in ops)
    high = f"{5:016x}/00000000"
    assert unbalanced(found, high, loaded=100, rows=101) == []
    assert unbalanced(found, high, loaded=100, rows=102) == [
        "100 rows loaded, 2 created and 1 deleted since make 102 rows"
    ]
