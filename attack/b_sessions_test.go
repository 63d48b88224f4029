package attack_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func sessionAttacks() []attack {
	return []attack{
		{id: "B01", what: "a spent refresh token, later", severity: critical, against: "R15 R51", test: TestB01SequentialReplay},
		{id: "B02", what: "one refresh token 50 times at once", severity: critical, against: "R15 R16", test: TestB02ParallelReplay},
		{id: "B03", what: "the same at two servers on one database", severity: critical, against: "R15 R16", test: TestB03TwoProcesses},
		{id: "B04", what: "the parent again after a sign-out", severity: critical, against: "R18", test: TestB04RetryAfterLogout},
		{id: "B05", what: "a spent token after a restart", severity: critical, against: "R15 R16", test: TestB05Restart},
		{id: "B06", what: "SIGKILL in the middle of a refresh", severity: high, against: "R16", test: TestB06Crash},
		{id: "B07", what: "a refresh while the store takes no writes", severity: high, against: "R16 R71", test: TestB07RollBackBurnsNothing},
		{id: "B08", what: "one person's refresh cookie with another's access token", severity: critical, against: "R11", test: TestB08CrossedUsers},
		{id: "B12", what: "both tokens after a sign-out", severity: critical, against: "R18", test: TestB12ReuseAfterLogout},
		{id: "B15", what: "a sign-out that cannot be stored", severity: high, against: "R18 R26", test: TestB15LogoutWhenTheStoreFails},
		{id: "B17", what: "other sessions and links after a change of password", severity: critical, against: "R20", test: TestB17PasswordChange},
		{id: "B18", what: "sessions after a reset of the password", severity: critical, against: "R20", test: TestB18Reset},
		{id: "B19", what: "a disabled user", severity: critical, against: "R19 R24 R45", test: TestB19DisabledUser},
		{id: "B20", what: "tokens of a deleted user whose address has registered again", severity: critical, against: "R19", test: TestB20DeletedAndRecreated},
		{id: "B23", what: "cookies of the attacker's, planted before the victim signs in", severity: critical, against: "R21", test: TestB23Fixation},
	}
}

// next exchanges a token for another, which replaces it.
func (p *person) next(token string) string {
	p.Helper()
	next := p.exchange(token).want(p.T, http.StatusOK).text("refresh")
	if next == "" || next == token {
		p.Errorf("the refresh token was not rotated")
	}
	return next
}

func TestB01SequentialReplay(t *testing.T) {
	t.Parallel()
	v := instant(t).member(t)
	elsewhere := v.again()
	first := v.refreshToken()
	second := v.next(first)
	third := v.next(second)
	v.exchange(first).want(t, http.StatusUnauthorized).noTokens(t)
	v.exchange(third).want(t, http.StatusUnauthorized).noTokens(t)
	v.exchange(second).want(t, http.StatusUnauthorized).noTokens(t)
	elsewhere.refresh().want(t, http.StatusOK)
	if events := v.rows(t, "SELECT kind FROM events WHERE user_id = ? AND kind = 'session.compromised'", v.id); strings.Count(events, "\n") != 1 {
		t.Errorf("events: got %q, want one", events)
	}
	v.letter("session")
}

// instant is a server that takes a token that was overtaken for a theft at once, where others wait some minutes.
func instant(t *testing.T) *house {
	t.Helper()
	return shared(t, "instant", "--refresh-min-age", "0s", "--refresh-superseded", "0s")
}

// branchesOf presents one token many times at once and wants everybody served; then ten of what came of it, at once: one is confirmed, and it goes on.
func branchesOf(t *testing.T, at []*person, token string) {
	t.Helper()
	const copies = 50
	answers := atOnce(copies, func(i int) reply { return at[i%len(at)].exchange(token) })
	branches := make([]string, 0, copies)
	for _, a := range answers {
		branches = append(branches, a.want(t, http.StatusOK).text("refresh"))
	}
	answers = atOnce(10, func(i int) reply { return at[i%len(at)].exchange(branches[i]) })
	var winners []string
	for _, a := range answers {
		if a.want(t, http.StatusOK, http.StatusConflict).status == http.StatusOK {
			winners = append(winners, a.text("refresh"))
		} else {
			a.noTokens(t)
		}
	}
	if len(winners) != 1 {
		t.Fatalf("%d branches were confirmed", len(winners))
	}
	at[0].next(at[0].next(winners[0]))
}

