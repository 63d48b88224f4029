package httpapi_test

import (
	"encoding/json"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
)

// A name is written by its owner. None must break out of the JSON text that shows it, or be changed by it.
func TestNamesStayInsideTheirQuotes(t *testing.T) {
	t.Parallel()
	f := newFrontEnd(t, httpapi.Config{UserFields: []string{"first_name"}})
	for i, name := range []string{
		"Ada", `","is_staff":true,"x":"`, `back\slash`, `\`, "tab\tand\nnewline", "\x00", "\x7f", "é 😀", "\u2028", "<script>&", "\xff",
	} {
		username := "user" + string(rune('a'+i))
		_, err := f.svc.CreateUser(t.Context(), auth.Client{}, auth.NewUser{Username: username, FirstName: name, Password: secret.NewText(alicePassword)})
		if err != nil {
			t.Fatalf("CreateUser %q: %v", name, err)
		}
		access := f.post("/auth/jwt/create/", `{"username":"`+username+`","password":"`+alicePassword+`"}`).text("access")
		var got map[string]string
		answer := f.get("/auth/users/me/", "Authorization", "Bearer "+access)
		if err := json.Unmarshal([]byte(answer.body), &got); err != nil {
			t.Fatalf("users/me of %q: %v in %s", name, err, answer.body)
		}
		want := name
		switch name {
		case "\x00", "\xff": // stores take neither
			want = "\uFFFD"
		}
		if len(got) != 1 || got["first_name"] != want {
			t.Errorf("users/me of %q: got %q", name, got)
		}
	}
}
