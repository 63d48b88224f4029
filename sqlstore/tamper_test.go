package sqlstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/sqlstore/postgres"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

// trail is a sealed audit trail, and hands that can write to its database but have no master key.
type trail struct {
	*testing.T
	*auth.Service
	store auth.Store
	clock *authtest.Clock
	db    *sql.DB
}

// eachTrail runs a test on a trail of nine events in each database.
func eachTrail(t *testing.T, test func(w *trail)) {
	t.Helper()
	for name, open := range map[string]func(t *testing.T) (auth.Store, *sql.DB){"SQLite": openSQLite, "PostgreSQL": openPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, db := open(t)
			w := &trail{T: t, store: store, clock: authtest.NewClock(), db: db}
			w.Service = authtest.NewService(t, store, w.clock)
			w.record(1, 9)
			test(w)
		})
	}
}

func openSQLite(t *testing.T) (auth.Store, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auth.db")
	store, err := sqlite.Open(t.Context(), path)
	return store, opened(t, store, err, "sqlite", path)
}

func openPostgres(t *testing.T) (auth.Store, *sql.DB) {
	t.Helper()
	address := authtest.PostgresURL(t)
	store, err := postgres.Open(t.Context(), address)
	return store, opened(t, store, err, "pgx", address)
}

func opened(t *testing.T, store interface{ Close() error }, err error, driver, address string) *sql.DB {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = db.Close(), store.Close() })
	return db
}

// record records events and seals them.
func (w *trail) record(from, to int) {
	w.Helper()
	for n := from; n <= to; n++ {
		e := auth.Event{Kind: auth.EventLogin, At: w.clock.Now(), UserID: auth.UserID(fmt.Sprint(n)), Detail: "password", Client: auth.Client{Address: "192.0.2.1"}}
		if err := w.store.RecordEvent(w.Context(), e); err != nil {
			w.Fatal(err)
		}
	}
	w.seal()
}

