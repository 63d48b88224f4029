package mail

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/cartouche-auth/cartouche/secret"
)

// Transport delivers one message once. An error that wraps [auth.ErrMailRefused] is for good, any other may be tried again. Errors must not
// quote the message or the transport's password. Concurrent use is safe.
type Transport interface {
	Deliver(ctx context.Context, message Message) error
}

// Open makes the transport that an address names. The address is a secret because it may hold a password; errors never quote it.
//
//   - smtp://user:password@host:587 hands mails to a server. TLS by STARTTLS is a must; on this machine it is used if offered.
//     Special characters of user and password are percent-encoded. Without a port it is 587. Options, after a question mark:
//     tls=required (on this machine too), tls=none (on this machine only), ca=FILE (certificates in PEM to trust instead of the system's).
//   - smtps://user:password@host:465 does so with TLS from the first byte.
//   - file:FOLDER writes each mail into a file of its own, NAME.eml, that only its owner may read. The folder is made if it is missing.
//   - log writes kind, masked recipient and link as a line at info level. It is for development: whoever reads the log can use the links.
//
// Opening a mail server does not connect to it.
func Open(address secret.Text, logger *slog.Logger) (Transport, error) {
	text := address.Reveal()
	scheme, rest, _ := strings.Cut(text, ":")
	switch {
	case text == "log":
		return openLog(logger)
	case scheme == "file":
		return openFolder(rest)
	case scheme == "smtp", scheme == "smtps":
		return openSMTP(text)
	}
	return nil, errors.New("mail: address must be smtp://…, smtps://…, file:FOLDER or log")
}
