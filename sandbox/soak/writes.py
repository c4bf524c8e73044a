"""What a client writes: its own rows, each write decided by the seed, the client and a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from sandbox.social.ledger import ABSENT, Aspect, Fact, State

CLIENTS: Final = 4
WRITES_PER_S: Final = 150
"""Of all clients together."""

LINES: Final = 8_000
ACCOUNTS: Final = 6_000
EVENTS: Final = 6_000
ROWS: Final = LINES + ACCOUNTS + EVENTS + CLIENTS

TABLES: Final = ("accounts", "counters", "events", "order_lines")

LINE: Final = Aspect("order_lines", ("order_id", "line"), ("write",))
ACCOUNT: Final = Aspect("accounts", ("id",), ("email", "write"))
EVENT: Final = Aspect("events", ("client", "number"), ("write",))
COUNTER: Final = Aspect("counters", ("client",), ("writes",))

_EQUAL_EVENTS: Final = 2
"""Rows of each event at the beginning: a table without a key may hold equal ones."""

FILL: Final = (
    f"INSERT INTO order_lines SELECT n % {CLIENTS}, n, 'line ' || n, n / 100.0, 0"
    f" FROM generate_series(0, {LINES - 1}) AS n",
    "INSERT INTO accounts (id, email, write) SELECT n, 'a' || n || '@example.org', 0"
    f" FROM generate_series(0, {ACCOUNTS - 1}) AS n",
    f"INSERT INTO events SELECT n % {CLIENTS}, n / {CLIENTS * _EQUAL_EVENTS}, 'event', 0"
    f" FROM generate_series(0, {EVENTS - 1}) AS n",
    "INSERT INTO counters SELECT n, 0, repeat(md5(n::text), 200)"
    f" FROM generate_series(0, {CLIENTS - 1}) AS n",
)
"""The rows that are there before the migration; write 0 is nobody's."""


@dataclass(slots=True)
class Write:
    """One transaction: its statements, what it makes true, how many records each table gets."""

    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)

    def run(self, table: str, sql: str, *parameters: Any, records: int = 1) -> None:
        self.statements.append((sql, parameters))
        self.records[table] += records

    def holds(self, aspect: Aspect, key: tuple[Any, ...], state: State) -> None:
        self.facts.append(Fact(aspect, key, state))


