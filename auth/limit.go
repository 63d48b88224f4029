package auth

import "github.com/cartouche-auth/cartouche/ratelimit"

// What limits are made of is package ratelimit's, which knows no users.
type (
	// Rate is so many at once, then one every interval. The zero Rate is no limit.
	Rate = ratelimit.Rate
	// LimitStore keeps counters of uses.
	LimitStore = ratelimit.Store
	// LimitUse is one use of what a key names, under a rate.
	LimitUse = ratelimit.Use
	// LimitError reports that a rate limit refuses the operation for now.
	LimitError = ratelimit.Error
)

// LimitMode says where the counters of rate limits live.
type LimitMode string

// The modes of rate limits.
const (
	LimitsOn     LimitMode = "on"     // in this process's memory: right for one node
	LimitsShared LimitMode = "shared" // in the store: right for several
	LimitsOff    LimitMode = "off"    // not at all: for measurements
)