func (w *trail) seal() {
	w.Helper()
	if _, err := w.SealEvents(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func (w *trail) exec(statements ...string) {
	w.Helper()
	for _, s := range statements {
		if result, err := w.db.ExecContext(w.Context(), s); err != nil {
			w.Fatalf("%s: %v", s, err)
		} else if n, err := result.RowsAffected(); err != nil || n == 0 {
			w.Fatalf("%s: changed %d rows, %v: this attack attacks nothing", s, n, err)
		}
	}
}

// insert puts an event in by hand.
func (w *trail) insert(seq int, position, hash string) {
	w.Helper()
	columns, values := `(seq, kind, actor, at, detail, address, user_agent, request_id, position, hash)`, fmt.Sprintf(
		`(%d, 'login.succeeded', 'user', %d, '', '', '', '', %s, '%s')`, seq, w.clock.Now().UnixMilli(), position, hash)
	if _, err := w.db.ExecContext(w.Context(), `INSERT INTO events `+columns+` OVERRIDING SYSTEM VALUE VALUES `+values); err != nil {
		w.exec(`INSERT INTO events ` + columns + ` VALUES ` + values) // SQLite needs no such words
	}
}

func (w *trail) verify(noted *auth.Link) auth.Verdict {
	w.Helper()
	verdict, err := w.VerifyEvents(w.Context(), noted, nil)
	if err != nil {
		w.Fatal(err)
	}
	return verdict
}

// wantBreak verifies and wants to be told this.
func (w *trail) wantBreak(noted *auth.Link, kind auth.BreakKind, position int64) {
	w.Helper()
	got := w.verify(noted).Break
	if got == nil {
		w.Fatalf("nothing was found; want %s at %d", kind, position)
	}
	if got.Kind != kind || got.Position != position {
		w.Errorf("found %+v; want %s at %d", got, kind, position)
	}
}

func (w *trail) wantWhole(noted *auth.Link, first, last int64) auth.Link {
	w.Helper()
	got := w.verify(noted)
	if got.Break != nil || got.First != first || got.Last != last || got.Count != last-first+1 || got.Unsealed != 0 || got.Head.Position != last {
		w.Errorf("verdict: got %+v, break %+v; want events %d to %d and nothing else", got, got.Break, first, last)
	}
	return got.Head
}

func TestAWholeTrailIsFoundWhole(t *testing.T) {
	t.Parallel()
	eachTrail(t, func(w *trail) {
		head := w.wantWhole(nil, 1, 9)
		w.record(10, 12)
		w.wantWhole(&head, 1, 12)
	})
}

// Attacks by somebody who can write to the database and has no master key. In each statement, seq and position are equal at first.
func TestTampering(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]struct {
		statements []string
		kind       auth.BreakKind
		position   int64
	}{
		"an event is given to somebody else": {[]string{`UPDATE events SET user_id = 'mallory' WHERE seq = 4`}, auth.BreakChanged, 4},
		"an address is rubbed out":           {[]string{`UPDATE events SET address = '' WHERE seq = 9`}, auth.BreakChanged, 9},
		"an event is dated back":             {[]string{`UPDATE events SET at = at - 1 WHERE seq = 1`}, auth.BreakChanged, 1},
		"a text moves into the next field (field shifting)": {
			[]string{`UPDATE events SET detail = 'pass', address = 'word192.0.2.1' WHERE seq = 5`}, auth.BreakChanged, 5,
		},
		"another did it":                       {[]string{`UPDATE events SET actor = 'operator' WHERE seq = 2`}, auth.BreakChanged, 2},
		"an event is deleted":                  {[]string{`DELETE FROM events WHERE seq = 5`}, auth.BreakMissing, 5},
		"the first event is deleted":           {[]string{`DELETE FROM events WHERE seq = 1`}, auth.BreakMissing, 1},
		"the last event is deleted (cut tail)": {[]string{`DELETE FROM events WHERE seq = 9`}, auth.BreakMissing, 9},
		"all events are deleted":               {[]string{`DELETE FROM events`}, auth.BreakMissing, 1},
		"an event is deleted and the gap closed": {[]string{
			`DELETE FROM events WHERE seq = 5`,
			`UPDATE events SET position = 5 WHERE seq = 6`, `UPDATE events SET position = 6 WHERE seq = 7`,
			`UPDATE events SET position = 7 WHERE seq = 8`, `UPDATE events SET position = 8 WHERE seq = 9`,
		}, auth.BreakChanged, 5},
		"an event is put in behind the last": {[]string{`INSERT INTO events (kind, actor, at, detail, address, user_agent, request_id, position, hash)
			SELECT kind, actor, at, detail, address, user_agent, request_id, 10, hash FROM events WHERE seq = 9`}, auth.BreakChanged, 10},
		"two events are swapped": {[]string{
			`UPDATE events SET position = 60 WHERE seq = 6`, `UPDATE events SET position = 6, hash = (SELECT o.hash FROM events o WHERE o.seq = 6) WHERE seq = 7`,
			`UPDATE events SET position = 7 WHERE seq = 6`,
		}, auth.BreakOutOfOrder, 6},
		"the last is deleted and the mark moved": {[]string{
			`DELETE FROM events WHERE seq = 9`,
			`UPDATE chain SET position = 8, hash = (SELECT hash FROM events WHERE position = 8) WHERE name = 'head'`,
		}, auth.BreakMark, 8},
		"the first are deleted as if pruned (cut beginning)": {[]string{
			`UPDATE chain SET position = 3, hash = (SELECT hash FROM events WHERE position = 3), mac = (SELECT mac FROM chain AS c WHERE c.name = 'head') WHERE name = 'anchor'`,
			`DELETE FROM events WHERE seq <= 3`,
		}, auth.BreakMark, 3},
		"a seal is broken open":    {[]string{`UPDATE events SET position = NULL WHERE seq = 4`}, auth.BreakMissing, 4},
		"the marks are rubbed out": {[]string{`UPDATE chain SET position = 0, hash = '', mac = ''`}, auth.BreakMark, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrail(t, func(w *trail) {
				w.exec(attack.statements...)
				w.wantBreak(nil, attack.kind, attack.position)
			})
		})
	}
}

