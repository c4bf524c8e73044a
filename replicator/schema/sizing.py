"""Columns of keys and indexes get lengths that an index can hold.

An index key holds 900 bytes clustered and 1,700 nonclustered. Columns that reference each other
form one group and get one type, because a foreign key joins equal types only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from model.catalog import Index, Table, TableName
from replicator.schema.tsql import TypeText
from replicator.schema.types import Chosen

CLUSTERED_BYTES: Final = 900
NONCLUSTERED_BYTES: Final = 1700
_WIDER: Final = ("smallint", "int", "bigint")

Place = tuple[TableName, str]
"""A table and one of its columns."""


@dataclass(slots=True)
class Sized:
    """`types` of all columns; `keyed` ones need the key collation; `nonclustered` primary keys are
    longer than 900 bytes; `unfit` maps (table, index) to the reason why it cannot be built."""

    types: dict[Place, TypeText]
    keyed: frozenset[Place]
    nonclustered: set[TableName] = field(default_factory=set)
    unfit: dict[tuple[TableName, str], str] = field(default_factory=dict)
    refused: list[tuple[Place, str]] = field(default_factory=list)


def size_keys(tables: Sequence[Table], chosen: Mapping[Place, Chosen]) -> Sized:
    """Give every column its final type. What cannot be keyed is in `refused`."""
    groups = _groups(tables, chosen)
    joined = {place: _joined(place, groups[place], chosen) for place in chosen}
    keyed = frozenset(
        member
        for table in tables
        for name in _keyed_columns(table)
        for member in groups.get((table.name, name), ())
    )
    sized = Sized({place: choice.type for place, choice in joined.items()}, keyed)
    caps: dict[Place, int] = {}
    for table in tables:
        for columns, clustered in hard_keys(table):
            places = [(table.name, name) for name in columns]
            for place, units in _key_lengths(sized, joined, places, clustered).items():
                for member in groups[place]:
                    caps[member] = min(units, caps.get(member, units))
    for place, units in caps.items():
        sized.types[place] = TypeText(sized.types[place].name, (units,))
    for table in tables:
        _settle_clustering(sized, table)
        for index in soft_indexes(table):
            _fit(sized, joined, caps, table, index)
    return sized


def hard_keys(table: Table) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Keys that must exist in the target, and whether each is the clustered one."""
    if table.primary_key is not None:
        yield table.primary_key.columns, True
    elif table.key:
        yield table.key, True
    for key in table.unique_keys:
        yield key.columns, False
    for index in table.indexes:
        names = plain_columns(index)
        if index.unique and names is not None:
            yield names, False


def soft_indexes(table: Table) -> list[Index]:
    """Indexes that only make queries faster."""
    return [
        index
        for index in table.indexes
        if not index.unique
        and index.method in ("btree", "hash")
        and plain_columns(index) is not None
    ]


def plain_columns(index: Index) -> tuple[str, ...] | None:
    """The index's columns, None when one of its parts is an expression."""
    names = tuple(part.name for part in index.columns if part.name is not None)
    return names if len(names) == len(index.columns) else None


def _keyed_columns(table: Table) -> set[str]:
    names = {name for columns, _ in hard_keys(table) for name in columns} | set(table.key)
    for foreign in table.foreign_keys:
        names.update(foreign.columns)
    return names


def _groups(tables: Sequence[Table], chosen: Mapping[Place, Chosen]) -> dict[Place, list[Place]]:
    groups = {place: [place] for place in chosen}
    for table in tables:
        for foreign in table.foreign_keys:
            pairs = zip(foreign.columns, foreign.referenced_columns, strict=True)
            for here, there in pairs:
                one, other = (table.name, here), (foreign.referenced, there)
                if one in groups and other in groups and groups[one] is not groups[other]:
                    merged = groups[one] + groups[other]
                    for place in merged:
                        groups[place] = merged
    return groups


def _joined(place: Place, group: list[Place], chosen: Mapping[Place, Chosen]) -> Chosen:
    """A column's choice, widened so that all of its group can have the same type."""
    own, all_of = chosen[place], [chosen[member] for member in group]
    if all(choice.type.name in _WIDER for choice in all_of):
        widest = max((choice.type.name for choice in all_of), key=_WIDER.index)
        return replace(own, type=TypeText(widest))
    if all(choice.sizable and choice.type.name == own.type.name for choice in all_of):
        limits = [choice.limit for choice in all_of]
        longest = max(choice.longest for choice in all_of)
        if None in limits:
            return replace(own, longest=longest, limit=None)
        limit = max(limit for limit in limits if limit is not None)
        return replace(own, longest=longest, limit=limit)
    return own


