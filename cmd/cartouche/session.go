package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/device"
)

func (a *app) sessionCommand() *cobra.Command {
	return group("session", "List sessions, end them, and learn why one ended", a.sessionListCommand(), a.sessionRevokeCommand(), a.sessionWhyCommand())
}

func (a *app) sessionListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list USER", Short: "List the live sessions of a user", Args: oneArgument("user"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withUser(cmd.Context(), args[0], func(o opened, user auth.User) error {
				sessions, err := o.SessionsOf(cmd.Context(), user.ID)
				if err != nil {
					return err
				}
				return printSessions(cmd.OutOrStdout(), sessions, asJSON)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func printSessions(w io.Writer, sessions []auth.Session, asJSON bool) error {
	if asJSON {
		views := make([]sessionView, len(sessions))
		for i, s := range sessions {
			views[i] = viewSession(s)
		}
		return writeJSON(w, views)
	}
	var rows [][]string
	for _, s := range sessions {
		rows = append(rows, []string{
			s.ID.String(), s.Method, timeText(s.CreatedAt), timeText(s.ConfirmedAt), timeText(s.IdleExpiresAt), s.Address, device.Of(s.UserAgent).String(), s.Label, s.UserAgent,
		})
	}
	return writeTable(w, "SESSION METHOD OPENED REFRESHED EXPIRES ADDRESS DEVICE LABEL USER-AGENT", rows)
}

func (a *app) sessionRevokeCommand() *cobra.Command {
	var user string
	var everybody bool
	c := &cobra.Command{
		Use: "revoke {SESSION | --user USER | --everybody}", Short: "End one session, all of a user, or all there are, at once",
		Args: func(_ *cobra.Command, args []string) error {
			given := len(args)
			if user != "" {
				given++
			}
			if everybody {
				given++
			}
			if given != 1 {
				return errors.New("cartouche session revoke needs one of a session, --user USER and --everybody")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case everybody:
				return a.revokeEverything(cmd)
			case user != "":
				return a.revokeSessions(cmd, user)
			default:
				return a.revokeSession(cmd, args[0])
			}
		},
	}
	c.Flags().StringVar(&user, "user", "", "end all sessions of this user")
	c.Flags().BoolVar(&everybody, "everybody", false, "end every session there is: for the day on which the database or the master key was stolen")
	return c
}

func (a *app) revokeEverything(cmd *cobra.Command) error {
	return a.with(cmd.Context(), func(o opened) error {
		n, err := o.RevokeEverything(cmd.Context(), operator(cmd))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "ended %s; every access token is dead\n", count(n, "session"))
		return err
	})
}

func (a *app) revokeSession(cmd *cobra.Command, text string) error {
	return a.with(cmd.Context(), func(o opened) error {
		id, err := auth.ParseSessionID(text)
		if err == nil {
			err = o.RevokeSession(cmd.Context(), operator(cmd), id)
		}
		if err != nil {
			return notFound(err, "there is no live session %q", text)
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "ended 1 session")
		return err
	})
}

