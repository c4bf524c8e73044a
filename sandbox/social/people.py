"""Who does what next: a seeded choice of operations for one client of the application.

Clients share nothing that a write decides: a user belongs to the client that its number falls to,
and only that client writes the rows of that user. So the last acknowledged write of a row is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

from sandbox.social.operations import (
    ChangeAvatar,
    ClearNotifications,
    EditPost,
    Follow,
    FollowAnother,
    Like,
    Notify,
    Operation,
    ReadMessage,
    RenameTag,
    SendMessage,
    SignUp,
    SwapHandles,
    Unlike,
    Visit,
    WriteComment,
    WritePost,
)
from sandbox.social.sessions import Session, statement
from sandbox.social.texts import sentence

_POPULATION: Final = (
    ("users", statement("SELECT COALESCE(MAX(id), 0) FROM {s}users")),
    ("posts", statement("SELECT COALESCE(MAX(id), 0) FROM {s}posts")),
    ("comments", statement("SELECT COALESCE(MAX(id), 0) FROM {s}comments")),
    ("tags", statement("SELECT COALESCE(MAX(id), 0) FROM {s}tags")),
    ("notifications", statement("SELECT COALESCE(MAX(id), 0) FROM {s}notifications")),
)


@dataclass(frozen=True, slots=True)
class Population:
    """The greatest number in each numbered table when the workload began."""

    users: int
    posts: int
    comments: int
    tags: int
    notifications: int


def population(session: Session) -> Population:
    """Count the network. Raises RequestFailed, and ValueError when it is empty."""
    found = {name: int(session.execute(query)[0][0]) for name, query in _POPULATION}
    session.commit()
    if min(found.values()) == 0:
        raise ValueError(f"the network has no rows to work on: {found}")
    return Population(**found)


class Client:
    """One client's memory and its next wishes. `number` counts from 0 to `clients` - 1."""

    def __init__(self, number: int, clients: int, seed: int, known: Population) -> None:
        self._random = Random(f"{seed}/client/{number}")
        self._number = number
        self._clients = clients
        self._known = known
        self._count = 0
        self._likes: list[Like] = []
        self._follows: list[tuple[int, int]] = []
        self._unread: list[SendMessage] = []
        self._posts: list[WritePost] = []
        self._comments: list[WriteComment] = []
        self._notifications: list[Notify] = []
        self._newcomers: list[SignUp] = []
        self._seeded = iter(range(number or clients, known.notifications + 1, clients))
        self._wishes, self._weights = zip(*self._menu(), strict=True)

    def _menu(self) -> list[tuple[Callable[[], Operation], int]]:
        """Each kind of write and how often it comes, of a hundred."""
        return [
            (self._visit, 28),
            (self._like, 14),
            (self._unlike, 4),
            (self._message, 10),
            (self._read, 5),
            (self._post, 7),
            (self._comment, 9),
            (self._notify, 6),
            (self._clear, 8),
            (self._edit, 2),
            (self._avatar, 1),
            (self._sign_up, 2),
            (self._swap, 1),
            (self._follow, 2),
            (self._tag, 1),
        ]

    def next(self) -> Operation:
        """The next write. It depends on the seed and on what succeeded before."""
        self._count += 1
        wish: Callable[[], Operation] = self._random.choices(self._wishes, self._weights)[0]
        return wish()

    def acknowledge(self, operation: Operation) -> None:
        """Remember what exists now, to build upon."""
        match operation:
            case Like():
                self._likes.append(operation)
            case SendMessage():
                self._unread.append(operation)
            case WritePost():
                self._posts.append(operation)
            case WriteComment():
                self._comments.append(operation)
            case Notify():
                self._notifications.append(operation)
            case SignUp():
                self._newcomers.append(operation)
            case SwapHandles():
                self._rename_newcomers(operation)

    def _rename_newcomers(self, swap: SwapHandles) -> None:
        for newcomer in self._newcomers:
            if newcomer.id == swap.one:
                newcomer.handle = swap.handle_of_other
            elif newcomer.id == swap.other:
                newcomer.handle = swap.handle_of_one

    def _mine(self) -> int:
        """A user of this client's own."""
        steps = (self._known.users - 1 - self._number) // self._clients
        return 1 + self._number + self._clients * self._random.randint(0, steps)

    def _popular(self, count: int) -> int:
        return 1 + int(count * self._random.random() ** 3)

    def _unique(self) -> int:
        """A number that no other write of any client has."""
        return self._count * self._clients + self._number

    def _visit(self) -> Operation:
        return Visit(self._mine(), self._unique())

    def _avatar(self) -> Operation:
        return ChangeAvatar(self._mine(), self._random.randbytes(2500))

    def _like(self) -> Operation:
        return Like(self._mine(), self._popular(self._known.posts), self._random.randint(1, 5))

    def _unlike(self) -> Operation:
        if not self._likes:
            return self._like()
        like = self._likes.pop(self._random.randrange(len(self._likes)))
        return Unlike(like.user, like.post)

    def _message(self) -> Operation:
        id = str(UUID(int=self._random.getrandbits(128), version=4))
        text = f"{sentence(self._random, 12)} №{self._unique()}"
        return SendMessage(id, self._mine(), self._popular(self._known.users), text)

    def _read(self) -> Operation:
        return ReadMessage(self._unread.pop(0).id) if self._unread else self._message()

    def _post(self) -> Operation:
        random = self._random
        body = f"{sentence(random, random.choice((8, 20, 40, 900)))} №{self._unique()}"
        tags = random.sample(range(1, self._known.tags + 1), random.randint(0, 3))
        attachments = random.choice((None, '[{"kind": "link", "url": "https://example.org/é"}]'))
        shown = random.choice(("public", "followers", "private"))
        return WritePost(self._mine(), body, shown, attachments, 0.5, tuple(sorted(tags)))

    def _edit(self) -> Operation:
        if not self._posts:
            return self._post()
        post = self._random.choice(self._posts)
        return EditPost(post.id, post.author, f"{sentence(self._random, 60)} №{self._unique()}")

    def _comment(self) -> Operation:
        parent = self._random.choice(self._comments).id if self._comments else None
        text = f"{sentence(self._random, 9)} №{self._unique()}"
        return WriteComment(self._popular(self._known.posts), self._mine(), parent, text)

    def _notify(self) -> Operation:
        payload = self._random.choice((None, '{"from": 1, "text": "hello \\ud83d\\ude00"}'))
        return Notify(self._mine(), self._random.choice(("like", "comment", "follow")), payload)

    def _clear(self) -> Operation:
        """What was seen goes, a few at a time."""
        ids = [self._notifications.pop(0).id] if self._notifications else []
        ids += [id for id, _ in zip(self._seeded, range(3), strict=False)]
        return ClearNotifications(tuple(ids)) if ids else self._notify()

    def _sign_up(self) -> Operation:
        random = self._random
        public_id = str(UUID(int=random.getrandbits(128), version=4))
        name = f"new{self._unique()}"
        return SignUp(name, self._mine(), "1999-12-31", ["music", 'a "b"', "😀"], public_id)

    def _swap(self) -> Operation:
        if len(self._newcomers) < 2:
            return self._sign_up()
        one, other = self._random.sample(self._newcomers, 2)
        return SwapHandles(one.id, other.id, one.handle, other.handle)

    def _follow(self) -> Operation:
        """Pairs with an odd sum, which the generated rows leave free; each followed user once."""
        moved = bool(self._follows) and self._random.random() < 0.5
        before = self._follows.pop(0) if moved else None
        follower = before[0] if before else self._mine()
        followed = self._unfollowed(follower)
        if followed is None:
            return self._visit()
        self._follows.append((follower, followed))
        if before:
            return FollowAnother(*before, followed)
        return Follow(follower, followed, "2024-02-29")

    def _unfollowed(self, follower: int) -> int | None:
        """Somebody to follow; None when the popular ones are all followed already."""
        taken = {followed for one, followed in self._follows if one == follower}
        candidates = (self._popular(self._known.users) for _ in range(50))
        return next((c for c in candidates if (follower + c) % 2 and c not in taken), None)

    def _tag(self) -> Operation:
        steps = (self._known.tags - 1 - self._number) // self._clients
        id = 1 + self._number + self._clients * self._random.randint(0, steps)
        return RenameTag(id, f"Tag-{self._unique()}")
