package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/bench/load"
	"github.com/cartouche-auth/cartouche/secret"
)

// audit is what becomes of events in a site that the library serves.
type audit string

const (
	// auditOff stores and seals none.
	auditOff audit = "off"
	// auditBusy stores and seals more than there can be: an event for every password that a small machine could hash if it did nothing else.
	auditBusy audit = "busy"
)

const (
	busyEvents  = 64 // a second
	auditSlices = 12 // of each kind
)

// auditProbes measure what refreshes cost while events are recorded and sealed, beside the same without any.
func auditProbes() []probe {
	var all []probe
	for _, database := range []string{"sqlite", "postgres"} {
		all = append(all, probe{
			keys: []string{"audit-" + database, "unaudited-" + database}, once: true,
			run: func(ctx context.Context, w *world, record func(string, sample)) error {
				return runAudit(ctx, w, database, record)
			},
		})
	}
	return all
}

// runAudit lets two servers refresh in turns, in many short slices: no event belongs to a refresh, so what is looked for is small, and a machine that is
// shared is not the same for long.
func runAudit(ctx context.Context, w *world, database string, record func(string, sample)) (err error) {
	keys := [2]string{"audit-" + database, "unaudited-" + database}
	var arms [2]auditArm
	for i, kind := range []audit{auditBusy, auditOff} {
		if arms[i], err = w.openArm(ctx, database, kind); err != nil {
			return errors.Join(err, closeArms(arms[:i]))
		}
	}
	for slice := range 2 * auditSlices {
		i := (slice + 1) / 2 % 2 // ABBA, so that what grows slowly hits both alike
		steps := arms[i].crowd.steps(func(p *person) load.Step { return p.renew })
		measured, err := drive(ctx, w.window/2, w.pids(arms[i].server, database), steps)
		if err != nil {
			return errors.Join(err, closeArms(arms[:]))
		}
		record(keys[i], sample{Value: float64(measured.CPU), Others: measured.Others})
	}
	return closeArms(arms[:])
}

// auditArm is a server of one kind, and who refreshes there.
type auditArm struct {
	server *server
	crowd  crowd
}

func closeArms(arms []auditArm) error {
	var errs []error
	for _, a := range arms {
		errs = append(errs, a.crowd.close(), a.server.close())
	}
	return errors.Join(errs...)
}

func (w *world) openArm(ctx context.Context, database string, kind audit) (auditArm, error) {
	where, err := w.newSite(ctx, "audit_"+string(kind), database, w.hash)
	if err != nil {
		return auditArm{}, err
	}
	where.audit = kind
	if err := where.seal(ctx); err != nil { // the events of the accounts, which would be sealed within the first slices
		return auditArm{}, err
	}
	server, err := where.start(ctx)
	if err != nil {
		return auditArm{}, err
	}
	arm := auditArm{server, newCrowd(server.address, 0, clients)}
	if err := arm.crowd.signIn(); err != nil {
		return auditArm{}, errors.Join(err, closeArms([]auditArm{arm}))
	}
	return arm, nil
}

// over puts the audit of a kind over a store, until ctx ends.
func (a audit) over(ctx context.Context, store auth.Store) auth.Store {
	switch a {
	case auditOff:
		return unaudited{store}
	case auditBusy:
		go recordBusily(ctx, store)
		return store
	default:
		return store
	}
}

// unaudited is a store that has no events to seal, and keeps none that stand by themselves.
type unaudited struct{ auth.Store }

func (unaudited) RecordEvent(context.Context, auth.Event) error { return nil }

func (unaudited) UnsealedEvents(context.Context, int64, int) ([]auth.SealedEvent, error) {
	return nil, nil
}

// recordBusily records an event now and then, as sign-ins do.
func recordBusily(ctx context.Context, store auth.Store) {
	client := auth.Client{Address: "203.0.113.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}
	for pause(ctx, time.Second/busyEvents) == nil {
		event := auth.Event{
			Kind: auth.EventLoginFailed, At: store.Now(), Detail: username(0), Client: client, SessionID: auth.SessionID(secret.Bytes(16)),
		}
		if err := store.RecordEvent(ctx, event); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "record event:", err)
		}
	}
}
