// Command client runs named checks against a server: client ENCRYPTED_URL PLAIN_URL [NAME…].
//
// It prints a line for each: its name, a tab, and "ok" or what was not as expected.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"
)

type client struct {
	encrypted, plain string
	db               *sql.DB
}

var checks = map[string]func(context.Context, *client) error{
	"logins":              logins,
	"refused_logins":      refusedLogins,
	"several_results":     severalResults,
	"parameters":          parameters,
	"transactions":        transactions,
	"errors":              errorNumbers,
	"cancel":              cancel,
	"thousand_statements": thousandStatements,
	"fifty_connections":   fiftyConnections,
	"types":               types,
	"large_values":        largeValues,
	"copy_in":             copyIn,
	"copy_in_rolled_back": copyInRolledBack,
	"output_parameters":   outputParameters,
	"table_parameter":     tableParameter,
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "client ENCRYPTED_URL PLAIN_URL [NAME…]")
		os.Exit(2)
	}
	db, err := sql.Open("sqlserver", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer db.Close()
	c := &client{encrypted: os.Args[1], plain: os.Args[2], db: db}
	for _, name := range os.Args[3:] {
		fmt.Printf("%s\t%s\n", name, outcome(name, c))
	}
}

func outcome(name string, c *client) string {
	check, known := checks[name]
	if !known {
		return "there is no such check"
	}
	if err := check(context.Background(), c); err != nil {
		return strings.ReplaceAll(err.Error(), "\n", " ")
	}
	return "ok"
}

// expect compares values that == can compare.
func expect(what string, expected, actual any) error {
	if expected != actual {
		return fmt.Errorf("%s: expected %v (%T), not %v (%T)", what, expected, expected, actual, actual)
	}
	return nil
}

// refused says whether err is the server's error of that number.
func refused(number int32, err error) error {
	var said mssql.Error
	if !errors.As(err, &said) {
		return fmt.Errorf("error %d did not come, but %v", number, err)
	}
	return expect("error number", number, said.Number)
}

func (c *client) count(ctx context.Context, table string) (int64, error) {
	var rows int64
	err := c.db.QueryRowContext(ctx, "SELECT COUNT_BIG(*) FROM "+table).Scan(&rows)
	return rows, err
}

// expectCount compares the number of committed rows.
func (c *client) expectCount(ctx context.Context, table string, expected int64) error {
	rows, err := c.count(ctx, table)
	if err != nil {
		return err
	}
	return expect("rows of "+table, expected, rows)
}
