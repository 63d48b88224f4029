package valkey

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"

	"github.com/cartouche-auth/cartouche/secret"
)

// Check tells whether an address is one that Open takes: valkey://USER:PASSWORD@HOST:PORT/NUMBER, valkeys:// with TLS, or redis:// and rediss://, which
// mean the same. The error does not show the address, which may hold a password.
func Check(address secret.Text) error {
	_, err := parse(address)
	return err
}

// dialer opens a connection and signs in on it.
type dialer func(context.Context) (redis.Conn, error)

// encrypted are the schemes.
var encrypted = map[string]bool{"valkey": false, "redis": false, "valkeys": true, "rediss": true}

// parse takes nothing for granted that it does not know, such as an option that switches off the check of certificates: whoever answers for the server
// decides who may guess on. The client would read addresses too, but shows some in its errors.
func parse(address secret.Text) (dialer, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errAddress
	}
	secure, known := encrypted[u.Scheme]
	number, err := strconv.ParseUint(cmp.Or(strings.TrimPrefix(u.Path, "/"), "0"), 10, 16)
	password, ok := u.User.Password()
	if !known || err != nil || u.User != nil && (!ok || password == "") { // without a password, the client would not say who it is
		return nil, errAddress
	}
	host := net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "6379"))
	open := (&net.Dialer{}).DialContext
	if secure {
		open = (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext
	}
	return func(ctx context.Context) (redis.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		return redis.DialContext(ctx, "tcp", host, redis.DialContextFunc(open), redis.DialReadTimeout(patience), redis.DialWriteTimeout(patience),
			redis.DialUsername(u.User.Username()), redis.DialPassword(password), redis.DialDatabase(int(number)))
	}, nil
}

var errAddress = errors.New("must be a URL such as valkey://:PASSWORD@HOST:6379, or valkeys:// with TLS, without options")
