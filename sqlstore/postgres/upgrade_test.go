package postgres_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

// A database that the version before left behind, with a token that somebody may still present, goes on.
func TestImportedTokensSurviveTheUpgrade(t *testing.T) {
	t.Parallel()
	address := authtest.PostgresURL(t)
	script := "CREATE TABLE migrations (number bigint NOT NULL PRIMARY KEY, name text NOT NULL, taken_at bigint NOT NULL);\n"
	for i, name := range steps(t)[:3] {
		text, err := os.ReadFile(filepath.Join("migrations", name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		script += string(text) + "INSERT INTO migrations VALUES (" + string(rune('1'+i)) + ", '" + name + "', 0);\n"
	}
	script += `
INSERT INTO users (id, username, email, email_key, first_name, last_name, password_hash, is_active, is_staff, is_superuser, date_joined, public_metadata,
	private_metadata) VALUES ('7', 'ada', '', '', '', '', '!', TRUE, FALSE, FALSE, 0, '', '');
INSERT INTO imported_users (user_id, fingerprint, imported_at) VALUES ('7', HASH, 0);
INSERT INTO imported_tokens (kind, hash, user_id, expires_at) VALUES ('refresh', HASH, '7', 4000000000000);`
	if _, err := look(t, address).Exec(t.Context(), strings.ReplaceAll(script, "HASH", "decode(repeat('00', 32), 'hex')")); err != nil {
		t.Fatal(err)
	}
	got, err := postgres.Migrate(t.Context(), address)
	if diff := cmp.Diff(steps(t)[3:], got); err != nil || diff != "" {
		t.Fatalf("Migrate: %v (-want +got):\n%s", err, diff)
	}
	store := opened(t)(postgres.Open(t.Context(), address))
	token, err := store.ImportedToken(t.Context(), auth.ImportedRefresh, [32]byte{})
	if err != nil || token.UserID != "7" || !token.Remember {
		t.Errorf("ImportedToken: %+v, %v", token, err)
	}
}
