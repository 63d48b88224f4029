package django_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/secret"
)

// bobsKey is a key of django_session as Django makes them.
const bobsKey = "k3v9s0x1q2w3e4r5t6y7u8i9o0p1a2s3"

// sessionOf is what Django keeps of a signed-in user with this password hash.
func sessionOf(user int, hash, more string) string {
	return fmt.Sprintf(`{"_auth_user_id":"%d","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"%x"%s}`,
		user, saltedMAC("django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash", testKey, hash), more)
}

// session adds a row to django_session.
func (s *site) session(key, data string, expires time.Time) {
	s.Helper()
	s.exec(`INSERT INTO django_session (session_key, session_data, expire_date) VALUES ($1, $2, $3)`, key, data, s.stamp(stampOf(expires)))
}

// oneSession signs user 7 in to Django for a day.
func oneSession(s *site, clock *authtest.Clock) []string {
	s.Helper()
	s.session(bobsKey, signSession(testKey, sessionOf(7, scryptHash, ""), true), clock.Now().Add(24*time.Hour))
	return nil
}

func (m *moved) adopt(key string) (auth.Grant, error) {
	return m.service.AdoptSession(m.Context(), auth.Client{Address: "192.0.2.1"}, secret.NewText(key))
}

func (m *moved) mustAdopt(key string) auth.Grant {
	m.Helper()
	grant, err := m.adopt(key)
	if err != nil {
		m.Fatalf("adopt: %v", err)
	}
	return grant
}

func (m *moved) refusedSession(key string, want error) {
	m.Helper()
	if _, err := m.adopt(key); !errors.Is(err, want) {
		m.Errorf("adopt: got %v, want %v", err, want)
	}
}

func TestADjangoSessionKeepsItsOwnerSignedIn(t *testing.T) {
	t.Parallel()
	eachMove(t, oneSession, func(m *moved) {
		grant := m.mustAdopt(bobsKey)
		if s := grant.Session; s.UserID != "7" || s.Method != "imported" || !s.Remember {
			m.Errorf("session: %+v", s)
		}
		m.refused(bobsKey, auth.ErrTokenInvalid) // it is good as a cookie only, which the cross-site checks stand before
		m.clock.Advance(time.Minute)
		again := m.mustAdopt(bobsKey) // the answer was lost
		if again.Session.ID != grant.Session.ID {
			m.Error("a second session was opened")
		}
		m.mustRefresh(again.Refresh.Reveal())
		kept, err := m.store.ImportedToken(m.Context(), auth.ImportedSession, sha256.Sum256([]byte(bobsKey)))
		if err != nil || kept.SessionID != grant.Session.ID || !kept.ExpiresAt.Equal(authtest.NewClock().Now().Add(24*time.Hour)) {
			m.Errorf("kept: %+v, %v", kept, err)
		}
	})
}

func TestTwentyTabsWithOneDjangoSessionGetOneSession(t *testing.T) {
	t.Parallel()
	eachMove(t, oneSession, func(m *moved) {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := m.adopt(bobsKey); err != nil {
					m.Errorf("adopt: %v", err)
				}
			})
		}
		all.Wait()
		live, err := m.store.Sessions(m.Context(), "7", m.clock.Now())
		if len(live) != 1 || err != nil {
			m.Errorf("%d sessions live, %v", len(live), err)
		}
	})
}

func TestAStolenDjangoSessionDies(t *testing.T) {
	t.Parallel()
	for situation, end := range map[string]struct {
		do   func(m *moved) error
		want error
	}{
		"with the password": {func(m *moved) error {
			return m.service.ResetPassword(m.Context(), auth.Client{}, "7", secret.NewText("a long new password"))
		}, auth.ErrSessionEnded},
		"when its owner signs out everywhere": {func(m *moved) error {
			_, err := m.service.RevokeSessions(m.Context(), auth.Client{}, "7")
			return err
		}, auth.ErrSessionEnded},
		"when its owner is disabled": {func(m *moved) error { return m.service.Disable(m.Context(), auth.Client{}, "7") }, auth.ErrSessionEnded},
		"when its owner signs out": {func(m *moved) error {
			_, err := m.service.EndForeignSession(m.Context(), auth.Client{}, secret.NewText(bobsKey))
			return err
		}, auth.ErrSessionEnded},
		"with its time": {func(m *moved) error { m.clock.Advance(24 * time.Hour); return nil }, auth.ErrTokenExpired},
		"with the window for such cookies": {func(m *moved) error {
			m.clock.Advance(31 * 24 * time.Hour)
			return nil
		}, auth.ErrTokenInvalid},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			eachMove(t, oneSession, func(m *moved) {
				if err := end.do(m); err != nil {
					m.Fatal(err)
				}
				m.refusedSession(bobsKey, end.want)
				importAll(m, m.site, m.store, m.clock)
				m.refusedSession(bobsKey, end.want)
			})
		})
	}
}

// A sign-out here must also reach the session that a cookie has opened.
func TestSigningOutWithADjangoSessionThatWasUsed(t *testing.T) {
	t.Parallel()
	eachMove(t, oneSession, func(m *moved) {
		grant := m.mustAdopt(bobsKey)
		for _, want := range []bool{true, false} {
			if done, err := m.service.EndForeignSession(m.Context(), auth.Client{}, secret.NewText(bobsKey)); err != nil || done != want {
				m.Errorf("got %t, %v; want %t", done, err, want)
			}
		}
		m.refused(grant.Refresh.Reveal(), auth.ErrSessionEnded)
	})
}

