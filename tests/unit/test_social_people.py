"""What the clients of the workload do: seeded, repeatable, and never on each other's rows."""

from __future__ import annotations

from itertools import count
from typing import Any

from sandbox.social.ledger import ABSENT, Ledger
from sandbox.social.people import Client, Population
from sandbox.social.sessions import Side, Statement, statement

KNOWN = Population(users=50, posts=150, comments=200, tags=20, notifications=100)
CLIENTS = 6


class Numbering:
    """Answers every insert with the next number, as a database with identities does."""

    side = Side.SOURCE

    def __init__(self, numbers: count[int]) -> None:
        self._numbers = numbers
        self.sent: list[tuple[str, tuple[Any, ...]]] = []

    def execute(self, request: Statement, *parameters: Any) -> list[tuple[Any, ...]]:
        self.sent.append((request.postgresql, parameters))
        return [(next(self._numbers),)] if "RETURNING" in request.postgresql else []

    def commit(self) -> None: ...

    def close(self) -> None: ...


def play(
    number: int, seed: int, numbers: count[int], writes: int = 800
) -> tuple[Numbering, Ledger]:
    client, session, ledger = Client(number, CLIENTS, seed, KNOWN), Numbering(numbers), Ledger()
    for _ in range(writes):
        operation = client.next()
        ledger.record(operation.run(session))
        client.acknowledge(operation)
    return session, ledger


def test_a_seed_decides_what_a_client_does() -> None:
    once, _ = play(2, 9, count(1000))
    again, _ = play(2, 9, count(1000))
    other, _ = play(2, 10, count(1000))
    assert once.sent == again.sent
    assert once.sent != other.sent


def test_no_two_clients_write_the_same_row() -> None:
    numbers = count(1000)
    ledgers = [play(number, 3, numbers)[1] for number in range(CLIENTS)]
    keys = [key for ledger in ledgers for key in ledger.facts]
    assert len(keys) == len(set(keys))
    assert any(state == ABSENT for ledger in ledgers for state in ledger.facts.values())


def test_every_kind_of_write_comes() -> None:
    session, _ = play(0, 3, count(1000), writes=3000)
    verbs = {" ".join(text.split()[:3]) for text, _ in session.sent}
    assert {
        "UPDATE profiles SET",
        "UPDATE users SET",
        "UPDATE posts SET",
        "UPDATE follows SET",
        "UPDATE tags SET",
        "UPDATE messages SET",
        "DELETE FROM likes",
        "DELETE FROM notifications",
        "INSERT INTO users",
        "INSERT INTO post_tags",
        "INSERT INTO comments",
    } <= verbs


def test_one_template_gives_both_spellings() -> None:
    both = statement("INSERT INTO {s}posts (body, at){output} VALUES (?, {now}){returning}")
    assert both.postgresql == "INSERT INTO posts (body, at) VALUES (%s, now()) RETURNING id"
    assert both.azuresql == (
        "INSERT INTO dbo.posts (body, at) OUTPUT inserted.id VALUES (?, SYSDATETIMEOFFSET())"
    )
