package authtest

import (
	"time"

	"github.com/cartouche-auth/cartouche/auth"
)

var importedSessionPromises = []promise{
	{"a session of another system opens one of ours, and says whether that outlives the browser", func(t *storeTest) {
		lasting, passing := t.foreign(auth.ImportedSession, "7"), t.foreign(auth.ImportedSession, "7")
		lasting.Remember = true
		t.bring(newOne, t.immigrant("7", "ada", lasting, passing))
		for _, token := range []auth.ImportedToken{lasting, passing} {
			kept, err := t.store.ImportedToken(t.Context(), token.Kind, token.Hash)
			t.must(err)
			t.same("the session", kept, token)
			t.same("opened", t.openImported(token), true)
			t.same("opened again", t.openImported(token), false)
		}
		_, err := t.store.ImportedToken(t.Context(), auth.ImportedRefresh, lasting.Hash)
		t.is("as another kind", err, auth.ErrNotFound)
	}},
	{"a session that was prolonged there lives longer here, until it is used", func(t *storeTest) {
		token := t.foreign(auth.ImportedSession, "7")
		ada := t.immigrant("7", "ada", token)
		t.bring(newOne, ada)
		for _, step := range []struct {
			life time.Duration
			new  int
			want time.Duration
		}{{2 * time.Hour, 1, 2 * time.Hour}, {2 * time.Hour, 0, 2 * time.Hour}, {time.Hour, 0, 2 * time.Hour}} {
			ada.Tokens[0].ExpiresAt = t.now().Add(step.life)
			results := t.bring([]auth.ImportOutcome{auth.ImportUnchanged}, ada)
			kept, err := t.store.ImportedToken(t.Context(), token.Kind, token.Hash)
			t.must(err)
			t.same("the end", kept.ExpiresAt, t.now().Add(step.want))
			t.same("new", len(results[0].Tokens), step.new)
		}
		t.same("opened", t.openImported(token), true)
		ada.Tokens[0].ExpiresAt = t.now().Add(3 * time.Hour)
		t.same("new after its use", len(t.bring([]auth.ImportOutcome{auth.ImportUnchanged}, ada)[0].Tokens), 0)
	}},
	{"what has died at the source since an earlier import goes, unless it opened a session here", func(t *storeTest) {
		dead, used, alive := t.foreign(auth.ImportedSession, "7"), t.foreign(auth.ImportedSession, "7"), t.foreign(auth.ImportedRefresh, "7")
		opaque, session := t.foreign(auth.ImportedOpaque, "7"), t.fresh("7")
		session.Opaque, opaque.Session = opaque.Hash, &session
		others := t.foreign(auth.ImportedSession, "8")
		t.bring([]auth.ImportOutcome{auth.ImportNew, auth.ImportNew}, t.immigrant("7", "ada", dead, used, alive, opaque), t.immigrant("8", "bob", others))
		t.same("opened", t.openImported(used), true)
		later := t.immigrant("7", "ada", alive)
		later.Fingerprint, later.AllTokens = [32]byte{2}, true // a new password there
		results := t.bring([]auth.ImportOutcome{auth.ImportChanged}, later)
		t.same("how many went", results[0].Ended, 1)
		t.bring([]auth.ImportOutcome{auth.ImportUnchanged}, t.immigrant("8", "bob")) // an import that knows nothing of tokens
		for _, c := range []struct {
			token auth.ImportedToken
			want  error
		}{{dead, auth.ErrNotFound}, {used, nil}, {alive, nil}, {opaque, nil}, {others, nil}} {
			_, err := t.store.ImportedToken(t.Context(), c.token.Kind, c.token.Hash)
			t.is("ImportedToken", err, c.want)
		}
	}},
	{"a token that comes twice in a batch is one", func(t *storeTest) {
		token := t.foreign(auth.ImportedRefresh, "7")
		t.same("tokens", len(t.bring(newOne, t.immigrant("7", "ada", token, token))[0].Tokens), 1)
	}},
	{"sessions that were used or signed out stay known, others are pruned", func(t *storeTest) {
		unused, used, spent := t.foreign(auth.ImportedSession, "7"), t.foreign(auth.ImportedSession, "7"), t.foreign(auth.ImportedSession, "7")
		ada := t.immigrant("7", "ada", unused, used, spent)
		t.bring(newOne, ada)
		t.same("opened", t.openImported(used), true)
		_, err := t.store.SpendImported(t.Context(), spent.Kind, spent.Hash, auth.Event{At: t.now(), UserID: "7"})
		t.must(err)
		t.clock.Advance(2 * time.Hour)
		t.prune(t.now())
		for i := range ada.Tokens {
			ada.Tokens[i].ExpiresAt = t.now().Add(time.Hour) // as if they had been prolonged
		}
		t.same("new", len(t.bring([]auth.ImportOutcome{auth.ImportUnchanged}, ada)[0].Tokens), 1)
		if t.openImported(used) || t.openImported(spent) {
			t.Error("a session came back")
		}
	}},
}
