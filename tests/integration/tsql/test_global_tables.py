"""Global temporary tables end with the session that made them."""

from __future__ import annotations

from contextlib import closing

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, number, rows
from tests.patience import until


def test_a_global_temporary_table_goes_with_its_session(database: str, run: Run) -> None:
    with closing(pyodbc.connect(database, autocommit=True, timeout=60)) as owner:
        rows(owner, "CREATE TABLE ##owned (v int); INSERT INTO ##owned VALUES (7)")
        assert run("SELECT v FROM ##owned") == [(7,)]
        session = rows(owner, "SELECT @@SPID")[0][0]
    listed = "SELECT session_id FROM sys.dm_exec_sessions WHERE session_id = ?"
    until(lambda: not run(listed, session), "the end of the owner's session")
    with pytest.raises(pyodbc.Error) as refused:
        run("SELECT v FROM ##owned")
    assert number(refused.value) == 208
