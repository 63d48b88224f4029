package httpapi

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

// minFeedToken is how long, in bytes, a token must be that services read the feed of revocations with.
const minFeedToken = 32

// maxFeedWait is the longest wait that a service may ask for: proxies cut answers that take a minute.
const maxFeedWait = 50 * time.Second

// revocationsView is the answer of GET revocations/.
type revocationsView struct {
	Cursor string `json:"cursor"`
	// Whole says that the list is all there is: forget the rest.
	Whole bool `json:"whole"`
	// AgeMilliseconds is how long ago the server last heard from its database.
	AgeMilliseconds int64            `json:"age_ms"`
	Revocations     []revocationView `json:"revocations"`
}

type revocationView struct {
	Kind    auth.RevocationKind `json:"kind"`
	Subject string              `json:"subject"`
	// NotBefore is in Unix milliseconds: tokens issued at or before it are dead.
	NotBefore int64  `json:"not_before"`
	Reason    string `json:"reason"`
}

// feedTokens are the tokens with which services read the feed, as hashes: comparing those tells nothing about how much of a guess was right.
type feedTokens [][sha256.Size]byte

func newFeedTokens(texts []secret.Text) (feedTokens, error) {
	var tokens feedTokens
	var errs []error
	for i, t := range texts {
		text := t.Reveal()
		if len(text) < minFeedToken || strings.Count(text, text[:1]) == len(text) {
			errs = append(errs, fmt.Errorf("feed_tokens: token %d: must be random, and at least %d characters; openssl rand -hex 32 makes one", i+1, minFeedToken))
		}
		tokens = append(tokens, sha256.Sum256([]byte(text)))
	}
	return tokens, errors.Join(errs...)
}

// has tells whether a request carries one of the tokens. Every one is compared, whatever the outcome.
func (f feedTokens) has(r *http.Request) bool {
	word, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(text))
	found := false
	for _, known := range f {
		if secret.Equal(known[:], sum[:]) {
			found = true
		}
	}
	return found && strings.EqualFold(word, "Bearer")
}

// mountFeed serves the feed of revocations, for services that hold a token. Without tokens there is no such route.
func (a *api) mountFeed(mux *http.ServeMux) {
	if len(a.feedTokens) == 0 {
		return
	}
	mountBoth(mux, strings.TrimSuffix(a.config.Prefix, "/")+"/revocations", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		if err := a.revocations(w, r); err != nil {
			a.fail(w, r, err)
		}
	}))
}

// revocations is a long poll (RFC 6202, section 2) over what was revoked since a cursor.
func (a *api) revocations(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if !a.feedTokens.has(r) {
		return errNotAuthenticated()
	}
	if !isSafe(r.Method) {
		return errMethod(r.Method)
	}
	query := r.URL.Query()
	wait, err := strconv.Atoi("0" + query.Get("wait"))
	if err != nil || query.Get("wait") != "" && query.Get("wait")[0] == '-' {
		return &problem{code: "invalid", fields: oneField("wait", "A valid integer is required.")}
	}
	limit := min(time.Duration(wait)*time.Second, maxFeedWait)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // the answer may take as long as that; where there is no deadline there is nothing to lift
	page, err := a.svc.RevocationFeed(r.Context(), query.Get("cursor"), limit)
	if err != nil {
		return err
	}
	view := revocationsView{Cursor: page.Cursor, Whole: page.Whole, AgeMilliseconds: page.Age.Milliseconds(), Revocations: []revocationView{}}
	for _, x := range page.Revocations {
		view.Revocations = append(view.Revocations, revocationView{x.Kind, x.Subject, x.NotBefore.UnixMilli(), x.Reason})
	}
	return writeJSON(w, http.StatusOK, view)
}
