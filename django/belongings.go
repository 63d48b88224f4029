package django

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// belongings are what users of a page have, by their keys as text.
type belongings struct {
	groups      map[string][]string
	permissions map[string][]string
	refresh     map[string][]string // tokens
	keys        map[string][]string // of token authentication
}

const (
	permissionName  = "ct.app_label || '.' || p.codename"
	permissionsFrom = ` JOIN "auth_permission" p ON p.id = l.%s JOIN "django_content_type" ct ON ct.id = p.content_type_id`
)

// belongings reads what the users of a page have: groups, permissions of their own, refresh tokens that live at a time, and keys.
func (s *Source) belongings(ctx context.Context, p page, now time.Time) (b belongings, err error) {
	if l := s.schema.groups; l.table != "" {
		b.groups, err = s.ofUsers(ctx, p, l.user, asText("g.name"),
			quote(l.table)+` l JOIN "auth_group" g ON g.id = l.`+quote(l.other), "")
		if err != nil {
			return b, err
		}
	}
	if l := s.schema.rights; l.table != "" && s.has(typeTable) {
		b.permissions, err = s.ofUsers(ctx, p, l.user, asText(permissionName), quote(l.table)+" l"+fmt.Sprintf(permissionsFrom, quote(l.other)), "")
		if err != nil {
			return b, err
		}
	}
	if s.has(outstandingTable) {
		from := quote(outstandingTable) + " l"
		where := " AND l.expires_at > '" + s.stamp(outstandingTable, "expires_at", now) + "'"
		if s.has(blacklistTable) {
			where += " AND NOT EXISTS (SELECT 1 FROM " + quote(blacklistTable) + " b WHERE b.token_id = l.id)"
		}
		if b.refresh, err = s.ofUsers(ctx, p, "user_id", asText("l.token"), from, where); err != nil {
			return b, err
		}
	}
	if s.has(tokenTable) {
		b.keys, err = s.ofUsers(ctx, p, "user_id", asText("l.key"), quote(tokenTable)+" l", "")
	}
	return b, err
}

func (s *Source) has(name string) bool {
	_, ok := s.schema.tables[name]
	return ok
}

// ofUsers reads one value of each row that belongs to the users of a page. NULL is nothing.
func (s *Source) ofUsers(ctx context.Context, p page, user, value, from, where string) (map[string][]string, error) {
	owner := "l." + quote(user)
	query := "SELECT " + asText(owner) + ", " + value + " FROM " + from + " WHERE " + owner + " >= $1 AND " + owner + " <= $2" + where
	found := make(map[string][]string)
	err := s.rows(ctx, 2, func(r row) error {
		if r[0] != nil && r[1] != nil {
			key := s.keyText(*r[0])
			found[key] = append(found[key], *r[1])
		}
		return nil
	}, query, p.first, p.last)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", from, err)
	}
	for _, list := range found {
		slices.Sort(list)
	}
	return found, nil
}

// groupPermissions reads what each group may do.
func (s *Source) groupPermissions(ctx context.Context) (map[string][]string, error) {
	found := make(map[string][]string)
	if !s.has(groupRightsTable) || !s.has(groupTable) || !s.has(permissionTable) || !s.has(typeTable) {
		return found, nil
	}
	err := s.rows(ctx, 2, func(r row) error {
		if r[0] != nil && r[1] != nil {
			found[*r[0]] = append(found[*r[0]], *r[1])
		}
		return nil
	}, "SELECT "+asText("g.name")+", "+asText(permissionName)+` FROM "auth_group_permissions" l JOIN "auth_group" g ON g.id = l.group_id`+
		fmt.Sprintf(permissionsFrom, "permission_id"))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", groupRightsTable, err)
	}
	for _, list := range found {
		slices.Sort(list)
	}
	return found, nil
}
