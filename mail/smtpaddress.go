package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"

	gomail "github.com/wneessen/go-mail"

	"github.com/cartouche-auth/cartouche/secret"
)

// openSMTP reads smtp:// and smtps:// addresses. Errors do not quote them, not even url.Parse's, which holds the piece that it dislikes.
func openSMTP(text string) (Transport, error) {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return nil, errors.New("mail: not an address of a mail server; percent-encode special characters in user and password")
	}
	s := &smtp{host: u.Hostname(), implicitTLS: u.Scheme == "smtps", connect: connectTimeout, whole: wholeTimeout}
	var mistakes []error
	if s.host == "" {
		mistakes = append(mistakes, errors.New("host: required"))
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		mistakes = append(mistakes, errors.New("nothing may follow the port but options after a question mark"))
	}
	mistakes = append(mistakes, s.setPort(u.Port()), s.setUser(u.User), s.setOptions(u.RawQuery))
	if err := errors.Join(mistakes...); err != nil {
		return nil, fmt.Errorf("mail: address of the mail server: %w", err)
	}
	return s, nil
}

func (s *smtp) setPort(text string) error {
	s.port = 587 // RFC 6409
	if s.implicitTLS {
		s.port = 465 // RFC 8314
	}
	if text == "" {
		return nil
	}
	var err error
	s.port, err = strconv.Atoi(text)
	if err != nil || s.port < 1 || s.port > 65535 {
		return errors.New("port: give a number from 1 to 65535")
	}
	return nil
}

func (s *smtp) setUser(info *url.Userinfo) error {
	if info == nil {
		return nil
	}
	password, _ := info.Password()
	s.user, s.password = info.Username(), secret.NewText(password)
	if s.user == "" || password == "" {
		return errors.New("user and password: give both or neither")
	}
	return nil
}

func (s *smtp) setOptions(query string) error {
	options, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("options cannot be read")
	}
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	s.policy = gomail.TLSMandatory // a downgrade by whoever is on the way (STARTTLS stripping) ends the delivery
	if isLoopback(s.host) {
		s.policy = gomail.TLSOpportunistic
	}
	for name, values := range options {
		switch {
		case len(values) != 1:
			err = errors.New("an option is given twice")
		case name == "tls":
			err = s.setTLS(values[0])
		case name == "ca":
			err = s.trust(values[0])
		default:
			err = errors.New("unknown option; there are tls and ca")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *smtp) setTLS(value string) error {
	switch {
	case value == "required":
		s.policy = gomail.TLSMandatory
	case value == "none" && s.implicitTLS:
		return errors.New("tls=none contradicts smtps")
	case value == "none" && !isLoopback(s.host):
		// The network would read passwords and links.
		return errors.New("tls=none is for mail servers on this machine only")
	case value == "none":
		s.policy = gomail.NoTLS
	default:
		return errors.New("tls: give required or none")
	}
	return nil
}

func (s *smtp) trust(path string) error {
	pem, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("ca: %w", err)
	}
	s.tls.RootCAs = x509.NewCertPool()
	if !s.tls.RootCAs.AppendCertsFromPEM(pem) {
		return errors.New("ca: no certificate in the file")
	}
	return nil
}
