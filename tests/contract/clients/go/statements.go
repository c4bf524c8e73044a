package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

func logins(ctx context.Context, c *client) error {
	for _, address := range []string{c.encrypted, c.plain} {
		db, err := sql.Open("sqlserver", address+"&app+name=go+checks")
		if err != nil {
			return err
		}
		defer db.Close()
		var program, database string
		row := db.QueryRowContext(ctx, "SELECT program_name, DB_NAME()"+
			" FROM sys.dm_exec_sessions WHERE session_id = @@SPID")
		if err := row.Scan(&program, &database); err != nil {
			return err
		}
		if err := expect("application", "go checks", program); err != nil {
			return err
		}
		parsed, err := url.Parse(address)
		if err != nil {
			return err
		}
		if err := expect("database", parsed.Query().Get("database"), database); err != nil {
			return err
		}
	}
	return nil
}

func refusedLogins(ctx context.Context, c *client) error {
	wrong, err := url.Parse(c.encrypted)
	if err != nil {
		return err
	}
	wrong.User = url.UserPassword("sa", "wrong")
	if err := refused(18456, ping(ctx, wrong)); err != nil {
		return err
	}
	nowhere, err := url.Parse(c.encrypted)
	if err != nil {
		return err
	}
	query := nowhere.Query()
	query.Set("database", "nowhere")
	nowhere.RawQuery = query.Encode()
	err = ping(ctx, nowhere)
	if err == nil || !strings.Contains(err.Error(), "nowhere") { // its last error is 18456
		return fmt.Errorf("an unknown database was not refused: %v", err)
	}
	return nil
}

func ping(ctx context.Context, address *url.URL) error {
	db, err := sql.Open("sqlserver", address.String())
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

func severalResults(ctx context.Context, c *client) error {
	rows, err := c.db.QueryContext(ctx, "SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a;"+
		" DECLARE @n int = 3; SELECT N'é' AS b, @n AS c")
	if err != nil {
		return err
	}
	defer rows.Close()
	sum, n := 0, 0
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return err
		}
		sum += n
	}
	if err := expect("sum", 3, sum); err != nil {
		return err
	}
	if !rows.NextResultSet() || !rows.Next() {
		return fmt.Errorf("the second result did not come: %v", rows.Err())
	}
	var text string
	if err := rows.Scan(&text, &n); err != nil {
		return err
	}
	if err := expect("second result", "é 3", fmt.Sprint(text, " ", n)); err != nil {
		return err
	}
	return expect("third result", false, rows.NextResultSet())
}

func parameters(ctx context.Context, c *client) error {
	statement, err := c.db.PrepareContext(ctx, "SELECT @p1 + 1, @p2 + N'!', ISNULL(@p3, -1)")
	if err != nil {
		return err
	}
	defer statement.Close()
	for n := int64(0); n < 5; n++ {
		var number, absent int64
		var text string
		if err := statement.QueryRowContext(ctx, n, "é😀", sql.NullInt64{}).
			Scan(&number, &text, &absent); err != nil {
			return err
		}
		if err := expect("parameters", fmt.Sprint(n+1, "é😀!", -1), fmt.Sprint(number, text, absent)); err != nil {
			return err
		}
	}
	var named int64
	row := c.db.QueryRowContext(ctx, "SELECT @two * @one", sql.Named("one", 21), sql.Named("two", 2))
	if err := row.Scan(&named); err != nil {
		return err
	}
	return expect("named parameters", int64(42), named)
}

func outputParameters(ctx context.Context, c *client) error {
	_, err := c.db.ExecContext(ctx, "CREATE PROCEDURE dbo.doubled @n int, @twice int OUTPUT AS"+
		" BEGIN SET @twice = 2 * @n; RETURN @n + 100; END")
	if err != nil {
		return err
	}
	var twice int64
	if _, err := c.db.ExecContext(ctx, "dbo.doubled",
		sql.Named("n", 21), sql.Named("twice", sql.Out{Dest: &twice})); err != nil {
		return err
	}
	return expect("output parameter", int64(42), twice)
}

func transactions(ctx context.Context, c *client) error {
	if _, err := c.db.ExecContext(ctx, "CREATE TABLE dbo.kept (n int NOT NULL)"); err != nil {
		return err
	}
	for _, isolation := range []sql.IsolationLevel{
		sql.LevelDefault, sql.LevelReadCommitted, sql.LevelSnapshot, sql.LevelSerializable,
	} {
		tx, err := c.db.BeginTx(ctx, &sql.TxOptions{Isolation: isolation})
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO dbo.kept VALUES (1)"); err != nil {
			return err
		}
		if err := tx.Rollback(); err != nil {
			return err
		}
		if err := c.expectCount(ctx, "dbo.kept", 0); err != nil {
			return err
		}
	}
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO dbo.kept VALUES (2)"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return c.expectCount(ctx, "dbo.kept", 1)
}

func errorNumbers(ctx context.Context, c *client) error {
	if _, err := c.db.ExecContext(ctx, "CREATE TABLE dbo.strict (id int NOT NULL PRIMARY KEY,"+
		" t nvarchar(3) NULL, n int NULL CHECK (n > 0));"+
		" INSERT INTO dbo.strict VALUES (1, N'a', 1)"); err != nil {
		return err
	}
	for number, text := range map[int32]string{
		2627:  "INSERT INTO dbo.strict VALUES (1, N'b', 1)",
		515:   "INSERT INTO dbo.strict VALUES (NULL, N'b', 1)",
		547:   "INSERT INTO dbo.strict VALUES (2, N'b', 0)",
		2628:  "INSERT INTO dbo.strict VALUES (2, N'long', 1)",
		8134:  "SELECT 1 / 0",
		208:   "SELECT * FROM dbo.nowhere",
		50001: "THROW 50001, N'ours', 3",
	} {
		_, err := c.db.ExecContext(ctx, text)
		if err := refused(number, err); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

func cancel(ctx context.Context, c *client) error {
	connection, err := c.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	// Not a timeout: after one of those the driver gives its connection up.
	cancelled, stop := context.WithCancel(ctx)
	defer time.AfterFunc(300*time.Millisecond, stop).Stop()
	begun := time.Now()
	_, err = connection.ExecContext(cancelled, "WAITFOR DELAY '00:00:30'")
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("it was not cancelled: %v", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		return fmt.Errorf("cancelling took %v", took)
	}
	var one int
	if err := connection.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return err
	}
	return expect("after it", 1, one)
}

func thousandStatements(ctx context.Context, c *client) error {
	connection, err := c.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	for n := range 1000 {
		var came int
		text := fmt.Sprintf("SELECT @p1 AS n%d", n%7)
		if err := connection.QueryRowContext(ctx, text, n).Scan(&came); err != nil {
			return err
		}
		if err := expect("statement", n, came); err != nil {
			return err
		}
	}
	return nil
}

func fiftyConnections(ctx context.Context, c *client) error {
	var waiting sync.WaitGroup
	opened := make([]*sql.Conn, 50)
	failures := make([]error, 50)
	for n := range opened {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			opened[n], failures[n] = c.db.Conn(ctx)
		}()
	}
	waiting.Wait()
	for n, connection := range opened {
		if failures[n] != nil {
			return failures[n]
		}
		defer connection.Close()
		var id int
		if err := connection.QueryRowContext(ctx, "SELECT @@SPID").Scan(&id); err != nil {
			return err
		}
	}
	return nil
}
