"""Scripts as files, and the object that each of their batches makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from connectors.azuresql.dialect import batches, qualified
from model.catalog import TableName
from model.errors import ConfigurationError


class Stage(StrEnum):
    """Before the load, or after it."""

    PRE_LOAD = "pre-load"
    POST_LOAD = "post-load"


STAGES: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.PRE_LOAD: ("10_schemas.sql", "20_sequences.sql", "30_tables.sql", "40_views.sql"),
    Stage.POST_LOAD: ("50_indexes.sql", "60_constraints.sql"),
}
LOCKS_SEVERAL: Final = frozenset({"60_constraints.sql"})
"""Files whose batches lock more than one table, each for a moment (nothing is checked yet)."""
UNCONVERTED: Final = "90_unconverted.md"


@dataclass(frozen=True, slots=True)
class Made:
    """What a batch makes: `kind` is schema, sequence, table, view, index, constraint, property or
    other; `name` is unique among its kind; `table` (`schema.name`) is set for parts of one."""

    kind: str
    name: str
    table: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of a file, and its digest: the same text has the same one."""

    file: str
    text: str
    made: Made

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def line(self) -> str:
        """The first line, for progress and journal."""
        return self.text.splitlines()[0]


@dataclass(frozen=True, slots=True)
class Scripts:
    """Files by name, as `convert` wrote them or a person edited them."""

    files: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Changes with any byte of the scripts that are run."""
        digest = hashlib.sha256()
        for stage in Stage:
            for name in STAGES[stage]:
                digest.update(f"{name}\0{self.files.get(name, '')}\0".encode())
        return digest.hexdigest()

    def batches(self, stage: Stage) -> list[Batch]:
        """The stage's batches in order."""
        return [
            Batch(file, text, made_by(text))
            for file in STAGES[stage]
            for text in batches(_without_head(self.files.get(file, "")))
        ]

    def write(self, directory: Path) -> list[Path]:
        """Write every file, replacing those of an earlier run."""
        directory.mkdir(parents=True, exist_ok=True)
        paths = [directory / name for name in sorted(self.files)]
        for path in paths:
            path.write_text(self.files[path.name], encoding="utf-8", newline="\n")
        return paths

    @classmethod
    def read(cls, directory: Path) -> Scripts:
        """The scripts in a folder. Raises ConfigurationError when it has none."""
        wanted = [*STAGES[Stage.PRE_LOAD], *STAGES[Stage.POST_LOAD], UNCONVERTED]
        files = {
            name: (directory / name).read_text(encoding="utf-8")
            for name in wanted
            if (directory / name).is_file()
        }
        if "30_tables.sql" not in files:
            raise ConfigurationError(
                "the folder holds no 30_tables.sql",
                object=str(directory),
                hint="replicator convert writes it",
            )
        return cls(files)


def concerning(batches: Sequence[Batch], table: TableName) -> list[Batch]:
    """Those that make a table of the target, a part of it, or another table's tie to it."""
    tie = f" REFERENCES {qualified(table)} "
    ties = {each.made.name for each in batches if tie in f"{each.text} "}
    return [
        each
        for each in batches
        if str(table) in (each.made.table, each.made.name)
        or (each.made.kind in ("constraint", "state") and each.made.name in ties)
    ]


def replaced(old: Scripts, fresh: Scripts, table: TableName) -> Scripts:
    """The old scripts with what concerns one table taken from the fresh ones."""
    files = dict(old.files)
    for stage, names in STAGES.items():
        before, gone = old.batches(stage), concerning(old.batches(stage), table)
        new = concerning(fresh.batches(stage), table)
        for name in names:
            kept = [each for each in before if each.file == name and each not in gone]
            added = [each for each in new if each.file == name]
            if added or any(each.file == name for each in gone):
                files[name] = "".join(f"{each.text}\nGO\n" for each in (*kept, *added))
    return Scripts(files)


def _without_head(text: str) -> str:
    """Comment lines in front of the first statement belong to the file, not to a batch."""
    lines = text.splitlines(keepends=True)
    while lines and (lines[0].startswith("--") or not lines[0].strip()):
        lines.pop(0)
    return "".join(lines)


def made_by(batch: str) -> Made:
    """What a batch makes, read from its leading words; `other` when it is none of ours."""
    words = list(_words(batch))
    upper = [word.upper() for word in words]
    match upper:
        case ["CREATE", "SCHEMA", *_]:
            return Made("schema", words[2])
        case ["CREATE", ("SEQUENCE" | "TABLE" | "VIEW") as kind, _, ".", *_]:
            return Made(kind.lower(), f"{words[2]}.{words[4]}")
        case ["CREATE", *_] if "INDEX" in upper[:5]:
            at = upper.index("INDEX")
            table = f"{words[at + 3]}.{words[at + 5]}"
            return Made("index", f"{table}.{words[at + 1]}", table)
        case ["ALTER", "TABLE", _, ".", *_]:
            return _altered(words, upper)
        case ["EXEC", "SYS", ".", "SP_ADDEXTENDEDPROPERTY", *_]:
            return Made("property", hashlib.sha256(batch.encode()).hexdigest()[:16])
    return Made("other", hashlib.sha256(batch.encode()).hexdigest()[:16])


def _altered(words: list[str], upper: list[str]) -> Made:
    table = f"{words[2]}.{words[4]}"
    if "CONSTRAINT" in upper:
        at = upper.index("CONSTRAINT")
        kind = "constraint" if upper[at - 1] == "ADD" else "state"
        return Made(kind, f"{words[2]}.{words[at + 1]}", table)
    return Made("other", hashlib.sha256(" ".join(words).encode()).hexdigest()[:16])


def _words(batch: str) -> Iterator[str]:
    """Leading words, unquoted names and dots, up to the first other character."""
    at = 0
    while at < len(batch):
        if batch[at].isspace():
            at += 1
        elif batch.startswith("--", at):
            at = (batch.find("\n", at) + 1) or len(batch)
        elif batch.startswith("/*", at):
            at = (batch.find("*/", at) + 2) if "*/" in batch[at:] else len(batch)
        elif batch[at] == "[":
            name, at = _bracketed(batch, at + 1)
            yield name
        elif batch[at] == ".":
            yield "."
            at += 1
        elif batch[at].isalnum() or batch[at] in "_@#$":
            end = at
            while end < len(batch) and (batch[end].isalnum() or batch[end] in "_@#$"):
                end += 1
            yield batch[at:end]
            at = end
        else:
            return


def _bracketed(batch: str, at: int) -> tuple[str, int]:
    name = ""
    while at < len(batch):
        if batch[at] == "]":
            if not batch.startswith("]]", at):
                return name, at + 1
            at += 1
        name += batch[at]
        at += 1
    return name, at
