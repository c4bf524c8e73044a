"""The application at the target: its rights change under its open sessions, as at a switch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.databases import administration, connection_words, target_dsn
from sandbox.social.database import ROLE, install_target, remove_login
from sandbox.social.ledger import TAG, Fact, Ledger
from sandbox.social.operations import RenameTag
from sandbox.social.sessions import AzureSqlSession, RequestFailed

PASSWORD = "social-network-1"
TABLE = "CREATE TABLE dbo.tags (id int PRIMARY KEY, name nvarchar(60) NOT NULL)"


@pytest.fixture
def application(target_database: str) -> Iterator[str]:
    """The application's connection string of a database with one tag."""
    database = connection_words(target_database)["database"]
    install_target(target_database, database, PASSWORD)
    with administration(target_database, database) as connection:
        connection.execute(TABLE)
        connection.execute("INSERT INTO dbo.tags (id, name) VALUES (1, N'first')")
    yield target_dsn(target_database, uid=ROLE, pwd=PASSWORD)
    remove_login(target_database)


def test_an_open_session_follows_what_is_denied_and_allowed(
    target_database: str, application: str
) -> None:
    database = connection_words(target_database)["database"]
    sessions = [AzureSqlSession(application) for _ in range(3)]
    ledger = Ledger()
    with administration(target_database, database) as connection:
        for turn in range(3):
            connection.execute(f"DENY UPDATE ON SCHEMA::dbo TO [{ROLE}]")
            for session in sessions:
                with pytest.raises(RequestFailed) as raised:
                    RenameTag(1, "refused").run(session)
                assert raised.value.code == "229"
            connection.execute(f"REVOKE UPDATE ON SCHEMA::dbo TO [{ROLE}]")
            connection.execute(f"GRANT UPDATE ON SCHEMA::dbo TO [{ROLE}]")
            for number, session in enumerate(sessions):
                ledger.record(RenameTag(1, f"tag {turn}.{number}").run(session))
                session.commit()
    assert ledger.verify(sessions[0]).missing == 0
    ledger.record([Fact(TAG, (1,), ("another",))])
    assert ledger.verify(sessions[0]).examples == (
        "tags {'id': 1}: acknowledged ('another',), found ('tag 2.2',)",
    )
    for session in sessions:
        session.close()