// What ended in Django between a rehearsal and the move must not live on here.
func TestAStolenDjangoSessionDiesWithAPasswordThatIsChangedInDjango(t *testing.T) {
	t.Parallel()
	eachMove(t, oneSession, func(m *moved) {
		m.site.exec(`UPDATE auth_user SET password = $1 WHERE id = 7`, pbkdf2Hash)
		report := importAll(m, m.site, m.store, m.clock)
		if report.TokensEnded != 1 || report.SessionsLeft != 1 || report.Nothing() {
			m.Errorf("report: %+v", report)
		}
		m.refusedSession(bobsKey, auth.ErrTokenInvalid)
	})
}

func TestASignOutInDjangoEndsWhatARehearsalBrought(t *testing.T) {
	t.Parallel()
	eachMove(t, func(s *site, clock *authtest.Clock) []string {
		oneSession(s, clock)
		return oneToken(s, clock)
	}, func(m *moved) {
		m.site.exec(`DELETE FROM django_session`)
		m.site.blacklist(1)
		importAll(m, m.site, m.store, m.clock, func(o *django.Options) { o.Keys = nil }) // knows nothing of tokens
		m.site.exec(`UPDATE auth_user SET last_login = NULL WHERE id = 7`)
		if report := importAll(m, m.site, m.store, m.clock); report.TokensEnded != 2 {
			m.Errorf("report: %+v", report)
		}
		m.refusedSession(bobsKey, auth.ErrTokenInvalid)
		m.refused(m.old[0], auth.ErrTokenInvalid)
	})
}

func TestForgedAndForeignDjangoSessionsAreLeft(t *testing.T) {
	t.Parallel()
	const fallback = "an older secret key"
	good := sessionOf(7, scryptHash, "")
	eachMove(t, func(s *site, clock *authtest.Clock) []string {
		day := clock.Now().Add(24 * time.Hour)
		s.session("forged-by-another-key", signSession("another key", good, false), day)
		s.session("of-an-old-password", signSession(testKey, sessionOf(7, pbkdf2Hash, ""), false), day)
		s.session("of-the-inactive", signSession(testKey, sessionOf(1000, bcryptHash, ""), false), day)
		s.session("of-nobody-known", signSession(testKey, sessionOf(12, bcryptHash, ""), false), day)
		s.session("of-no-backend", signSession(testKey, strings.Replace(good, "backend", "front", 1), false), day)
		s.session("without-a-hash", signSession(testKey, `{"_auth_user_id":"7","_auth_user_backend":"x"}`, false), day)
		s.session("pickle-payload", signSession(testKey, "\x80\x04}.", true), day)
		s.session("short", signSession(testKey, good, false), day)
		s.session("expired-one", signSession(testKey, good, false), clock.Now())
		s.session("a-visitor", signSession(testKey, `{"cart":1}`, false), day)
		s.session("a-good-one", signSession(fallback, good, false), day)
		return nil
	}, func(m *moved) {
		report := importAll(m, m.site, authtest.SQLite(m), m.clock, func(o *django.Options) { o.Keys = django.Keys{keys[0], secret.NewText(fallback)} })
		if report.SessionsLeft != 8 || report.Sessions != 1 {
			m.Errorf("report: %+v", report)
		}
		if diff := cmp.Diff([]string{"bad_session  session_data", "bad_session  session_data"}, problems(report)); diff != "" {
			m.Error(diff)
		}
		for _, key := range []string{
			"forged-by-another-key", "of-an-old-password", "of-the-inactive", "of-nobody-known", "of-no-backend", "without-a-hash", "pickle-payload", "short",
			"expired-one", "a-visitor", "", strings.Repeat("x", 1<<20),
		} {
			m.refusedSession(key, auth.ErrTokenInvalid)
		}
	})
}

// A session for one browser on a shared computer must not become one for weeks.
func TestADjangoSessionThatEndsWithTheBrowserStillDoes(t *testing.T) {
	t.Parallel()
	eachMove(t, func(s *site, clock *authtest.Clock) []string {
		s.session(bobsKey, signSession(testKey, sessionOf(7, scryptHash, `,"_session_expiry":0`), false), clock.Now().Add(time.Hour))
		s.session("with-a-life-of-its-own", signSession(testKey, sessionOf(7, scryptHash, `,"_session_expiry":7200`), false), clock.Now().Add(time.Hour))
		return nil
	}, func(m *moved) {
		if m.mustAdopt(bobsKey).Session.Remember || !m.mustAdopt("with-a-life-of-its-own").Session.Remember {
			m.Error("the wrong session outlives the browser")
		}
		store := authtest.SQLite(m)
		importAll(m, m.site, store, m.clock, func(o *django.Options) { o.PassingSessions = true })
		kept, err := store.ImportedToken(m.Context(), auth.ImportedSession, sha256.Sum256([]byte("with-a-life-of-its-own")))
		if err != nil || kept.Remember {
			m.Errorf("with SESSION_EXPIRE_AT_BROWSER_CLOSE: %+v, %v", kept, err)
		}
	})
}

func TestADjangoSessionThatWasProlongedLivesOn(t *testing.T) {
	t.Parallel()
	eachMove(t, oneSession, func(m *moved) {
		m.site.exec(`UPDATE django_session SET expire_date = $1`, m.site.stamp(stampOf(m.clock.Now().Add(48*time.Hour))))
		if report := importAll(m, m.site, m.store, m.clock); report.Sessions != 1 {
			m.Errorf("report: %+v", report)
		}
		if report := importAll(m, m.site, m.store, m.clock); !report.Nothing() {
			m.Errorf("again: %+v", report)
		}
		m.clock.Advance(25 * time.Hour)
		m.mustAdopt(bobsKey)
	})
}
