package django_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/secret"
)

// The password of these is "correct horse 9"; the last is made for speed.
const (
	pbkdf2Hash = "pbkdf2_sha256$1000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="
	scryptHash = "scrypt$2048$abcdefghij012345678901$8$1$JQuAcO+Wv8gklXoRtLXCWHAkirYTGl57+LdKduMkEPQ1j/4bBpMdQNESlFFMHW7VLurG6R2OyU8B8NZKMUa6Rg=="
	bcryptHash = "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuu3pjrqtjJBMAsF7Q7cfcvglnnoJFYECK"
	plain      = "correct horse 9"
)

func importAll(tb testing.TB, s *site, to django.Target, clock *authtest.Clock, change ...func(*django.Options)) django.Report {
	tb.Helper()
	options := django.Options{Keys: keys, Now: clock.Now}
	for _, c := range change {
		c(&options)
	}
	report, err := django.Import(tb.Context(), s.open(), to, options)
	if err != nil {
		tb.Fatalf("import: %v", err)
	}
	return report
}

// family fills a site with three good users.
func family(s *site) {
	s.add(member{id: 1, username: "ada", email: "Ada@Example.com", firstName: "Ada", lastName: "Lovelace", password: pbkdf2Hash, superuser: true, staff: true, lastLogin: "2024-05-06 07:08:09.123456"})
	s.add(member{id: 7, username: "bob", email: "bob@example.com", password: scryptHash})
	s.add(member{id: 1000, username: "eve", email: "", password: bcryptHash, inactive: true, lastLogin: "2024-05-06 07:08:09"})
}

func TestAccountsComeAsTheyAre(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		family(s)
		s.exec(`INSERT INTO django_content_type (id, app_label, model) VALUES (1, 'blog', 'post')`)
		s.exec(`INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (1, 'Can add post', 1, 'add_post'), (2, 'Can view post', 1, 'view_post')`)
		s.exec(`INSERT INTO auth_group (id, name) VALUES (1, 'editors')`)
		s.exec(`INSERT INTO auth_group_permissions (id, group_id, permission_id) VALUES (1, 1, 2)`)
		s.exec(`INSERT INTO auth_user_groups (id, user_id, group_id) VALUES (1, 1, 1)`)
		s.exec(`INSERT INTO auth_user_user_permissions (id, user_id, permission_id) VALUES (1, 1, 1)`)
		clock, store := authtest.NewClock(), authtest.SQLite(s)
		report := importAll(s, s, store, clock)
		if report.New != 3 || report.Users != 3 || len(report.Problems) != 0 {
			s.Errorf("report: %+v", report)
		}
		got, err := store.User(s.Context(), "1")
		if err != nil {
			s.Fatal(err)
		}
		want := auth.User{
			ID: "1", Username: "ada", Email: "Ada@Example.com", FirstName: "Ada", LastName: "Lovelace", PasswordHash: pbkdf2Hash, IsActive: true,
			IsStaff: true, IsSuperuser: true, DateJoined: time.Date(2020, 2, 3, 4, 5, 6, 789000000, time.UTC), LastLogin: time.Date(2024, 5, 6, 7, 8, 9, 123000000, time.UTC),
			PrivateMetadata: json.RawMessage(`{"django":{"groups":["editors"],"permissions":["blog.add_post"],"group_permissions":["blog.view_post"]}}`),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			s.Error(diff)
		}
		eve, err := store.User(s.Context(), "1000")
		if err != nil || eve.IsActive || eve.AwaitsActivation {
			s.Errorf("eve: %+v, %v", eve, err)
		}
	})
}

func TestNewIDsComeAfterImportedOnes(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		family(s)
		clock, store := authtest.NewClock(), authtest.SQLite(s)
		importAll(s, s, store, clock)
		service := authtest.NewService(s, store, clock, func(c *auth.Config) { c.UserIDs = auth.UserIDsInteger })
		user, err := service.CreateUser(s.Context(), auth.Client{}, auth.NewUser{Username: "new", Password: secret.NewText("a long new password")})
		if err != nil || user.ID != "1001" {
			s.Errorf("got %v, %v", user.ID, err)
		}
	})
}

