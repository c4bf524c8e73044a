package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
)

const rowsToCopy = 5000

// copyRows sends rows by CopyIn inside a transaction, which the caller ends.
func copyRows(ctx context.Context, tx *sql.Tx, table string) error {
	statement, err := tx.PrepareContext(ctx, mssql.CopyIn(
		table, mssql.BulkOptions{RowsPerBatch: 2000, Tablock: true}, "id", "name", "amount", "at", "raw"))
	if err != nil {
		return err
	}
	day := time.Date(2024, 2, 29, 0, 0, 0, 100, time.UTC)
	for n := range rowsToCopy {
		var name any = fmt.Sprintf("é😀 %d", n)
		if n%5 == 4 {
			name = nil
		}
		amount := fmt.Sprintf("%d.25", n)
		at := day.Add(time.Duration(n) * time.Second)
		if _, err := statement.ExecContext(ctx, n, name, amount, at, []byte{byte(n)}); err != nil {
			return err
		}
	}
	result, err := statement.ExecContext(ctx)
	if err != nil {
		return err
	}
	if err := statement.Close(); err != nil {
		return err
	}
	copied, err := result.RowsAffected()
	if err != nil {
		return err
	}
	return expect("rows copied", int64(rowsToCopy), copied)
}

func copied(ctx context.Context, c *client, table string) (*sql.Tx, error) {
	if _, err := c.db.ExecContext(ctx, "CREATE TABLE "+table+" (id bigint NOT NULL PRIMARY KEY,"+
		" name nvarchar(50) NULL, amount decimal(18, 2) NULL, at datetime2(7) NULL,"+
		" raw varbinary(max) NULL)"); err != nil {
		return nil, err
	}
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return tx, copyRows(ctx, tx, table)
}

func copyIn(ctx context.Context, c *client) error {
	tx, err := copied(ctx, c, "dbo.copied")
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if err := c.expectCount(ctx, "dbo.copied", rowsToCopy); err != nil {
		return err
	}
	if err := c.expectCount(ctx, "dbo.copied WHERE name IS NULL", rowsToCopy/5); err != nil {
		return err
	}
	return c.expectCount(ctx, "dbo.copied WHERE id = 4998 AND name = N'é😀 4998' AND amount = 4998.25"+
		" AND at = '2024-02-29 01:23:18.0000001' AND raw = 0x86", 1)
}

func copyInRolledBack(ctx context.Context, c *client) error {
	tx, err := copied(ctx, c, "dbo.undone")
	if err != nil {
		return err
	}
	if err := tx.Rollback(); err != nil {
		return err
	}
	return c.expectCount(ctx, "dbo.undone", 0)
}

func tableParameter(ctx context.Context, c *client) error {
	if _, err := c.db.ExecContext(ctx,
		"CREATE TYPE dbo.pairs AS TABLE (n int NOT NULL, t nvarchar(40) NULL)"); err != nil {
		return err
	}
	type pair struct {
		N int
		T *string
	}
	text := "é"
	rows := make([]pair, 500)
	for n := range rows {
		rows[n].N = n
		if n%2 == 0 {
			rows[n].T = &text
		}
	}
	var count, texts, sum int64
	row := c.db.QueryRowContext(ctx, "SELECT COUNT(*), COUNT(t), SUM(n) FROM @pairs",
		sql.Named("pairs", mssql.TVP{TypeName: "dbo.pairs", Value: rows}))
	if err := row.Scan(&count, &texts, &sum); err != nil {
		return err
	}
	return expect("counted", fmt.Sprint(500, 250, 124750), fmt.Sprint(count, texts, sum))
}
