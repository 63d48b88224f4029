// Package valkey keeps the counters of rate limits in a Valkey (or Redis) server, and announces revocations there, for several Cartouche servers
// that would rather not ask their database for it. It is optional: nothing else imports it but the command.
//
// It fails closed: a server that does not answer is auth.ErrUnavailable, so nobody signs in meanwhile. A limiter that is down must not become no limit.
package valkey

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

const (
	// prefix stands before every key; the braces put all keys into one slot, as a script wants them.
	prefix  = "{cartouche}:limit:"
	channel = "cartouche:revocations"
	// patience is how long one call may take. A sign-in waits for it, and then is refused.
	patience = 2 * time.Second
	// maxConnections bounds those for questions; who finds none free waits for one, which is part of his patience.
	maxConnections = 32
)

// Server is a connection to a Valkey server: an auth.LimitStore and auth.Hints. Concurrent use is safe, also by several processes.
type Server struct {
	dial dialer
	pool *redis.Pool
	wake chan struct{}   // there is a revocation to be announced
	news chan struct{}   // somebody else has announced one
	life context.Context //nolint:containedctx // of the goroutines: closing ends them
	stop context.CancelFunc
	work sync.WaitGroup

	mu     sync.Mutex
	broken chan error // where the end of the line will be told; nil: there is no line
}

var (
	_ auth.LimitStore = (*Server)(nil)
	_ auth.Hints      = (*Server)(nil)
)

// Open connects. Close ends it.
func Open(ctx context.Context, address secret.Text) (*Server, error) {
	dial, err := parse(address)
	if err != nil {
		return nil, err
	}
	s := &Server{dial: dial, pool: pool(dial), wake: make(chan struct{}, 1), news: make(chan struct{}, 1)}
	s.life, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.Ping(ctx); err != nil {
		_ = s.pool.Close()
		return nil, err
	}
	s.work.Go(s.announce)
	return s, nil
}

// pool keeps connections. Each is tried before it is used: those that a restart of the server has cut would refuse one honest sign-in each. Trying again
// afterwards is no way, since a use that was counted twice would refuse too early.
func pool(dial dialer) *redis.Pool {
	return &redis.Pool{
		DialContext: dial, MaxActive: maxConnections, MaxIdle: maxConnections / 2, Wait: true,
		TestOnBorrowContext: func(ctx context.Context, conn redis.Conn, _ time.Time) error {
			_, err := redis.DoContext(conn, ctx, "PING")
			return err
		},
	}
}

// Close sends what is still to be announced and ends the connections.
func (s *Server) Close() {
	s.stop()
	s.work.Wait()
	_ = s.pool.Close()
}

// Ping asks whether the server answers.
func (s *Server) Ping(ctx context.Context) error {
	if _, err := s.do(ctx, "PING"); err != nil {
		return fmt.Errorf("ask Valkey: %w", err)
	}
	return nil
}

// do carries out one command.
func (s *Server) do(ctx context.Context, command string, args ...any) (any, error) {
	return s.ask(ctx, func(ctx context.Context, conn redis.Conn) (any, error) {
		return redis.DoContext(conn, ctx, command, args...)
	})
}

// ask puts a question on a connection of its own.
func (s *Server) ask(ctx context.Context, question func(context.Context, redis.Conn) (any, error)) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := s.pool.GetContext(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	defer func() { _ = conn.Close() }() // back into the pool, unless it broke
	answer, err := question(ctx, conn)
	if err != nil {
		return nil, unavailable(err)
	}
	return answer, nil
}

// unavailable says that trouble with the server is passing, whatever it is: wrong passwords and full memories are mended by operators.
func unavailable(err error) error { return fmt.Errorf("%w: %w", auth.ErrUnavailable, err) }

// take is auth.Rate.NextArrival for every key, all or none: ARGV is now, then interval and tolerance of each key, in milliseconds. A key lives as long as it
// could refuse anything. The answer is empty, or the wait of each key.
var take = redis.NewScript(-1, `
local now, waits, arrivals, refused = tonumber(ARGV[1]), {}, {}, false
for i, key in ipairs(KEYS) do
	local step, tolerance = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
	local kept = tonumber(redis.call('GET', key) or '0')
	if kept < now or kept > now + tolerance + 60000 then kept = now end
	arrivals[i] = kept + step
	waits[i] = math.max(0, arrivals[i] - now - tolerance)
	refused = refused or waits[i] > 0
end
if refused then return waits end
for i, key in ipairs(KEYS) do
	redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', string.format('%.0f', arrivals[i] - now))
end
return {}
`)

// TakeLimits implements auth.LimitStore.
func (s *Server) TakeLimits(ctx context.Context, now time.Time, uses ...auth.LimitUse) ([]time.Duration, error) {
	args := []any{now.UnixMilli()}
	for _, use := range uses {
		step := interval(use.Rate)
		args = append(args, step, step*int64(use.Rate.Burst))
	}
	answer, err := redis.Int64s(s.run(ctx, take, keys(uses), args))
	if err != nil {
		return nil, fmt.Errorf("take limits: %w", err)
	}
	if len(answer) == 0 {
		return nil, nil
	}
	if len(answer) != len(uses) {
		return nil, fmt.Errorf("take limits: %w", unavailable(fmt.Errorf("%d waits for %d limits", len(answer), len(uses))))
	}
	waits := make([]time.Duration, len(uses))
	for i := range waits {
		waits[i] = time.Duration(answer[i]) * time.Millisecond
	}
	return waits, nil
}

// run carries out a script, of which the server is told its hash, and the whole only when it does not know that.
func (s *Server) run(ctx context.Context, script *redis.Script, keys, args []any) (any, error) {
	all := slices.Concat([]any{len(keys)}, keys, args)
	return s.ask(ctx, func(ctx context.Context, conn redis.Conn) (any, error) { return script.DoContext(ctx, conn, all...) })
}

func keys(uses []auth.LimitUse) []any {
	all := make([]any, len(uses))
	for i, use := range uses {
		all[i] = prefix + use.Key
	}
	return all
}

var giveBack = redis.NewScript(-1, `
for i, key in ipairs(KEYS) do
	local arrival = redis.call('GET', key)
	if arrival then redis.call('SET', key, string.format('%.0f', tonumber(arrival) - tonumber(ARGV[i])), 'KEEPTTL') end
end
return 0
`)

// GiveLimitsBack implements auth.LimitStore.
func (s *Server) GiveLimitsBack(ctx context.Context, uses ...auth.LimitUse) error {
	args := make([]any, len(uses))
	for i, use := range uses {
		args[i] = interval(use.Rate)
	}
	if _, err := s.run(ctx, giveBack, keys(uses), args); err != nil {
		return fmt.Errorf("give limits back: %w", err)
	}
	return nil
}

// ForgetLimits implements auth.LimitStore.
func (s *Server) ForgetLimits(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	whole := make([]any, len(keys))
	for i, key := range keys {
		whole[i] = prefix + key
	}
	if _, err := s.do(ctx, "DEL", whole...); err != nil {
		return fmt.Errorf("forget limits: %w", err)
	}
	return nil
}

// interval is the interval of a rate in milliseconds, at least one: what is kept is never more generous than what was asked for.
func interval(rate auth.Rate) int64 {
	return int64((rate.Interval + time.Millisecond - 1) / time.Millisecond)
}
