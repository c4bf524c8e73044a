"""The table of the stand-in's benchmark, and its rows in the shape that each path takes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from uuid import UUID

import pyarrow as pa

NAMES: Final = ("id", "n", "amount", "at", "flag", "name", "body", "uid")
LIST: Final = ", ".join(NAMES)

TABLE: Final = """
CREATE TABLE dbo.rows (
    id bigint NOT NULL PRIMARY KEY, n int NOT NULL, amount decimal(18, 2) NOT NULL,
    at datetime2(6) NOT NULL, flag bit NOT NULL, name nvarchar(50) NOT NULL,
    body nvarchar(200) NOT NULL, uid uniqueidentifier NOT NULL
)
"""

RAW_TABLE: Final = """
CREATE TABLE public.rows (
    id bigint PRIMARY KEY, n integer NOT NULL, amount numeric(18, 2) NOT NULL,
    at timestamp NOT NULL, flag boolean NOT NULL, name varchar(50) NOT NULL,
    body varchar(200) NOT NULL, uid uuid NOT NULL
)
"""

BATCH: Final = 20_000
_START: Final = dt.datetime(2024, 1, 1)
BODY: Final = "Größe, naïve café: ünïcode in a sentence of eighty characters, as people write. "
assert len(BODY) == 80


def batches(count: int, first: int = 0) -> pa.RecordBatchReader:
    """`count` rows, whose keys begin at `first`, as a stream of record batches."""
    template = _template()

    def shifted() -> Iterator[pa.RecordBatch]:
        for begin in range(first, first + count, BATCH):
            size = min(BATCH, first + count - begin)
            keys = pa.array(range(begin, begin + size), pa.int64())
            yield pa.record_batch(
                [keys, *template.slice(0, size).columns[1:]], schema=template.schema
            )

    return pa.RecordBatchReader.from_batches(template.schema, shifted())


def _template() -> pa.RecordBatch:
    numbers = range(BATCH)
    return pa.record_batch(
        {
            "id": pa.array(numbers, pa.int64()),
            "n": pa.array([n * 7 for n in numbers], pa.int32()),
            "amount": pa.array([Decimal(n).scaleb(-2) for n in numbers], pa.decimal128(18, 2)),
            "at": pa.array([_START + dt.timedelta(seconds=n) for n in numbers], pa.timestamp("us")),
            "flag": pa.array([n % 3 == 0 for n in numbers]),
            "name": pa.array([f"name of row {n}" for n in numbers]),
            "body": pa.array([BODY] * BATCH),
            "uid": pa.array([str(UUID(int=n << 64 | n)) for n in numbers]),
        }
    )


_WITH: Final = (
    "id bigint, n int, amount decimal(18, 2), at datetime2(6), flag bit, name nvarchar(50), "
    "body nvarchar(200), uid uniqueidentifier"
)
_SET: Final = ", ".join(f"{name} = s.{name}" for name in NAMES[1:])

STAGE: Final = f"SELECT {LIST} INTO #stage FROM dbo.rows WHERE 1 = 0"

UPSERT: Final = f"""
INSERT INTO #stage ({LIST}) SELECT {LIST} FROM OPENJSON(?) WITH ({_WITH});
UPDATE t SET {_SET} FROM dbo.rows AS t JOIN #stage AS s ON s.id = t.id;
INSERT INTO dbo.rows ({LIST}) SELECT {LIST} FROM #stage AS s
WHERE NOT EXISTS (SELECT 1 FROM dbo.rows AS t WHERE t.id = s.id);
TRUNCATE TABLE #stage
"""

RAW_STAGE: Final = "CREATE TEMPORARY TABLE stage (LIKE public.rows)"

RAW_UPSERT: Final = (
    f"INSERT INTO stage SELECT {LIST} FROM jsonb_populate_recordset(NULL::public.rows, %s)",
    f"UPDATE public.rows AS t SET {_SET} FROM stage AS s WHERE s.id = t.id",
    f"INSERT INTO public.rows SELECT {LIST} FROM stage AS s "
    "WHERE NOT EXISTS (SELECT 1 FROM public.rows AS t WHERE t.id = s.id)",
    "TRUNCATE stage",
)


def documents(existing: int, count: int, rows: int = 1000) -> list[str]:
    """`count` JSON arrays of `rows` rows: half have keys below `existing`, half are new."""
    texts, half = [], rows // 2
    for number in range(count):
        old = [(number * 7919 + n * 104_729) % existing for n in range(half)]
        new = range(existing + number * half, existing + (number + 1) * half)
        texts.append(json.dumps([_object(key) for key in (*dict.fromkeys(old), *new)]))
    return texts


def _object(key: int) -> dict[str, object]:
    return {
        "id": key,
        "n": key % 1000,
        "amount": f"{key % 9999}.25",
        "at": (_START + dt.timedelta(seconds=key)).isoformat(),
        "flag": key % 2,
        "name": f"changed {key}",
        "body": BODY,
        "uid": str(UUID(int=key)),
    }
