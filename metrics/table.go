package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/sqlstore"
)

// metric is one line of the table of metrics.
type metric struct {
	name, help string
	kind       string // counter, gauge or histogram
	labels     []string
	// read takes the values out of a reading, by the value of the one label; nil: requests are counted as they come.
	read func(reading) map[string]float64
}

// reading is what a scrape finds.
type reading struct {
	config   Config
	stats    auth.Stats
	database sqlstore.Stats
	mails    *auth.MailQueue // nil: the store did not answer
	now      time.Time
}

// The two that are counted as requests come.
var (
	requests = metric{
		name: "cartouche_http_requests_total", kind: "counter", labels: []string{"route", "method", "status"},
		help: "Requests on the public address. The status is its class, such as 4xx; the route is a pattern, or none.",
	}
	durations = metric{name: "cartouche_http_request_duration_seconds", kind: "histogram", labels: []string{"route"}, help: "How long answers took."}
)

// table is everything that is told beside Go's own metrics (go_…) and the process's (process_…).
func table() []metric {
	return slices.Concat([]metric{requests, durations}, domainMetrics(), mailMetrics(), databaseMetrics(), []metric{{
		name: "cartouche_build_info", kind: "gauge", help: "1; the version of the program, as a label.", labels: []string{"version"},
		read: func(r reading) map[string]float64 { return map[string]float64{r.config.version(): 1} },
	}})
}

func (c Config) version() string {
	if c.Commit == "" {
		return c.Version
	}
	return c.Version + "+" + c.Commit
}

func domainMetrics() []metric {
	return []metric{
		{
			name: "cartouche_refreshes_total", kind: "counter", labels: []string{"outcome"},
			help: "Refresh tokens that were presented, by what became of them. compromised: two holders, the session was ended.",
			read: func(r reading) map[string]float64 { return counted(r.stats.Refreshes) },
		},
		{
			name: "cartouche_limited_total", kind: "counter", labels: []string{"limit"}, help: "Requests that a rate limit refused, by the name of the limit.",
			read: func(r reading) map[string]float64 { return counted(r.stats.Limited) },
		},
		{
			name: "cartouche_password_hashes_total", kind: "counter", labels: []string{"outcome"},
			help: "Passwords that were hashed or checked (done), and that were turned away because too many waited (refused).",
			read: func(r reading) map[string]float64 {
				return map[string]float64{"done": float64(r.stats.Passwords.Done), "refused": float64(r.stats.Passwords.Refused)}
			},
		},
		{
			name: "cartouche_password_hashes", kind: "gauge", labels: []string{"state"}, help: "Passwords that are hashed or checked now (running), or wait for that (waiting).",
			read: func(r reading) map[string]float64 {
				return map[string]float64{"running": float64(r.stats.Passwords.Running), "waiting": float64(r.stats.Passwords.Waiting)}
			},
		},
		{name: "cartouche_password_slots", kind: "gauge", help: "Passwords that may be hashed at once.", read: one(func(r reading) float64 { return float64(r.stats.Passwords.Slots) })},
		{
			name: "cartouche_revocations_in_force", kind: "gauge", help: "Revocations that access tokens are held against.",
			read: one(func(r reading) float64 { return float64(r.stats.RevocationsInForce) }),
		},
		{
			name: "cartouche_revocations_learned_total", kind: "counter", help: "Revocations that this process has taken into force.",
			read: one(func(r reading) float64 { return float64(r.stats.RevocationsLearned) }),
		},
		{
			name: "cartouche_revocations_age_seconds", kind: "gauge", help: "Time since this process last heard what other processes revoked. Above 10 it no longer serves its feed.",
			read: one(func(r reading) float64 { return r.stats.RevocationsAge.Seconds() }),
		},
		{name: "cartouche_feed_followers", kind: "gauge", help: "Services that wait for the next revocation.", read: one(func(r reading) float64 { return float64(r.stats.FeedFollowers) })},
		{
			name: "cartouche_signing_keys", kind: "gauge", labels: []string{"state"}, help: "Signing keys that this process works with.",
			read: func(r reading) map[string]float64 { return counted(r.stats.Keys) },
		},
	}
}

