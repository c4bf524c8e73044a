"""The network's rows, generated from a seed as text for COPY, with the skew of real life."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.social.texts import Pools, escaped, make_pools

MINIMUM_ROWS: Final = 1_000

_SHARES: Final = {
    "users": 0.05,
    "profiles": 0.05,
    "posts": 0.15,
    "comments": 0.20,
    "likes": 0.22,
    "follows": 0.12,
    "messages": 0.08,
    "media": 0.02,
    "tags": 0.001,
    "post_tags": 0.06,
}
"""Of all rows; what is missing to 1 are notifications."""

_LINES_PER_PIECE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows each table gets, in the order in which they may be loaded."""

    rows: Mapping[str, int]

    def __getitem__(self, table: str) -> int:
        return self.rows[table]


def sizes(total: int) -> Sizes:
    """Shares of `total`, which they add up to. Raises ValueError when it is too small."""
    if total < MINIMUM_ROWS:
        raise ValueError(f"the network needs at least {MINIMUM_ROWS} rows, not {total}")
    rows = {table: max(20, int(total * share)) for table, share in _SHARES.items()}
    return Sizes({**rows, "notifications": total - sum(rows.values())})


def rows_of(table: str, seed: int, counts: Sizes) -> Iterator[bytes]:
    """All rows of one table as pieces of COPY's text format. Depends on seed and counts only."""
    generator = _Generator(Random(f"{seed}/{table}"), make_pools(seed), counts)
    lines = _LINES[table](generator)
    while piece := list(itertools.islice(lines, _LINES_PER_PIECE)):
        yield "".join(piece).encode()


