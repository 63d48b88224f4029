package rotation_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
)

// TestProcesses is about the real binary.
func TestProcesses(t *testing.T) {
	t.Parallel()
	path := buildProgram(t)
	t.Run("ParallelReplayAtTwoServers", func(t *testing.T) {
		t.Parallel()
		replayAtTwoServers(t, path)
	})
	t.Run("KilledServerOnSQLite", func(t *testing.T) {
		t.Parallel()
		killServers(t, newProgram(t, path, "sqlite:"+filepath.Join(t.TempDir(), "auth.db")))
	})
	t.Run("KilledServerOnPostgreSQL", func(t *testing.T) {
		t.Parallel()
		killServers(t, newProgram(t, path, authtest.PostgresURL(t)))
	})
}

// replayAtTwoServers sends one token fifty times at once to two servers on one PostgreSQL, a hundred times. Everybody is served. Then ten branches go on
// at once: one is confirmed, and the row says which.
func replayAtTwoServers(t *testing.T, path string) {
	t.Helper()
	const rounds, copies = 100, 50
	url := authtest.PostgresURL(t)
	p := newProgram(t, path, url)
	servers := []*running{p.serve(t), p.serve(t)}
	store, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatalf("open PostgreSQL store: %v", err)
	}
	t.Cleanup(func() { store.Close() })
	for range rounds {
		first := servers[0].signIn(t)
		branches := allAtOnce(t, servers, slices.Repeat([]held{first}, copies))
		rivals := make([]held, 10)
		for i, a := range branches {
			wantServed(t, "one of many at once", a)
			rivals[i%len(rivals)] = a.held
		}
		winner := onlyWinner(t, allAtOnce(t, servers, rivals))
		id, own := lookInto(t, rivals[winner].refresh)
		row, _, err := store.Session(t.Context(), id)
		if err != nil || row.Parent != own || row.Generation != 1 || !row.EndedAt.IsZero() {
			t.Fatalf("row: got %+v, %v; want it alive and at %x", row, err, own)
		}
	}
}

// lookInto reads a token as a front end does, without its key.
func lookInto(t *testing.T, text string) (auth.SessionID, auth.TokenID) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	var claims struct{ Sid, Jti string }
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	var id auth.SessionID
	var own auth.TokenID
	if err == nil {
		_, err = hex.Decode(id[:], []byte(claims.Sid))
	}
	if err == nil {
		_, err = hex.Decode(own[:], []byte(claims.Jti))
	}
	if err != nil {
		t.Fatalf("token %q: %v", text, err)
	}
	return id, own
}

// killServers kills a server again and again while people refresh in closed loops, and starts another one. Whatever each of them holds, works there.
func killServers(t *testing.T, p *program) {
	t.Helper()
	const rounds, people = 30, 4
	server := p.serve(t)
	tokens := make([]held, people)
	for i := range tokens {
		tokens[i] = server.signIn(t)
	}
	total := 0
	for range rounds {
		served := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range tokens {
			all.Go(func() { tokens[i] = refreshUntilKilled(ctx, t, server, tokens[i], served) })
		}
		over := make(chan struct{})
		go func() { all.Wait(); close(over) }()
		for range 1 + rand.IntN(40) { // then, with a request of each on its way
			select {
			case <-served:
				total++
			case <-over:
				t.Fatal("nobody refreshes any more")
			}
		}
		_ = server.Kill()
		stop() // nobody counts any more
		<-over
		server = p.serve(t)
	}
	for _, a := range allAtOnce(t, []*running{server}, tokens) {
		wantServed(t, "after the last kill", a)
	}
	t.Logf("%d refreshes, %d kills", total, rounds)
}

// refreshUntilKilled refreshes in a closed loop until the connection breaks, and answers what the person holds then.
func refreshUntilKilled(ctx context.Context, t *testing.T, s *running, h held, served chan<- struct{}) held {
	t.Helper()
	for {
		a, err := s.refresh(context.WithoutCancel(ctx), h)
		if err != nil {
			return h
		}
		if a.status != http.StatusOK || a.held.refresh == "" {
			t.Errorf("refresh at a server that was started again: got %v, want 200\n%s", a, s.Log())
			return h
		}
		h = a.held
		select {
		case served <- struct{}{}:
		case <-ctx.Done():
			return h
		}
	}
}
