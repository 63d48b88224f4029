package attack_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/authtest"
)

func operationAttacks() []attack {
	return []attack{
		{id: "K04", what: "secrets in logs, metrics, the feed and the data, on both databases", severity: critical, against: "R14 R64", elsewhere: "cmd/cartouche TestNoSecretIsEverWritten"},
		{id: "K08", what: "settings and secrets that cannot be safe", severity: high, against: "R03 R69", elsewhere: "cmd/cartouche TestUnsafeStart"},
		{id: "K12", what: "a stolen copy of the database", severity: critical, against: "R13 R14", test: TestK12StoreTheft},
		{id: "K18", what: "a store that is locked or gone", severity: critical, against: "R26 R71", test: TestK18FailOpen},
		{id: "K21", what: "headers that name a user, as proxies set them", severity: critical, against: "R11", test: TestK21ProxyHeaderFromClient},
	}
}

func TestK12StoreTheft(t *testing.T) {
	t.Parallel()
	h := ownHouse(t)
	v := h.member(t)
	opaque := v.call("POST", "/auth/token/login/", fields("email", v.email, "password", password)).want(t, http.StatusOK).text("auth_token")
	_, reset := v.resetLink()
	data := filepath.Join(h.dir, "data")
	mustBePrivate(t, data, 0o700)
	files, err := filepath.Glob(filepath.Join(data, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files: %v, %v", files, err)
	}
	var all strings.Builder
	for _, file := range files {
		mustBePrivate(t, file, 0o600)
		if filepath.Base(file) != "master.key" { // which lies beside the database only where nobody chose another place
			all.WriteString(contents(t, file))
		}
	}
	for name, canary := range map[string]string{
		"password": password, "refresh token": v.refreshToken(), "access token": v.access, "opaque token": opaque, "reset token": reset, "CSRF token": v.csrf,
		"device cookie": v.jar["__Host-Http-device"],
	} {
		if canary == "" || strings.Contains(all.String(), canary) {
			t.Errorf("the database holds the %s", name)
		}
	}
	h.tryEverything(v)
}

// tryEverything tries every value of the database as a token, in the forms in which tokens are written.
func (h *house) tryEverything(v *person) {
	v.Helper()
	tried := 0
	for _, line := range regexp.MustCompile(`=(\S+|\[[\d ]+\])`).FindAllStringSubmatch(h.everything(v.T)+h.rows(v.T, "SELECT * FROM signing_keys"), -1) {
		bytes := []byte(line[1])
		if strings.HasPrefix(line[1], "[") {
			bytes = numbersOf(line[1])
		}
		if len(bytes) < 8 {
			continue
		}
		for _, form := range []string{string(bytes), hex.EncodeToString(bytes), base64.RawURLEncoding.EncodeToString(bytes), base64.StdEncoding.EncodeToString(bytes)} {
			if !fitsHeader(form) || len(form) > 4000 {
				continue
			}
			tried++
			v.me(form).want(v.T, http.StatusUnauthorized)
			v.call("GET", "/auth/users/me/", "", "Authorization", "Token "+form).want(v.T, http.StatusUnauthorized)
			v.exchange(form).want(v.T, http.StatusUnauthorized, http.StatusBadRequest, http.StatusTooManyRequests)
			if tried%5 == 0 {
				v.newBrowser().confirm(encode(v.id), form, other).want(v.T, http.StatusBadRequest, http.StatusTooManyRequests)
			}
		}
	}
	if tried < 50 {
		v.Fatalf("%d values: this test tests nothing", tried)
	}
}

func mustBePrivate(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != mode {
		t.Errorf("%s: got %v, %v; want %v", path, info.Mode(), err, mode)
	}
}

// numbersOf reads bytes as Go prints them.
func numbersOf(text string) []byte {
	var bytes []byte
	for word := range strings.FieldsSeq(strings.Trim(text, "[]")) {
		n, _ := strconv.ParseUint(word, 10, 8)
		bytes = append(bytes, byte(n))
	}
	return bytes
}

func TestK18FailOpen(t *testing.T) {
	t.Parallel()
	t.Run("locked", func(t *testing.T) {
		t.Parallel()
		h := ownHouse(t)
		v := h.member(t)
		free := h.readOnly(t)
		p := h.stranger(t)
		for _, got := range allAtOnce(
			func() reply { return v.newBrowser().signIn() },
			func() reply { return p.call("POST", "/auth/users/", fields("email", p.email, "password", password)) },
			func() reply { return v.clone().browse("POST", "/auth/sessions/revoke_all/", "") },
		) {
			got.want(t, http.StatusServiceUnavailable).noTokens(t)
		}
		free()
		v.newBrowser().signIn().want(t, http.StatusOK)
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		network, behind := authtest.NewNetwork(t, authtest.PostgresURL(t))
		h, v := onPostgres(t, behind)
		v.signIn().want(t, http.StatusOK)
		v.me(v.access).want(t, http.StatusOK)
		network.GoDown()
		h.until(t, "the server to miss its database", func() bool { return v.me(v.access).status == http.StatusServiceUnavailable })
		for _, got := range []reply{v.clone().refresh(), v.clone().browse("GET", "/auth/users/me/", ""), v.clone().browse("POST", "/auth/logout/", "")} {
			got.want(t, http.StatusServiceUnavailable).noTokens(t)
			for _, c := range got.cookies {
				if c.MaxAge < 0 {
					t.Errorf("a refusal that will pass takes the cookie %s away", c.Name)
				}
			}
		}
		for _, typed := range []string{password, other} {
			v.newBrowser().guess(typed).want(t, http.StatusServiceUnavailable).noTokens(t)
		}
		network.ComeBack()
		h.until(t, "the server to be back", func() bool { return v.me(v.access).status == http.StatusOK })
		v.refresh().want(t, http.StatusOK)
	})
	t.Run("counters gone", func(t *testing.T) {
		t.Parallel()
		h := ownHouse(t, "--rate-limits", "shared")
		v := h.member(t)
		free := h.readOnly(t)
		v.newBrowser().guess(password).want(t, http.StatusServiceUnavailable).noTokens(t)
		free()
		v.newBrowser().guess(password).want(t, http.StatusOK)
	})
}

func TestK21ProxyHeaderFromClient(t *testing.T) {
	t.Parallel()
	h := common(t)
	v, a := h.member(t), h.member(t)
	for _, name := range []string{
		"X-User-Id", "X-Remote-User", "Remote-User", "Remote_User", "X_Remote_User", "X-Forwarded-User", "X-Auth-Request-User", "X-Forwarded-Email", "X-Authenticated-User", "X-Webauth-User",
		"X_User_Id", "X-Forwarded-Preferred-Username", "SSL_CLIENT_S_DN", "X-Client-Cert",
	} {
		for _, value := range []string{v.id, v.email} {
			h.stranger(t).call("GET", "/auth/users/me/", "", name, value).want(t, http.StatusUnauthorized)
			if got := a.call("GET", "/auth/users/me/", "", "Authorization", "Bearer "+a.access, name, value); got.text("id") != a.id {
				t.Errorf("%s: %s", name, got.body)
			}
		}
	}
}
