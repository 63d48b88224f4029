// Package authtest helps to test what is built on package auth: a clock that is moved by hand, stores on real databases, a store whose answers
// get lost when asked for, and the test that every implementation of auth.Store has to pass. Only tests may import it.
package authtest

import (
	"sync"
	"time"
)

// Clock is a clock that stands still until it is moved. Concurrent use is safe.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at noon of the first of January 2026, UTC.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)}
}

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on, or back when d is negative, and answers the new time.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// Set sets the clock.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}
