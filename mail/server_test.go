package mail_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/cartouche-auth/cartouche/mail"
	"github.com/cartouche-auth/cartouche/secret"
)

const (
	serverUser     = "relay@example.com"
	serverPassword = "p@ss:w/ord%" // every character that an address takes for something else
	urlUser        = "relay%40example.com:p%40ss%3Aw%2Ford%25"
)

// server is a mail server on loopback. A field that is set makes one step answer so.
type server struct {
	address              string
	ca                   string // a file
	onMail, onRcpt       error
	onData               error
	needAuth             bool
	mutex                sync.Mutex
	from, encrypted      []string
	recipients, messages []string
}

type serverOptions struct {
	tls      bool // offers STARTTLS
	implicit bool
}

func (s *server) start(t *testing.T, o serverOptions) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	real := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	real.Domain, real.AllowInsecureAuth, real.ErrorLog = "localhost", true, log.New(io.Discard, "", 0)
	if o.tls || o.implicit {
		certificate, file := selfSigned(t)
		s.ca = file
		configuration := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		if real.TLSConfig = configuration; o.implicit {
			listener = tls.NewListener(listener, configuration)
		}
	}
	done := make(chan error, 1)
	go func() { done <- real.Serve(listener) }()
	t.Cleanup(func() {
		if err := real.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// selfSigned makes a certificate for 127.0.0.1 and a file that says to trust it.
func selfSigned(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func (s *server) received() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.messages
}

type session struct {
	server   *server
	conn     *smtp.Conn
	signedIn bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != serverUser || password != serverPassword {
			// Some servers are as careless as this one.
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no such password: " + password}
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.needAuth && !s.signedIn {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.server.mutex.Lock()
	defer s.server.mutex.Unlock()
	s.server.from = append(s.server.from, from)
	if _, ok := s.conn.TLSConnectionState(); ok {
		s.server.encrypted = append(s.server.encrypted, from)
	}
	return s.server.onMail
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mutex.Lock()
	defer s.server.mutex.Unlock()
	s.server.recipients = append(s.server.recipients, to)
	return s.server.onRcpt
}

func (s *session) Data(r io.Reader) error {
	var body bytes.Buffer
	if _, err := body.ReadFrom(r); err != nil {
		return err
	}
	if s.server.onData != nil {
		return s.server.onData
	}
	s.server.mutex.Lock()
	defer s.server.mutex.Unlock()
	s.server.messages = append(s.server.messages, body.String())
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// rawServer lets a test speak the server's side by hand, on as many connections as come.
func rawServer(t *testing.T, speak func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			group.Go(func() {
				defer conn.Close()
				speak(conn)
			})
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
	})
	return listener.Addr().String()
}

func mustOpen(t *testing.T, address string) mail.Transport {
	t.Helper()
	transport, err := mail.Open(secret.NewText(address), nil)
	if err != nil {
		t.Fatal(err)
	}
	return transport
}
