package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
)

// typed is a type's name, and values of it that must come back as they went in.
type typed struct {
	name   string
	values []any
}

func moment(text string) time.Time {
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return parsed
}

var every = []typed{
	{"bit", []any{true, false}},
	{"tinyint", []any{int64(0), int64(255)}},
	{"smallint", []any{int64(-32768), int64(32767)}},
	{"int", []any{int64(math.MinInt32), int64(math.MaxInt32)}},
	{"bigint", []any{int64(math.MinInt64), int64(math.MaxInt64)}},
	{"float", []any{math.MaxFloat64, -2.2250738585072014e-308, 0.1}},
	{"decimal(38, 10)", []any{"9999999999999999999999999999.9999999999", "-0.0000000001"}},
	{"money", []any{"-922337203685477.5808", "922337203685477.5807"}},
	{"varchar(8000)", []any{"", strings.Repeat("x", 8000)}},
	{"nvarchar(4000)", []any{"", "é😀 trailing  ", strings.Repeat("é", 4000)}},
	{"nvarchar(max)", []any{"", strings.Repeat("😀", 10000)}},
	{"varbinary(max)", []any{[]byte{}, bytes.Repeat([]byte{0, 255}, 10000)}},
	{"date", []any{moment("0001-01-01T00:00:00Z"), moment("9999-12-31T00:00:00Z")}},
	{"datetime2(7)", []any{
		moment("0001-01-01T00:00:00.0000001Z"), moment("9999-12-31T23:59:59.9999999Z"),
	}},
	{"datetimeoffset(7)", []any{
		moment("0001-01-02T00:00:00.1234567+14:00"), moment("9999-12-30T23:59:59.9999999-14:00"),
	}},
	{"datetime", []any{moment("1753-01-01T00:00:00Z"), moment("2024-02-29T12:34:56.997Z")}},
}

func types(ctx context.Context, c *client) error {
	for n, one := range every {
		if err := roundTrip(ctx, c, fmt.Sprintf("dbo.type_%d", n), one); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return identifiers(ctx, c)
}

func roundTrip(ctx context.Context, c *client, table string, one typed) error {
	_, err := c.db.ExecContext(ctx, "CREATE TABLE "+table+" (n int NOT NULL, v "+one.name+" NULL)")
	if err != nil {
		return err
	}
	var null any
	if one.name == "varbinary(max)" {
		null = []byte(nil) // the driver sends an untyped nil as text, which does not convert
	}
	for n, value := range append(one.values, null) {
		_, err := c.db.ExecContext(ctx, "INSERT INTO "+table+" VALUES (@p1, @p2)", n, value)
		if err != nil {
			return err
		}
	}
	rows, err := c.db.QueryContext(ctx, "SELECT v FROM "+table+" ORDER BY n")
	if err != nil {
		return err
	}
	defer rows.Close()
	for _, value := range append(one.values, nil) {
		var came any
		if !rows.Next() {
			return fmt.Errorf("a row is missing: %v", rows.Err())
		}
		if err := rows.Scan(&came); err != nil {
			return err
		}
		if err := same(value, came); err != nil {
			return err
		}
	}
	return rows.Err()
}

// same compares across what the driver makes of decimals (bytes) and moments (locations).
func same(expected, came any) error {
	switch wanted := expected.(type) {
	case time.Time:
		if got, ok := came.(time.Time); ok && got.Equal(wanted) {
			return nil
		}
	case []byte:
		if got, ok := came.([]byte); ok && bytes.Equal(got, wanted) {
			return nil
		}
	case string:
		if got, ok := came.([]byte); ok && string(got) == wanted {
			return nil
		}
	}
	if _, ok := expected.([]byte); ok {
		return fmt.Errorf("expected %v, not %v", expected, came)
	}
	return expect("value", expected, came)
}

func identifiers(ctx context.Context, c *client) error {
	var sent, came mssql.UniqueIdentifier
	if err := sent.Scan("00112233-4455-6677-8899-AABBCCDDEEFF"); err != nil {
		return err
	}
	var text string
	row := c.db.QueryRowContext(ctx, "SELECT @p1, CONVERT(varchar(36), @p1)", sent)
	if err := row.Scan(&came, &text); err != nil {
		return err
	}
	if err := expect("uniqueidentifier", sent, came); err != nil {
		return err
	}
	return expect("its text", sent.String(), text)
}

func largeValues(ctx context.Context, c *client) error {
	if _, err := c.db.ExecContext(ctx,
		"CREATE TABLE dbo.large (t nvarchar(max) NULL, b varbinary(max) NULL)"); err != nil {
		return err
	}
	text := strings.Repeat("é234567890123456", 1<<21) // 64 MiB in UTF-16
	data := bytes.Repeat([]byte{0, 1, 2, 255}, 1<<24)
	if _, err := c.db.ExecContext(ctx, "INSERT INTO dbo.large VALUES (@p1, @p2)", text, data); err != nil {
		return err
	}
	var cameText string
	var cameData []byte
	row := c.db.QueryRowContext(ctx, "SELECT t, b FROM dbo.large")
	if err := row.Scan(&cameText, &cameData); err != nil {
		return err
	}
	if err := expect("text", true, text == cameText); err != nil {
		return err
	}
	return expect("bytes", true, bytes.Equal(data, cameData))
}
