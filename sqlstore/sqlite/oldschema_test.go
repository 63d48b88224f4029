package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// refreshToken finds, in a dump, the token that the sign-in in it was answered with.
var refreshToken = regexp.MustCompile(`(?m)^-- refresh: (\S+)$`)

// A sign-in goes on, and its owner can sign in again, whichever version made the database. Whoever adds a migration adds a dump.
func TestASignInSurvivesTheUpgradeFromEverySchema(t *testing.T) {
	t.Parallel()
	for i := range steps(t) {
		t.Run(fmt.Sprint("schema ", i+1), func(t *testing.T) {
			t.Parallel()
			dump, err := os.ReadFile(filepath.Join("testdata", "schema", fmt.Sprint(i+1, ".sql")))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "auth.db")
			db := look(t, path)
			if _, err := db.ExecContext(t.Context(), string(dump)); err != nil {
				t.Fatal(err)
			}
			left := time.UnixMilli(number(t, db, `SELECT created_at FROM sessions`))
			got, err := sqlite.Migrate(t.Context(), path)
			if diff := cmp.Diff(steps(t)[i+1:], got, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Fatalf("Migrate: %v (-want +got):\n%s", err, diff)
			}
			goesOn(t, path, left, secret.NewText(refreshToken.FindStringSubmatch(string(dump))[1]))
		})
	}
}

// goesOn uses the database an hour later.
func goesOn(t *testing.T, path string, left time.Time, refresh secret.Text) {
	t.Helper()
	clock := authtest.NewClock()
	clock.Set(left.Add(time.Hour))
	service := authtest.NewService(t, open(t, path), clock)
	grant, err := service.Refresh(t.Context(), auth.Client{}, refresh)
	if err != nil {
		t.Fatalf("Refresh: %v", err)
	}
	clock.Advance(time.Hour)
	if _, err := service.Refresh(t.Context(), auth.Client{}, grant.Refresh); err != nil {
		t.Errorf("Refresh of the next token: %v", err)
	}
	login := auth.Login{Identifier: "ada", Password: secret.NewText("correct horse 9")}
	again, err := service.Login(t.Context(), auth.Client{}, login)
	if err != nil || again.User.ID != grant.Session.UserID || again.User.Email != "ada@example.com" {
		t.Errorf("Login: %+v, %v; want the user of the session, %s", again.User, err, grant.Session.UserID)
	}
	if _, err := service.SealEvents(t.Context()); err != nil { // the oldest events were stored before there was a chain
		t.Fatalf("SealEvents: %v", err)
	}
	verdict, err := service.VerifyEvents(t.Context(), nil, func(_, _ int64) {})
	if err != nil || verdict.Break != nil {
		t.Errorf("VerifyEvents: %+v, %v", verdict.Break, err)
	}
}
