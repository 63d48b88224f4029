package django_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/django"
)

// crowd is how many users the benchmarks move.
const crowd = 100_000

// BenchmarkImport moves 100 000 users, each with a living refresh token, a group, and every tenth with an opaque token. One run moves all of them:
// go test ./django -run - -bench Import -benchtime 1x
func BenchmarkImport(b *testing.B) {
	for name, open := range map[string]func(testing.TB) auth.Store{"SQLite": authtest.SQLite, "PostgreSQL": authtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := sites[name](b)
			s.stock()
			s.crowd()
			clock := authtest.NewClock()
			for b.Loop() {
				b.StopTimer()
				store := open(b)
				b.StartTimer()
				report, err := django.Import(b.Context(), s.open(), store, django.Options{Keys: keys, Now: clock.Now})
				if err != nil || report.New != crowd || report.RefreshTokens != crowd || report.OpaqueTokens != crowd/10 {
					b.Fatalf("%+v, %v", report, err)
				}
				b.StopTimer()
				again, err := django.Import(b.Context(), s.open(), store, django.Options{Keys: keys, Now: clock.Now})
				if err != nil || !again.Nothing() {
					b.Fatalf("%+v, %v", again, err)
				}
				b.StartTimer()
			}
		})
	}
}

// crowd fills a site.
func (s *site) crowd() {
	s.Helper()
	expires := authtest.NewClock().Now().Add(24 * time.Hour)
	tx, err := s.db.BeginTx(s.Context(), nil)
	if err != nil {
		s.Fatal(err)
	}
	exec := func(statement string, args ...any) {
		if _, err := tx.ExecContext(s.Context(), statement, args...); err != nil {
			s.Fatal(err)
		}
	}
	exec(`INSERT INTO auth_group (id, name) VALUES (1, 'people')`)
	for id := 1; id <= crowd; id++ {
		exec(`INSERT INTO auth_user (id, username, email, first_name, last_name, password, is_active, is_staff, is_superuser, last_login, date_joined)
			VALUES ($1, $2, $3, 'First', 'Last', $4, $5, $6, $6, $7, $7)`,
			id, fmt.Sprintf("user%d", id), fmt.Sprintf("user%d@example.com", id), pbkdf2Hash, true, false, s.stamp(joined))
		exec(`INSERT INTO auth_user_groups (id, user_id, group_id) VALUES ($1, $2, 1)`, id, id)
		jti := fmt.Sprintf("%032x", id)
		exec(`INSERT INTO token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES ($1, $2, NULL, $3, $5, $4)`, id,
			signJWT(testKey, jwtHeader, fmt.Sprintf(`{"token_type":"refresh","exp":%d,"iat":1600000000,"jti":"%s","user_id":"%d"}`, expires.Unix(), jti, id)),
			s.stamp(stampOf(expires)), jti, id)
		if id%10 == 0 {
			exec(`INSERT INTO authtoken_token (key, created, user_id) VALUES ($1, $2, $3)`, fmt.Sprintf("%040x", id), s.stamp(joined), id)
		}
	}
	if err := tx.Commit(); err != nil {
		s.Fatal(err)
	}
	s.exec(`CREATE INDEX groups_user ON auth_user_groups (user_id)`)
	s.exec(`ANALYZE`)
}