func (a *app) revokeSessions(cmd *cobra.Command, name string) error {
	return a.withUser(cmd.Context(), name, func(o opened, user auth.User) error {
		n, err := o.RevokeSessions(cmd.Context(), operator(cmd), user.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "ended %s\n", count(n, "session"))
		return err
	})
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (a *app) sessionWhyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "why SESSION", Short: "Explain why a session lives or has ended", Args: oneArgument("session"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(o opened) error {
				id, err := auth.ParseSessionID(args[0])
				if err != nil {
					return notFound(err, "%q is not the id of a session", args[0])
				}
				why, err := o.WhySession(cmd.Context(), id)
				if err != nil {
					return notFound(err, "nothing is known of the session %s: it never was, or ended longer ago than such things are kept", id)
				}
				return printWhy(cmd.OutOrStdout(), why, asJSON)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func printWhy(w io.Writer, why auth.Explanation, asJSON bool) error {
	if asJSON {
		view := whyView{State: stateOf(why), Session: viewSession(why.Session), Events: []eventView{}}
		for _, e := range why.Events {
			view.Events = append(view.Events, eventView{e.Kind, e.At.UTC(), e.Detail, e.Client.Address, e.Client.UserAgent})
		}
		return writeJSON(w, view)
	}
	s := why.Session
	if err := writePairs(w, [][2]string{
		{"session", s.ID.String()},
		{"state", stateOf(why)},
		{"user", string(s.UserID)},
		{"method", s.Method},
		{"opened", timeText(s.CreatedAt)},
		{"refreshed", timeText(s.ConfirmedAt)},
		{"refreshes", fmt.Sprint(s.Generation)},
		{"ends unused", timeText(s.IdleExpiresAt)},
		{"ends anyway", timeText(s.AbsoluteExpiresAt)},
		{"ended", timeText(s.EndedAt)},
		{"address", s.Address},
		{"user agent", s.UserAgent},
	}); err != nil {
		return err
	}
	var rows [][]string
	for _, e := range why.Events {
		rows = append(rows, []string{timeText(e.At), string(e.Kind), e.Detail, e.Client.Address, e.Client.UserAgent})
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return writeTable(w, "TIME EVENT DETAIL ADDRESS USER-AGENT", rows)
}

// stateOf is the explanation in one sentence.
func stateOf(why auth.Explanation) string {
	switch sentence, known := reasonSentences[why.Reason]; {
	case known:
		return sentence
	case why.Reason != "":
		return "ended: " + string(why.Reason)
	case why.Live:
		return "lives"
	default:
		return "asleep, because the user is disabled"
	}
}

// reasonSentences say every reason to operators.
//
//nolint:gochecknoglobals // a constant in all but name
var reasonSentences = map[auth.EndReason]string{
	auth.EndedByLogout:      "ended by signing out",
	auth.EndedByUser:        "ended by its user, from another device",
	auth.EndedByOperator:    "ended by an operator",
	auth.EndedByPassword:    "ended, because the password was changed",
	auth.EndedByDisable:     "ended, because the user was disabled",
	auth.EndedByDelete:      "ended, because the user was deleted",
	auth.EndedAsCompromised: "ended, because a second holder of its tokens was seen",
	auth.EndedAsEvicted:     "ended, because the user opened more sessions than max_sessions allows, and this one was the least recently active",
	auth.ExpiredIdle:        "ran out: it was not used for too long",
	auth.ExpiredAbsolute:    "ran out: it reached the longest life of a session",
	auth.RightsChanged:      "lives, but its access tokens from before a right was taken away are dead",
}

// sessionView is a session as JSON.
type sessionView struct {
	ID                string         `json:"id"`
	UserID            auth.UserID    `json:"user_id"`
	Method            string         `json:"method"`
	Label             string         `json:"label"`
	Remember          bool           `json:"remember"`
	Refreshes         int64          `json:"refreshes"`
	Address           string         `json:"address"`
	Device            string         `json:"device"`
	UserAgent         string         `json:"user_agent"`
	CreatedAt         *time.Time     `json:"created_at"`
	ConfirmedAt       *time.Time     `json:"confirmed_at"`
	IdleExpiresAt     *time.Time     `json:"idle_expires_at"`
	AbsoluteExpiresAt *time.Time     `json:"absolute_expires_at"`
	EndedAt           *time.Time     `json:"ended_at"`
	EndReason         auth.EndReason `json:"end_reason"`
}

func viewSession(s auth.Session) sessionView {
	return sessionView{
		ID: s.ID.String(), UserID: s.UserID, Method: s.Method, Label: s.Label, Remember: s.Remember, Refreshes: s.Generation, Address: s.Address,
		Device: device.Of(s.UserAgent).String(), UserAgent: s.UserAgent, CreatedAt: timePointer(s.CreatedAt), ConfirmedAt: timePointer(s.ConfirmedAt), IdleExpiresAt: timePointer(s.IdleExpiresAt),
		AbsoluteExpiresAt: timePointer(s.AbsoluteExpiresAt), EndedAt: timePointer(s.EndedAt), EndReason: s.EndReason,
	}
}

// whyView is an explanation as JSON.
type whyView struct {
	State   string      `json:"state"`
	Session sessionView `json:"session"`
	Events  []eventView `json:"events"`
}

type eventView struct {
	Kind      auth.EventKind `json:"kind"`
	At        time.Time      `json:"at"`
	Detail    string         `json:"detail"`
	Address   string         `json:"address"`
	UserAgent string         `json:"user_agent"`
}