func TestOldPasswordsSignIn(t *testing.T) {
	t.Parallel()
	s := sites["SQLite"](t)
	s.stock()
	family(s)
	eachTarget(t, func(to target) {
		clock := authtest.NewClock()
		importAll(to, s, to.store, clock)
		service := authtest.NewService(to, to.store, clock)
		for _, name := range []string{"ada", "bob"} {
			grant, err := service.Login(to.Context(), auth.Client{}, auth.Login{Identifier: name, Password: secret.NewText(plain)})
			if err != nil || grant.User.Username != name {
				to.Errorf("%s: %v", name, err)
			}
		}
		if _, err := service.Login(to.Context(), auth.Client{}, auth.Login{Identifier: "eve", Password: secret.NewText(plain)}); !errors.Is(err, auth.ErrLoginInactive) {
			to.Errorf("eve: %v", err)
		}
	})
}

func TestASecondImportChangesNothing(t *testing.T) {
	t.Parallel()
	s := sites["SQLite"](t)
	s.stock()
	family(s)
	eachTarget(t, func(to target) {
		clock := authtest.NewClock()
		importAll(to, s, to.store, clock)
		events, _ := to.store.Events(to.Context(), auth.EventQuery{})
		again := importAll(to, s, to.store, clock)
		if !again.Nothing() || again.Unchanged != 3 || len(again.Problems) != 0 {
			to.Errorf("report: %+v", again)
		}
		if after, _ := to.store.Events(to.Context(), auth.EventQuery{}); len(after) != len(events) {
			to.Errorf("%d events became %d", len(events), len(after))
		}
	})
}

func TestWhatChangedInDjangoSinceIsReportedAndNotTaken(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		family(s)
		clock, store := authtest.NewClock(), authtest.SQLite(s)
		importAll(s, s, store, clock)
		s.exec(`UPDATE auth_user SET email = 'new@example.com' WHERE id = 7`)
		s.exec(`UPDATE auth_user SET last_login = $1 WHERE id = 1`, s.stamp("2026-01-01 00:00:00")) // no change
		s.add(member{id: 1001, username: "new", password: pbkdf2Hash})
		if err := store.DeleteUser(s.Context(), "1000", clock.Now(), auth.Event{At: clock.Now()}); err != nil {
			s.Fatal(err)
		}
		report := importAll(s, s, store, clock)
		if diff := cmp.Diff([]string{"changed 7", "deleted 1000"}, problems(report)); diff != "" || report.New != 1 || report.Unchanged != 1 {
			s.Errorf("report: %+v\n%s", report, diff)
		}
		bob, err := store.User(s.Context(), "7")
		if err != nil || bob.Email != "bob@example.com" {
			s.Errorf("bob: %v, %v", bob.Email, err)
		}
	})
}

func problems(r django.Report) (list []string) {
	for _, p := range r.Problems {
		text := string(p.Kind) + " " + p.ID
		if p.Column != "" {
			text += " " + p.Column
		}
		list = append(list, text)
	}
	return list
}

