package sqlstore

import (
	"context"
	"fmt"

	"github.com/cartouche-auth/cartouche/auth"
)

const insertEvent = `
INSERT INTO events (kind, at, user_id, session_id, detail, address, user_agent, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// RecordEvent implements auth.EventStore.
func (s *Store) RecordEvent(ctx context.Context, event auth.Event) error {
	if _, err := s.db.Write(ctx, nil, insertEvent, eventArgs(event)...); err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return nil
}

// record stores an event together with what it tells of.
func record(ctx context.Context, tx Tx, event auth.Event) error {
	_, err := tx.Run(ctx, nil, insertEvent, eventArgs(event)...)
	return err
}

const maxUserAgent = 512

func eventArgs(e auth.Event) []any {
	return []any{
		string(e.Kind), millis(e.At), textOrNull(string(e.UserID)), idOrNull(e.SessionID), text(e.Detail),
		text(e.Client.Address), atMost(text(e.Client.UserAgent), maxUserAgent), text(e.Client.RequestID),
	}
}

const eventColumns = `kind, at, user_id, session_id, detail, address, user_agent, request_id`

// One statement for each question, so that each has its index.
const (
	selectEvents              = `SELECT ` + eventColumns + ` FROM events ORDER BY seq DESC LIMIT $1`
	selectEventsOfUser        = `SELECT ` + eventColumns + ` FROM events WHERE user_id = $1 ORDER BY seq DESC LIMIT $2`
	selectEventsOfSession     = `SELECT ` + eventColumns + ` FROM events WHERE session_id = $1 ORDER BY seq DESC LIMIT $2`
	selectEventsOfUserSession = `SELECT ` + eventColumns + ` FROM events WHERE session_id = $1 AND user_id = $2 ORDER BY seq DESC LIMIT $3`
)

// Events implements auth.EventStore.
func (s *Store) Events(ctx context.Context, query auth.EventQuery) ([]auth.Event, error) {
	limit, user, session := limitOf(query.Limit), text(string(query.UserID)), query.SessionID[:]
	switch {
	case query.UserID == "" && query.SessionID.IsZero():
		return s.events(ctx, selectEvents, limit)
	case query.SessionID.IsZero():
		return s.events(ctx, selectEventsOfUser, user, limit)
	case query.UserID == "":
		return s.events(ctx, selectEventsOfSession, session, limit)
	default:
		return s.events(ctx, selectEventsOfUserSession, session, user, limit)
	}
}

func (s *Store) events(ctx context.Context, sql string, args ...any) ([]auth.Event, error) {
	var events []auth.Event
	_, err := s.db.Read(ctx, func(r Row) {
		events = append(events, auth.Event{
			Kind: auth.EventKind(r.Text(0)), At: timeAt(r, 1), UserID: auth.UserID(r.Text(2)), SessionID: idAt(r, 3), Detail: r.Text(4),
			Client: auth.Client{Address: r.Text(5), UserAgent: r.Text(6), RequestID: r.Text(7)},
		})
	}, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return events, nil
}
