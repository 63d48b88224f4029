package django

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema is where things stand in one Django database.
type schema struct {
	tables   map[string]table
	users    string // the table of users
	key      string // its primary key
	integers bool   // the key is a number
	packed   bool   // the key is a UUID that is kept as 32 hexadecimal digits
	login    string // the column of the name people sign in by
	groups   link   // users to groups; zero: none
	rights   link   // users to permissions; zero: none
}

type table struct {
	name    string
	columns []column
	refs    []reference
}

type column struct {
	name, kind string
	key        bool
}

// reference is a foreign key.
type reference struct{ column, table string }

// link is a table that joins two others.
type link struct{ table, user, other string }

func (t table) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name })
}

// zoned is the type of PostgreSQL's columns that know zones. SQLite's know none, and hold UTC where USE_TZ is on.
const zoned = "timestamp with time zone"

// kind is the type of a column.
func (t table) kind(name string) string {
	for _, c := range t.columns {
		if c.name == name {
			return c.kind
		}
	}
	return ""
}

func (t table) primaryKey() (column, bool) {
	i := slices.IndexFunc(t.columns, func(c column) bool { return c.key })
	if i < 0 {
		return column{}, false
	}
	return t.columns[i], true
}

// to is the column that refers to another table; empty: none does.
func (t table) to(other string) string {
	for _, r := range t.refs {
		if r.table == other {
			return r.column
		}
	}
	return ""
}

// Names of the tables that do not depend on the project.
const (
	groupTable       = "auth_group"
	permissionTable  = "auth_permission"
	groupRightsTable = "auth_group_permissions"
	typeTable        = "django_content_type"
	outstandingTable = "token_blacklist_outstandingtoken"
	blacklistTable   = "token_blacklist_blacklistedtoken"
	tokenTable       = "authtoken_token"
	sessionTable     = "django_session"
)

func (s *Source) discover(ctx context.Context, c SourceConfig) (schema, error) {
	found := schema{tables: map[string]table{}}
	err := s.dialect.columns(ctx, s, func(r row) error {
		t := found.tables[*r[0]]
		t.name = *r[0]
		t.columns = append(t.columns, column{name: *r[1], kind: *r[2], key: *r[3] != ""})
		found.tables[t.name] = t
		return nil
	})
	if err == nil {
		err = s.dialect.references(ctx, s, func(r row) error {
			t := found.tables[*r[0]]
			t.refs = append(t.refs, reference{*r[1], *r[2]})
			found.tables[t.name] = t
			return nil
		})
	}
	if err != nil {
		return schema{}, fmt.Errorf("read the tables: %w", err)
	}
	return found, found.settle(c)
}

// settle finds the table of users and what belongs to it.
func (s *schema) settle(c SourceConfig) (err error) {
	if s.users, err = s.userTable(c.UserTable); err != nil {
		return err
	}
	users := s.tables[s.users]
	key, ok := users.primaryKey()
	if !ok {
		return fmt.Errorf("table %s has no primary key of one column", s.users)
	}
	s.key = key.name
	s.integers = strings.Contains(key.kind, "int") || strings.Contains(key.kind, "serial")
	s.packed = key.kind == "char(32)"
	if s.login, err = loginColumn(users, c.UsernameColumn); err != nil {
		return err
	}
	s.groups, s.rights = s.linkTo(groupTable, "_groups"), s.linkTo(permissionTable, "_user_permissions")
	return nil
}

// userTable is the table that tokens and permissions refer to: AUTH_USER_MODEL has any name, but they all lead to it.
func (s *schema) userTable(wanted string) (string, error) {
	if wanted != "" {
		if t, ok := s.tables[wanted]; !ok || !t.has("password") {
			return "", fmt.Errorf("table %s does not exist, or has no column password", wanted)
		}
		return wanted, nil
	}
	candidates := s.referredTo()
	if len(candidates) == 0 { // a copy without its foreign keys
		for name, t := range s.tables {
			if t.has("password") && t.has("last_login") {
				candidates[name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(candidates))
	switch len(names) {
	case 1:
		return names[0], nil
	case 0:
		return "", errors.New("found no table of Django users: say which one it is with --user-table")
	default:
		return "", fmt.Errorf("found several tables of users (%s): say which one it is with --user-table", strings.Join(names, ", "))
	}
}

// referredTo are the tables with passwords that tokens, permissions or the log of Django's admin refer to.
func (s *schema) referredTo() map[string]bool {
	found := map[string]bool{}
	for _, t := range s.tables {
		if !slices.Contains([]string{outstandingTable, tokenTable, "django_admin_log"}, t.name) && t.to(groupTable) == "" && t.to(permissionTable) == "" {
			continue
		}
		for _, r := range t.refs {
			if s.tables[r.table].has("password") {
				found[r.table] = true
			}
		}
	}
	return found
}

func loginColumn(users table, wanted string) (string, error) {
	if wanted != "" {
		if !users.has(wanted) {
			return "", fmt.Errorf("table %s has no column %s", users.name, wanted)
		}
		return wanted, nil
	}
	for _, name := range []string{"username", "email"} {
		if users.has(name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("table %s has neither username nor email: say by which column people sign in with --username-column", users.name)
}

// linkTo finds the table that joins users to another one.
func (s *schema) linkTo(other, suffix string) link {
	if _, ok := s.tables[other]; !ok {
		return link{}
	}
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		t := s.tables[name]
		if user, to := t.to(s.users), t.to(other); user != "" && to != "" {
			return link{name, user, to}
		}
	}
	name := s.users + suffix
	own := strings.TrimPrefix(s.users, "auth_") + "_id"
	if t := s.tables[name]; other == groupTable && t.has(own) && t.has("group_id") {
		return link{name, own, "group_id"}
	} else if other == permissionTable && t.has(own) && t.has("permission_id") {
		return link{name, own, "permission_id"}
	}
	return link{}
}

// standard are the columns of users that an account here has a place for.
var standard = []string{
	"password", "last_login", "is_superuser", "username", "first_name", "last_name", "email", "is_staff", "is_active", "date_joined",
}

// LeftColumns are the columns of users that have no place here.
func (s *Source) LeftColumns() []string {
	var left []string
	for _, c := range s.schema.tables[s.schema.users].columns {
		if c.name != s.schema.key && c.name != s.schema.login && !slices.Contains(standard, c.name) {
			left = append(left, c.name)
		}
	}
	return left
}

// UserTable is the table that users are read from.
func (s *Source) UserTable() string { return s.schema.users }
