"""Words, sentences and values that hurt, made once from a seed and already escaped for COPY."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

_VOCABULARY: Final = """
    river morning coffee train window garden letter music winter summer bridge kitchen mountain
    paper silver quiet yellow market harbour story camera bicycle cloud forest lantern ticket
    island engine pepper candle mirror button planet ribbon saddle thunder velvet walnut zebra
"""
_WORDS: Final = tuple(_VOCABULARY.split())

_NASTY: Final = (
    "trailing space ",
    "",
    "it's 'quoted' and \"doubled\"",
    "tab\there, newline\nthere, backslash \\ and \\N",
    "naïve café, Straße, İstanbul, ŒUVRE",
    "emoji 😀👩‍👩‍👧 and 𝒻𝒶𝓃𝒸𝓎",
    "combining e\u0301 beside \u00e9",
    "日本語とСмешанный текст",
    "null",
    "100% [bracketed] {braced} ; -- comment",
)

_ARRAYS: Final = (
    "{}",
    '{music,"two words"}',
    '{"with \\"quotes\\"","back\\\\slash",NULL}',
    '{"comma, inside","",ünïcode}',
    "{chess,😀}",
)

_FIRST: Final = datetime(2019, 1, 1, tzinfo=UTC)
_SPAN_US: Final = 6 * 365 * 86_400 * 1_000_000

_SETTINGS: Final[tuple[dict[str, object], ...]] = (
    {},
    {"theme": "dark", "size": 12},
    {"nested": {"list": [1, 2.5, None, True, "x"]}, "empty": {}},
    {"text": 'quote " backslash \\ slash / newline \n', "emoji": "😀"},
    {"big": 12345678901234567890, "small": 1e-9},
)


def escaped(text: str) -> str:
    """Text as a field of COPY's text format."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def sentence(random: Random, words: int) -> str:
    """Some words with a capital and a full stop."""
    return " ".join(random.choices(_WORDS, k=words)).capitalize() + "."


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes as COPY wants them, and their SHA-256."""

    field: str
    digest: str


@dataclass(frozen=True, slots=True)
class Pools:
    """Values to choose from; every text is a finished COPY field."""

    words: tuple[str, ...]
    short: tuple[str, ...]
    posts: tuple[str, ...]
    bios: tuple[str, ...]
    arrays: tuple[str, ...]
    settings: tuple[str, ...]
    attachments: tuple[str, ...]
    payloads: tuple[str, ...]
    instants: tuple[str, ...]
    avatars: tuple[str, ...]
    blobs: tuple[Blob, ...]


def make_pools(seed: int) -> Pools:
    """The pools of one seed: the same on every machine."""
    random = Random(seed)
    short = [sentence(random, random.randint(2, 14)) for _ in range(500)]
    short += [text for text in _NASTY if text]
    posts = [sentence(random, random.randint(4, 40)) for _ in range(800)]
    posts += [" ".join(sentence(random, 12) for _ in range(60)) for _ in range(20)]
    posts += [" ".join(sentence(random, 12) for _ in range(300)) for _ in range(2)]
    blobs = [random.randbytes(random.choice((0, 1, 64, 900, 3000))) for _ in range(60)]
    # One profile in ten has an avatar, too large to be stored in its row.
    avatars = ["\\N"] * 18 + [_bytea(random.randbytes(3000)) for _ in range(2)]
    return Pools(
        words=_WORDS,
        short=tuple(map(escaped, short)),
        posts=tuple(map(escaped, (*posts, *_NASTY))),
        bios=("\\N", *map(escaped, (*_NASTY, *short[:60]))),
        arrays=tuple(map(escaped, _ARRAYS)),
        settings=tuple(escaped(json.dumps(value)) for value in _SETTINGS),
        attachments=("\\N", *(escaped(json.dumps([value])) for value in _SETTINGS)),
        payloads=("\\N", escaped('{"a":1,  "a":2}'), escaped('{ "b" : [ ] }'), escaped('["é"]')),
        instants=tuple(_instant(random) for _ in range(5000)),
        avatars=tuple(avatars),
        blobs=tuple(Blob(_bytea(blob), hashlib.sha256(blob).hexdigest()) for blob in blobs),
    )


def _instant(random: Random) -> str:
    moment = _FIRST + timedelta(microseconds=random.randrange(_SPAN_US))
    return moment.isoformat(sep=" ")


def _bytea(value: bytes) -> str:
    return "\\\\x" + value.hex()
