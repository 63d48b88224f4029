package metrics_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/metrics"
	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore"
)

func TestMain(m *testing.M) { authtest.Main(m) }

// world is a server and its metrics.
type world struct {
	t       *testing.T
	svc     *auth.Service
	clock   *authtest.Clock
	public  http.Handler
	metrics http.Handler
}

func newWorld(t *testing.T, store auth.Store) world {
	t.Helper()
	clock := authtest.NewClock()
	hasher, err := password.New(password.Config{InsecureCost: &password.Cost{Memory: 8, Passes: 1, Lanes: 1}}) // nobody else's, for its counters
	if err != nil {
		t.Fatal(err)
	}
	svc := authtest.NewService(t, store, clock, func(c *auth.Config) { c.Passwords = hasher })
	config := metrics.Config{Service: svc, Version: "v1.2.3", Commit: "abcdef"}
	if s, ok := store.(*sqlstore.Store); ok {
		config.Database = s.Stats
	}
	m := metrics.New(config)
	public, err := httpapi.New(svc, httpapi.Config{Observe: m.Observe})
	if err != nil {
		t.Fatal(err)
	}
	return world{t, svc, clock, public, m.Handler()}
}

func (w world) send(method, path, body string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w.public.ServeHTTP(httptest.NewRecorder(), r)
}

// scrape answers the lines of one scrape.
func (w world) scrape() []string {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.metrics.ServeHTTP(answer, httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		w.t.Fatalf("GET /metrics: %d %s", answer.Code, answer.Body)
	}
	return strings.Split(answer.Body.String(), "\n")
}

func (w world) want(lines ...string) {
	w.t.Helper()
	got := w.scrape()
	for _, line := range lines {
		if !slices.Contains(got, line) {
			w.t.Errorf("the metrics lack %q; there is\n%s", line, strings.Join(ours(got), "\n"))
		}
	}
}

func ours(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, "cartouche_") })
}

func (w world) signIn() auth.Grant {
	w.t.Helper()
	client := auth.Client{Address: "192.0.2.1"}
	_, err := w.svc.Register(w.t.Context(), client, auth.NewUser{Username: "ada", Password: secret.NewText("correct horse 9")})
	grant, err2 := w.svc.Login(w.t.Context(), client, auth.Login{Identifier: "ada", Password: secret.NewText("correct horse 9")})
	if err := errors.Join(err, err2); err != nil {
		w.t.Fatal(err)
	}
	return grant
}

func TestMetricsTellWhatWasDone(t *testing.T) {
	t.Parallel()
	authtest.EachStore(t, func(t *testing.T, store auth.Store) { //nolint:thelper // the test itself
		w := newWorld(t, store)
		grant := w.signIn()
		for range 2 {
			w.send(http.MethodPost, "/auth/jwt/refresh/", `{"refresh": "`+grant.Refresh.Reveal()+`"}`)
		}
		w.send(http.MethodPost, "/auth/jwt/refresh", `{"refresh": "nonsense"}`)
		w.want(
			`cartouche_http_requests_total{method="POST",route="/auth/jwt/refresh",status="2xx"} 2`,
			`cartouche_http_requests_total{method="POST",route="/auth/jwt/refresh",status="4xx"} 1`,
			`cartouche_http_request_duration_seconds_count{route="/auth/jwt/refresh"} 3`,
			`cartouche_refreshes_total{outcome="retried"} 2`,
			`cartouche_refreshes_total{outcome="invalid"} 1`,
			`cartouche_refreshes_total{outcome="compromised"} 0`,
			`cartouche_password_hashes_total{outcome="done"} 2`,
			`cartouche_password_hashes{state="running"} 0`,
			`cartouche_revocations_in_force 0`,
			`cartouche_signing_keys{state="active"} 1`,
			`cartouche_mails_waiting 0`,
			`cartouche_mails_oldest_seconds 0`,
			`cartouche_build_info{version="v1.2.3+abcdef"} 1`,
		)
	})
}

// What a client makes up must not become a series, or it fills the memory of this process and of whoever keeps the metrics.
func TestFloodOfMadeUpPathsMethodsAndAgents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, authtest.SQLite(t))
	w.send(http.MethodGet, "/nowhere", "")
	w.send("BREW", "/auth/session/", "")
	w.send(http.MethodGet, "/auth/users/1/", "")
	before := len(w.scrape())
	for i := range 300 {
		w.send(http.MethodGet, fmt.Sprintf("/nowhere/%d", i), "")
		w.send(fmt.Sprintf("BREW%d", i), "/auth/session/", "")
		w.send(http.MethodGet, fmt.Sprintf("/auth/users/%d/", i), "")
		w.send(http.MethodGet, fmt.Sprintf("/auth//users/%d/?%d", i, i), "")
	}
	if after := len(w.scrape()); after > before {
		t.Errorf("1200 made-up requests made %d series", after-before)
	}
	w.want(`cartouche_http_requests_total{method="other",route="/auth/session",status="4xx"} 301`)
}

