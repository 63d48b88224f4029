package authtest

import (
	"sync/atomic"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

var outboxPromises = []promise{
	{"a mail is claimed once, the oldest first, and again when the claim is over", func(t *storeTest) {
		ada := t.user("ada")
		for range 3 {
			t.issue(ada, auth.PurposePasswordReset)
			t.clock.Advance(time.Second)
		}
		until := t.now().Add(time.Minute)
		first, err := t.store.ClaimMails(t.Context(), t.now(), until, 2)
		t.must(err)
		second, err := t.store.ClaimMails(t.Context(), t.now(), until, 2)
		t.must(err)
		if len(first) != 2 || len(second) != 1 || first[0].Seq >= first[1].Seq || first[1].Seq >= second[0].Seq {
			t.Fatalf("ClaimMails: got %v and %v", first, second)
		}
		again, err := t.store.ClaimMails(t.Context(), until, until.Add(time.Minute), 10)
		t.must(err)
		t.same("claimed again", len(again), 3)
	}},
	{"the queue tells its length and its oldest mail", func(t *storeTest) {
		none, err := t.store.MailQueue(t.Context())
		t.must(err)
		t.same("an empty queue", none, auth.MailQueue{})
		ada, since := t.user("ada"), t.now()
		t.issue(ada, auth.PurposePasswordReset)
		t.clock.Advance(time.Minute)
		t.issue(ada, auth.PurposeIdentifierReset)
		mails, err := t.store.ClaimMails(t.Context(), t.now(), t.now().Add(time.Minute), 1)
		t.must(err)
		two, err := t.store.MailQueue(t.Context())
		t.must(err)
		t.same("the queue, one of it claimed", two, auth.MailQueue{Waiting: 2, Oldest: since})
		t.must(t.store.MailDone(t.Context(), mails[0].Seq))
		one, err := t.store.MailQueue(t.Context())
		t.must(err)
		t.same("the queue, one of it done", one, auth.MailQueue{Waiting: 1, Oldest: since.Add(time.Minute)})
	}},
	{"of many that claim at once, each mail goes to one", func(t *storeTest) {
		ada := t.user("ada")
		for range 10 {
			t.issue(ada, auth.PurposePasswordReset)
		}
		var claimed atomic.Int32
		atOnce(10, func(int) {
			mails, err := t.store.ClaimMails(t.Context(), t.now(), t.now().Add(time.Minute), 3)
			if err != nil {
				t.Errorf("ClaimMails: %v", err)
			}
			claimed.Add(int32(len(mails)))
		})
		if n := claimed.Load(); n > 10 || n == 0 {
			t.Errorf("claimed %d of 10 mails", n)
		}
	}},
	{"a failed one comes back at its time, and one that is done never", func(t *storeTest) {
		ada := t.user("ada")
		t.issue(ada, auth.PurposePasswordReset)
		t.issue(ada, auth.PurposeIdentifierReset)
		mails, err := t.store.ClaimMails(t.Context(), t.now(), t.now().Add(time.Minute), 10)
		t.must(err)
		later := t.now().Add(10 * time.Minute)
		t.must(t.store.RetryMail(t.Context(), mails[0].Seq, later))
		t.must(t.store.MailDone(t.Context(), mails[1].Seq))
		early, err := t.store.ClaimMails(t.Context(), later.Add(-time.Millisecond), later, 10)
		t.must(err)
		t.same("too early", len(early), 0)
		back, err := t.store.ClaimMails(t.Context(), later, later.Add(time.Minute), 10)
		t.must(err)
		if len(back) != 1 || back[0].Seq != mails[0].Seq || back[0].Tries != 1 || string(back[0].Sealed) != "sealed" {
			t.Errorf("ClaimMails: got %v", back)
		}
	}},
}

var opaquePromises = []promise{
	{"an opaque token finds its session with the user", func(t *storeTest) {
		ada := t.user("ada")
		hash := [32]byte(secret.Bytes(32))
		session := t.session(ada, func(s *auth.Session) { s.Opaque = hash })
		found, user, err := t.store.OpaqueSession(t.Context(), hash)
		t.must(err)
		t.same("the session", found.ID, session.ID)
		t.same("the user", user.ID, ada.ID)
		_, _, err = t.store.OpaqueSession(t.Context(), [32]byte(secret.Bytes(32)))
		t.is("another", err, auth.ErrNotFound)
	}},
}
