package attack_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func passwordAttacks() []attack {
	return []attack{
		{id: "H01", what: "200 sign-ins at once, to fill the memory with hashes", severity: high, against: "R47 R67", test: TestH01HashFlood},
		{id: "H03", what: "passwords of up to 1 MiB", severity: high, against: "R43 R45 R47", test: TestH03LongPassword},
		{id: "H05", what: "a password whose end is wrong", severity: critical, against: "R41 R43", test: TestH05Truncation},
		{id: "H08", what: "different passwords that become alike when they are repaired", severity: high, against: "R43 R61", test: TestH08BadUTF8},
		{id: "H14", what: "changing a password without proof of the old one", severity: critical, against: "R25 R50", test: TestH14ChangeWithoutProof},
	}
}

// hashMemory is what one hash at work may take, with what it leaves to the collector: 19 MiB, 2.6 times.
const hashMemory = 2.6 * 19 * (1 << 20)

func TestH01HashFlood(t *testing.T) {
	t.Parallel()
	h := ownHouse(t)
	v := h.member(t)
	base := h.metric(t, "process_resident_memory_bytes")
	slots := h.metric(t, "cartouche_password_slots")
	end := now()
	if *full {
		end = end.Add(30 * time.Second)
	}
	refused, peak := 0, base
	var asked []time.Duration
	for first := true; first || now().Before(end); first = false {
		done := make(chan []reply)
		go func() { done <- atOnce(200, func(int) reply { return h.hurried(t).guess(other) }) }()
		var answers []reply
		for answers == nil {
			start := now()
			h.stranger(t).call("GET", "/livez", "").want(t, http.StatusOK)
			v.me(v.access).want(t, http.StatusOK)
			asked = append(asked, now().Sub(start))
			peak = max(peak, h.metric(t, "process_resident_memory_bytes"))
			select {
			case answers = <-done:
			default:
			}
		}
		for _, got := range answers {
			if got.want(t, http.StatusUnauthorized, http.StatusServiceUnavailable).header.Get("Retry-After") != "" {
				refused++
			} else {
				got.want(t, http.StatusUnauthorized) // who is refused is told when to come again
			}
		}
	}
	if refused == 0 {
		t.Error("nobody was refused: this test tests nothing")
	}
	if limit := base + slots*hashMemory + 200*(64<<10); peak > limit { // and a little for each connection
		t.Errorf("memory grew from %.0f to %.0f MiB, want at most %.0f", base/(1<<20), peak/(1<<20), limit/(1<<20))
	}
	slices.Sort(asked)
	if worst := asked[len(asked)*99/100]; *full && worst > 400*time.Millisecond {
		t.Errorf("health and profile together took %s (99th percentile)", worst)
	}
	v.newBrowser().signIn().want(t, http.StatusOK)
}

// hurried is a stranger who does not come again when the server is busy.
func (h *house) hurried(t *testing.T) *person {
	t.Helper()
	p := h.stranger(t)
	p.hurried = true
	return p
}

