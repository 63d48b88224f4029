package sqlstore_test

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestMain(m *testing.M) { authtest.Main(m) }

// clients is how many call the store at once.
const clients = 16

var noon = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// bench is a benchmark with a store that holds sessions.
type bench struct {
	*testing.B
	store    auth.Store
	sessions []auth.Session
}

func eachStore(b *testing.B, run func(b bench)) {
	b.Helper()
	for name, open := range map[string]func(testing.TB) auth.Store{"SQLite": authtest.SQLite, "PostgreSQL": authtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			store := open(b)
			sessions := fill(b, store)
			b.SetParallelism(max(1, clients/runtime.GOMAXPROCS(0)))
			b.ReportAllocs()
			b.ResetTimer()
			before := cpuTime(b)
			run(bench{b, store, sessions})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
			b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op") // without the server's
		})
	}
}

// cpuTime is what this process has used. It says more than the clock on a machine that others use too.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// fill makes a session for each client, among others.
func fill(b *testing.B, store auth.Store) []auth.Session {
	b.Helper()
	sessions := make([]auth.Session, 1000)
	for i := range sessions {
		user, err := store.CreateUser(b.Context(), auth.User{
			Username: "user" + strconv.Itoa(i), Email: "user" + strconv.Itoa(i) + "@example.com", IsActive: true, DateJoined: noon,
			PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$3l0i8p0kH1x1v1y2Yx1tq0k7m2mCq4l3n1yqgq8m4kE",
		}, auth.Event{Kind: auth.EventUserCreated, At: noon})
		if err != nil {
			b.Fatal(err)
		}
		sessions[i] = auth.Session{
			ID: auth.NewSessionID(), UserID: user.ID, Parent: auth.TokenID(secret.Bytes(16)), ConfirmedAt: noon, CreatedAt: noon,
			IdleLifetime: 14 * 24 * time.Hour, IdleExpiresAt: noon.Add(14 * 24 * time.Hour), AbsoluteExpiresAt: noon.Add(90 * 24 * time.Hour),
			Remember: true, Method: "password", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0", Address: "192.0.2.1",
		}
		if _, err := store.CreateSession(b.Context(), auth.Opening{Session: sessions[i], Event: auth.Event{Kind: auth.EventLogin, At: noon}}); err != nil {
			b.Fatal(err)
		}
	}
	return sessions
}

// BenchmarkConfirmSession refreshes sessions, each client its own, again and again.
func BenchmarkConfirmSession(b *testing.B) {
	eachStore(b, func(b bench) {
		var next atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			session := b.sessions[next.Add(1)]
			for pb.Next() {
				confirmed, ok, err := b.store.ConfirmSession(b.Context(), auth.Confirmation{
					SessionID: session.ID, Own: auth.TokenID(secret.Bytes(16)), Parent: session.Parent, Generation: session.Generation + 1, BornAt: noon, Now: noon,
				})
				if err != nil || !ok {
					b.Errorf("ConfirmSession: %v, %v", ok, err)
					return
				}
				session = confirmed
			}
		})
	})
}

// BenchmarkUserBySession reads the users of sessions, as most requests do.
func BenchmarkUserBySession(b *testing.B) {
	eachStore(b, func(b bench) {
		var next atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for i := int(next.Add(1)) * 50; pb.Next(); i++ {
				if _, _, err := b.store.UserBySession(b.Context(), b.sessions[i%len(b.sessions)].ID, noon); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
