package sqlstore

import (
	"context"
	"fmt"

	"github.com/cartouche-auth/cartouche/auth"
)

const insertEvent = `
INSERT INTO events (kind, actor, at, user_id, session_id, detail, address, user_agent, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

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
		string(e.Kind), text(string(e.By())), millis(e.At), textOrNull(string(e.UserID)), idOrNull(e.SessionID), text(e.Detail),
		text(e.Client.Address), atMost(text(e.Client.UserAgent), maxUserAgent), text(e.Client.RequestID),
	}
}

// The columns of an event, and how many there are.
const (
	eventColumns = `kind, actor, at, user_id, session_id, detail, address, user_agent, request_id`
	afterEvent   = 9
)

// eventAt reads eventColumns, the first of which is column 0.
func eventAt(r Row) auth.Event {
	return auth.Event{
		Kind: auth.EventKind(r.Text(0)), Actor: auth.Actor(r.Text(1)), At: timeAt(r, 2), UserID: auth.UserID(r.Text(3)), SessionID: idAt(r, 4), Detail: r.Text(5),
		Client: auth.Client{Address: r.Text(6), UserAgent: r.Text(7), RequestID: r.Text(8)},
	}
}

// One statement for each question, so that each has its index. What comes behind the index is looked at row by row, the newest first.
const (
	selectEvents       = `SELECT ` + eventColumns + ` FROM events WHERE at >= $1 AND (kind = $2 OR $2 = '') ORDER BY seq DESC LIMIT $3`
	selectEventsOfUser = `
SELECT ` + eventColumns + ` FROM events WHERE at >= $1 AND (kind = $2 OR $2 = '') AND user_id = $3 ORDER BY seq DESC LIMIT $4`
	selectEventsOfSession = `
SELECT ` + eventColumns + ` FROM events WHERE at >= $1 AND (kind = $2 OR $2 = '') AND session_id = $3 ORDER BY seq DESC LIMIT $4`
	selectEventsOfUserSession = `
SELECT ` + eventColumns + ` FROM events WHERE at >= $1 AND (kind = $2 OR $2 = '') AND session_id = $3 AND user_id = $4 ORDER BY seq DESC LIMIT $5`
)

// Events implements auth.EventStore.
func (s *Store) Events(ctx context.Context, query auth.EventQuery) ([]auth.Event, error) {
	since, kind, limit := int64(0), text(string(query.Kind)), limitOf(query.Limit)
	if !query.Since.IsZero() {
		since = millis(query.Since)
	}
	user, session := text(string(query.UserID)), query.SessionID[:]
	switch {
	case query.UserID == "" && query.SessionID.IsZero():
		return s.events(ctx, selectEvents, since, kind, limit)
	case query.SessionID.IsZero():
		return s.events(ctx, selectEventsOfUser, since, kind, user, limit)
	case query.UserID == "":
		return s.events(ctx, selectEventsOfSession, since, kind, session, limit)
	default:
		return s.events(ctx, selectEventsOfUserSession, since, kind, session, user, limit)
	}
}

func (s *Store) events(ctx context.Context, sql string, args ...any) ([]auth.Event, error) {
	var events []auth.Event
	if _, err := s.db.Read(ctx, func(r Row) { events = append(events, eventAt(r)) }, sql, args...); err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return events, nil
}