class Author:
    """Makes the writes of one client, one after the other, and knows its rows meanwhile.

    A write that was made must be committed before the next one is made. All clients' rows are
    disjoint: nothing depends on which of them is quicker.
    """

    def __init__(self, seed: int, client: int) -> None:
        self._seed = seed
        self._client = client
        self._lines = [(client, n) for n in range(client, LINES, CLIENTS)]
        self._emails = {n: f"a{n}@example.org" for n in range(client, ACCOUNTS, CLIENTS)}
        self._events = Counter(
            n // (CLIENTS * _EQUAL_EVENTS) for n in range(client, EVENTS, CLIENTS)
        )
        self._changes: tuple[Callable[[Random, int, Write], None], ...] = (
            *(self._add_line, self._change_line, self._change_line, self._move_line),
            *(self._remove_line, self._open_account, self._rename, self._hand_over, self._swap),
            *(self._close_account, self._add_events, self._change_event, self._remove_event),
        )

    def write(self, number: int) -> Write:
        """The write of that number: one or two changes, and the count of it."""
        random = Random(f"{self._seed}/{self._client}/{number}")
        write = Write()
        for change in random.choices(self._changes, k=random.choice((1, 1, 2))):
            change(random, number, write)
        self._count(random, number, write)
        return write

    def _count(self, random: Random, number: int, write: Write) -> None:
        body = f", body = repeat('{random.randbytes(8).hex()}', 400)" if number % 10 == 0 else ""
        sql = f"UPDATE counters SET writes = %s{body} WHERE client = %s"
        write.run("counters", sql, number, self._client)
        write.holds(COUNTER, (self._client,), (number,))

    def _add_line(self, random: Random, number: int, write: Write) -> None:
        key = (self._client, LINES + 10 * number + len(write.statements))
        write.run(
            "order_lines",
            "INSERT INTO order_lines VALUES (%s, %s, %s, %s, %s)",
            *(*key, f"new {number}", random.randrange(10**6) / 100, number),
        )
        self._lines.append(key)
        write.holds(LINE, key, (number,))

    def _change_line(self, random: Random, number: int, write: Write) -> None:
        key = random.choice(self._lines)
        write.run(
            "order_lines",
            "UPDATE order_lines SET note = %s, amount = %s, write = %s"
            " WHERE order_id = %s AND line = %s",
            *(f"change {number}", random.choice((None, 12.5)), number, *key),
        )
        write.holds(LINE, key, (number,))

    def _move_line(self, random: Random, number: int, write: Write) -> None:
        """Another key, perhaps in another partition: a record of its end and one of its birth."""
        at = random.randrange(len(self._lines))
        key = self._lines[at]
        moved = (key[0] + CLIENTS, key[1])
        self._lines[at] = moved
        write.run(
            "order_lines",
            "UPDATE order_lines SET order_id = %s, write = %s WHERE order_id = %s AND line = %s",
            *(moved[0], number, *key),
            records=2,
        )
        write.holds(LINE, key, ABSENT)
        write.holds(LINE, moved, (number,))

    def _remove_line(self, random: Random, number: int, write: Write) -> None:
        key = self._lines.pop(random.randrange(len(self._lines)))
        sql = "DELETE FROM order_lines WHERE order_id = %s AND line = %s"
        write.run("order_lines", sql, *key)
        write.holds(LINE, key, ABSENT)

    def _open_account(self, random: Random, number: int, write: Write) -> None:
        id = ACCOUNTS + CLIENTS * (10 * number + len(write.statements)) + self._client
        sql = "INSERT INTO accounts (id, email, write) VALUES (%s, %s, %s)"
        self._emails[id] = f"new{id}@example.org"
        write.run("accounts", sql, id, self._emails[id], number)
        write.holds(ACCOUNT, (id,), (self._emails[id], number))

    def _rename(self, random: Random, number: int, write: Write) -> None:
        id = random.choice(list(self._emails))
        self._email(write, id, f"r{self._client}-{number}-{len(write.statements)}@x.org", number)

    def _hand_over(self, random: Random, number: int, write: Write) -> None:
        """One account gets the address that another one gives up."""
        giver, taker = random.sample(list(self._emails), 2)
        given = self._emails[giver]
        self._email(write, giver, f"h{self._client}-{number}-{giver}@x.org", number)
        self._email(write, taker, given, number)

    def _swap(self, random: Random, number: int, write: Write) -> None:
        one, other = random.sample(list(self._emails), 2)
        first, second = self._emails[one], self._emails[other]
        self._email(write, one, f"s{self._client}-{number}-{one}@x.org", number)
        self._email(write, other, first, number)
        self._email(write, one, second, number)

    def _email(self, write: Write, id: int, email: str, number: int) -> None:
        sql = "UPDATE accounts SET email = %s, write = %s WHERE id = %s"
        write.run("accounts", sql, email, number, id)
        self._emails[id] = email
        write.holds(ACCOUNT, (id,), (email, number))

    def _close_account(self, random: Random, number: int, write: Write) -> None:
        id = random.choice(list(self._emails))
        del self._emails[id]
        write.run("accounts", "DELETE FROM accounts WHERE id = %s", id)
        write.holds(ACCOUNT, (id,), ABSENT)

    def _add_events(self, random: Random, number: int, write: Write) -> None:
        """One, or equal ones."""
        event = EVENTS + 10 * number + len(write.statements)
        for _ in range(random.choice((1, 1, 3))):
            sql = "INSERT INTO events VALUES (%s, %s, %s, %s)"
            write.run("events", sql, self._client, event, "new", number)
            self._events[event] += 1
        self._tell(write, event, number)

    def _change_event(self, random: Random, number: int, write: Write) -> None:
        event = random.choice(list(self._events))
        one = "(SELECT ctid FROM events WHERE client = %s AND number = %s LIMIT 1)"
        sql = f"UPDATE events SET note = %s, write = %s WHERE ctid = {one}"
        write.run("events", sql, f"change {number}", number, self._client, event)
        self._tell(write, event, number)

    def _remove_event(self, random: Random, number: int, write: Write) -> None:
        event = random.choice(list(self._events))
        one = "(SELECT ctid FROM events WHERE client = %s AND number = %s LIMIT 1)"
        write.run("events", f"DELETE FROM events WHERE ctid = {one}", self._client, event)
        self._events[event] -= 1
        if not self._events[event]:
            del self._events[event]
            write.holds(EVENT, (self._client, event), ABSENT)

    def _tell(self, write: Write, event: int, number: int) -> None:
        """Of an event with several rows the ledger knows nothing: the comparison counts them."""
        if self._events[event] == 1:
            write.holds(EVENT, (self._client, event), (number,))
