package django_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/django"
)

// site is a database as Django leaves it behind.
type site struct {
	testing.TB
	db       *sql.DB
	from     string // as --from has it
	postgres bool
	users    string // the table of users
}

// The tables as Django's migrations make them. Types are written for PostgreSQL; forSQLite has the words that SQLite's backend uses.
const (
	commonTables = `
CREATE TABLE django_content_type (id integer PRIMARY KEY, app_label varchar(100) NOT NULL, model varchar(100) NOT NULL);
CREATE TABLE auth_permission (id integer PRIMARY KEY, name varchar(255) NOT NULL, content_type_id integer NOT NULL REFERENCES django_content_type (id), codename varchar(100) NOT NULL);
CREATE TABLE auth_group (id integer PRIMARY KEY, name varchar(150) NOT NULL UNIQUE);
CREATE TABLE auth_group_permissions (id bigint PRIMARY KEY, group_id integer NOT NULL REFERENCES auth_group (id), permission_id integer NOT NULL REFERENCES auth_permission (id));
CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL);
`
	stockUsers = `
CREATE TABLE auth_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamptz NULL, is_superuser boolean NOT NULL,
	username varchar(150) NOT NULL UNIQUE, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL, is_staff boolean NOT NULL,
	is_active boolean NOT NULL, date_joined timestamptz NOT NULL, first_name varchar(150) NOT NULL);
`
	// USERS and @KEY stand for the table of users and the type of its key.
	userTables = `
CREATE TABLE USERS_groups (id bigint PRIMARY KEY, user_id @KEY NOT NULL REFERENCES USERS (id), group_id integer NOT NULL REFERENCES auth_group (id));
CREATE TABLE USERS_user_permissions (id bigint PRIMARY KEY, user_id @KEY NOT NULL REFERENCES USERS (id), permission_id integer NOT NULL REFERENCES auth_permission (id));
CREATE TABLE token_blacklist_outstandingtoken (id bigint PRIMARY KEY, token text NOT NULL, created_at timestamptz NULL, expires_at timestamptz NOT NULL,
	user_id @KEY NULL REFERENCES USERS (id), jti varchar(255) NOT NULL UNIQUE);
CREATE INDEX outstanding_user ON token_blacklist_outstandingtoken (user_id);
CREATE TABLE token_blacklist_blacklistedtoken (id bigint PRIMARY KEY, blacklisted_at timestamptz NOT NULL,
	token_id bigint NOT NULL UNIQUE REFERENCES token_blacklist_outstandingtoken (id));
CREATE TABLE authtoken_token (key varchar(40) PRIMARY KEY, created timestamptz NOT NULL, user_id @KEY NOT NULL UNIQUE REFERENCES USERS (id));
`
)

var forSQLite = strings.NewReplacer("timestamptz", "datetime", "boolean", "bool", "uuid", "char(32)")

// sites are the makers of empty databases.
var sites = map[string]func(testing.TB) *site{
	"SQLite": func(tb testing.TB) *site {
		tb.Helper()
		path := filepath.Join(tb.TempDir(), "db.sqlite3")
		db, err := sql.Open("sqlite", path)
		if err != nil {
			tb.Fatal(err)
		}
		return newSite(tb, db, "sqlite:"+path, false)
	},
	"PostgreSQL": func(tb testing.TB) *site {
		tb.Helper()
		url := authtest.PostgresURL(tb)
		db, err := sql.Open("pgx", url)
		if err != nil {
			tb.Fatal(err)
		}
		return newSite(tb, db, url, true)
	},
}

var _ = stdlib.GetDefaultDriver // registers pgx

func newSite(tb testing.TB, db *sql.DB, from string, postgres bool) *site {
	tb.Helper()
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { _ = db.Close() })
	return &site{TB: tb, db: db, from: from, postgres: postgres}
}

// eachSite runs a test on a stock Django of each kind of database.
func eachSite(t *testing.T, test func(s *site)) {
	t.Helper()
	for name, open := range sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.stock()
			test(s)
		})
	}
}

// stock makes the tables of a project with Django's own user model.
func (s *site) stock() { s.make("auth_user", "integer", stockUsers) }

// make makes the tables of a project whose table of users has the given name, type of key and definition.
func (s *site) make(users, key, definition string) {
	s.Helper()
	s.users = users
	s.script(commonTables + definition + strings.NewReplacer("USERS", users, "@KEY", key).Replace(userTables))
}

func (s *site) script(text string) {
	s.Helper()
	if !s.postgres {
		text = forSQLite.Replace(text)
	}
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) != "" {
			s.exec(statement)
		}
	}
}

// exec runs a statement with $1, … for its arguments.
func (s *site) exec(statement string, args ...any) {
	s.Helper()
	if _, err := s.db.ExecContext(s.Context(), statement, args...); err != nil {
		s.Fatalf("%s: %v", statement, err)
	}
}

// member is a row of auth_user.
type member struct {
	id                                             int
	username, email, firstName, lastName, password string
	inactive, staff, superuser                     bool
	lastLogin                                      any // text; nil: never
	joined                                         string
}

const joined = "2020-02-03 04:05:06.789012"

func (s *site) add(m member) {
	s.Helper()
	if m.joined == "" {
		m.joined = joined
	}
	s.exec(`INSERT INTO auth_user (id, username, email, first_name, last_name, password, is_active, is_staff, is_superuser, last_login, date_joined)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		m.id, m.username, m.email, m.firstName, m.lastName, m.password, !m.inactive, m.staff, m.superuser, s.stamp(m.lastLogin), s.stamp(m.joined))
}

// stamp is a time for the driver: PostgreSQL's wants to know the zone.
func (s *site) stamp(text any) any {
	if t, ok := text.(string); ok && s.postgres {
		return t + "+00"
	}
	return text
}

func stampOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000000") }

// outstanding adds a refresh token and answers its text.
func (s *site) outstanding(id, user int, expires time.Time, more string) string {
	s.Helper()
	jti := fmt.Sprintf("%032x", id)
	text := signJWT(testKey, jwtHeader, fmt.Sprintf(`{"token_type":"refresh","exp":%d,"iat":1600000000,"jti":"%s","user_id":"%d"%s}`, expires.Unix(), jti, user, more))
	s.exec(`INSERT INTO token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti) VALUES ($1, $2, NULL, $3, $4, $5)`,
		id, text, s.stamp(stampOf(expires)), user, jti)
	return text
}

func (s *site) blacklist(token int) {
	s.Helper()
	s.exec(`INSERT INTO token_blacklist_blacklistedtoken (id, blacklisted_at, token_id) VALUES ($1, $2, $1)`, token, s.stamp(joined))
}

func (s *site) open() *django.Source {
	s.Helper()
	source, err := django.Open(s.Context(), django.SourceConfig{From: s.from})
	if err != nil {
		s.Fatalf("open: %v", err)
	}
	s.Cleanup(func() {
		if err := source.Close(); err != nil {
			s.Errorf("close: %v", err)
		}
	})
	return source
}

// target is a test on one kind of store.
type target struct {
	testing.TB
	store auth.Store
}

// eachTarget runs a test on each kind of store.
func eachTarget(t *testing.T, test func(to target)) {
	t.Helper()
	authtest.EachStore(t, func(t *testing.T, store auth.Store) {
		t.Helper()
		test(target{t, store})
	})
}
