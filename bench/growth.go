package main

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

const (
	growthSessions  = people
	growthRefreshes = 10_000
	growthRetries   = 1000
)

// growthProbes count what refreshes leave behind in the database.
func growthProbes() []probe {
	grow := func(database string, further ...string) probe {
		keys := append([]string{
			"before-rows-" + database, "before-bytes-" + database, "growth-rows-" + database, "growth-bytes-" + database,
		}, further...)
		return probe{keys: keys, once: true, run: func(ctx context.Context, w *world, record func(string, sample)) error {
			return runGrowth(ctx, w, database, record)
		}}
	}
	return []probe{grow("sqlite"), grow("postgres", "rows-refresh", "rows-retry", "log-refresh")}
}

// runGrowth measures a database before and after many refreshes and some retries.
func runGrowth(ctx context.Context, w *world, database string, record func(string, sample)) error {
	where, err := w.newSite(ctx, "growth", database, w.cheap)
	if err != nil {
		return err
	}
	books, err := w.books(ctx, where, database)
	if err != nil {
		return err
	}
	var (
		tokens family
		stocks [4]stock // without a session, with them, after the refreshes, after the retries
	)
	steps := []func() error{
		func() error { return where.seal(ctx) },
		func() error { return errors.Join(tokens.open(ctx, where), where.seal(ctx)) },
		func() error { return where.visit(ctx, tokens.refresh) },
		func() error { return where.visit(ctx, tokens.retry) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return err
		}
		if stocks[i], err = books.read(ctx); err != nil {
			return err
		}
	}
	empty, before, after, last := stocks[0], stocks[1], stocks[2], stocks[3]
	perSession := func(n int64) sample { return sample{Value: float64(n) / growthSessions} }
	record("before-rows-"+database, perSession(before.rows-empty.rows))
	record("before-bytes-"+database, perSession(before.bytes-empty.bytes))
	record("growth-rows-"+database, perSession(after.rows-empty.rows))
	record("growth-bytes-"+database, perSession(after.bytes-empty.bytes))
	if database == "postgres" {
		record("rows-refresh", rowsPer(after.written-before.written, growthRefreshes))
		record("log-refresh", sample{Value: float64(after.log-before.log) / growthRefreshes})
		record("rows-retry", rowsPer(last.written-after.written, growthRetries))
	}
	return nil
}

// seal seals the events of what was done with the library, which runs no service of its own: sealing changes the row of each event once, and would be
// counted among the rows of the first server that comes along.
func (s site) seal(ctx context.Context) error {
	store, done, err := s.open(ctx)
	if err != nil {
		return err
	}
	service, err := s.service(store, cheapHasher)
	if err == nil {
		_, err = service.SealEvents(ctx)
	}
	return errors.Join(err, done())
}

// rowsPer is a mean to two places, so that the few rows that a start of the server writes for itself do not show.
func rowsPer(rows, requests int64) sample {
	return sample{Value: math.Round(100*float64(rows)/float64(requests)) / 100}
}

// visit runs the server of a site for as long as some requests take, so that its database is at rest before and after.
func (s site) visit(ctx context.Context, call func(ctx context.Context, address string) error) error {
	running, err := s.start(ctx)
	if err != nil {
		return err
	}
	return errors.Join(call(ctx, running.address), running.close())
}

// family is the tokens of the sessions that grow: of each the newest, and the one before.
type family struct {
	newest, spent [growthSessions][]byte
}

// open opens a session for everybody, with the library and cheap hashes: signing in over HTTP would take the time of as many hashes at full cost. The
// first token of a session is its parent, so its exchange writes nothing; it is exchanged here, and what is measured begins with the second.
func (f *family) open(ctx context.Context, where site) error {
	store, done, err := where.open(ctx)
	if err != nil {
		return err
	}
	service, err := where.service(store, cheapHasher)
	if err != nil {
		return errors.Join(err, done())
	}
	return errors.Join(inTurns(ctx, growthSessions, func(_, n int) error {
		login := auth.Login{Identifier: username(n), Password: secret.NewText(password)}
		grant, err := service.Login(ctx, auth.Client{}, login)
		if err != nil {
			return err
		}
		grant, err = service.Refresh(ctx, auth.Client{}, grant.Refresh)
		f.newest[n] = []byte(grant.Refresh.Reveal())
		return err
	}), done())
}

// refresh refreshes one session after the other, round after round.
func (f *family) refresh(ctx context.Context, address string) error {
	crowd := newCrowd(address, 0, clients)
	return errors.Join(inTurns(ctx, growthRefreshes, func(worker, turn int) error {
		p, n := crowd[worker], turn%growthSessions
		f.spent[n] = append(f.spent[n][:0], f.newest[n]...)
		p.refresh = append(p.refresh[:0], f.newest[n]...)
		err := p.renew()
		f.newest[n] = append(f.newest[n][:0], p.refresh...)
		return err
	}), crowd.close())
}

// retry presents the tokens that were confirmed last once more.
func (f *family) retry(ctx context.Context, address string) error {
	crowd := newCrowd(address, 0, clients)
	return errors.Join(inTurns(ctx, growthRetries, func(worker, turn int) error {
		return crowd[worker].retry(f.spent[turn%growthSessions])
	}), crowd.close())
}

// inTurns makes calls, each once, as many at the same time as there are clients. It ends with the first error.
func inTurns(ctx context.Context, turns int, call func(worker, turn int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		workers sync.WaitGroup
		queue   = make(chan int)
	)
	for worker := range clients {
		workers.Go(func() {
			for turn := range queue {
				if err := call(worker, turn); err != nil {
					cancel(err)
				}
			}
		})
	}
	for turn := 0; turn < turns && ctx.Err() == nil; turn++ {
		queue <- turn
	}
	close(queue)
	workers.Wait()
	return context.Cause(ctx)
}