func mailMetrics() []metric {
	return []metric{
		{
			name: "cartouche_mails_total", kind: "counter", labels: []string{"outcome"}, help: "Tries to deliver a mail, by what became of them.",
			read: func(r reading) map[string]float64 { return counted(r.stats.Mails) },
		},
		{
			name: "cartouche_mails_waiting", kind: "gauge", help: "Mails in the outbox of all nodes, counted up to 10000. Absent while the database does not answer.",
			read: func(r reading) map[string]float64 {
				if r.mails == nil {
					return nil
				}
				return map[string]float64{"": float64(r.mails.Waiting)}
			},
		},
		{
			name: "cartouche_mails_oldest_seconds", kind: "gauge", help: "Age of the oldest of them; 0 when none waits. Absent while the database does not answer.",
			read: func(r reading) map[string]float64 {
				switch {
				case r.mails == nil:
					return nil
				case r.mails.Oldest.IsZero():
					return map[string]float64{"": 0}
				default:
					return map[string]float64{"": max(0, r.now.Sub(r.mails.Oldest).Seconds())}
				}
			},
		},
	}
}

func databaseMetrics() []metric {
	return []metric{
		{
			name: "cartouche_events_total", kind: "counter", labels: []string{"kind"},
			help: "Events of the audit trail that this process recorded, by their kind, such as login.failed or session.compromised.",
			read: func(r reading) map[string]float64 { return counted(r.database.Events) },
		},
		{name: "cartouche_sqlite_writes_waiting", kind: "gauge", help: "Writes that wait for their turn. SQLite only.", read: writer(func(w sqlstore.WriterStats) float64 { return float64(w.Waiting) })},
		{name: "cartouche_sqlite_writes_total", kind: "counter", help: "Writes. SQLite only.", read: writer(func(w sqlstore.WriterStats) float64 { return float64(w.Writes) })},
		{
			name: "cartouche_sqlite_commits_total", kind: "counter", help: "Transactions that those writes shared: writes over commits is the size of a group. SQLite only.",
			read: writer(func(w sqlstore.WriterStats) float64 { return float64(w.Commits) }),
		},
		{name: "cartouche_postgres_connections_max", kind: "gauge", help: "Connections that there may be. PostgreSQL only.", read: pool(func(p sqlstore.PoolStats) float64 { return float64(p.Max) })},
		{name: "cartouche_postgres_connections_open", kind: "gauge", help: "Connections that are open. PostgreSQL only.", read: pool(func(p sqlstore.PoolStats) float64 { return float64(p.Open) })},
		{name: "cartouche_postgres_connections_used", kind: "gauge", help: "Connections at work. PostgreSQL only.", read: pool(func(p sqlstore.PoolStats) float64 { return float64(p.Used) })},
		{
			name: "cartouche_postgres_acquired_total", kind: "counter", help: "Times that a connection was taken. PostgreSQL only.",
			read: pool(func(p sqlstore.PoolStats) float64 { return float64(p.Acquired) }),
		},
		{
			name: "cartouche_postgres_waited_total", kind: "counter", help: "Of those, how often one had to be waited for. PostgreSQL only.",
			read: pool(func(p sqlstore.PoolStats) float64 { return float64(p.Waited) }),
		},
		{
			name: "cartouche_postgres_wait_seconds_total", kind: "counter", help: "How long all of those together waited. PostgreSQL only.",
			read: pool(func(p sqlstore.PoolStats) float64 { return p.WaitTime.Seconds() }),
		},
	}
}

// one is a metric without labels.
func one(read func(reading) float64) func(reading) map[string]float64 {
	return func(r reading) map[string]float64 { return map[string]float64{"": read(r)} }
}

func writer(read func(sqlstore.WriterStats) float64) func(reading) map[string]float64 {
	return func(r reading) map[string]float64 {
		if r.database.Writer == nil {
			return nil
		}
		return map[string]float64{"": read(*r.database.Writer)}
	}
}

func pool(read func(sqlstore.PoolStats) float64) func(reading) map[string]float64 {
	return func(r reading) map[string]float64 {
		if r.database.Pool == nil {
			return nil
		}
		return map[string]float64{"": read(*r.database.Pool)}
	}
}

// counted are counters by name, as Prometheus takes them.
func counted[K ~string, N int | uint64](counts map[K]N) map[string]float64 {
	values := make(map[string]float64, len(counts))
	for k, n := range counts {
		values[string(k)] = float64(n)
	}
	return values
}

func (m metric) valueType() prometheus.ValueType {
	if m.kind == "counter" {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}

func (m metric) desc() *prometheus.Desc { return prometheus.NewDesc(m.name, m.help, m.labels, nil) }
