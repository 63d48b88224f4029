package postgres

import (
	"database/sql"

	"github.com/jackc/pgx/v5/stdlib"
)

// Direct opens a database for work on whole tables beside the store: one connection, without migrating, and statements may take as long as they need.
// The caller closes it.
func Direct(url string) (*sql.DB, error) {
	config, err := configOf(url, patience)
	if err != nil {
		return nil, err
	}
	parameters := config.ConnConfig.RuntimeParams
	parameters["statement_timeout"], parameters["idle_in_transaction_session_timeout"] = "0", "0"
	db := stdlib.OpenDB(*config.ConnConfig)
	db.SetMaxOpenConns(1)
	return db, nil
}
