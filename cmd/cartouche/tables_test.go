package main_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// tablesOf are all rows of all tables of a PostgreSQL database, as text; bytes are in hexadecimal.
func tablesOf(t *testing.T, address string) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	column := func(query string) []string {
		rows, _ := conn.Query(t.Context(), query) // CollectRows has its error
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return all
	}
	tables := map[string]string{}
	for _, name := range column(`SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()`) {
		tables["table "+name] = strings.Join(column(`SELECT row::text FROM `+pgx.Identifier{name}.Sanitize()+` row`), "\n")
	}
	for name, holds := range map[string]string{"users": "alice@example.com", "events": "login", "sessions": "Go-http-client", "one_time_tokens": "", "opaque_tokens": "", "mails": ""} {
		if text, ok := tables["table "+name]; !ok || !strings.Contains(text, holds) {
			t.Fatalf("table %s does not hold %q, so nothing was searched: %q", name, holds, text)
		}
	}
	return tables
}