func TestH03LongPassword(t *testing.T) {
	t.Parallel()
	h := ownHouse(t)
	v := h.member(t)
	before := h.hashes(t)
	for _, size := range []int{1025, 4 << 10, 1 << 20} {
		long := strings.Repeat("a", size)
		var nobody reply
		for i, p := range []*person{h.stranger(t), v} {
			got := p.newBrowser().guess(long).want(t, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
			if i == 0 {
				nobody = got
			}
			same(t, "a long password", got, nobody)
		}
		h.stranger(t).call("POST", "/auth/users/", fields("email", "long@example.com", "password", long)).want(t, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
		v.call("POST", "/auth/users/set_password/", fields("current_password", long, "new_password", other), "Authorization", "Bearer "+v.access).
			want(t, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
		v.call("POST", "/auth/users/set_password/", fields("current_password", password, "new_password", long), "Authorization", "Bearer "+v.access).
			want(t, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
	}
	if done := h.hashes(t) - before; done > 2 { // the two right current passwords before a new one that is too long but fits a request
		t.Errorf("%.0f hashes were made for passwords that are too long", done)
	}
}

func TestH05Truncation(t *testing.T) {
	t.Parallel()
	v := common(t).stranger(t)
	v.password = strings.Repeat("0123456789", 9) + "abcdefghij"
	v.call("POST", "/auth/users/", fields("email", v.email, "password", v.password)).want(t, http.StatusCreated)
	uid, token := v.link("activate")
	v.call("POST", "/auth/users/activation/", fields("uid", uid, "token", token)).want(t, http.StatusNoContent)
	long := v.password
	for name, wrong := range map[string]string{
		"byte 73": long[:72] + "x" + long[73:], "last byte": long[:99] + "x", "72 bytes": long[:72], "72 bytes and others": long[:72] + strings.Repeat("x", 28), "a byte more": long + "x",
		"NUL in it": long[:50] + "\x00" + long[50:], "other case": strings.ToUpper(long),
	} {
		if got := v.newBrowser().guess(wrong); got.status != http.StatusUnauthorized && got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	v.newBrowser().guess(long).want(t, http.StatusOK)
	if hash := v.rows(t, "SELECT password_hash FROM users WHERE email = ?", v.email); !strings.Contains(hash, "$argon2id$v=19$m=19456,t=2,p=1") {
		t.Errorf("stored as %s", hash)
	}
}

func TestH08BadUTF8(t *testing.T) {
	t.Parallel()
	h := common(t)
	v := h.member(t)
	v.untouched(func() {
		for _, bad := range []string{"correct horse \xff", "correct horse \xfe", `correct horse \ud800`, `correct horse \ud801`, `correct horse \udc00\ud800`, "correct horse \xc0\xaf", `correct \u0000 horse`} {
			p := h.stranger(t)
			p.call("POST", "/auth/jwt/create/", `{"email":"`+v.email+`","password":"`+bad+`"}`).want(t, http.StatusBadRequest)
			p.call("POST", "/auth/login/", `{"email":"`+v.email+`","password":"`+bad+`"}`).want(t, http.StatusBadRequest)
			p.call("POST", "/auth/users/", `{"email":"`+p.email+`","password":"`+bad+`"}`).want(t, http.StatusBadRequest)
			v.call("POST", "/auth/users/set_password/", `{"current_password":"`+password+`","new_password":"`+bad+`"}`, "Authorization", "Bearer "+v.access).want(t, http.StatusBadRequest)
		}
	})
}

func TestH14ChangeWithoutProof(t *testing.T) {
	t.Parallel()
	v := common(t).member(t)
	v.untouched(func() {
		for _, body := range []string{
			`{"new_password":"` + other + `"}`, `{"new_password":"` + other + `","current_password":null}`, `{"new_password":"` + other + `","current_password":""}`,
			`{"new_password":"` + other + `","current_password":"wrong"}`, `{"new_password":"` + other + `","current_password":["` + password + `"]}`,
			`{"new_password":"` + other + `","Current_password":"` + password + `"}`, `{"new_password":"` + other + `","current_password":true}`,
		} {
			v.clone().browse("POST", "/auth/users/set_password/", body).want(t, http.StatusBadRequest)
		}
		v.clone().browse("POST", "/auth/users/set_email/", `{"new_email":"a@evil.example"}`).want(t, http.StatusBadRequest)
		v.clone().browse("DELETE", "/auth/users/me/", `{}`).want(t, http.StatusBadRequest)
	})
	again := v.newBrowser() // wrong ones count as guesses
	again.access = v.access
	for range allowed {
		again.call("POST", "/auth/users/set_password/", fields("current_password", "wrong", "new_password", other), "Authorization", "Bearer "+again.access).want(t, http.StatusBadRequest)
	}
	again.guess(password).waits(t)
}
