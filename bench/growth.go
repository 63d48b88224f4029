package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
)

const (
	growthSessions  = 100
	growthRefreshes = 100 // of each session
	growthRetries   = 10  // of each session
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
	return []probe{grow("sqlite"), grow("postgres", "rows-refresh", "rows-retry")}
}

// runGrowth measures a database before and after many refreshes and some retries.
func runGrowth(ctx context.Context, w *world, database string, record func(string, sample)) error {
	where, err := w.newSite(ctx, "growth", database)
	if err != nil {
		return err
	}
	books, err := w.books(ctx, where, database)
	if err != nil {
		return err
	}
	var tokens family
	if err := where.visit(ctx, tokens.signIn); err != nil {
		return err
	}
	before, err := books.read(ctx)
	if err != nil {
		return err
	}
	if err := where.visit(ctx, tokens.refresh); err != nil {
		return err
	}
	after, err := books.read(ctx)
	if err != nil {
		return err
	}
	if err := where.visit(ctx, tokens.retry); err != nil {
		return err
	}
	last, err := books.read(ctx)
	if err != nil {
		return err
	}
	perSession := func(n int64) sample { return sample{Value: float64(n) / growthSessions} }
	record("before-rows-"+database, perSession(before.rows))
	record("before-bytes-"+database, perSession(before.bytes))
	record("growth-rows-"+database, perSession(after.rows))
	record("growth-bytes-"+database, perSession(after.bytes))
	if database == "postgres" {
		record("rows-refresh", rowsPer(after.written-before.written, growthSessions*growthRefreshes))
		record("rows-retry", rowsPer(last.written-after.written, growthSessions*growthRetries))
	}
	return nil
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

func (f *family) signIn(ctx context.Context, address string) error {
	return inTurns(ctx, runtime.NumCPU(), address, func(n int, p *person) error { // more would only wait for each other's hashes
		err := p.signIn()
		f.newest[n] = p.refresh
		return err
	})
}

func (f *family) refresh(ctx context.Context, address string) error {
	return inTurns(ctx, clients, address, func(n int, p *person) error {
		p.refresh = f.newest[n]
		for range growthRefreshes {
			f.spent[n] = append(f.spent[n][:0], p.refresh...)
			if err := p.renew(); err != nil {
				return err
			}
		}
		f.newest[n] = p.refresh
		return nil
	})
}

func (f *family) retry(ctx context.Context, address string) error {
	return inTurns(ctx, clients, address, func(n int, p *person) error {
		for range growthRetries {
			if err := p.retry(f.spent[n]); err != nil {
				return err
			}
		}
		return nil
	})
}

// inTurns calls for every session, some at once.
func inTurns(ctx context.Context, width int, address string, call func(n int, p *person) error) error {
	var (
		workers sync.WaitGroup
		turns   = make(chan int)
		errs    = make([]error, width)
	)
	for i := range errs {
		workers.Go(func() {
			for n := range turns {
				if errs[i] == nil {
					errs[i] = withPerson(address, n, call)
				}
			}
		})
	}
	for n := range growthSessions {
		if ctx.Err() != nil {
			break
		}
		turns <- n
	}
	close(turns)
	workers.Wait()
	return errors.Join(append(errs, context.Cause(ctx))...)
}

func withPerson(address string, n int, call func(n int, p *person) error) error {
	p := newPerson(address, n)
	if err := errors.Join(call(n, p), p.close()); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}
