"""PostgreSQL alone with the same rows: what bounds the stand-in from below."""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

from benchmarks import standin_rows as rows
from benchmarks.standin_reader import RAW_SELECT


def copy(connection: psycopg.Connection, count: int) -> float:
    """Binary COPY of rows that are ready in memory; rows/s. Leaves them in public.rows."""
    connection.execute(rows.RAW_TABLE)
    connection.execute(
        "INSERT INTO public.rows SELECT n, mod(n, 100000), n / 100.0,"
        " timestamp '2024-01-01' + n * interval '1 second', mod(n, 3) = 0, 'name of row ' || n,"
        " %s, md5(n::text)::uuid FROM generate_series(0, %s - 1) AS n",
        [rows.BODY, count],
    )
    with connection.cursor().copy("COPY public.rows TO STDOUT (FORMAT binary)") as out:
        data = [bytes(piece) for piece in out]
    connection.execute("TRUNCATE public.rows")
    pieces = [b"".join(data[at : at + 1000]) for at in range(0, len(data), 1000)]
    begun = time.monotonic()
    with connection.cursor().copy("COPY public.rows FROM STDIN (FORMAT binary)") as into:
        for piece in pieces:
            into.write(piece)
    return count / (time.monotonic() - begun)


def upserts(connection: psycopg.Connection, existing: int, count: int) -> float:
    """The same documents through jsonb_populate_recordset; rows/s."""
    connection.execute(rows.RAW_STAGE)
    texts = rows.documents(existing, count)
    begun = time.monotonic()
    for text in texts:
        with connection.transaction():
            for number, statement in enumerate(rows.RAW_UPSERT):
                connection.execute(
                    sql.SQL(statement),
                    [text] if number == 0 else None,
                )
    return count * 1000 / (time.monotonic() - begun)


def selects(connection: psycopg.Connection, keys: int, seconds: float) -> float:
    """Single rows by key through a prepared statement; selects/s."""
    number, begun = 0, time.monotonic()
    with connection.cursor(binary=True) as cursor:
        while time.monotonic() - begun < seconds:
            cursor.execute(RAW_SELECT, [number * 7919 % keys], prepare=True).fetchall()
            number += 1
    return number / (time.monotonic() - begun)


def read(connection: psycopg.Connection) -> float:
    """Everything back through a server-side cursor, in binary; rows/s."""
    begun, count = time.monotonic(), 0
    with connection.transaction(), connection.cursor("all", binary=True) as cursor:
        cursor.execute("SELECT * FROM public.rows")
        while part := cursor.fetchmany(10_000):
            count += len(part)
    return count / (time.monotonic() - begun)
