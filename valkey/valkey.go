// Package valkey keeps the counters of rate limits in a Valkey (or Redis) server, and announces revocations there, for several Cartouche servers
// that would rather not ask their database for it. It is optional: nothing else imports it but the command.
//
// It fails closed: a server that does not answer is auth.ErrUnavailable, so nobody signs in meanwhile. A limiter that is down must not become no limit.
package valkey

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	client "github.com/valkey-io/valkey-go"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

const (
	// prefix stands before every key; the braces put all keys into one slot, as a script wants them.
	prefix  = "{cartouche}:limit:"
	channel = "cartouche:revocations"
	// patience is how long one call may take. A sign-in waits for it, and then is refused.
	patience = 2 * time.Second
)

// Server is a connection to a Valkey server: an auth.LimitStore and auth.Hints. Concurrent use is safe, also by several processes.
type Server struct {
	client client.Client
	wake   chan struct{}   // there is a revocation to be announced
	news   chan struct{}   // somebody else has announced one
	life   context.Context //nolint:containedctx // of the goroutines: closing ends them
	stop   context.CancelFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	broken chan error // where the end of the line will be told; nil: there is no line
}

var (
	_ auth.LimitStore = (*Server)(nil)
	_ auth.Hints      = (*Server)(nil)
)

// Check tells whether an address is one that Open takes: valkey://USER:PASSWORD@HOST:PORT/NUMBER, valkeys:// with TLS, or redis:// and rediss://, which
// mean the same. The error does not show the address, which may hold a password.
func Check(address secret.Text) error {
	_, err := options(address)
	return err
}

func options(address secret.Text) (client.ClientOption, error) {
	o, err := client.ParseURL(address.Reveal())
	if err != nil || len(o.InitAddress) != 1 || o.DialCtxFn != nil {
		return o, errors.New("must be a URL such as valkey://:PASSWORD@HOST:6379, or valkeys:// with TLS")
	}
	if o.TLSConfig != nil && o.TLSConfig.InsecureSkipVerify {
		return o, errors.New("skip_verify: a server that is not verified may be anybody's") // who answers for it decides who may guess on
	}
	o.Dialer.Timeout, o.ConnWriteTimeout = patience, patience
	o.ForceSingleClient, o.DisableCache, o.DisableRetry = true, true, true // a use that was counted twice would refuse too early
	o.ReadBufferEachConn, o.WriteBufferEachConn, o.RingScaleEachConn = 16<<10, 16<<10, 8
	return o, nil
}

// Open connects. Close ends it.
func Open(ctx context.Context, address secret.Text) (*Server, error) {
	o, err := options(address)
	if err != nil {
		return nil, err
	}
	c, err := client.NewClient(o)
	if err != nil {
		return nil, fmt.Errorf("connect to Valkey: %w", unavailable(err))
	}
	s := &Server{client: c, wake: make(chan struct{}, 1), news: make(chan struct{}, 1)}
	s.life, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.Ping(ctx); err != nil {
		c.Close()
		return nil, err
	}
	s.work.Go(s.announce)
	return s, nil
}

// Close sends what is still to be announced and ends the connection.
func (s *Server) Close() {
	s.stop()
	s.work.Wait()
	s.client.Close()
}

// Ping asks whether the server answers.
func (s *Server) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.client.Do(ctx, s.client.B().Ping().Build()).Error(); err != nil {
		return fmt.Errorf("ask Valkey: %w", unavailable(err))
	}
	return nil
}

// unavailable says that trouble with the server is passing, whatever it is: wrong passwords and full memories are mended by operators.
func unavailable(err error) error { return fmt.Errorf("%w: %w", auth.ErrUnavailable, err) }

// take is auth.Rate.NextArrival for every key, all or none: ARGV is now, then interval and tolerance of each key, in milliseconds. A key lives as long as it
// could refuse anything. The answer is empty, or the wait of each key.
var take = client.NewLuaScript(`
local now, waits, arrivals, refused = tonumber(ARGV[1]), {}, {}, false
for i, key in ipairs(KEYS) do
	local step, tolerance = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
	arrivals[i] = math.max(tonumber(redis.call('GET', key) or '0'), now) + step
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
	keys, args := make([]string, len(uses)), []string{number(now.UnixMilli())}
	for i, use := range uses {
		step := interval(use.Rate)
		keys[i], args = prefix+use.Key, append(args, number(step), number(step*int64(use.Rate.Burst)))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := take.Exec(ctx, s.client, keys, args).AsIntSlice()
	if err != nil {
		return nil, fmt.Errorf("take limits: %w", unavailable(err))
	}
	if len(answer) == 0 {
		return nil, nil
	}
	waits := make([]time.Duration, len(uses))
	for i := range waits {
		waits[i] = time.Duration(answer[i]) * time.Millisecond
	}
	return waits, nil
}

var giveBack = client.NewLuaScript(`
for i, key in ipairs(KEYS) do
	local arrival = redis.call('GET', key)
	if arrival then redis.call('SET', key, string.format('%.0f', tonumber(arrival) - tonumber(ARGV[i])), 'KEEPTTL') end
end
return 0
`)

// GiveLimitsBack implements auth.LimitStore.
func (s *Server) GiveLimitsBack(ctx context.Context, uses ...auth.LimitUse) error {
	keys, args := make([]string, len(uses)), make([]string, len(uses))
	for i, use := range uses {
		keys[i], args[i] = prefix+use.Key, number(interval(use.Rate))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := giveBack.Exec(ctx, s.client, keys, args).Error(); err != nil {
		return fmt.Errorf("give limits back: %w", unavailable(err))
	}
	return nil
}

// ForgetLimits implements auth.LimitStore.
func (s *Server) ForgetLimits(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	whole := make([]string, len(keys))
	for i, key := range keys {
		whole[i] = prefix + key
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.client.Do(ctx, s.client.B().Del().Key(whole...).Build()).Error(); err != nil {
		return fmt.Errorf("forget limits: %w", unavailable(err))
	}
	return nil
}

// interval is the interval of a rate in milliseconds, at least one: what is kept is never more generous than what was asked for.
func interval(rate auth.Rate) int64 {
	return int64((rate.Interval + time.Millisecond - 1) / time.Millisecond)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
