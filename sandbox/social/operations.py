"""What people do in the network: each operation is one transaction that may be tried again.

An operation that failed without an answer may have been committed, so every one is written to be
repeatable: keys are chosen by the application, values are absolute, inserts look first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from sandbox.social.ledger import (
    ABSENT,
    AVATAR,
    COMMENT,
    FOLLOW,
    HANDLE,
    LIKE,
    MESSAGE,
    NOTIFICATION,
    POST,
    POST_TAG,
    TAG,
    VISIT,
    Fact,
)
from sandbox.social.sessions import Session, statement


class Operation(Protocol):
    """One transaction; `run` leaves the commit to its caller and returns what it will have done."""

    def run(self, session: Session) -> list[Fact]: ...


_VISIT: Final = statement(
    "UPDATE {s}profiles SET visits = visits + 1, revision = ?, last_seen_at = {now}"
    " WHERE user_id = ?"
)


@dataclass(frozen=True, slots=True)
class Visit:
    user: int
    revision: int

    def run(self, session: Session) -> list[Fact]:
        session.execute(_VISIT, self.revision, self.user)
        return [Fact(VISIT, (self.user,), (self.revision,))]


_AVATAR: Final = statement("UPDATE {s}profiles SET avatar = ? WHERE user_id = ?")


@dataclass(frozen=True, slots=True)
class ChangeAvatar:
    user: int
    avatar: bytes

    def run(self, session: Session) -> list[Fact]:
        session.execute(_AVATAR, self.avatar, self.user)
        return [Fact(AVATAR, (self.user,), (self.avatar,))]


_LIKE: Final = statement(
    "INSERT INTO {s}likes (user_id, post_id, reaction, created_at) SELECT ?, ?, ?, {now}"
    " WHERE NOT EXISTS (SELECT 1 FROM {s}likes WHERE user_id = ? AND post_id = ?)"
)


@dataclass(frozen=True, slots=True)
class Like:
    user: int
    post: int
    reaction: int

    def run(self, session: Session) -> list[Fact]:
        session.execute(_LIKE, self.user, self.post, self.reaction, self.user, self.post)
        return [Fact(LIKE, (self.user, self.post))]


_UNLIKE: Final = statement("DELETE FROM {s}likes WHERE user_id = ? AND post_id = ?")


@dataclass(frozen=True, slots=True)
class Unlike:
    user: int
    post: int

    def run(self, session: Session) -> list[Fact]:
        session.execute(_UNLIKE, self.user, self.post)
        return [Fact(LIKE, (self.user, self.post), ABSENT)]


_FOLLOW: Final = statement(
    "INSERT INTO {s}follows (follower_id, followed_id, since) SELECT ?, ?, ?"
    " WHERE NOT EXISTS (SELECT 1 FROM {s}follows WHERE follower_id = ? AND followed_id = ?)"
)


@dataclass(frozen=True, slots=True)
class Follow:
    follower: int
    followed: int
    since: str

    def run(self, session: Session) -> list[Fact]:
        pair = (self.follower, self.followed)
        session.execute(_FOLLOW, *pair, self.since, *pair)
        return [Fact(FOLLOW, pair)]


_REFOLLOW: Final = statement(
    "UPDATE {s}follows SET followed_id = ? WHERE follower_id = ? AND followed_id = ?"
)


@dataclass(frozen=True, slots=True)
class FollowAnother:
    """Changes a primary key."""

    follower: int
    followed: int
    another: int

    def run(self, session: Session) -> list[Fact]:
        session.execute(_REFOLLOW, self.another, self.follower, self.followed)
        return [
            Fact(FOLLOW, (self.follower, self.followed), ABSENT),
            Fact(FOLLOW, (self.follower, self.another)),
        ]


_MESSAGE: Final = statement(
    "INSERT INTO {s}messages (id, sender_id, recipient_id, body, sent_at)"
    " SELECT ?, ?, ?, ?, {now} WHERE NOT EXISTS (SELECT 1 FROM {s}messages WHERE id = ?)"
)


@dataclass(frozen=True, slots=True)
class SendMessage:
    id: str
    sender: int
    recipient: int
    body: str

    def run(self, session: Session) -> list[Fact]:
        session.execute(_MESSAGE, self.id, self.sender, self.recipient, self.body, self.id)
        return [Fact(MESSAGE, (self.id,), (self.sender, self.body))]


_READ: Final = statement("UPDATE {s}messages SET read_at = {now} WHERE id = ?")


@dataclass(frozen=True, slots=True)
class ReadMessage:
    id: str

    def run(self, session: Session) -> list[Fact]:
        session.execute(_READ, self.id)
        return []


_POST: Final = statement(
    "INSERT INTO {s}posts (author_id, body, visibility, language, attachments, score, created_at)"
    "{output} VALUES (?, ?, ?, ?, ?, ?, {now}){returning}"
)
_POST_TAG: Final = statement("INSERT INTO {s}post_tags (post_id, tag_id) VALUES (?, ?)")


@dataclass(slots=True)
class WritePost:
    """A post and its tags. `id` is known once it ran."""

    author: int
    body: str
    visibility: str
    attachments: str | None
    score: float
    tags: tuple[int, ...]
    id: int = 0

    def run(self, session: Session) -> list[Fact]:
        rows = session.execute(
            *(_POST, self.author, self.body, self.visibility, "en", self.attachments, self.score)
        )
        self.id = int(rows[0][0])
        for tag in self.tags:
            session.execute(_POST_TAG, self.id, tag)
        return [
            Fact(POST, (self.id,), (self.author, self.body)),
            *(Fact(POST_TAG, (self.id, tag)) for tag in self.tags),
        ]


_EDIT: Final = statement("UPDATE {s}posts SET body = ?, edited_at = {local} WHERE id = ?")


@dataclass(frozen=True, slots=True)
class EditPost:
    id: int
    author: int
    body: str

    def run(self, session: Session) -> list[Fact]:
        session.execute(_EDIT, self.body, self.id)
        return [Fact(POST, (self.id,), (self.author, self.body))]


_COMMENT: Final = statement(
    "INSERT INTO {s}comments (post_id, author_id, parent_id, body, created_at){output}"
    " VALUES (?, ?, ?, ?, {now}){returning}"
)


@dataclass(slots=True)
class WriteComment:
    """`id` is known once it ran."""

    post: int
    author: int
    parent: int | None
    body: str
    id: int = 0

    def run(self, session: Session) -> list[Fact]:
        rows = session.execute(_COMMENT, self.post, self.author, self.parent, self.body)
        self.id = int(rows[0][0])
        return [Fact(COMMENT, (self.id,), (self.author, self.body))]


_NOTIFY: Final = statement(
    "INSERT INTO {s}notifications (user_id, kind, payload, created_at){output}"
    " VALUES (?, ?, ?, {now}){returning}"
)


@dataclass(slots=True)
class Notify:
    """`id` is known once it ran."""

    user: int
    kind: str
    payload: str | None
    id: int = 0

    def run(self, session: Session) -> list[Fact]:
        rows = session.execute(_NOTIFY, self.user, self.kind, self.payload)
        self.id = int(rows[0][0])
        return [Fact(NOTIFICATION, (self.id,))]


_CLEAR: Final = statement("DELETE FROM {s}notifications WHERE id = ?")


@dataclass(frozen=True, slots=True)
class ClearNotifications:
    ids: tuple[int, ...]

    def run(self, session: Session) -> list[Fact]:
        for id in self.ids:
            session.execute(_CLEAR, id)
        return [Fact(NOTIFICATION, (id,), ABSENT) for id in self.ids]


_SIGN_UP: Final = statement(
    "INSERT INTO {s}users (handle, email, display_name, status, invited_by, birth_date, interests,"
    " settings, verified, created_at){output} VALUES (?, ?, ?, 'active', ?, ?, ?, ?, ?, {now})"
    "{returning}"
)
_PROFILE: Final = statement(
    "INSERT INTO {s}profiles (user_id, public_id, bio, karma, visits, revision)"
    " VALUES (?, ?, ?, 0, 0, 0)"
)


@dataclass(slots=True)
class SignUp:
    """A user and a profile. The handle is unique, so each try takes another one."""

    name: str
    invited_by: int
    birth_date: str
    interests: list[str]
    public_id: str
    tries: int = 0
    id: int = 0
    handle: str = ""

    def run(self, session: Session) -> list[Fact]:
        self.tries += 1
        self.handle = f"{self.name}.{self.tries}"
        email = f"{self.handle}@example.net" if self.invited_by % 2 else None
        rows = session.execute(
            *(_SIGN_UP, self.handle, email, f"{self.name} ✨", self.invited_by, self.birth_date),
            *(self.interests, '{"theme": "light"}', False),
        )
        self.id = int(rows[0][0])
        session.execute(_PROFILE, self.id, self.public_id, None)
        return [Fact(HANDLE, (self.id,), (self.handle,)), Fact(VISIT, (self.id,), (0,))]


_HANDLE: Final = statement("UPDATE {s}users SET handle = ? WHERE id = ?")


@dataclass(frozen=True, slots=True)
class SwapHandles:
    """Two users exchange a unique value within one transaction."""

    one: int
    other: int
    handle_of_one: str
    handle_of_other: str

    def run(self, session: Session) -> list[Fact]:
        session.execute(_HANDLE, f"~{self.one}", self.one)
        session.execute(_HANDLE, self.handle_of_one, self.other)
        session.execute(_HANDLE, self.handle_of_other, self.one)
        return [
            Fact(HANDLE, (self.one,), (self.handle_of_other,)),
            Fact(HANDLE, (self.other,), (self.handle_of_one,)),
        ]


_TAG: Final = statement("UPDATE {s}tags SET name = ? WHERE id = ?")


@dataclass(frozen=True, slots=True)
class RenameTag:
    id: int
    name: str

    def run(self, session: Session) -> list[Fact]:
        session.execute(_TAG, self.name, self.id)
        return [Fact(TAG, (self.id,), (self.name,))]
