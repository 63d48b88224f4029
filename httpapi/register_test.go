package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
)

const (
	badEmail    = "Enter a valid email address."
	badUsername = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
	taken       = "A user with that username already exists."
)

// What djoser answers to a registration.
func TestRegister(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	long := strings.Repeat("a", 151)
	for _, c := range []struct {
		name, body string
		status     int
		want       string
		differs    string
	}{
		{
			name: "ok", body: `{"username":"bob","email":"Bob@EXAMPLE.com","password":"correct horse"}`, status: 201,
			want: `{"email":"Bob@example.com","username":"bob","id":2}`,
		},
		{name: "without an address", body: `{"username":"Bob","password":"correct horse"}`, status: 201, want: `{"email":"","username":"Bob","id":3}`},
		{name: "normalised name", body: `{"username":"Ⅷuser","password":"correct horse"}`, status: 201, want: `{"email":"","username":"VIIIuser","id":4}`},
		{name: "form", body: "username=zoë&password=correct+horse&email=", status: 201, want: `{"email":"","username":"zoë","id":5}`},
		{
			name: "address used before", body: `{"username":"dora","email":"alice@example.com","password":"correct horse"}`, status: 201,
			want: `{"email":"alice@example.com","username":"dora","id":6}`,
		},
		{name: "nothing", body: `{}`, status: 400, want: `{"username":["This field is required."],"password":["This field is required."]}`},
		{name: "name taken", body: `{"username":"alice","password":"correct horse"}`, status: 400, want: `{"username":["` + taken + `"]}`},
		{name: "name taken, with space around it", body: `{"username":" alice ","password":"correct horse"}`, status: 400, want: `{"username":["` + taken + `"]}`},
		{
			name: "bad address and name", body: `{"username":"a b","email":"x","password":"correct horse"}`, status: 400,
			want: `{"email":["` + badEmail + `"],"username":["` + badUsername + `"]}`,
		},
		{
			name: "short password", body: `{"username":"eve","password":"short"}`, status: 400,
			want:    `{"password":["This password is too short. It must contain at least 8 characters."]}`,
			differs: "of Django's four validators the length is there",
		},
		{
			name: "nulls and blank", body: `{"email":null,"username":null,"password":""}`, status: 400,
			want: `{"email":["This field may not be null."],"username":["This field may not be null."],"password":["This field may not be blank."]}`,
		},
		{
			name: "null character", body: `{"username":"a\u0000b","password":"correct horse"}`, status: 400,
			want: `{"username":["` + badUsername + `","Null characters are not allowed."]}`,
		},
		{
			name: "long name", body: `{"username":"` + long + `","password":"correct horse"}`, status: 400,
			want: `{"username":["Ensure this field has no more than 150 characters."]}`,
		},
		{
			name: "long password", body: `{"username":"eve","password":"` + strings.Repeat("é", 257) + `"}`, status: 400,
			want: `{"password":["Ensure this field has no more than 256 characters."]}`, differs: "theirs has no limit",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.on(t).post("/auth/users/", c.body).want(c.status, c.want).wantCookies()
			if r.status == http.StatusCreated && strings.Contains(r.body, "password") {
				t.Errorf("answer shows a password: %s", r.body)
			}
		})
	}
}

func TestRegisterByEmail(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{}, func(c *auth.Config) { c.LoginField = auth.LoginByEmail })
	f.post("/auth/users/", `{}`).want(400, `{"email":["This field is required."],"password":["This field is required."]}`)
	f.post("/auth/users/", `{"email":"bob@example.com","password":"correct horse"}`).want(201, `{"email":"bob@example.com","id":2}`)
	f.post("/auth/users/", `{"email":"BOB@example.com","password":"correct horse"}`).want(400, `{"email":["user with this email already exists."]}`)
	f.post("/auth/jwt/create/", `{"email":"bob@example.com","password":"correct horse"}`).want(200, signedIn)
	f.post("/auth/jwt/create/", `{"username":"bob@example.com","password":"correct horse"}`).want(400, `{"email":["This field is required."]}`)
}

// An address that two programs read differently is a way into somebody else's account.
func TestAddressesInDisguise(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{})
	for i, address := range []string{
		"v@x.com,a@evil.example", "v@x.com;a@evil.example", "v@x.com a@evil.example", "v@x.com\na@evil.example", "v@x.com\r\nBcc: a@evil.example", "<a@evil.example>",
		"A <a@evil.example>", "a@evil.example (v@x.com)", `"v@x.com"@evil.example`, "v@x.com@evil.example", "v＠x.com", "v﹫x.com", "v@x。com", "a@[127.0.0.1]",
		"v@x.com.", ".v@x.com", "v..w@x.com", "v@-x.com", "v@x-.com", "v@x..com", "v@x", "@x.com", "v@", "v@x.com\u0000", "v@x.\u212Aom", "v@\u017F.com",
		strings.Repeat("a", 250) + "@x.com",
	} {
		body := fmt.Sprintf(`{"username":"user%d","password":"correct horse","email":%s}`, i, quote(t, address))
		if r := f.post("/auth/users/", body); r.status != http.StatusBadRequest || !strings.HasPrefix(r.body, `{"email":[`) {
			t.Errorf("address %q: got %d %s, want 400", address, r.status, r.body)
		}
	}
	for i, address := range []string{"v+w@x.com", "o'neil@mail.example.co.uk", "a.b-c_d@xn--bcher-kva.example", "root@localhost"} {
		body := fmt.Sprintf(`{"username":"good%d","password":"correct horse","email":%s}`, i, quote(t, address))
		if r := f.post("/auth/users/", body); r.status != http.StatusCreated {
			t.Errorf("address %q: got %d %s, want 201", address, r.status, r.body)
		}
	}
}

// A stranger who sends the names of columns gets an ordinary account, however he spells them.
func TestMassAssignment(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{UserFields: []string{"id", "username", "email", "is_active", "is_staff", "is_superuser", "verified_at", "last_login"}})
	columns := []string{
		"is_staff", "is_superuser", "is_active", "is_verified", "email_verified", "id", "pk", "password_hash", "groups", "role", "permissions", "created_at",
		"date_joined", "last_login", "verified_at", "token_version", "mfa_enabled", "private_metadata", "public_metadata",
		"IS_STAFF", "Is_Staff", "i\u017f_staff", `is\u005fstaff`, " is_staff", "is-staff", "isStaff", "user[is_staff]", "user.is_staff", "__proto__",
	}
	for i, column := range columns {
		t.Run(column, func(t *testing.T) {
			f := f.on(t)
			name := fmt.Sprintf("user%d", i)
			credentials := `"username":"` + name + `","password":"correct horse"`
			f.post("/auth/users/", `{`+credentials+`,"`+column+`":true}`).want(201, fmt.Sprintf(
				`{"username":"%s","email":"","is_active":true,"is_staff":false,"is_superuser":false,"verified_at":null,"last_login":null,"id":%d}`, name, i+2))
			user, err := f.svc.FindUser(t.Context(), name)
			if err != nil || user.IsStaff || user.IsSuperuser || !user.IsActive || !user.VerifiedAt.IsZero() || !user.LastLogin.IsZero() || user.FirstName != "" {
				t.Errorf("stored: got %+v, %v, want defaults", user, err)
			}
			f.post("/auth/jwt/create/", `{`+credentials+`,"`+column+`":1}`).want(200, signedIn)
		})
	}
}