def _key_lengths(
    sized: Sized, joined: Mapping[Place, Chosen], places: Sequence[Place], clustered: bool
) -> dict[Place, int]:
    """Lengths of the sizable columns of one key, after its fixed columns took their bytes."""
    for place in places:
        if not joined[place].keyable:
            sized.refused.append((place, "values of its type cannot be part of a key"))
            return {}
    fixed, flexible = _parts(joined, places)
    if fixed is not None:
        for limit in (CLUSTERED_BYTES, NONCLUSTERED_BYTES) if clustered else (NONCLUSTERED_BYTES,):
            units = allocate(limit - fixed, [joined[place] for place in flexible])
            if units is not None:
                return dict(zip(flexible, units, strict=True))
    longest = max(places, key=lambda place: joined[place].longest)
    sized.refused.append(
        (
            longest,
            f"its longest value has {joined[longest].longest} UTF-16 units, and a key holds at "
            f"most {NONCLUSTERED_BYTES} bytes; shorten it, or exclude the table",
        )
    )
    return {}


def _parts(
    joined: Mapping[Place, Chosen], places: Sequence[Place]
) -> tuple[int | None, list[Place]]:
    flexible = [place for place in places if joined[place].sizable]
    fixed = 0
    for place in places:
        if place not in flexible:
            size = joined[place].type.key_bytes
            if size is None:
                return None, flexible
            fixed += size
    return fixed, flexible


def allocate(budget: int, choices: Sequence[Chosen]) -> list[int] | None:
    """Lengths that together take at most `budget` bytes, each at least its longest value; what is
    left is shared evenly up to each column's own limit. None when it is not enough."""
    weights = [2 if choice.type.name == "nvarchar" else 1 for choice in choices]
    lengths = [choice.longest for choice in choices]
    slack = budget - sum(weight * length for weight, length in zip(weights, lengths, strict=True))
    if slack < 0:
        return None
    while True:
        growing = [
            i
            for i, choice in enumerate(choices)
            if choice.limit is None or lengths[i] < choice.limit
        ]
        share = slack // sum(weights[i] for i in growing) if growing else 0
        if share == 0:
            return lengths
        for i in growing:
            limit = choices[i].limit
            grown = share if limit is None else min(share, limit - lengths[i])
            lengths[i] += grown
            slack -= grown * weights[i]


def _settle_clustering(sized: Sized, table: Table) -> None:
    columns = table.primary_key.columns if table.primary_key else table.key
    sizes = [sized.types[(table.name, name)].key_bytes for name in columns]
    if sum(size or 0 for size in sizes) > CLUSTERED_BYTES:
        sized.nonclustered.add(table.name)


def _fit(
    sized: Sized, joined: Mapping[Place, Chosen], caps: dict[Place, int], table: Table, index: Index
) -> None:
    """Size the free columns of an index for speed only where the data leaves room: twice the
    longest value, or all that the source allows. Else the index is left out, not the values."""
    places = [(table.name, name) for name in plain_columns(index) or ()]
    now = {
        place: replace(joined[place], type=sized.types[place], sizable=False)
        if place in caps
        else joined[place]
        for place in places
    }
    if not all(choice.keyable for choice in now.values()):
        sized.unfit[(table.name, index.name)] = "one of its columns cannot be part of an index"
        return
    fixed, flexible = _parts(now, places)
    lengths = (
        None
        if fixed is None
        else allocate(NONCLUSTERED_BYTES - fixed, [now[place] for place in flexible])
    )
    if lengths is None or not all(
        _roomy(now[place], length) for place, length in zip(flexible, lengths, strict=True)
    ):
        sized.unfit[(table.name, index.name)] = (
            f"its columns may grow beyond the {NONCLUSTERED_BYTES} bytes that an index key holds"
        )
        return
    for place, length in zip(flexible, lengths, strict=True):
        caps[place] = length
        sized.types[place] = TypeText(sized.types[place].name, (length,))


def _roomy(choice: Chosen, length: int) -> bool:
    return length >= 2 * choice.longest or length == choice.limit
