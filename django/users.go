package django

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Users counts the users.
func (s *Source) Users(ctx context.Context) (int, error) {
	return s.count(ctx, "SELECT count(*) FROM "+quote(s.schema.users))
}

// page is a stretch of users in the order of their keys.
type page struct {
	users       []userRow
	first, last any // the keys at its ends, as the database compares them
}

// userRow is a user as he stands in the database.
type userRow struct {
	key     string // as text, as str(pk) has it
	columns map[string]*string
}

// nextPage reads the users that follow a key; nil: from the first.
func (s *Source) nextPage(ctx context.Context, after any, limit int) (page, error) {
	names := s.userColumns()
	list := make([]string, 0, len(names)+1)
	key := "u." + quote(s.schema.key) // without the u, ORDER BY would mean the text that is selected
	list = append(list, asText(key))
	for _, name := range names {
		list = append(list, asText("u."+quote(name)))
	}
	query := "SELECT " + strings.Join(list, ", ") + " FROM " + quote(s.schema.users) + " u WHERE " + key
	args := []any{after}
	if after == nil {
		query, args = query+" IS NOT NULL", nil
	} else {
		query += " > $1"
	}
	query += " ORDER BY " + key + " LIMIT " + strconv.Itoa(limit)
	var p page
	err := s.rows(ctx, len(list), func(r row) error {
		key, err := s.keyOf(*r[0])
		if err != nil {
			return err
		}
		if p.first == nil {
			p.first = key
		}
		p.last = key
		u := userRow{key: s.keyText(*r[0]), columns: make(map[string]*string, len(names))}
		for i, name := range names {
			u.columns[name] = r[i+1]
		}
		p.users = append(p.users, u)
		return nil
	}, query, args...)
	if err != nil {
		return page{}, fmt.Errorf("read %s: %w", s.schema.users, err)
	}
	return p, nil
}

func (s *Source) userColumns() []string {
	var names []string
	users := s.schema.tables[s.schema.users]
	for _, name := range standard {
		if users.has(name) && name != s.schema.key {
			names = append(names, name)
		}
	}
	if s.schema.login != s.schema.key && !slices.Contains(names, s.schema.login) {
		names = append(names, s.schema.login)
	}
	return names
}

// keyOf is a key as the database compares it.
func (s *Source) keyOf(text string) (any, error) {
	if !s.schema.integers {
		return text, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read %s: the key %q is not a number", s.schema.users, text)
	}
	return n, nil
}

// keyText is a key as str(pk) has it, and with it every token and link: SQLite keeps UUIDs without their dashes.
func (s *Source) keyText(text string) string {
	if s.schema.packed && len(text) == 32 {
		return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
	}
	return text
}

// withoutKey counts the rows that nothing can name.
func (s *Source) withoutKey(ctx context.Context) (int, error) {
	return s.count(ctx, "SELECT count(*) FROM "+quote(s.schema.users)+" WHERE "+quote(s.schema.key)+" IS NULL")
}
