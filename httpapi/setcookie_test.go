package httpapi_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// accessLife is five minutes, less up to a tenth.
var accessLife = regexp.MustCompile(`Max-Age=(2[67]\d|2[89]\d|300)\b`)

var deviceCookie = regexp.MustCompile(`^dev_device=[\w-]{22}\.\d+\.[\w-]{43}; Path=/(; Max-Age=15552000)?; HttpOnly; SameSite=Lax$`)

// wantCookies fails the test unless the answer sets exactly these cookies, as they stand on the wire, with <value> for values, and <access> for the life of
// an access token. The device cookie comes with every sign-in, as it should be or it counts as one too many; TestDeviceCookie asks for it. The hint goes
// where dev_refresh goes, and is not listed.
func (r reply) wantCookies(lines ...string) reply {
	r.t.Helper()
	var got []string
	for _, line := range r.header.Values("Set-Cookie") {
		line = withoutExpires(r.t, line, r.at)
		name, rest, _ := strings.Cut(line, "=")
		value, attributes, _ := strings.Cut(rest, ";")
		if value != "" {
			value = "<value>"
		}
		if deviceCookie.MatchString(line) {
			continue
		}
		attributes = accessLife.ReplaceAllString(attributes, "Max-Age=<access>")
		got = append(got, name+"="+value+";"+attributes)
	}
	slices.Sort(got)
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "dev_refresh="); ok {
			lines = append(lines, "signed_in="+strings.Replace(rest, " HttpOnly;", "", 1))
		}
	}
	lines = slices.Sorted(slices.Values(lines))
	if diff := cmp.Diff(lines, got); diff != "" {
		r.t.Errorf("cookies (-want +got):\n%s", diff)
	}
	return r
}

// withoutExpires fails the test unless a Set-Cookie that says how long says until when too, as old programs read it, and answers the rest of the line.
func withoutExpires(t *testing.T, line string, now time.Time) string {
	t.Helper()
	cookie, err := http.ParseSetCookie(line)
	if err != nil {
		t.Fatalf("Set-Cookie %q: %v", line, err)
	}
	want := now.Truncate(time.Second).Add(time.Duration(cookie.MaxAge) * time.Second)
	switch {
	case cookie.MaxAge == 0:
		want = time.Time{}
	case cookie.MaxAge < 0:
		want = time.Unix(0, 0)
	}
	if !cookie.Expires.Equal(want) {
		t.Errorf("Set-Cookie %q: expires %v, want %v", line, cookie.Expires, want)
	}
	return strings.Replace(line, "; Expires="+cookie.RawExpires, "", 1)
}
