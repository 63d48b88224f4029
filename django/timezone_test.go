package django_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/secret"
)

// eachLocalSite runs a test on a Django whose USE_TZ is off, so that it writes the time on its own wall.
func eachLocalSite(t *testing.T, zone string, test func(s *site, at *time.Location)) {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.users = "auth_user"
			s.script(strings.ReplaceAll(commonTables+stockUsers+
				strings.NewReplacer("USERS", "auth_user", "@KEY", "integer").Replace(userTables), "timestamptz", "timestamp"))
			s.postgres = false // its columns know no zone either
			test(s, location)
		})
	}
}

func (s *site) importLocal(store auth.Store, clock *authtest.Clock, zone *time.Location) django.Report {
	s.Helper()
	source, err := django.Open(s.Context(), django.SourceConfig{From: s.from, TimeZone: zone})
	if err != nil {
		s.Fatal(err)
	}
	defer source.Close()
	report, err := django.Import(s.Context(), source, store, django.Options{Keys: keys, Now: clock.Now})
	if err != nil {
		s.Fatal(err)
	}
	return report
}

func TestLocalTimesAreRead(t *testing.T) {
	t.Parallel()
	eachLocalSite(t, "Europe/Berlin", func(s *site, berlin *time.Location) {
		s.add(member{id: 7, username: "bob", password: scryptHash, joined: "2020-07-03 04:05:06.789012", lastLogin: "2024-01-06 00:08:09"})
		clock, store := authtest.NewClock(), authtest.SQLite(s)
		s.importLocal(store, clock, berlin)
		user, err := store.User(s.Context(), "7")
		if err != nil {
			s.Fatal(err)
		}
		joined, login := time.Date(2020, 7, 3, 2, 5, 6, 789000000, time.UTC), time.Date(2024, 1, 5, 23, 8, 9, 0, time.UTC)
		if !user.DateJoined.Equal(joined) || !user.LastLogin.Equal(login) {
			s.Errorf("joined %v, last sign-in %v; want %v, %v", user.DateJoined, user.LastLogin, joined, login)
		}
	})
}

// East of Greenwich the dead would live for hours, west of it the living would be dead.
func TestLocalEndsOfTokensAndSessions(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Asia/Tokyo", "America/New_York"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			eachLocalSite(t, zone, func(s *site, local *time.Location) {
				clock, store := authtest.NewClock(), authtest.SQLite(s)
				s.add(member{id: 7, username: "bob", password: scryptHash})
				for key, life := range map[string]time.Duration{"alive-for-an-hour": time.Hour, "dead-for-an-hour": -time.Hour} {
					expires := clock.Now().Add(life)
					s.exec(`INSERT INTO django_session (session_key, session_data, expire_date) VALUES ($1, $2, $3)`,
						key, signSession(testKey, sessionOf(7, scryptHash, ""), true), expires.In(local).Format("2006-01-02 15:04:05.000000"))
				}
				for id, life := range map[int]time.Duration{1: time.Hour, 2: -time.Hour} {
					s.outstanding(id, 7, clock.Now().Add(life), "")
					s.exec(`UPDATE token_blacklist_outstandingtoken SET expires_at = $1 WHERE id = $2`,
						clock.Now().Add(life).In(local).Format("2006-01-02 15:04:05.000000"), id)
				}
				report := s.importLocal(store, clock, local)
				if report.Sessions != 1 || report.SessionsLeft != 0 || report.RefreshTokens != 1 || report.TokensLeft != 0 {
					s.Errorf("report: %+v", report)
				}
			})
		})
	}
}

// Where USE_TZ is off, the last sign-in in a link's token is local too.
func TestALinkOfADjangoWithLocalTimes(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	links := django.ResetTokens{Keys: keys, Until: now.Add(time.Hour), Location: berlin}
	user := auth.User{ID: "7", PasswordHash: scryptHash, LastLogin: now.Add(-time.Hour)}
	onTheWall := user
	onTheWall.LastLogin = user.LastLogin.Add(2 * time.Hour) // as UTC it reads as Berlin's clock does
	for situation, made := range map[string]auth.User{"USE_TZ on": user, "USE_TZ off": onTheWall} {
		if _, ok := links.CheckLink(user, secret.NewText(resetLink(made, now.Add(2*time.Hour))), now); !ok {
			t.Errorf("%s: refused", situation)
		}
	}
	other := user
	other.LastLogin = user.LastLogin.Add(time.Hour)
	if _, ok := links.CheckLink(user, secret.NewText(resetLink(other, now.Add(2*time.Hour))), now); ok {
		t.Error("a link from before the last sign-in is accepted")
	}
}
