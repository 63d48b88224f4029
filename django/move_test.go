package django_test

import (
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/secret"
)

// moved is a site that has moved: its users, tokens and links are known here.
type moved struct {
	target
	site    *site
	clock   *authtest.Clock
	service *auth.Service
	old     []string // the refresh tokens that were given out before the move
}

const drfKey = "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"

// eachMove runs a test on a site that has moved to each kind of store. Prepare fills the site further, and answers the refresh tokens that it gave
// out. It runs once for each store, in parallel.
func eachMove(t *testing.T, prepare func(s *site, clock *authtest.Clock) []string, test func(m *moved)) {
	t.Helper()
	eachTarget(t, func(to target) {
		s := sites["SQLite"](to)
		s.stock()
		family(s)
		m := &moved{target: to, site: s, clock: authtest.NewClock()}
		if prepare != nil {
			m.old = prepare(s, m.clock)
		}
		importAll(m, s, m.store, m.clock)
		m.service = authtest.NewService(m, m.store, m.clock, func(c *auth.Config) {
			c.ForeignTokens = django.Tokens{Keys: keys, SessionsUntil: m.clock.Now().Add(30 * 24 * time.Hour)}
			c.ForeignLinks = django.ResetTokens{Keys: keys, Until: m.clock.Now().Add(30 * 24 * time.Hour)}
		})
		test(m)
	})
}

// oneToken gives one refresh token to user 7.
func oneToken(s *site, clock *authtest.Clock) []string {
	s.Helper()
	return []string{s.outstanding(1, 7, clock.Now().Add(24*time.Hour), "")}
}

func (m *moved) refresh(text string) (auth.Grant, error) {
	return m.service.Refresh(m.Context(), auth.Client{Address: "192.0.2.1"}, secret.NewText(text))
}

func (m *moved) mustRefresh(text string) auth.Grant {
	m.Helper()
	grant, err := m.refresh(text)
	if err != nil {
		m.Fatalf("refresh: %v", err)
	}
	return grant
}

func (m *moved) refused(text string, want error) {
	m.Helper()
	if _, err := m.refresh(text); !errors.Is(err, want) {
		m.Errorf("refresh: got %v, want %v", err, want)
	}
}

func TestAnOldRefreshTokenKeepsItsOwnerSignedIn(t *testing.T) {
	t.Parallel()
	eachMove(t, oneToken, func(m *moved) {
		old := m.old[0]
		grant := m.mustRefresh(old)
		if grant.Session.UserID != "7" || grant.Session.Method != "imported" {
			m.Errorf("session: %+v", grant.Session)
		}
		if _, err := m.service.Authenticate(m.Context(), grant.Access); err != nil {
			m.Errorf("access token: %v", err)
		}
		user, err := m.store.User(m.Context(), "7")
		if err != nil || !user.LastLogin.IsZero() {
			m.Errorf("last sign-in: %v, %v; a refresh is none", user.LastLogin, err)
		}
		m.clock.Advance(time.Minute)
		next := m.mustRefresh(grant.Refresh.Reveal())
		m.clock.Advance(time.Minute)
		m.mustRefresh(next.Refresh.Reveal())
	})
}

func TestALostAnswerToAnOldRefreshTokenIsServedAgain(t *testing.T) {
	t.Parallel()
	eachMove(t, oneToken, func(m *moved) {
		old := m.old[0]
		first := m.mustRefresh(old)
		m.clock.Advance(10 * time.Minute)
		again := m.mustRefresh(old) // a front end that was made for tokens that do not rotate
		if first.Session.ID != again.Session.ID {
			m.Error("a second session was opened")
		}
		m.clock.Advance(time.Minute)
		m.mustRefresh(again.Refresh.Reveal())
		m.refused(old, auth.ErrRefreshSuperseded)
		m.clock.Advance(10 * time.Minute)
		m.refused(old, auth.ErrSessionCompromised) // somebody else still has it
		m.refused(again.Refresh.Reveal(), auth.ErrSessionCompromised)
	})
}

func TestTwentyTabsWithOneOldRefreshTokenGetOneSession(t *testing.T) {
	t.Parallel()
	eachMove(t, oneToken, func(m *moved) {
		old := m.old[0]
		var sessions sync.Map
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if grant, err := m.refresh(old); err != nil {
					m.Errorf("refresh: %v", err)
				} else {
					sessions.Store(grant.Session.ID, true)
				}
			})
		}
		all.Wait()
		n := 0
		sessions.Range(func(any, any) bool { n++; return true })
		live, err := m.store.Sessions(m.Context(), "7", m.clock.Now())
		if n != 1 || len(live) != 1 || err != nil {
			m.Errorf("%d sessions were answered, %d live, %v", n, len(live), err)
		}
	})
}

