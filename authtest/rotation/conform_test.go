package rotation_test

import (
	"fmt"
	"net/http"
	"time"

	"pgregory.net/rapid"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest/rotation"
)

// present brings a token to a server, holds the answer to the model's, and answers it with the token that the client holds then.
func (m *machine) present(rt *rapid.T, by carrier, token int16) (rotation.Answer, int16) {
	node := m.nodes[m.node(rt)]
	presented := m.issued[token]
	a := node.refresh(by, presented.held)
	what := fmt.Sprintf("refresh with token %d %+v at %d, row %+v", token, presented.Token, m.now(), m.model)
	if !m.clock.Now().Before(presented.expires) {
		m.wantRefusal(rt, what, a, http.StatusUnauthorized, "token_expired")
		return rotation.Ended, token
	}
	model, told, next := builtRule.Present(m.model, presented.Token, m.now())
	m.model = model
	if m.honest && told != rotation.Served && told != rotation.Kept {
		rt.Fatalf("%s: the model says %v to an honest person", what, told)
	}
	switch told {
	case rotation.Served:
		return told, m.served(rt, what, a, next)
	case rotation.Kept:
		if a.status != http.StatusOK || a.held.access == "" || (a.held.refresh != "" && (by == byCookie || a.held.refresh != presented.held.refresh)) {
			rt.Fatalf("%s: got %v, want 200 and the token to be kept", what, a)
		}
	case rotation.Superseded:
		m.wantRefusal(rt, what, a, http.StatusConflict, "refresh_superseded")
		if len(a.cookies) > 0 {
			rt.Fatalf("%s: got cookies %v with 409", what, a.cookies)
		}
	case rotation.Compromised:
		m.ended = "session_compromised"
		m.wantRefusal(rt, what, a, http.StatusUnauthorized, m.ended)
	default:
		m.wantRefusal(rt, what, a, http.StatusUnauthorized, m.ended)
	}
	return told, token
}

// served takes the next token up and checks its place in the lineage.
func (m *machine) served(rt *rapid.T, what string, a reply, next rotation.Token) int16 {
	if a.status != http.StatusOK || a.held.access == "" || a.held.refresh == "" {
		rt.Fatalf("%s: got %v, want 200 with tokens", what, a)
	}
	got := m.read(a.held.refresh)
	if want := m.read(m.issued[next.Parent].held.refresh).ID; got.Parent != want {
		rt.Fatalf("%s: got a child of %x, want of %x", what, got.Parent, want)
	}
	m.issued = append(m.issued, issued{next, a.held, got.ExpiresAt})
	return next.ID
}

func (m *machine) wantRefusal(rt *rapid.T, what string, a reply, status int, code string) {
	if a.status != status || a.code != code || a.held.refresh != "" || a.held.access != "" {
		rt.Fatalf("%s: got %v, want %d %s and no token", what, a, status, code)
	}
}

// check holds the row to the model, and to what it was before.
func (m *machine) check(rt *rapid.T) {
	row := m.cluster.row(m.issued[0].held.refresh)
	id := func(name int16) auth.TokenID {
		if name == rotation.None {
			return auth.TokenID{}
		}
		return m.read(m.issued[name].held.refresh).ID
	}
	type state struct {
		Parent, Previous auth.TokenID
		Generation       int64
		ConfirmedAt      time.Time
		Ended            bool
	}
	got := state{row.Parent, row.Previous, row.Generation, row.ConfirmedAt, !row.EndedAt.IsZero()}
	want := state{
		id(m.model.Parent), id(m.model.Previous), int64(m.model.Generation), m.began.Add(time.Duration(m.model.ConfirmedAt) * step), m.model.Ended,
	}
	if got != want {
		rt.Fatalf("row: got %+v, want %+v", got, want)
	}
	if row.Generation < m.row.Generation || (!m.row.EndedAt.IsZero() && !row.EndedAt.Equal(m.row.EndedAt)) {
		rt.Fatalf("row went back from %+v to %+v", m.row, row)
	}
	m.row = row
	if m.honest {
		if _, told, _ := builtRule.Present(m.model, m.issued[m.jar].Token, m.now()); told != rotation.Served && told != rotation.Kept {
			rt.Fatalf("the jar holds token %d, which the model answers with %v", m.jar, told)
		}
	}
}
