package attack_test

import (
	"database/sql"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/authtest"
)

// lockDatabase takes a SQLite file for writing, as another program would.
func lockDatabase(file string) (free func(), err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	tx, err := db.Begin()
	if err != nil {
		db.Close()
		return nil, err
	}
	return func() { tx.Rollback(); db.Close() }, nil
}

// onPostgres is a server on a PostgreSQL of its own, with an account that an operator made.
func onPostgres(t *testing.T, url string) (h *house, v *person) {
	t.Helper()
	h = ownHouse(t, "--database", url, "--refresh-min-age", "0s", "--rate-limits", "off")
	v = h.stranger(t)
	h.operate(t, password+"\n", "user", "create", "--username", v.email, "--email", v.email, "--password-stdin")
	return h, v
}

func TestB03TwoProcesses(t *testing.T) {
	t.Parallel()
	url := authtest.PostgresURL(t)
	h, v := onPostgres(t, url)
	second := &house{dir: h.dir, settings: h.settings, web: h.web}
	second.start(t)
	t.Cleanup(func() { _ = second.server.Kill() })
	there := v.newBrowser()
	there.house = second
	for range rounds(3, 200) {
		branchesOf(t, []*person{v, there}, v.again().refreshToken())
	}
}

func TestB06Crash(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		h := ownHouse(t, "--refresh-min-age", "0s")
		crash(t, h, h.member(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		h, v := onPostgres(t, authtest.PostgresURL(t))
		v.signIn().want(t, http.StatusOK)
		crash(t, h, v)
	})
}

// crash kills the server at any moment of a refresh, and starts it again. What the person holds, old or new, works then.
func crash(t *testing.T, h *house, v *person) {
	t.Helper()
	token := v.refreshToken()
	for range rounds(4, 200) {
		var refreshing sync.WaitGroup
		address := h.server.Address
		refreshing.Go(func() {
			if answer, err := post(t, h.web, "http://"+address+"/auth/jwt/refresh/", fields("refresh", token)); err == nil && answer != "" {
				token = answer
			}
		})
		<-time.After(time.Duration(rand.IntN(20_000)) * time.Microsecond) // any moment
		_ = h.server.Kill()
		refreshing.Wait()
		h.start(t)
		token = v.next(token)
	}
}

// post exchanges a refresh token where the connection may break.
func post(t *testing.T, web *http.Client, url, body string) (refresh string, err error) {
	t.Helper()
	answer, err := web.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return reply{body: string(text)}.text("refresh"), err
}
