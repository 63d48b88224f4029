package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestRegisterReportsEveryFieldAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(t, "taken")
	password := secret.NewText(goodPassword)
	for name, test := range map[string]struct {
		give auth.NewUser
		want []auth.FieldError
	}{
		"nothing": {auth.NewUser{}, []auth.FieldError{{Field: "password", Code: auth.FieldRequired}}},
		"all of it": {
			auth.NewUser{Username: "no spaces!", Email: strings.Repeat("x", 255), FirstName: strings.Repeat("x", 151), Password: secret.NewText("short")},
			[]auth.FieldError{
				{Field: "email", Code: auth.FieldTooLong, Limit: 254},
				{Field: "username", Code: auth.FieldUsernameInvalid},
				{Field: "first_name", Code: auth.FieldTooLong, Limit: 150},
			}, // the password is judged when the rest is good, as in Django
		},
		"taken and too long": {
			auth.NewUser{Username: "taken", Email: strings.Repeat("x", 255), Password: password},
			[]auth.FieldError{{Field: "email", Code: auth.FieldTooLong, Limit: 254}, {Field: "username", Code: auth.FieldUsernameTaken}},
		},
		"too short": {
			auth.NewUser{Username: "x", Password: secret.NewText("short")},
			[]auth.FieldError{{Field: "password", Code: auth.FieldPasswordTooShort, Limit: 8}},
		},
		"taken":    {auth.NewUser{Username: "taken", Password: password}, []auth.FieldError{{Field: "username", Code: auth.FieldUsernameTaken}}},
		"too long": {auth.NewUser{Username: "x", Password: secret.NewText(strings.Repeat("é", 257))}, []auth.FieldError{{Field: "password", Code: auth.FieldPasswordTooLong, Limit: 256}}},
		"not text": {auth.NewUser{Username: "x", Password: secret.NewText("pass\xffword")}, []auth.FieldError{{Field: "password", Code: auth.FieldMalformed}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.Register(t.Context(), w.client, test.give)
			input, ok := errors.AsType[*auth.InputError](err)
			if !ok {
				t.Fatalf("Register: got %v, want an InputError", err)
			}
			if diff := cmp.Diff(test.want, input.Fields); diff != "" {
				t.Errorf("Register: fields (-want +got):\n%s", diff)
			}
		})
	}
}

// A stranger cannot give himself rights (mass assignment).
func TestRegisterGivesNoRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, err := w.Register(t.Context(), w.client, auth.NewUser{Username: "mallory", Password: secret.NewText(goodPassword), IsStaff: true, IsSuperuser: true})
	if err != nil || user.IsStaff || user.IsSuperuser {
		t.Errorf("Register: got staff %v, superuser %v, %v; want neither", user.IsStaff, user.IsSuperuser, err)
	}
}

func TestRegisterNormalizesAsDjangoDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user, err := w.Register(t.Context(), w.client, auth.NewUser{Username: "\u2167user", Email: "ALICE@EXAMPLE.COM", Password: secret.NewText(goodPassword)})
	if err != nil {
		t.Fatal(err)
	}
	if user.Username != "VIIIuser" || user.Email != "ALICE@example.com" {
		t.Errorf("Register: got %q, %q; want VIIIuser, ALICE@example.com", user.Username, user.Email)
	}
	w.register(t, "alice2")
	w.register(t, "Alice2") // usernames are compared with their case
}

func TestUserIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *auth.Config) { c.UserIDs = auth.UserIDsInteger })
	if first, second := w.register(t, "first"), w.register(t, "second"); first.ID != "1" || second.ID != "2" {
		t.Errorf("integer ids: got %s, %s; want 1, 2", first.ID, second.ID)
	}
	if user := newWorld(t).register(t, "alice"); len(user.ID) != 36 || user.ID[14] != '7' {
		t.Errorf("uuid ids: got %s, want a UUID of version 7", user.ID)
	}
}
