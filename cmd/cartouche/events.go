package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/cmd/cartouche/internal/config"
)

func (a *app) eventsCommand() *cobra.Command {
	return group("events", "Read the audit trail, and verify that nobody has changed it", a.eventsListCommand(), a.eventsExportCommand(), a.eventsVerifyCommand())
}

// eventsQuery is what the flags of events list say.
type eventsQuery struct {
	user, session, kind, since string
	limit                      int
	asJSON                     bool
}

func (a *app) eventsListCommand() *cobra.Command {
	var q eventsQuery
	c := &cobra.Command{
		Use: "list", Short: "List events, the newest first", Args: noArguments,
		Example: "  cartouche events list --user ada --since 24h\n  cartouche events list --kind login.failed --since 2026-01-31 --limit 1000 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.look(cmd.Context(), func(o opened) error {
				query, err := q.parse(cmd, o)
				if err != nil {
					return err
				}
				events, err := o.store.Events(cmd.Context(), query)
				if err != nil {
					return err
				}
				return printEvents(cmd.OutOrStdout(), events, q.asJSON)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&q.user, "user", "", "of this user, by id or username")
	f.StringVar(&q.session, "session", "", "of this session")
	f.StringVar(&q.kind, "kind", "", "of this kind, such as login.failed")
	f.StringVar(&q.since, "since", "", "not before a time: 24h ago, 2026-01-31, 2026-01-31T12:00:00Z")
	f.IntVar(&q.limit, "limit", 100, "at most so many")
	jsonFlag(c, &q.asJSON)
	return c
}

func (q eventsQuery) parse(cmd *cobra.Command, o opened) (query auth.EventQuery, err error) {
	if q.limit < 1 {
		return query, errors.New("--limit: must be at least 1")
	}
	query = auth.EventQuery{Kind: auth.EventKind(q.kind), Limit: q.limit}
	if q.kind != "" && !slices.Contains(auth.EventKinds(), query.Kind) {
		return query, unknownKind(q.kind)
	}
	if q.since != "" {
		if query.Since, err = timeAgo(q.since, o.Now()); err != nil {
			return query, err
		}
	}
	if q.session != "" {
		if query.SessionID, err = auth.ParseSessionID(q.session); err != nil {
			return query, fmt.Errorf("--session: %q is not the id of a session", q.session)
		}
	}
	if q.user == "" {
		return query, nil
	}
	user, err := o.FindUser(cmd.Context(), q.user)
	if errors.Is(err, auth.ErrNotFound) { // events outlive the account; then only the id is left
		user.ID, err = auth.UserID(q.user), nil
	}
	query.UserID = user.ID
	return query, err
}

func unknownKind(text string) error {
	var names []string
	for _, k := range auth.EventKinds() {
		names = append(names, string(k))
	}
	if name := config.Nearest(text, names); name != "" {
		return fmt.Errorf("--kind: there is no kind %q; did you mean %s?", text, name)
	}
	return fmt.Errorf("--kind: there is no kind %q", text)
}

// timeAgo reads a point in time, or how long ago it was.
func timeAgo(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since: %q is neither a time such as 2026-01-31T12:00:00Z, nor a day, nor a duration such as 24h", text)
}

// trailView is an event as JSON. What is sealed says where it stands in the chain.
type trailView struct {
	At        time.Time      `json:"at"`
	Kind      auth.EventKind `json:"kind"`
	Outcome   auth.Outcome   `json:"outcome"`
	Actor     auth.Actor     `json:"actor"`
	UserID    auth.UserID    `json:"user_id"`
	SessionID string         `json:"session_id"`
	Detail    string         `json:"detail"`
	Address   string         `json:"address"`
	UserAgent string         `json:"user_agent"`
	RequestID string         `json:"request_id"`
}

func viewTrail(e auth.Event) trailView {
	v := trailView{
		At: e.At.UTC(), Kind: e.Kind, Outcome: e.Outcome(), Actor: e.Actor, UserID: e.UserID, Detail: e.Detail, Address: e.Client.Address,
		UserAgent: e.Client.UserAgent, RequestID: e.Client.RequestID,
	}
	if !e.SessionID.IsZero() {
		v.SessionID = e.SessionID.String()
	}
	return v
}

func printEvents(w io.Writer, events []auth.Event, asJSON bool) error {
	views, rows := []trailView{}, [][]string{}
	for _, e := range events {
		v := viewTrail(e)
		views = append(views, v)
		rows = append(rows, []string{
			timeText(e.At), string(e.Kind), string(v.Outcome), string(v.Actor), string(v.UserID), v.SessionID, v.Detail, v.Address, v.UserAgent,
		})
	}
	if asJSON {
		return writeJSON(w, views)
	}
	return writeTable(w, "TIME KIND OUTCOME ACTOR USER SESSION DETAIL ADDRESS USER-AGENT", rows)
}
