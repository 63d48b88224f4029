package fault_test

import (
	"slices"

	"github.com/anishathalye/porcupine"

	"github.com/cartouche-auth/cartouche/token"
)

// answer is what a caller is told.
type answer string

const (
	served      answer = "served"
	superseded  answer = "superseded"
	ended       answer = "ended"
	compromised answer = "compromised"
	unavailable answer = "unavailable"
)

// verb is what is asked of a session.
type verb string

const (
	refresh verb = "refresh"
	logout  verb = "logout"
	revoke  verb = "revoke"
)

type tokenID [16]byte

// question is one call. Own and Parent are those of the token that is presented.
type question struct {
	Verb        verb
	Own, Parent tokenID
}

// outcome is its answer. Child is the parent of the token that a refresh was served with; Done tells whether it was this call that ended the session.
type outcome struct {
	Answer answer
	Child  tokenID
	Done   bool
}

// sessionState is a session as one machine that does one thing at a time would have it.
type sessionState struct {
	Parent, Previous tokenID
	Over             answer // empty: it lives
}

// sessionModel is the rule of refreshing, and of signing out, on a clock that stands still and with no minimum age.
func sessionModel(first tokenID) porcupine.Model {
	return modelOf(first, sessionState.step)
}

func modelOf(first tokenID, step func(sessionState, question) (sessionState, outcome)) porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{sessionState{Parent: first}} },
		Step: func(state, input, output any) []any {
			s := state.(sessionState)
			next, want := step(s, input.(question))
			switch output.(outcome) {
			case want:
				return []any{next}
			case outcome{Answer: unavailable}: // it happened, or it did not
				return slices.Compact([]any{s, next})
			}
			return nil
		},
	}
	return m.ToModel()
}

func (s sessionState) step(q question) (sessionState, outcome) {
	if q.Verb != refresh {
		if s.Over != "" {
			return s, outcome{Answer: ended}
		}
		s.Over = ended
		return s, outcome{Answer: ended, Done: true}
	}
	switch {
	case s.Over != "":
		return s, outcome{Answer: s.Over}
	case q.Own == s.Parent: // a retry
	case q.Parent == s.Parent:
		s.Parent, s.Previous = q.Own, s.Parent
	case s.Previous != tokenID{} && (s.Previous == q.Own || s.Previous == q.Parent):
		return s, outcome{Answer: superseded}
	default:
		s.Over = compromised
		return s, outcome{Answer: compromised}
	}
	return s, outcome{Answer: served, Child: s.Parent}
}

// forgetful is a model that is wrong: signing out ends nothing.
func (s sessionState) forgetful(q question) (sessionState, outcome) {
	if q.Verb != refresh {
		return s, outcome{Answer: ended, Done: true}
	}
	return s.step(q)
}

// lenient is another: a token that was overtaken is served all the same, so that two holders go on side by side.
func (s sessionState) lenient(q question) (sessionState, outcome) {
	next, out := s.step(q)
	if out.Answer == superseded {
		return s, outcome{Answer: served, Child: s.Parent}
	}
	return next, out
}

func presented(v verb, t token.Refresh) question {
	return question{v, tokenID(t.ID), tokenID(t.Parent)}
}
