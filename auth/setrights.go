package auth

import (
	"context"
	"strings"
)

// Rights are what an account may do beside being somebody's own. A nil field stays as it is.
type Rights struct{ Staff, Superuser *bool }

// SetRights gives or takes rights on an operator's word. Where it takes one away, every access token from before is dead, here and at services that follow the
// revocations, because their claims may name the right; sessions go on, and their next refresh gets a new one. ErrNotFound when there is no such user.
func (s *Service) SetRights(ctx context.Context, client Client, id UserID, rights Rights) (User, error) {
	now := s.now()
	change := AccountChange{UserID: id, At: now, IsStaff: rights.Staff, IsSuperuser: rights.Superuser}
	if rights.take() {
		change.RevokeAccess = RightsChanged
	}
	user, err := s.store.ChangeAccount(ctx, change, Event{Kind: EventRightsChanged, At: now, UserID: id, Detail: rights.detail(), Client: client})
	if err != nil {
		return User{}, wrap("set rights", err)
	}
	if change.RevokeAccess != "" {
		s.revocations.add(now, Revocation{Kind: RevokedUser, Subject: string(id), NotBefore: now, Reason: string(RightsChanged)})
	}
	return user, nil
}

// take tells whether a right is to be off. It does not ask whether it was on: two who change it at once must not leave a token alive between them.
func (r Rights) take() bool { return isFalse(r.Staff) || isFalse(r.Superuser) }

func isFalse(b *bool) bool { return b != nil && !*b }

// detail is such as "+staff -superuser".
func (r Rights) detail() string {
	var words []string
	for _, right := range []struct {
		on   *bool
		name string
	}{{r.Staff, "staff"}, {r.Superuser, "superuser"}} {
		switch {
		case right.on == nil:
		case *right.on:
			words = append(words, "+"+right.name)
		default:
			words = append(words, "-"+right.name)
		}
	}
	return strings.Join(words, " ")
}
