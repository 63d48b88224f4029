package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

const feedToken = "3f9c1b7e5a2d4860c8e7f1a0b9d6e5c4"

type feedAnswer struct {
	Cursor      string
	Whole       bool
	AgeMS       *int64 `json:"age_ms"`
	Revocations []struct {
		Kind, Subject, Reason string
		NotBefore             int64 `json:"not_before"`
	}
}

func (f *frontEnd) feed(query string) feedAnswer {
	f.t.Helper()
	r := f.get("/auth/revocations/"+query, "Authorization", "Bearer "+feedToken)
	var answer feedAnswer
	if err := json.Unmarshal([]byte(r.body), &answer); r.status != http.StatusOK || err != nil || answer.AgeMS == nil || answer.Revocations == nil {
		f.t.Fatalf("feed: got %d %s (%v)", r.status, r.body, err)
	}
	return answer
}

func withFeed() httpapi.Config {
	return httpapi.Config{FeedTokens: []secret.Text{secret.NewText(strings.Repeat("ab", 20)), secret.NewText(feedToken)}}
}

func TestAServiceFollowsTheRevocations(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, withFeed())
	start := f.feed("")
	if !start.Whole || len(start.Revocations) > 0 {
		t.Errorf("start: got %+v", start)
	}
	browser := f.browser()
	id := browser.sessionID()
	browser.post("/auth/logout/", "").want(204, "")
	next := f.feed("?cursor=" + start.Cursor + "&wait=50")
	if len(next.Revocations) != 1 || next.Whole {
		t.Fatalf("after the sign-out: got %+v", next)
	}
	if r := next.Revocations[0]; r.Kind != "session" || r.Subject != id.String() || r.Reason != "logout" || r.NotBefore != f.clock.Now().UnixMilli() {
		t.Errorf("got %+v", r)
	}
	if none := f.feed("?cursor=" + next.Cursor); len(none.Revocations) > 0 {
		t.Errorf("nothing new: got %+v", none)
	}
	f.get("/auth/revocations/?wait=soon", "Authorization", "Bearer "+feedToken).want(400, `{"wait":["A valid integer is required."]}`)
	f.get("/auth/revocations/?wait=-1", "Authorization", "Bearer "+feedToken).want(400, `{"wait":["A valid integer is required."]}`)
	f.post("/auth/revocations/", "", "Authorization", "Bearer "+feedToken).want(405, `{"detail":"Method \"POST\" not allowed.","code":"method_not_allowed"}`)
}

// The feed tells who signed out and when: it is nobody's but the services'.
func TestStrangersDoNotReadTheFeed(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, withFeed())
	access := f.post("/auth/jwt/create/", aliceLogsIn).text("access")
	for situation, header := range map[string]string{
		"nothing": "", "another token": "Bearer " + strings.Repeat("0", len(feedToken)), "a part": "Bearer " + feedToken[:len(feedToken)-1], "more": "Bearer " + feedToken + "0",
		"a user's access token": "Bearer " + access, "another word": "Token " + feedToken, "no word": feedToken, "an empty one": "Bearer ",
	} {
		r := f.get("/auth/revocations/", "Authorization", header).wantHeader("Www-Authenticate", `Bearer realm="api"`)
		if r.status != http.StatusUnauthorized || strings.Contains(r.body, "cursor") {
			t.Errorf("%s: got %d %s", situation, r.status, r.body)
		}
	}
	newFrontEnd(t, httpapi.Config{}).get("/auth/revocations/", "Authorization", "Bearer "+feedToken).want(404, notFound)
}

func TestWeakFeedTokensAreRefused(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for _, weak := range []string{"", "short", strings.Repeat("x", 40)} {
		_, err := httpapi.New(f.svc, httpapi.Config{FeedTokens: []secret.Text{secret.NewText(weak)}})
		if err == nil || !strings.Contains(err.Error(), "feed_tokens") || weak != "" && strings.Contains(err.Error(), weak) {
			t.Errorf("%q: got %v", weak, err)
		}
	}
}

// A server that is cut off from its database must not vouch for tokens.
func TestACutOffServerDoesNotAnswerTheFeed(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, withFeed(), func(*auth.Config) {})
	f.clock.Advance(11 * time.Second)
	f.get("/auth/revocations/", "Authorization", "Bearer "+feedToken).want(503, unavailable)
}
