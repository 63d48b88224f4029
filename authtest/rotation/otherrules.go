package rotation

// The rules of this file are in use elsewhere, and each fails in its own way. They are what the explorer is tested with.

// Strict knows the newest token only and refuses every other one, without ending anything.
type Strict struct{}

// Present is the rule.
func (Strict) Present(s Session, t Token, now int16) (Session, Answer, Token) {
	if t.ID != s.Parent {
		return s, Invalid, Token{}
	}
	s.Parent = s.Issued
	return s.issue(t.ID, now)
}

// StrictKill is Strict that ends the session when a spent token comes back.
type StrictKill struct{}

// Present is the rule.
func (StrictKill) Present(s Session, t Token, now int16) (Session, Answer, Token) {
	switch {
	case s.Ended:
		return s, Ended, Token{}
	case t.ID != s.Parent:
		s.Ended = true
		return s, Compromised, Token{}
	}
	s.Parent = s.Issued
	return s.issue(t.ID, now)
}

// Counter has one number for each session. The newest token steps it; the token one behind is always answered with the newest one, and so is any
// other within the step of the clock in which the number was moved last.
type Counter struct{}

// Present is the rule.
func (Counter) Present(s Session, t Token, now int16) (Session, Answer, Token) {
	switch behind := s.Parent - t.ID; {
	case s.Ended:
		return s, Ended, Token{}
	case behind == 0:
		s.Parent, s.Previous, s.ConfirmedAt = s.Parent+1, s.Parent, now
	case behind == 1 || s.Previous != None && now == s.ConfirmedAt:
		s.ConfirmedAt = now
	default:
		s.Ended = true
		return s, Compromised, Token{}
	}
	return s, Served, Token{ID: s.Parent, Parent: None}
}
