package authtest_test

import (
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
)

func TestMain(m *testing.M) { authtest.Main(m) }

func TestStoreOfSQLite(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T, _ *authtest.Clock) auth.Store {
		t.Helper()
		return authtest.SQLite(t)
	})
}

func TestStoreOfPostgreSQL(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T, _ *authtest.Clock) auth.Store {
		t.Helper()
		return authtest.Postgres(t)
	})
}