func TestB02ParallelReplay(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	for range rounds(5, 200) {
		branchesOf(t, []*person{v}, v.again().refreshToken())
	}
	thief := instant(t).member(t) // and one of another branch, later, ends the session for both
	first := thief.refreshToken()
	branches := atOnce(2, func(int) string { return thief.next(first) })
	winner := thief.next(branches[0])
	thief.exchange(branches[1]).want(t, http.StatusUnauthorized).noTokens(t)
	thief.exchange(winner).want(t, http.StatusUnauthorized).noTokens(t)
}

func TestB04RetryAfterLogout(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	elsewhere := v.again()
	parent := v.refreshToken()
	v.refresh().want(t, http.StatusOK)
	v.browse("POST", "/auth/logout/", "").want(t, http.StatusNoContent)
	elsewhere.untouched(func() {
		v.exchange(parent).want(t, http.StatusUnauthorized).noTokens(t)
		thief := v.newBrowser()
		thief.jar["__Host-Http-refresh"] = parent
		thief.refresh().want(t, http.StatusUnauthorized, http.StatusForbidden).noTokens(t)
	})
}

func TestB05Restart(t *testing.T) {
	t.Parallel()
	h := ownHouse(t, "--refresh-min-age", "0s", "--refresh-superseded", "0s")
	v := h.member(t)
	first := v.refreshToken()
	third := v.next(v.next(first))
	if err := h.server.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v", err)
	}
	h.start(t)
	v.exchange(first).want(t, http.StatusUnauthorized)
	v.exchange(third).want(t, http.StatusUnauthorized)
}

func TestB08CrossedUsers(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a := h.member(t), h.member(t)
	v.untouched(func() {
		got := a.browse("POST", "/auth/refresh/", "", "Authorization", "Bearer "+v.access).want(t, http.StatusOK, http.StatusUnauthorized)
		if access := got.text("access"); access != "" && a.me(access).text("id") != a.id {
			t.Errorf("the answer is about somebody else: %s", got.body)
		}
		// The cookies say who the attacker is, the header is the victim's: neither may mix.
		if got := a.clone().browse("GET", "/auth/users/me/", "", "Authorization", "Bearer "+v.access); got.text("id") != v.id {
			t.Errorf("with a header, cookies count: %s", got.body)
		}
	})
}

func TestB12ReuseAfterLogout(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	refresh, access := v.refreshToken(), v.access
	v.me(access).want(t, http.StatusOK)
	v.browse("POST", "/auth/logout/", "").want(t, http.StatusNoContent)
	v.me(access).want(t, http.StatusUnauthorized)
	v.exchange(refresh).want(t, http.StatusUnauthorized)
	v.call("POST", "/auth/jwt/verify/", fields("token", access)).want(t, http.StatusUnauthorized)
	v.browse("POST", "/auth/logout/", "").want(t, http.StatusNoContent)
	v.call("POST", "/auth/jwt/blacklist/", fields("refresh", refresh)).want(t, http.StatusOK, http.StatusUnauthorized)
}

// readOnly makes the store refuse writes until the answer is called: another program holds the database.
func (h *house) readOnly(t *testing.T) (free func()) {
	t.Helper()
	free, err := lockDatabase(filepath.Join(h.dir, "data", "cartouche.db"))
	if err != nil {
		t.Fatal(err)
	}
	return free
}

func TestB07RollBackBurnsNothing(t *testing.T) {
	t.Parallel()
	h := ownHouse(t, "--refresh-min-age", "0s")
	v := h.member(t)
	token := v.next(v.refreshToken()) // its next use is a write
	v.jar["__Host-Http-refresh"] = token
	free := h.readOnly(t)
	for _, got := range allAtOnce(
		func() reply { return v.exchange(token) },
		func() reply { return v.clone().browse("POST", "/auth/refresh/", "") },
	) {
		if got.want(t, http.StatusServiceUnavailable).noTokens(t); len(got.cookies) > 0 {
			t.Errorf("a refusal that may pass takes cookies away: %v", got.cookies)
		}
	}
	free()
	v.next(v.next(token))
}

func TestB15LogoutWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	h := ownHouse(t, "--refresh-min-age", "0s")
	v := h.member(t)
	free := h.readOnly(t)
	for _, got := range allAtOnce(
		func() reply { return v.clone().browse("POST", "/auth/logout/", "") },
		func() reply { return v.call("POST", "/auth/jwt/blacklist/", fields("refresh", v.refreshToken())) },
	) {
		got.want(t, http.StatusServiceUnavailable)
	}
	free()
	v.browse("POST", "/auth/logout/", "").want(t, http.StatusNoContent)
	v.me(v.access).want(t, http.StatusUnauthorized)
}
