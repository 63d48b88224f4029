package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

const (
	connectTimeout = 10 * time.Second
	wholeTimeout   = 30 * time.Second // from the first packet to the server's last word
)

// smtp hands mails to one server, over a connection for each: there are few of them, and a connection that is kept goes stale.
type smtp struct {
	host           string
	port           int
	user           string
	password       secret.Text
	implicitTLS    bool
	policy         gomail.TLSPolicy
	tls            *tls.Config
	connect, whole time.Duration
}

// Deliver implements [Transport]. What the server says for good about the recipient or the mail is [auth.ErrMailRefused].
func (s *smtp) Deliver(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, s.whole)
	defer cancel()
	err := s.deliver(ctx, m)
	if err == nil {
		return nil
	}
	server := net.JoinHostPort(s.host, strconv.Itoa(s.port))
	if ctx.Err() != nil {
		return fmt.Errorf("smtp %s: %w", server, ctx.Err())
	}
	return fmt.Errorf("smtp %s: %w", server, s.explain(err))
}

func (s *smtp) deliver(ctx context.Context, m Message) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // the library leaves it open when greeting or signing in fails
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	client, err := s.client(conn)
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	message := m.build()
	err = client.SendWithSMTPClient(session, message)
	if message.IsDelivered() {
		// The server has taken the mail over. Whatever goes wrong from here on, trying again would deliver it twice.
		_ = client.CloseWithSMTPClient(session)
		return nil
	}
	return err
}

func (s *smtp) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: s.connect}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil || !s.implicitTLS {
		return conn, err
	}
	secured := tls.Client(conn, s.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// client speaks over conn. The order of the ways to sign in is from the one that shows the password least; an unencrypted connection, which only
// exists within this machine, may carry it too.
func (s *smtp) client(conn net.Conn) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(2 * s.whole), // the context ends it before
		gomail.WithTLSConfig(s.tls), gomail.WithTLSPolicy(s.policy),
		gomail.WithoutNoop(), gomail.WithoutRset(), gomail.WithoutSMTPUTF8(),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password.Reveal()),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return gomail.NewClient(s.host, options...)
}

// explain words an error without what the server wrote: servers quote recipients, links out of the body, even passwords, and errors are
// logged. The codes tell an operator what is the matter.
func (s *smtp) explain(err error) error {
	if failed, ok := errors.AsType[*gomail.SendError](err); ok {
		return explainSending(failed)
	}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("connect or sign in: the server answered %d", answer.Code)
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		return errors.New("the server does not speak SMTP")
	}
	if s.quotesPassword(err.Error()) {
		return errors.New("signing in went wrong")
	}
	return err
}

// quotesPassword recognises the password in the forms in which it travels.
func (s *smtp) quotesPassword(text string) bool {
	password := s.password.Reveal()
	for _, form := range []string{password, base64.StdEncoding.EncodeToString([]byte(password))} {
		if password != "" && strings.Contains(text, form) {
			return true
		}
	}
	return strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("\x00"+s.user+"\x00"+password)))
}

// ours are the answers that blame the client, whatever the command: they go away when the setting is mended, so the mail waits for that.
// RFC 5321, section 4.2.2, and RFC 4954, section 6.
var ours = map[int]bool{500: true, 502: true, 503: true, 504: true, 530: true, 534: true, 535: true, 538: true}

func explainSending(failed *gomail.SendError) error {
	code := failed.ErrorCode()
	if code == 0 {
		return fmt.Errorf("%s: the connection broke", failed.Reason)
	}
	answer := strings.TrimSpace(strconv.Itoa(code) + " " + failed.EnhancedStatusCode())
	switch failed.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		if code >= 500 && !ours[code] {
			return fmt.Errorf("%s: the server answered %s: %w", failed.Reason, answer, auth.ErrMailRefused)
		}
	default: // a refused sender is a mistake in the settings
	}
	return fmt.Errorf("%s: the server answered %s", failed.Reason, answer)
}