func TestOldRefreshTokensThatDjangoWouldRefuseAreRefused(t *testing.T) {
	t.Parallel()
	unlisted := signJWT(testKey, jwtHeader, `{"token_type":"refresh","exp":4000000000,"jti":"0a","user_id":"7"}`)
	foreign := signJWT("another key", jwtHeader, `{"token_type":"refresh","exp":4000000000,"jti":"00000000000000000000000000000005","user_id":"7"}`)
	eachMove(t, func(s *site, clock *authtest.Clock) []string {
		day := clock.Now().Add(24 * time.Hour)
		blacklisted := s.outstanding(1, 7, day, "")
		s.blacklist(1)
		return []string{
			blacklisted,
			s.outstanding(2, 7, clock.Now(), ""),
			s.outstanding(3, 1000, day, ""),
			s.outstanding(4, 7, day, `,"hash_password":"98E83DF3CB53ED153671AE3B0F7B56B9"`), // of another password
			s.outstanding(5, 7, clock.Now().Add(time.Hour), ""),
		}
	}, func(m *moved) {
		blacklisted, expired, disabled, marked, good := m.old[0], m.old[1], m.old[2], m.old[3], m.old[4]
		m.refused(blacklisted, auth.ErrTokenInvalid)
		m.refused(expired, auth.ErrTokenExpired)
		m.refused(unlisted, auth.ErrTokenInvalid)
		m.refused(disabled, auth.ErrTokenInvalid)
		m.refused(marked, auth.ErrTokenInvalid)
		m.refused(foreign, auth.ErrTokenInvalid)
		m.refused(signJWT(testKey, jwtHeader, `{"token_type":"refresh","exp":4000000000,"jti":"00000000000000000000000000000005","user_id":"1"}`), auth.ErrSessionEnded)
		m.clock.Advance(time.Hour)
		m.refused(good, auth.ErrTokenExpired)
	})
}

// What was stolen before the move must die with the password that is changed because of it.
func TestAStolenOldRefreshTokenDiesWithThePassword(t *testing.T) {
	t.Parallel()
	eachMove(t, oneToken, func(m *moved) {
		stolen := m.old[0]
		if err := m.service.ResetPassword(m.Context(), auth.Client{}, "7", secret.NewText("a long new password")); err != nil {
			m.Fatal(err)
		}
		m.refused(stolen, auth.ErrSessionEnded)
		later := m.site.outstanding(2, 7, m.clock.Now().Add(24*time.Hour), "")
		if report := importAll(m, m.site, m.store, m.clock); !report.Nothing() {
			m.Errorf("a later import: %+v", report)
		}
		m.refused(stolen, auth.ErrSessionEnded)
		m.refused(later, auth.ErrTokenInvalid)
	})
}

func TestSigningOutWithAnOldRefreshToken(t *testing.T) {
	t.Parallel()
	eachMove(t, func(s *site, clock *authtest.Clock) []string {
		day := clock.Now().Add(24 * time.Hour)
		return []string{s.outstanding(1, 7, day, ""), s.outstanding(2, 7, day, "")}
	}, func(m *moved) {
		unused, used := m.old[0], m.old[1]
		grant := m.mustRefresh(used)
		for _, old := range []string{unused, used} {
			done, err := m.service.Logout(m.Context(), auth.Client{}, secret.NewText(old))
			if err != nil || !done {
				m.Errorf("logout: %t, %v", done, err)
			}
			m.refused(old, auth.ErrSessionEnded)
			if done, err := m.service.Logout(m.Context(), auth.Client{}, secret.NewText(old)); err != nil || done {
				m.Errorf("logout again: %t, %v", done, err)
			}
		}
		m.clock.Advance(time.Minute)
		m.refused(grant.Refresh.Reveal(), auth.ErrSessionEnded)
		importAll(m, m.site, m.store, m.clock)
		m.refused(unused, auth.ErrSessionEnded)
	})
}