var firstColumn = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\|")

func TestMetricsOfTheAuditTrail(t *testing.T) {
	t.Parallel()
	authtest.EachStore(t, func(t *testing.T, store auth.Store) { //nolint:thelper // the test itself
		w := newWorld(t, store)
		w.signIn()
		w.send(http.MethodPost, "/auth/jwt/create/", `{"username": "ada", "password": "wrong horse 99"}`)
		w.want(
			`cartouche_events_total{kind="user.created"} 1`,
			`cartouche_events_total{kind="login.succeeded"} 1`,
			`cartouche_events_total{kind="login.failed"} 1`,
			`cartouche_events_total{kind="session.compromised"} 0`,
		)
		for i := range 50 { // whatever the kinds of events come from one day, their series stay few
			if err := store.RecordEvent(t.Context(), auth.Event{Kind: auth.EventKind(fmt.Sprintf("made.up%d", i)), At: w.clock.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		series := slices.DeleteFunc(w.scrape(), func(line string) bool { return !strings.HasPrefix(line, "cartouche_events_total{") })
		if got, want := len(series), len(auth.EventKinds()); got != want {
			t.Errorf("series: got %d, want one for each of the %d kinds:\n%s", got, want, strings.Join(series, "\n"))
		}
	})
}

// The page of metrics lists what is told, and nothing else.
func TestThePageListsEveryMetric(t *testing.T) {
	t.Parallel()
	listed := map[string]string{}
	for _, row := range firstColumn.FindAllStringSubmatch(metrics.Reference(), -1) {
		listed[row[1]] = row[2]
	}
	authtest.EachStore(t, func(t *testing.T, store auth.Store) { //nolint:thelper // the test itself
		w := newWorld(t, store)
		w.send(http.MethodGet, "/livez", "")
		for range w.svc.Policy().Limits.LoginsPerAddress.Burst + 1 {
			w.send(http.MethodPost, "/auth/jwt/create/", `{"username": "nobody", "password": "x"}`)
		}
		sqlite := strings.HasPrefix(t.Name(), "TestThePageListsEveryMetric/SQLite")
		told := map[string]string{}
		for _, line := range w.scrape() {
			if rest, ok := strings.CutPrefix(line, "# TYPE cartouche_"); ok {
				name, kind, _ := strings.Cut(rest, " ")
				told["cartouche_"+name] = kind
			}
		}
		want := map[string]string{}
		for name, kind := range listed {
			if sqlite && strings.HasPrefix(name, "cartouche_postgres_") || !sqlite && strings.HasPrefix(name, "cartouche_sqlite_") {
				continue
			}
			want[name] = kind
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("-listed +told:\n%s", diff)
		}
	})
}

// A database that does not answer takes no other metric with it.
func TestMetricsOfADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	faults := authtest.NewFaults(authtest.SQLite(t))
	w := newWorld(t, faults)
	faults.FailNext("MailQueue")
	got := strings.Join(w.scrape(), "\n")
	if strings.Contains(got, "cartouche_mails_waiting ") || !strings.Contains(got, "cartouche_refreshes_total") {
		t.Errorf("metrics without a database:\n%s", got)
	}
	w.want("cartouche_mails_waiting 0")
}

func TestMetricsOfTheOutbox(t *testing.T) {
	t.Parallel()
	store := authtest.SQLite(t)
	w := newWorld(t, store)
	w.signIn()
	if err := store.QueueMail(t.Context(), auth.OutboxMail{UserID: "1", Sealed: []byte("x"), QueuedAt: w.clock.Now()}, auth.Event{}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(90 * time.Second)
	w.want("cartouche_mails_waiting 1", "cartouche_mails_oldest_seconds 90")
}

func BenchmarkObserve(b *testing.B) {
	clock := authtest.NewClock()
	m := metrics.New(metrics.Config{Service: authtest.NewService(b, authtest.SQLite(b), clock)})
	for b.Loop() {
		m.Observe(b.Context(), httpapi.Request{Route: "/auth/refresh", Method: http.MethodPost, Status: http.StatusOK, Took: time.Millisecond})
	}
}