func TestBrokenRowsAreListedAndTheRestIsImported(t *testing.T) {
	t.Parallel()
	// SQLite holds what PostgreSQL would never have taken.
	s := sites["SQLite"](t)
	s.users = "auth_user"
	s.script(commonTables + strings.ReplaceAll(strings.ReplaceAll(stockUsers, " NOT NULL", ""), " UNIQUE", "") +
		strings.NewReplacer("USERS", "auth_user", "@KEY", "integer").Replace(userTables))
	s.add(member{id: 1, username: "ada", email: "ada@example.com", password: pbkdf2Hash})
	s.add(member{id: 2, username: "Ada", email: "ADA@example.com", password: pbkdf2Hash})
	s.add(member{id: 3, username: "ada", password: pbkdf2Hash})
	s.add(member{id: 4, username: strings.Repeat("a", 151), password: pbkdf2Hash})
	s.add(member{id: 5, username: "", password: pbkdf2Hash})
	s.add(member{id: 6, username: "six\xff", password: pbkdf2Hash})
	s.add(member{id: 7, username: "seven", firstName: "S\xff", lastName: strings.Repeat("é", 151), email: "a\r\nBcc: b@example.com", password: pbkdf2Hash})
	s.add(member{id: 8, username: "eight", password: "fairy$dust", joined: "yesterday", lastLogin: "never"})
	s.add(member{id: 9, username: "nine", password: "", email: strings.Repeat("a", 250) + "@example.com"})
	s.exec(`INSERT INTO auth_user (id, username) VALUES (10, 'ten')`)
	s.add(member{id: 11, username: "Ⅷ", password: "!unusable"})
	s.add(member{id: 12, username: "twelve", password: pbkdf2Hash})
	s.exec(`INSERT INTO authtoken_token (key, created, user_id) VALUES ('short', '2020-01-01 00:00:00', 12)`)
	clock, store := authtest.NewClock(), authtest.SQLite(t)
	dry := importAll(t, s, store, clock, func(o *django.Options) { o.DryRun = true })
	report := importAll(t, s, store, clock)
	want := []string{
		"bad_username 4 username", "bad_username 5 username", "bad_username 6 username", "taken 3",
		"bad_field 7 email", "bad_field 7 first_name", "bad_field 7 last_name", "bad_field 8 date_joined", "bad_field 8 last_login", "bad_field 9 email",
		"bad_field 10 first_name", "bad_field 10 last_name", "bad_field 10 is_active", "bad_field 10 is_staff", "bad_field 10 is_superuser", "bad_field 10 date_joined",
		"bad_password 8 password", "bad_password 9 password", "bad_password 10 password", "bad_token 12", "same_email 2 email",
		"same_username 2 username", "same_username 3 username", "unnormal_name 11 username",
	}
	if diff := cmp.Diff(want, problems(report)); diff != "" {
		t.Error(diff)
	}
	if report.Users != 12 || report.New != 8 || report.Skipped != 4 {
		t.Errorf("report: %+v", report)
	}
	if dry.New != 9 { // ada's double is seen when it is stored
		t.Errorf("dry run: %+v", dry)
	}
	seven, err := store.User(t.Context(), "7")
	if err != nil || seven.Email != "" || seven.FirstName != "S\uFFFD" || seven.LastName != strings.Repeat("é", 150) {
		t.Errorf("seven: %+v, %v", seven, err)
	}
}

func TestRowsThatPostgresTakesAndWeDoNot(t *testing.T) {
	t.Parallel()
	s := sites["PostgreSQL"](t)
	s.stock()
	s.exec(`INSERT INTO auth_user (id, username, email, first_name, last_name, password, is_active, is_staff, is_superuser, last_login, date_joined)
		VALUES (1, 'ada', '', '', '', '!', true, false, false, 'infinity', '12345-01-01'), (-1, 'minus', '', '', '', '!', true, false, false, '0044-03-15 BC', '-infinity')`)
	store := authtest.SQLite(t)
	report := importAll(t, s, store, authtest.NewClock())
	want := []string{"bad_field -1 date_joined", "bad_field -1 last_login", "bad_field 1 date_joined", "bad_field 1 last_login"}
	if diff := cmp.Diff(want, problems(report)); diff != "" || report.New != 2 {
		t.Errorf("report: %+v\n%s", report, diff)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	s := sites["SQLite"](t)
	s.stock()
	family(s)
	eachTarget(t, func(to target) {
		report := importAll(to, s, to.store, authtest.NewClock(), func(o *django.Options) { o.DryRun = true })
		users, err := to.store.Users(to.Context(), auth.UserQuery{})
		events, _ := to.store.Events(to.Context(), auth.EventQuery{})
		if report.New != 3 || !report.DryRun || err != nil || len(users)+len(events) != 0 {
			to.Errorf("report: %+v, users %v, events %v, %v", report, users, events, err)
		}
	})
}

func TestTheSourceIsNotTouched(t *testing.T) {
	t.Parallel()
	s := sites["SQLite"](t)
	s.stock()
	family(s)
	path := strings.TrimPrefix(s.from, "sqlite:")
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	importAll(t, s, authtest.SQLite(t), authtest.NewClock())
	after, err := os.ReadFile(path)
	if err != nil || string(before) != string(after) {
		t.Errorf("the file changed (%v)", err)
	}
	for _, beside := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Stat(path + beside); err == nil {
			t.Errorf("%s was made", path+beside)
		}
	}
}

func TestAnInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	s := sites["SQLite"](t)
	s.stock()
	for id := 1; id <= 95; id++ {
		s.add(member{id: id, username: "user" + string(rune('a'+id%26)) + strings.Repeat("x", id/26), password: pbkdf2Hash})
	}
	eachTarget(t, func(to target) {
		ctx, cancel := context.WithCancel(to.Context())
		batches := 0
		options := django.Options{Now: authtest.NewClock().Now, Batch: 10, Progress: func(int) {
			if batches++; batches == 4 {
				cancel()
			}
		}}
		report, err := django.Import(ctx, s.open(), to.store, options)
		if !errors.Is(err, context.Canceled) || report.New != 40 {
			to.Fatalf("interrupted: %+v, %v", report, err)
		}
		report, err = django.Import(to.Context(), s.open(), to.store, django.Options{Now: options.Now, Batch: 17})
		if err != nil || report.New != 55 || report.Unchanged != 40 {
			to.Errorf("again: %+v, %v", report, err)
		}
	})
}

func TestCustomUserModels(t *testing.T) {
	t.Parallel()
	const definition = `
CREATE TABLE people_person (id uuid PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamptz NULL, is_superuser boolean NOT NULL,
	email varchar(254) NOT NULL UNIQUE, is_active boolean NOT NULL, phone varchar(20) NOT NULL);
`
	const id = "0b0f8f5e-6d3c-4a6e-9f55-2f4f2a0f9d10"
	for name, open := range sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.make("people_person", "uuid", definition)
			for n, email := range []string{"Ada@Example.com", "ada@example.com", "bob@example.com"} {
				s.person(id[:len(id)-1]+decimal(int64(n)), email)
			}
			clock, store := authtest.NewClock(), authtest.SQLite(t)
			report := importAll(t, s, store, clock, func(o *django.Options) { o.Batch = 2 })
			if report.New != 3 || report.UserTable != "people_person" || cmp.Diff([]string{"phone"}, report.LeftColumns) != "" {
				t.Errorf("report: %+v", report)
			}
			service := authtest.NewService(t, store, clock, func(c *auth.Config) { c.LoginField = auth.LoginByEmail })
			for n, email := range []string{"ada@example.com", "", "bob@example.com"} {
				grant, err := service.Login(t.Context(), auth.Client{}, auth.Login{Identifier: email, Password: secret.NewText(plain)})
				if want := auth.UserID(id[:len(id)-1] + decimal(int64(n))); email != "" && (err != nil || grant.User.ID != want) {
					t.Errorf("%s: got %s, %v", email, grant.User.ID, err)
				}
			}
		})
	}
}

// person adds a row of people_person.
func (s *site) person(id, email string) {
	s.Helper()
	if !s.postgres {
		id = strings.ReplaceAll(id, "-", "")
	}
	s.exec(`INSERT INTO people_person (id, password, is_superuser, email, is_active, phone) VALUES ($1, $2, $3, $4, $5, '')`, id, pbkdf2Hash, false, email, true)
}

func TestAmbiguousDatabasesAreRefused(t *testing.T) {
	t.Parallel()
	for name, open := range sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			refuse := func(want string, change func(*django.SourceConfig)) {
				t.Helper()
				config := django.SourceConfig{From: s.from}
				change(&config)
				source, err := django.Open(t.Context(), config)
				if err == nil {
					_ = source.Close()
				}
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			s.script(`CREATE TABLE zero (id integer PRIMARY KEY);
`)
			none := func(*django.SourceConfig) {}
			refuse("found no table", none)
			s.script(`CREATE TABLE one (id integer PRIMARY KEY, password text, last_login timestamptz, username text);
CREATE TABLE two (id integer PRIMARY KEY, password text, last_login timestamptz);
CREATE TABLE three (password text, username text);
`)
			refuse("one, two", none)
			refuse("does not exist", func(c *django.SourceConfig) { c.UserTable = "four" })
			refuse("neither username nor email", func(c *django.SourceConfig) { c.UserTable = "two" })
			refuse("no column name", func(c *django.SourceConfig) { c.UserTable, c.UsernameColumn = "one", "name" })
			refuse("no primary key", func(c *django.SourceConfig) { c.UserTable = "three" })
		})
	}
}

func TestPasswordsOfDatabasesAreNotInErrors(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"mysql://django:hunter2@host/db", "postgres://django:hunter2@127.0.0.1:1/db", "postgres://django:hunter2@:port/%zz", "sqlite:"} {
		_, err := django.Open(t.Context(), django.SourceConfig{From: from})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", from, err)
		}
	}
}
