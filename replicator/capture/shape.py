"""What changed between two shapes of a table, in words that an operator can act on."""

from __future__ import annotations

from model.catalog import Column, Table


def unfollowed(old: Table, new: Table) -> str:
    """Why capture cannot go on with the new shape; empty when no carried value is concerned.

    Constraints, indexes and comments do not reach the log and concern nobody here. A new column
    needs a place in the target first, and one with a default has filled old rows without a trace
    in the log.
    """
    differences = [*_columns(old, new)]
    if old.key != new.key:
        differences.append(f"key ({', '.join(old.key)}) became ({', '.join(new.key)})")
    return f"the table's shape changed: {'; '.join(differences)}" if differences else ""


def _columns(old: Table, new: Table) -> list[str]:
    before = {column.name: column for column in old.carried}
    after = {column.name: column for column in new.carried}
    found = [f"column {name} is gone" for name in before if name not in after]
    for name, column in after.items():
        was = before.get(name)
        if was is None:
            default = f" with default {column.default}" if column.default else ""
            found.append(f"column {name} {column.native}{default} is new")
        elif not _same(was, column):
            found.append(f"column {name} {was.native} became {column.native}")
    if not found and list(before) != list(after):
        found.append("its columns stand in another order")
    return found


def _same(was: Column, now: Column) -> bool:
    return was.type == now.type and was.native == now.native