// The service must not put its seal on what an attack has left behind: the break is found later too.
func TestSealingDoesNotHealTheTrail(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]struct {
		statements []string
		position   int64
	}{
		"the last is deleted": {[]string{`DELETE FROM events WHERE seq = 9`}, 9},
		"the last is deleted and the mark moved": {[]string{
			`DELETE FROM events WHERE seq = 9`,
			`UPDATE chain SET position = 8, hash = (SELECT hash FROM events WHERE position = 8) WHERE name = 'head'`,
		}, 9},
		"the marks are rubbed out": {[]string{`UPDATE chain SET position = 0, hash = '', mac = ''`}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrail(t, func(w *trail) {
				w.exec(attack.statements...)
				w.record(10, 12)
				w.wantBreak(nil, auth.BreakMissing, attack.position)
			})
		})
	}
}

// Who has read the database before can put back an old mark of the end together with the events of then. Only a head that was noted elsewhere shows that.
func TestAHeadNotedElsewhereFindsACutTail(t *testing.T) {
	t.Parallel()
	eachTrail(t, func(w *trail) {
		var position int64
		var hash, mac string
		if err := w.db.QueryRowContext(w.Context(), `SELECT position, hash, mac FROM chain WHERE name = 'head'`).Scan(&position, &hash, &mac); err != nil {
			w.Fatal(err)
		}
		w.record(10, 12)
		noted := w.wantWhole(nil, 1, 12)
		w.exec(`DELETE FROM events WHERE position > 9`, fmt.Sprintf(`UPDATE chain SET position = %d, hash = '%s', mac = '%s' WHERE name = 'head'`, position, hash, mac))
		w.wantWhole(nil, 1, 9) // what cannot be seen
		w.wantBreak(&noted, auth.BreakHead, 12)
		w.record(13, 16) // and when the chain has grown over the cut
		w.wantBreak(&noted, auth.BreakHead, 12)
	})
}

// A transaction may commit after one that has a higher number was sealed. It gets the next position.
func TestALateCommitIsSealedLater(t *testing.T) {
	t.Parallel()
	eachTrail(t, func(w *trail) {
		for _, seq := range []int{20, 15, -1} {
			w.insert(seq, "NULL", "")
			w.seal()
		}
		w.wantWhole(nil, 1, 12)
	})
}

func TestAnEventPutInBeforeTheFirstIsFound(t *testing.T) {
	t.Parallel()
	eachTrail(t, func(w *trail) {
		w.insert(20, "0", "")
		w.wantBreak(nil, auth.BreakChanged, 0)
	})
}

func TestAnEventThatIsNotSealedInTimeIsReported(t *testing.T) {
	t.Parallel()
	eachTrail(t, func(w *trail) {
		if err := w.store.RecordEvent(w.Context(), auth.Event{Kind: auth.EventLogin, At: w.clock.Now()}); err != nil {
			w.Fatal(err)
		}
		if v := w.verify(nil); v.Break != nil || v.Unsealed != 1 {
			w.Errorf("at once: got %+v, %+v", v, v.Break)
		}
		w.clock.Advance(time.Minute + time.Second)
		w.wantBreak(nil, auth.BreakUnsealed, 0)
	})
}

func TestAPrunedTrailIsWhole(t *testing.T) {
	t.Parallel()
	eachTrail(t, func(w *trail) {
		old := w.wantWhole(nil, 1, 9)
		w.clock.Advance(w.Policy().EventRetention + time.Second)
		w.record(10, 12)
		if n, err := w.Prune(w.Context()); err != nil || n < 9 {
			w.Fatalf("Prune: got %d, %v", n, err)
		}
		w.wantWhole(nil, 10, 12)
		w.wantWhole(&old, 10, 12) // the anchor is the head of then
		earlier := auth.Link{Position: 8}
		w.wantBreak(&earlier, auth.BreakHead, 8)
	})
}