func TestBlacklistingAnOldRefreshToken(t *testing.T) {
	t.Parallel()
	eachMove(t, oneToken, func(m *moved) {
		old := m.old[0]
		if err := m.service.Blacklist(m.Context(), auth.Client{}, secret.NewText(old)); err != nil {
			m.Errorf("first: %v", err)
		}
		if err := m.service.Blacklist(m.Context(), auth.Client{}, secret.NewText(old)); !errors.Is(err, auth.ErrSessionEnded) {
			m.Errorf("second: %v", err)
		}
	})
}

func TestOldOpaqueTokensGoOnWorking(t *testing.T) {
	t.Parallel()
	eachMove(t, func(s *site, _ *authtest.Clock) []string {
		s.exec(`INSERT INTO authtoken_token (key, created, user_id) VALUES ($1, '2020-01-01 00:00:00', 7)`, drfKey)
		s.exec(`INSERT INTO authtoken_token (key, created, user_id) VALUES ($1, '2020-01-01 00:00:00', 1000)`, "0"+drfKey[1:])
		return nil
	}, func(m *moved) {
		token := secret.NewText(drfKey)
		principal, err := m.service.AuthenticateOpaque(m.Context(), token)
		if err != nil || principal.UserID != "7" {
			m.Fatalf("got %v, %v", principal, err)
		}
		if _, err := m.service.AuthenticateOpaque(m.Context(), secret.NewText("0"+drfKey[1:])); !errors.Is(err, auth.ErrTokenInvalid) {
			m.Errorf("the token of an inactive user: %v", err)
		}
		if done, err := m.service.Logout(m.Context(), auth.Client{}, token); err != nil || !done {
			m.Errorf("logout: %t, %v", done, err)
		}
		m.clock.Advance(365 * 24 * time.Hour)
		if _, err := m.service.Prune(m.Context()); err != nil {
			m.Fatal(err)
		}
		importAll(m, m.site, m.store, m.clock) // must not bring it back
		if _, err := m.service.AuthenticateOpaque(m.Context(), token); !errors.Is(err, auth.ErrTokenInvalid) {
			m.Errorf("after the sign-out: %v", err)
		}
	})
}

// resetLink makes the token of a link as Django would, at a time.
func resetLink(user auth.User, when time.Time) string {
	stamp := int64(when.Sub(at(0)) / time.Second)
	login := ""
	if !user.LastLogin.IsZero() {
		login = user.LastLogin.Format("2006-01-02 15:04:05")
	}
	mac := hex.EncodeToString(saltedMAC("django.contrib.auth.tokens.PasswordResetTokenGenerator", testKey,
		string(user.ID)+user.PasswordHash+login+decimal(stamp)+user.Email))
	half := make([]byte, 0, 32)
	for i := 0; i < len(mac); i += 2 {
		half = append(half, mac[i])
	}
	return base36(stamp) + "-" + string(half)
}

func TestAnOldResetLinkWorksOnce(t *testing.T) {
	t.Parallel()
	eachMove(t, nil, func(m *moved) {
		user, err := m.store.User(m.Context(), "1")
		if err != nil {
			m.Fatal(err)
		}
		token := secret.NewText(resetLink(user, m.clock.Now().Add(-time.Hour)))
		if err := m.service.CheckOneTimeToken(m.Context(), auth.PurposePasswordReset, "MQ", token); err != nil {
			m.Errorf("check: %v", err)
		}
		var done, refused atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				err := m.service.ConfirmPasswordReset(m.Context(), auth.Client{}, "MQ", token, secret.NewText("a long new password"))
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, auth.ErrOneTimeToken):
					refused.Add(1)
				default:
					m.Errorf("confirm: %v", err)
				}
			})
		}
		all.Wait()
		if done.Load() != 1 || refused.Load() != 19 {
			m.Errorf("%d of 20 confirmations were done, %d refused", done.Load(), refused.Load())
		}
		if _, err := m.service.Login(m.Context(), auth.Client{}, auth.Login{Identifier: "ada", Password: secret.NewText("a long new password")}); err != nil {
			m.Errorf("sign in: %v", err)
		}
	})
}

// The message under Django's token does not change with a username, so nothing but the store keeps such a link from working for days.
func TestAnOldIdentifierLinkWorksOnce(t *testing.T) {
	t.Parallel()
	eachMove(t, nil, func(m *moved) {
		user, err := m.store.User(m.Context(), "7")
		if err != nil {
			m.Fatal(err)
		}
		token := secret.NewText(resetLink(user, m.clock.Now()))
		if err := m.service.ConfirmIdentifierReset(m.Context(), auth.Client{}, "Nw", token, "robert"); err != nil {
			m.Errorf("first: %v", err)
		}
		if err := m.service.ConfirmIdentifierReset(m.Context(), auth.Client{}, "Nw", token, "roberto"); !errors.Is(err, auth.ErrOneTimeToken) {
			m.Errorf("second: %v", err)
		}
		if err := m.service.CheckOneTimeToken(m.Context(), auth.PurposePasswordReset, "Nw", token); !errors.Is(err, auth.ErrOneTimeToken) {
			m.Errorf("for another purpose: %v", err)
		}
	})
}

