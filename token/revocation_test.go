package token_test

import (
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

func TestRevocationsKillWhatTheyName(t *testing.T) {
	t.Parallel()
	c := accessClaims()
	c.KeyID = "key"
	for situation, test := range map[string]struct {
		revocation token.Revocation
		dead       bool
	}{
		"its session":              {token.Revocation{Kind: token.RevokedSession, Subject: sessionID, NotBefore: now}, true},
		"its user":                 {token.Revocation{Kind: token.RevokedUser, Subject: subject, NotBefore: now}, true},
		"its key":                  {token.Revocation{Kind: token.RevokedKey, Subject: "key", NotBefore: now}, true},
		"everything":               {token.Revocation{Kind: token.RevokedEverything, NotBefore: now}, true},
		"later in the same second": {token.Revocation{Kind: token.RevokedSession, Subject: sessionID, NotBefore: now.Add(999 * time.Millisecond)}, true},
		"the second before":        {token.Revocation{Kind: token.RevokedSession, Subject: sessionID, NotBefore: now.Add(-time.Millisecond)}, false},
		"another session":          {token.Revocation{Kind: token.RevokedSession, Subject: "other", NotBefore: now}, false},
		"a user with its id":       {token.Revocation{Kind: token.RevokedUser, Subject: sessionID, NotBefore: now}, false},
		"a kind of the future":     {token.Revocation{Kind: "device", Subject: sessionID, NotBefore: now}, false},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			var set token.Revocations
			set.Add(test.revocation)
			if found, dead := set.Find(c); dead != test.dead || dead && found != test.revocation {
				t.Errorf("got %+v, %t", found, dead)
			}
		})
	}
}

func TestRevocationsGrowAndShrink(t *testing.T) {
	t.Parallel()
	var set token.Revocations
	early := token.Revocation{Kind: token.RevokedUser, Subject: subject, NotBefore: now.Add(-time.Minute)}
	late := token.Revocation{Kind: token.RevokedUser, Subject: subject, NotBefore: now}
	other := token.Revocation{Kind: token.RevokedKey, Subject: "key", NotBefore: now.Add(-time.Hour)}
	for i, want := range []int{1, 1, 0, 0, 1} {
		if added := set.Add([]token.Revocation{early, late, late, early, other}[i]); len(added) != want {
			t.Errorf("addition %d made %d differences, want %d", i, len(added), want)
		}
	}
	if n := set.Len(); n != 2 {
		t.Errorf("got %d, want 2", n)
	}
	set.Forget(now)
	if _, dead := set.Find(accessClaims()); !dead || set.Len() != 1 {
		t.Errorf("after forgetting: %d left", set.Len())
	}
	set.Replace([]token.Revocation{other})
	if _, dead := set.Find(accessClaims()); dead || set.Len() != 1 {
		t.Errorf("after replacing: %d left", set.Len())
	}
}
