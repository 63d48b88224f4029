package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/cartouche-auth/cartouche/auth"
	passwords "github.com/cartouche-auth/cartouche/password"
)

// kind is one kind of account, and the addresses that it is asked by.
type kind struct {
	name    string
	excused bool // see but
	next    func() string
}

// perKind is how many accounts of each kind there are. They are asked for in turn, so that none is better known to a cache than others.
const perKind = 100

// account is a kind of accounts that the crowd has.
func account(name string) kind { return addresses(name, perKind, crowdKey(name)) }

// nobody are addresses without an account, as many as a kind has.
func nobody() kind { return addresses("nobody", perKind, "n") }

// newcomer are addresses that were never used before: each has an account after.
func newcomer() kind { return addresses("free address", 1_000_000, "f") }

// but makes a kind that may be told apart, and says why.
func (k kind) but(why string) kind {
	k.name, k.excused = k.name+", "+why, true
	return k
}

// addresses are of one length, whatever the kind, so that no request is longer than another.
func addresses(name string, many int, key string) kind {
	asked := 0
	return kind{name: name, next: func() string {
		asked++
		return addressOf(key, asked%many)
	}}
}

func addressOf(key string, number int) string { return fmt.Sprintf("%s%06d@example.com", key, number) }

// crowdKeys are the first letters of the kinds' addresses.
func crowdKeys() map[string]string {
	return map[string]string{"active": "a", "disabled": "d", "no password": "u", "not proved": "w", "Django's hash": "l"}
}

func crowdKey(name string) string { return crowdKeys()[name] }

// djangoHash is the hash of some password by Django 3.2.
const djangoHash = "pbkdf2_sha256$260000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="

// startCrowd runs a server with accounts of every kind, where people sign in by address and have to prove it, and mails go to a folder.
func (w *world) startCrowd(ctx context.Context, database string) (*server, error) {
	s, err := w.newSite(ctx, "timing", database, w.hash)
	if err != nil {
		return nil, err
	}
	store, done, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(seedCrowd(ctx, store, w.hash), done()); err != nil {
		return nil, err
	}
	mails := filepath.Join(s.folder, "mails")
	if err := os.Mkdir(mails, 0o700); err != nil {
		return nil, err
	}
	s.settings = []string{
		"CARTOUCHE_LOGIN_FIELD=email", "CARTOUCHE_SEND_ACTIVATION_EMAIL=true", "CARTOUCHE_MAIL=file:" + mails, "CARTOUCHE_MAIL_FROM=noreply@example.com",
	}
	running, err := s.start(ctx)
	if err == nil {
		w.ends = append(w.ends, running.close)
	}
	return running, err
}

func seedCrowd(ctx context.Context, store auth.Store, hash string) error {
	now := store.Now()
	for name, key := range crowdKeys() {
		for n := range perKind {
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			address := addressOf(key, n)
			user := auth.User{
				ID: auth.UserID(id.String()), Username: address, Email: address, PasswordHash: hash, DateJoined: now,
				IsActive: name != "disabled" && name != "not proved", AwaitsActivation: name == "not proved",
			}
			switch name {
			case "no password":
				user.PasswordHash = passwords.Unusable()
			case "Django's hash":
				user.PasswordHash = djangoHash
			}
			if _, err := store.CreateUser(ctx, user, auth.Event{Kind: auth.EventUserCreated, At: now, UserID: user.ID}); err != nil {
				return fmt.Errorf("create %s: %w", address, err)
			}
		}
	}
	return nil
}

// printPairs prints one line for each pair.
func printPairs(w io.Writer, pairs []pair, samples int) error {
	lines := [][]string{{"route", "account", "n", "nobody", "account's", "difference", "AUC", "p", "tries", ""}}
	for _, p := range pairs {
		difference := p.Median - p.Base
		lines = append(lines, []string{
			p.route, p.kind.name, fmt.Sprint(samples), milliseconds(p.Base), milliseconds(p.Median),
			fmt.Sprintf("%+.3f ms (%+.1f %%)", difference.Seconds()*1e3, 100*float64(difference)/float64(p.Base)),
			fmt.Sprintf("%.3f", p.AUC), fmt.Sprintf("%.3f", p.P), fmt.Sprint(p.tries), p.verdict(),
		})
	}
	_, err := io.WriteString(w, markdown(lines))
	return err
}

// milliseconds prints a duration as this table has it.
func milliseconds(d interface{ Seconds() float64 }) string {
	return strings.TrimSpace(fmt.Sprintf("%.3f ms", d.Seconds()*1e3))
}