class _Generator:
    """One table's lines. Popular users and posts have small numbers."""

    def __init__(self, random: Random, pools: Pools, counts: Sizes) -> None:
        self.random = random.random
        self.bits = random.getrandbits
        self.pools = pools
        self.counts = counts
        self.user_count = counts["users"]
        self.post_count = counts["posts"]

    def below(self, bound: int) -> int:
        return int(self.random() * bound)

    def popular(self, count: int) -> int:
        """A number from 1 to count; the small ones much more often."""
        chance = self.random()
        return 1 + int(count * chance * chance * chance)

    def of(self, pool: tuple[str, ...]) -> str:
        return pool[int(self.random() * len(pool))]

    def uuid(self) -> str:
        return f"{self.bits(128):032x}"

    def users(self) -> Iterator[str]:
        pools = self.pools
        for number in range(1, self.user_count + 1):
            handle = f"{pools.words[number % len(pools.words)]}{number}"
            if number % 50 == 0:  # differs from another one in case alone
                handle = f"{pools.words[(number - 1) % len(pools.words)]}{number - 1}".upper()
            email = "\\N" if number % 3 == 0 else f"{number}@example.org"
            invited = "\\N" if number < 10 else self.popular(number - 1)
            birth = f"{1930 + self.below(80)}-{1 + self.below(12):02}-{1 + self.below(28):02}"
            status = ("active", "active", "active", "idle", "banned")[self.below(5)]
            yield (
                f"{number}\t{handle}\t{email}\t{self.of(pools.short)}\t{status}\t{invited}\t"
                f"{birth}\t{self.of(pools.arrays)}\t{self.of(pools.settings)}\t"
                f"{'t' if number % 7 == 0 else 'f'}\t{self.of(pools.instants)}\n"
            )

    def profiles(self) -> Iterator[str]:
        pools = self.pools
        for number in range(1, self.user_count + 1):
            place = "\\N\t\\N"
            if number % 4:
                place = f"{self.random() * 180 - 90!r}\t{self.random() * 360 - 180!r}"
            karma = f"{self.below(200_000) - 1000}.{self.below(10_000):04}"
            seen = "\\N" if number % 5 == 0 else self.of(pools.instants)
            yield (
                f"{number}\t{self.uuid()}\t{self.of(pools.bios)}\t{self.of(pools.avatars)}\t"
                f"{karma}\t{place}\t{self.below(1000)}\t0\t{seen}\n"
            )

    def posts(self) -> Iterator[str]:
        pools = self.pools
        for number in range(1, self.post_count + 1):
            shown = ("public", "public", "followers", "private")[self.below(4)]
            edited = "\\N" if number % 8 else self.of(pools.instants)[:23]
            yield (
                f"{number}\t{self.popular(self.user_count)}\t{self.of(pools.posts)}\t{shown}\t"
                f"{('en', 'de', 'fr', 'ja')[self.below(4)]}\t{self.of(pools.attachments)}\t"
                f"{self.random() * 100:.3g}\t{self.of(pools.instants)}\t{edited}\n"
            )

    def comments(self) -> Iterator[str]:
        pools = self.pools
        for number in range(1, self.counts["comments"] + 1):
            parent = "\\N" if number < 20 or self.below(3) else 1 + self.below(number - 1)
            yield (
                f"{number}\t{self.popular(self.post_count)}\t{self.popular(self.user_count)}\t"
                f"{parent}\t{self.of(pools.short)}\t{self.of(pools.instants)}\n"
            )

    def likes(self) -> Iterator[str]:
        instants = self.pools.instants
        for user, post in self.pairs("likes", self.user_count, self.post_count):
            yield f"{user}\t{post}\t{1 + self.below(5)}\t{self.of(instants)}\n"

    def follows(self) -> Iterator[str]:
        """Only pairs whose sum is even and that are not one user: the workload has the odd ones."""
        half = self.user_count // 2
        for user, other in self.pairs("follows", self.user_count, half - 1):
            followed = 2 * other - (user % 2)
            followed = followed if followed != user else 2 * half - (user % 2)
            quiet = "\\N" if self.below(3) else f"{self.below(24):02}:{self.below(60):02}:00"
            yield f"{user}\t{followed}\t20{10 + self.below(15)}-0{1 + self.below(9)}-15\t{quiet}\n"

    def pairs(self, table: str, left: int, right: int) -> Iterator[tuple[int, int]]:
        """As many distinct pairs as the table has rows; popular ones of both sides prevail."""
        seen: set[int] = set()
        while len(seen) < self.counts[table]:
            one, other = 1 + self.below(left), self.popular(right)
            code = one * (right + 1) + other
            if code not in seen:
                seen.add(code)
                yield one, other

    def messages(self) -> Iterator[str]:
        pools = self.pools
        for number in range(self.counts["messages"]):
            read = "\\N" if number % 4 == 0 else self.of(pools.instants)
            yield (
                f"{self.uuid()}\t{1 + self.below(self.user_count)}\t"
                f"{self.popular(self.user_count)}\t{self.of(pools.posts)}\t"
                f"{self.of(pools.instants)}\t{read}\n"
            )

    def media(self) -> Iterator[str]:
        blobs = self.pools.blobs
        for number in range(self.counts["media"]):
            blob = blobs[self.below(len(blobs))]
            kind = ("image", "image", "video", "audio")[self.below(4)]
            length = "\\N" if kind == "image" else f"PT{self.below(3)}H{self.below(60)}M7.25S"
            price = "\\N" if number % 3 else f"{self.below(500)}.{self.below(100):02}"
            extent = "\\N" if kind == "audio" else f"{{{self.below(4000)},{self.below(3000)}}}"
            yield (
                f"{self.uuid()}\t{self.popular(self.post_count)}\t{kind}\t{blob.field}\t"
                f"{blob.digest}\t{extent}\t{length}\t{price}\n"
            )

    def tags(self) -> Iterator[str]:
        words = self.pools.words
        for number in range(1, self.counts["tags"] + 1):
            yield f"{number}\t{escaped(words[number % len(words)])}-{number}\n"

    def post_tags(self) -> Iterator[str]:
        for post, tag in self.pairs("post_tags", self.post_count, self.counts["tags"]):
            yield f"{post}\t{tag}\n"

    def notifications(self) -> Iterator[str]:
        pools = self.pools
        for number in range(1, self.counts["notifications"] + 1):
            kind = ("like", "comment", "follow")[self.below(3)]
            yield (
                f"{number}\t{1 + self.below(self.user_count)}\t{kind}\t"
                f"{self.of(pools.payloads)}\t{self.of(pools.instants)}\n"
            )


_LINES: Final[dict[str, Callable[[_Generator], Iterator[str]]]] = {
    "users": _Generator.users,
    "profiles": _Generator.profiles,
    "posts": _Generator.posts,
    "comments": _Generator.comments,
    "likes": _Generator.likes,
    "follows": _Generator.follows,
    "messages": _Generator.messages,
    "media": _Generator.media,
    "tags": _Generator.tags,
    "post_tags": _Generator.post_tags,
    "notifications": _Generator.notifications,
}
