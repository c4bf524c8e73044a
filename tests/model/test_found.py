"""What the model found, or would have: the shortest story of each, told by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model.state import ChunkState
from tests.model.processes import Load
from tests.model.world import Step, World
from tests.streams import USERS


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with world.kafka.in_use():
        yield world
        world.close()


def _loader_dies_after_its_first_chunk(world: World) -> None:
    """Keys 0 and 1 are in the target as they were at L0; the rest will be read later."""
    load = Load(world.site, "first")

    def die(call: str, done: bool) -> None:
        load.life.kill()

    load.life.meet(5, die, commits=True)
    load.run()
    load.life.kill()
    states = [chunk.state for chunk in world.state.chunks(USERS)]
    assert states == [ChunkState.DONE, ChunkState.PLANNED, ChunkState.PLANNED]


@pytest.mark.parametrize(
    "steps",
    [
        # Key 2's row is in no chunk: its new key's was read before it came, its own after it went.
        [Step("delete", 0), Step("move lacking", 2, 0, 7)],
        # As before, and the old key has a new row, whose avatar would be taken for the moved one's.
        [Step("delete", 0), Step("move lacking", 2, 0, 7), Step("put", 2, 0, 9)],
    ],
)
def test_a_key_that_changed_between_two_chunks_snapshots_keeps_its_row(
    world: World, steps: list[Step]
) -> None:
    """✗ A resumed load reads its chunks at different positions: the row of a changed key may be in
    none of them, and the change does not carry all of it."""
    _loader_dies_after_its_first_chunk(world)
    for step in steps:
        world.write([step])
    world.come_to_rest()
    world.witness.check_equal()
