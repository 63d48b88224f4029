package django_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/django"
	"github.com/cartouche-auth/cartouche/secret"
)

const testKey = "django-insecure-test-key"

var keys = django.Keys{secret.NewText(testKey)}

// at is a point in time as Django's reset tokens count it.
func at(stamp int64) time.Time {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(stamp) * time.Second)
}

var far = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// The tokens were made by Django 5.2.
var resetVectors = []struct {
	user  auth.User
	stamp int64
	token string
}{
	{
		auth.User{
			ID: "1", PasswordHash: "pbkdf2_sha256$1000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0=",
			Email: "alice@example.com",
		}, 800000000, "d8ary8-5d1b5df3c1d0c3e95d755929402bd46e",
	},
	{
		auth.User{ID: "42", PasswordHash: "!unusableXYZ", LastLogin: time.Date(2024, 5, 6, 7, 8, 9, 123000000, time.UTC)},
		800000000, "d8ary8-9dc17829d92943dfcf181e93655c68cd",
	},
	{
		auth.User{
			ID: "0b0f8f5e-6d3c-4a6e-9f55-2f4f2a0f9d10", PasswordHash: "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3",
			LastLogin: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC),
		}, 1, "1-42c275682d87d3ac19a54562bfa8b96b",
	},
}

func TestDjangosOwnResetTokensAreAccepted(t *testing.T) {
	t.Parallel()
	reset := django.ResetTokens{Keys: keys, Until: far}
	for _, v := range resetVectors {
		for age, want := range map[int64]bool{0: true, 259200: true, 259201: false} {
			_, ok := reset.CheckLink(v.user, secret.NewText(v.token), at(v.stamp+age))
			if ok != want {
				t.Errorf("%s after %d s: accepted %t, want %t", v.token, age, ok, want)
			}
		}
	}
}

func TestResetTokensOfOldKeysAreAccepted(t *testing.T) {
	t.Parallel()
	v := resetVectors[0]
	reset := django.ResetTokens{Keys: django.Keys{secret.NewText("the new key"), secret.NewText(testKey)}, Until: far}
	if _, ok := reset.CheckLink(v.user, secret.NewText(v.token), at(v.stamp)); !ok {
		t.Error("a token of a fallback key is refused")
	}
}

func TestResetTokensCountInTheServersLocalTime(t *testing.T) {
	t.Parallel()
	v := resetVectors[0]
	reset := django.ResetTokens{Keys: keys, Until: far, Timeout: time.Minute, Location: time.FixedZone("UTC+2", 2*60*60)}
	made := at(v.stamp).Add(-2 * time.Hour) // when clocks two hours east of Greenwich show the stamp
	if _, ok := reset.CheckLink(v.user, secret.NewText(v.token), made.Add(time.Minute)); !ok {
		t.Error("a token of a minute ago is refused")
	}
	if _, ok := reset.CheckLink(v.user, secret.NewText(v.token), made.Add(time.Minute+time.Second)); ok {
		t.Error("a token that is too old is accepted")
	}
}

func TestForgedResetTokensAreRefused(t *testing.T) {
	t.Parallel()
	v := resetVectors[0]
	other := func(change func(*auth.User)) auth.User {
		u := v.user
		change(&u)
		return u
	}
	for situation, tc := range map[string]struct {
		user  auth.User
		token string
		reset django.ResetTokens
	}{
		"after a change of password": {other(func(u *auth.User) { u.PasswordHash += "x" }), v.token, django.ResetTokens{Keys: keys, Until: far}},
		"after a sign-in":            {other(func(u *auth.User) { u.LastLogin = at(v.stamp) }), v.token, django.ResetTokens{Keys: keys, Until: far}},
		"after a change of address":  {other(func(u *auth.User) { u.Email = "x@example.com" }), v.token, django.ResetTokens{Keys: keys, Until: far}},
		"of somebody else":           {other(func(u *auth.User) { u.ID = "2" }), v.token, django.ResetTokens{Keys: keys, Until: far}},
		"in capitals":                {v.user, strings.ToUpper(v.token), django.ResetTokens{Keys: keys, Until: far}},
		"with capitals in the time":  {v.user, "D8ary8-5d1b5df3c1d0c3e95d755929402bd46e", django.ResetTokens{Keys: keys, Until: far}},
		"with a leading zero":        {v.user, "0" + v.token, django.ResetTokens{Keys: keys, Until: far}},
		"with a sign":                {v.user, "+" + v.token, django.ResetTokens{Keys: keys, Until: far}},
		"with a further dash":        {v.user, v.token + "-", django.ResetTokens{Keys: keys, Until: far}},
		"with a later time":          {v.user, "d8ary9" + v.token[6:], django.ResetTokens{Keys: keys, Until: far}},
		"cut":                        {v.user, v.token[:38], django.ResetTokens{Keys: keys, Until: far}},
		"empty":                      {v.user, "", django.ResetTokens{Keys: keys, Until: far}},
		"a dash":                     {v.user, "-", django.ResetTokens{Keys: keys, Until: far}},
		"of another key":             {v.user, v.token, django.ResetTokens{Keys: django.Keys{secret.NewText("x")}, Until: far}},
		"without a key":              {v.user, v.token, django.ResetTokens{Until: far}},
		"with an empty key":          {v.user, v.token, django.ResetTokens{Keys: django.Keys{secret.NewText("")}, Until: far}},
		"after the switch-off":       {v.user, v.token, django.ResetTokens{Keys: keys, Until: at(v.stamp)}},
		"without a switch-off date":  {v.user, v.token, django.ResetTokens{Keys: keys}},
	} {
		if _, ok := tc.reset.CheckLink(tc.user, secret.NewText(tc.token), at(v.stamp)); ok {
			t.Errorf("%s: accepted", situation)
		}
	}
}

func FuzzResetToken(f *testing.F) {
	for _, v := range resetVectors {
		f.Add(v.token)
	}
	v := resetVectors[0]
	f.Fuzz(func(t *testing.T, token string) {
		reset := django.ResetTokens{Keys: keys, Until: far}
		if _, ok := reset.CheckLink(v.user, secret.NewText(token), at(v.stamp)); ok && token != v.token {
			t.Errorf("%q is accepted", token)
		}
	})
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func base36(n int64) string { return strconv.FormatInt(n, 36) }