func TestOldLinksAreRefused(t *testing.T) {
	t.Parallel()
	eachMove(t, nil, func(m *moved) {
		user, err := m.store.User(m.Context(), "1")
		if err != nil {
			m.Fatal(err)
		}
		token := secret.NewText(resetLink(user, m.clock.Now()))
		local, err := m.store.CreateUser(m.Context(), auth.User{ID: "2000", Username: "local", PasswordHash: "!", IsActive: true, DateJoined: m.clock.Now()}, auth.Event{At: m.clock.Now()})
		if err != nil {
			m.Fatal(err)
		}
		check := func(situation string, user auth.User, token secret.Text) {
			m.Helper()
			if err := m.service.CheckOneTimeToken(m.Context(), auth.PurposePasswordReset, auth.UIDOf(user.ID), token); !errors.Is(err, auth.ErrOneTimeToken) {
				m.Errorf("%s: %v", situation, err)
			}
		}
		check("of who was never there", local, secret.NewText(resetLink(local, m.clock.Now())))
		check("of another", user, secret.NewText(resetLink(local, m.clock.Now())))
		if _, err := m.store.EndSessions(m.Context(), "1", auth.SessionID{}, auth.SessionEnd{Reason: auth.EndedByUser, At: m.clock.Now()}, auth.Event{At: m.clock.Now()}); err != nil {
			m.Fatal(err)
		}
		check("after signing out everywhere", user, token)
		m.clock.Advance(31 * 24 * time.Hour)
		other, err := m.store.User(m.Context(), "7")
		if err != nil {
			m.Fatal(err)
		}
		check("after the switch-off date", other, secret.NewText(resetLink(other, m.clock.Now())))
	})
}

// In Django the link of a reset activates too, also whom somebody has shut out.
func TestAnOldLinkBringsNoDisabledAccountBack(t *testing.T) {
	t.Parallel()
	eachMove(t, func(s *site, clock *authtest.Clock) []string {
		s.add(member{id: 8, username: "fresh", email: "fresh@example.com", password: pbkdf2Hash, inactive: true, joined: stampOf(clock.Now().Add(-time.Hour))})
		s.add(member{id: 9, username: "spam", email: "spam@example.com", password: pbkdf2Hash, inactive: true, joined: stampOf(clock.Now().Add(-time.Hour))})
		return nil
	}, func(m *moved) {
		activate := func(id auth.UserID) error {
			user, err := m.store.User(m.Context(), id)
			if err != nil {
				m.Fatal(err)
			}
			_, err = m.service.Activate(m.Context(), auth.Client{}, auth.UIDOf(id), secret.NewText(resetLink(user, m.clock.Now())))
			return err
		}
		if err := activate("8"); err != nil {
			m.Errorf("a new account: %v", err)
		}
		if err := activate("8"); !errors.Is(err, auth.ErrOneTimeToken) {
			m.Errorf("again: %v", err)
		}
		if err := activate("1000"); !errors.Is(err, auth.ErrOneTimeToken) {
			m.Errorf("shut out in Django: %v", err)
		}
		if err := m.service.Disable(m.Context(), auth.Client{}, "9"); err != nil {
			m.Fatal(err)
		}
		if err := activate("9"); !errors.Is(err, auth.ErrOneTimeToken) {
			m.Errorf("shut out here: %v", err)
		}
	})
}

func TestWithoutAKeyDjangosSessionsAreCountedAndLeft(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		family(s)
		clock := authtest.NewClock()
		oneSession(s, clock)
		s.session("a-visitor", signSession(testKey, `{"cart":1}`, false), clock.Now().Add(time.Hour))
		s.session("expired-one", signSession(testKey, signedInPlain, true), clock.Now().Add(-time.Minute))
		report := importAll(s, s, authtest.SQLite(s), clock, func(o *django.Options) { o.Keys = nil })
		if report.SessionsLeft != 2 || report.Sessions != 0 || len(report.Problems) != 0 {
			s.Errorf("report: %+v", report)
		}
	})
}
