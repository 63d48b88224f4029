package main

// rows are the lines of the table, with what each has to reach.
func rows() []row {
	atLeast := func(floor, aim float64) goal { return goal{floor: floor, aim: aim} }
	atMost := func(floor, aim float64) goal { return goal{floor: floor, aim: aim, less: true} }
	share := func(floor, aim float64) goal { return goal{floor: floor, aim: aim, ratio: true} }
	multiple := func(limit float64) goal { return goal{floor: limit, aim: limit, ratio: true, less: true} }
	const (
		ms = 1e6
		mb = 1e6
	)
	return []row{
		{"refresh-postgres", "refresh with rotation, PostgreSQL", perSecond, "pgbench", share(1./3, 0.6)},
		{"refresh-postgres/django", "refresh with rotation, PostgreSQL, beside Django", perSecond, "django-refresh", share(10, 18)},
		// Two nodes can only do more where one does not use the whole machine: with all of it on two cores, they cannot.
		{"refresh-nodes", "refresh on two nodes", perSecond, "refresh-postgres", share(1.7, 1.7)},
		{"refresh-sqlite", "refresh with rotation, SQLite", perSecond, "fdatasync", atLeast(5000, 8000)},
		{"audit-sqlite", "CPU of a refresh beside a busy audit trail, SQLite", nanoseconds, "unaudited-sqlite", multiple(1.05)},
		{"audit-postgres", "CPU of a refresh beside a busy audit trail, PostgreSQL", nanoseconds, "unaudited-postgres", multiple(1.05)},
		{"rows-refresh", "rows written by a refresh, PostgreSQL", each, "", atMost(1, 1)},
		{"rows-retry", "rows written by a retry, PostgreSQL", each, "", atMost(0, 0)},
		// The new version of the row, and no entry in any index. The floor leaves room for whole pages after a checkpoint (full_page_writes).
		{"log-refresh", "write-ahead log of a refresh, PostgreSQL", octets, "", atMost(500, 300)},
		{"me-sqlite", "users/me by header, SQLite", perSecond, "hello", share(1./3, 0.5)},
		{"me-postgres", "users/me by header, PostgreSQL", perSecond, "hello", share(1./3, 0.5)},
		{"me-postgres/django", "users/me by header, PostgreSQL, beside Django", perSecond, "django-me", share(9, 15)},
		{"verify", "jwt/verify", perSecond, "hello", share(0.5, 0.6)},
		{"verify/django", "jwt/verify, beside Django", perSecond, "django-verify", share(20, 28)},
		{"token-seen-es256", "token check, seen before, ES256", nanoseconds, "", atMost(2000, 300)},
		{"token-unseen-es256", "token check, unseen, ES256", nanoseconds, "bare-es256", multiple(1.1)},
		{"token-seen-eddsa", "token check, seen before, EdDSA", nanoseconds, "", atMost(2000, 300)},
		{"token-unseen-eddsa", "token check, unseen, EdDSA", nanoseconds, "bare-eddsa", multiple(1.1)},
		{"verifier-unseen-es256", "a service elsewhere: token check, unseen, ES256", nanoseconds, "bare-es256", multiple(1.1)},
		{"verifier-unseen-eddsa", "the same, EdDSA", nanoseconds, "bare-eddsa", multiple(1.1)},
		{"verifier-none", "a service elsewhere: token check, seen before", nanoseconds, "", atMost(2000, 300)},
		{"verifier-many", "the same with 100 000 sessions just ended", nanoseconds, "", atMost(2000, 300)},
		{"verifier-allocations", "allocations of that", each, "", atMost(0, 0)},
		{"signin", "sign-in", perSecond, "argon2id", share(0.95, 0.98)},
		{"signin-postgres/django", "sign-in, PostgreSQL, beside Django", perSecond, "django-signin", share(0.95, 1)},
		{"wave-me", "users/me p99 while 256 sign in", wait, "", atMost(50*ms, 20*ms)},
		{"wave-memory", "peak resident memory meanwhile", mebibytes, "", atMost(150<<20, 100<<20)},
		{"start-fresh", "start to first answer, no database yet", wait, "", atMost(50*ms, 30*ms)},
		{"start-existing", "start to first answer", wait, "", atMost(50*ms, 30*ms)},
		{"idle-memory", "resident memory at rest", megabytes, "", atMost(30*mb, 30*mb)},
		{"binary", "binary as make build makes it", megabytes, "", atMost(30*mb, 30*mb)},
		{"growth-rows-sqlite", "rows per session after 10 000 refreshes, SQLite", each, "before-rows-sqlite", multiple(1)},
		{"growth-bytes-sqlite", "bytes per session after 10 000 refreshes, SQLite", each, "before-bytes-sqlite", multiple(1)},
		{"growth-rows-postgres", "rows per session after 10 000 refreshes, PostgreSQL", each, "before-rows-postgres", multiple(1)},
		// PostgreSQL keeps old versions of rows for a while, and room for them.
		{"growth-bytes-postgres", "bytes per session after 10 000 refreshes, PostgreSQL", each, "before-bytes-postgres", multiple(1.25)},
	}
}
