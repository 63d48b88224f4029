package main

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/cartouche-auth/cartouche/bench/load"
)

// password is everybody's.
const password = "correct horse battery staple"

// username names a person by number.
func username(n int) string { return fmt.Sprintf("user%04d", n) }

// person is a client with a connection, an account and its own newest tokens. It is not safe for concurrent use.
type person struct {
	conn *load.Conn
	host string
	name string
	// refresh and access are the newest tokens.
	refresh, access []byte
	text            []byte // the request that is being made
	me, verify      []byte // see prepare
}

// lifetime bounds every connection of this program.
const lifetime = 10 * time.Minute

// newPerson is the person of a number. It connects when it first asks: a server does not wait long for those who connect and say nothing.
func newPerson(address string, number int) *person {
	return &person{host: address, name: username(number)}
}

func (p *person) close() error {
	if p.conn == nil {
		return nil
	}
	return p.conn.Close()
}

// refusal is an answer that is no success.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// busy tells whether the server asked to come again later.
func (r *refusal) busy() bool { return r.status == http.StatusServiceUnavailable }

// ask sends a request whose answer must be a success.
func (p *person) ask(request []byte) (load.Answer, error) {
	if p.conn == nil {
		conn, err := load.Dial(p.host, lifetime)
		if err != nil {
			return load.Answer{}, err
		}
		p.conn = conn
	}
	answer, err := p.conn.Do(request)
	if err == nil && answer.Status/100 != 2 {
		err = &refusal{answer.Status, fmt.Sprintf("%s: status %d: %s", firstLine(request), answer.Status, answer.Body)}
	}
	return answer, err
}

func firstLine(request []byte) []byte {
	line, _, _ := bytes.Cut(request, []byte(" HTTP/"))
	return line
}

// signIn opens a session with the password.
func (p *person) signIn() error {
	body := fmt.Sprintf(`{"username":%q,"password":%q}`, p.name, password)
	p.text = load.AppendPost(p.text[:0], p.host, "/auth/jwt/create/", []byte(body))
	return p.takeTokens(p.text)
}

// renew exchanges the newest refresh token.
func (p *person) renew() error {
	return p.takeTokens(p.renewal())
}

// renewal is the request that exchanges the newest refresh token; good until the next request is made.
func (p *person) renewal() []byte {
	const longest = 1 << 10 // of the body: a refresh token is about 400 bytes
	var room [longest]byte
	body := append(append(append(room[:0], `{"refresh":"`...), p.refresh...), `"}`...)
	p.text = load.AppendPost(p.text[:0], p.host, "/auth/jwt/refresh/", body)
	return p.text
}

// retry presents a refresh token that is not the newest any more, and drops the answer.
func (p *person) retry(spent []byte) error {
	newest := p.refresh
	p.refresh = spent
	_, err := p.ask(p.renewal())
	p.refresh = newest
	return err
}

func (p *person) takeTokens(request []byte) error {
	answer, err := p.ask(request)
	if err != nil {
		return err
	}
	refresh, ok := member(answer.Body, "refresh")
	if !ok {
		return fmt.Errorf("%s: no refresh token in %.100q", firstLine(request), answer.Body)
	}
	access, ok := member(answer.Body, "access")
	if !ok {
		return fmt.Errorf("%s: no access token in %.100q", firstLine(request), answer.Body)
	}
	p.refresh = append(p.refresh[:0], refresh...)
	p.access = append(p.access[:0], access...)
	return nil
}

// prepare makes the requests that show the newest access token, so that making them is no part of a measurement.
func (p *person) prepare() {
	p.me = load.Get(p.host, "/auth/users/me/", "Authorization: Bearer "+string(p.access))
	p.verify = load.AppendPost(nil, p.host, "/auth/jwt/verify/", fmt.Appendf(nil, `{"token":%q}`, p.access))
}

// readMe asks who is signed in.
func (p *person) readMe() error {
	_, err := p.ask(p.me)
	return err
}

// verifyAccess asks whether the newest access token is good.
func (p *person) verifyAccess() error {
	_, err := p.ask(p.verify)
	return err
}

// member finds a text in a small object of JSON, as Cartouche writes it: tokens have nothing to escape.
func member(body []byte, name string) ([]byte, bool) {
	_, rest, found := bytes.Cut(body, []byte(`"`+name+`":"`))
	if !found {
		return nil, false
	}
	value, _, found := bytes.Cut(rest, []byte(`"`))
	return value, found
}
