"""Progress is written when everything before it is confirmed, and told when it is confirmed."""

from __future__ import annotations

from model.change import MarkerSeen
from model.position import Position, SourceIdentity
from replicator.capture.confirmation import Confirmation, Due
from replicator.capture.recording import Cut
from topics.control import Marker, Progress, decode
from topics.writer import Message, Place

IDENTITY = SourceIdentity("7", 1)
A, B = ("app.public.a", 0), ("app.public.b", 0)


class Writer:
    """Keeps what was sent; a test confirms it."""

    def __init__(self) -> None:
        self.sent: list[Progress | Marker] = []
        self.topics: list[str] = []
        self.at: dict[Place, int] = {}

    def send(self, topic: str, partition: int, messages: list[Message], size: int) -> None:
        self.topics.append(topic)
        self.sent += [decode(topic, 0, message["value"]) for message in messages]

    def confirmed(self, place: Place) -> int:
        return self.at.get(place, 0)


class Setup:
    def __init__(self) -> None:
        self.writer = Writer()
        self.told: list[str] = []
        self.confirmation = Confirmation(
            self.writer, "app", IDENTITY, 10, self.told.append, lambda: 99
        )

    def confirm(self, place: Place, offset: int) -> None:
        self.writer.at[place] = offset
        self.confirmation.settle()


def _cut(number: int, offsets: dict[Place, int], marker: str | None = None) -> Cut:
    seen = MarkerSeen(marker, f"{number:02}", 5, 4) if marker else None
    return Cut(Position(f"{number:02}/00000000"), 5, offsets, seen, 7)


def test_progress_waits_for_every_delivery_before_it_and_is_told_after_its_own() -> None:
    s = Setup()
    s.confirmation.add([_cut(1, {A: 5, B: 2})])
    s.confirm(A, 5)
    assert s.writer.sent == [], "partition b is not confirmed yet"
    s.confirm(B, 2)
    assert s.writer.sent == [Progress(Position("01/00000000"), 5, IDENTITY, {A: 5, B: 2})]
    assert s.told == [], "the record of the progress is not confirmed yet"
    s.confirm(("app.control", 0), 11)
    assert s.told == ["01"]
    assert not s.confirmation.waiting


def test_progress_names_only_what_grew() -> None:
    s = Setup()
    s.confirmation.add([_cut(1, {A: 5, B: 2}), _cut(2, {A: 6, B: 2})])
    s.writer.at = {A: 6, B: 2}
    s.confirmation.settle()
    assert [progress.offsets for progress in s.writer.sent] == [{A: 5, B: 2}, {A: 6}]


def test_cuts_settle_in_order() -> None:
    s = Setup()
    s.confirmation.add([_cut(1, {A: 5}), _cut(2, {B: 2})])
    s.confirm(B, 2)
    assert s.writer.sent == []


def test_a_marker_goes_to_the_control_topic_with_all_offsets() -> None:
    s = Setup()
    s.confirmation.add([_cut(1, {A: 5, B: 2}), _cut(2, {A: 5, B: 2}, "drain")])
    s.confirm(A, 5)
    s.confirm(B, 2)
    marker = s.writer.sent[1]
    assert s.writer.topics == ["app.control", "app.control"]
    assert marker == Marker("drain", Position("02/00000000"), 5, 4, 7, 99, {A: 5, B: 2}, full=True)


def test_heartbeats_name_only_what_grew_but_now_and_then_all() -> None:
    s = Setup()
    s.writer.at = {A: 99, B: 99}
    beats = [_cut(n, {A: n, B: 2}, f"heartbeat:{n}") for n in range(1, 63)]
    s.confirmation.add(beats)
    s.confirmation.settle()
    assert set(s.writer.topics) == {"app.heartbeat"}
    found = [beat for beat in s.writer.sent if isinstance(beat, Marker)]
    assert [beat.full for beat in found] == [n in (0, 60) for n in range(62)]
    assert found[0].offsets == {A: 1, B: 2}
    assert found[1].offsets == {A: 2}
    assert found[60].offsets == {A: 61, B: 2}


def test_due_once_in_an_interval() -> None:
    now = [0.0]
    due = Due(1.0, lambda: now[0])
    answers = []
    for now[0] in (0.0, 0.5, 1.0, 1.5, 2.7, 3.6, 3.7):
        answers.append(due.now())
    assert answers == [True, False, True, False, True, False, True]
