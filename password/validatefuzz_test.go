package password_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// inOrder are the codes as Django reports them.
var inOrder = []password.ProblemCode{
	password.ProblemTooSimilar, password.ProblemTooShort, password.ProblemTooCommon, password.ProblemEntirelyNumeric,
}

// FuzzValidators looks for texts that break Check, or that are judged differently though nothing that counts is different.
func FuzzValidators(f *testing.F) {
	f.Add("password", "alice", "alice@example.com", 0.7)
	f.Add("ΟΔΥΣΣΕΥΣ²", "e\u0301", "\xff@\u0130", 0.1)
	f.Add(strings.Repeat("𝒶", 256), strings.Repeat("İ", 75), strings.Repeat("a.", 127), 1.0)
	f.Add(strings.Repeat("1", 1024), "", "", 0.0)
	f.Fuzz(func(t *testing.T, plain, username, email string, limit float64) {
		v := password.Validators{MaxSimilarity: limit}
		if v.Validate() != nil || len(username)+len(email) > 1024 {
			return
		}
		account := password.Account{Username: username, Email: email}
		problems := v.Check(secret.NewText(plain), account)
		normal, err := password.Normalize(plain)
		if err != nil {
			if problems != nil {
				t.Errorf("Check(%q) = %v of a text that Hash refuses", plain, problems)
			}
			return
		}
		rest := inOrder
		for _, p := range problems {
			place := slices.Index(rest, p.Code)
			if place < 0 {
				t.Fatalf("Check(%q) = %v, not in order", plain, problems)
			}
			rest = rest[place+1:]
		}
		if again := v.Check(secret.NewText(" "+normal+"\n"), account); fmt.Sprint(again) != fmt.Sprint(problems) {
			t.Errorf("Check(%q) = %v, but %v when normalized", plain, problems, again)
		}
		if own := v.Check(secret.NewText(plain), password.Account{LastName: normal}); normal != "" && (len(own) == 0 || own[0] != similarTo("last name")) {
			t.Errorf("Check(%q) = %v beside itself", plain, own)
		}
	})
}

// BenchmarkValidators is a password that is all right, and the longest one beside the longest account.
func BenchmarkValidators(b *testing.B) {
	b.Run("usual", func(b *testing.B) {
		plain := secret.NewText("correct horse battery")
		account := password.Account{Username: "alice", FirstName: "Alice", LastName: "Liddell", Email: "alice@example.com"}
		b.ReportAllocs()
		for b.Loop() {
			password.Validators{}.Check(plain, account)
		}
	})
	b.Run("worst", func(b *testing.B) {
		plain, account := worst()
		b.ReportAllocs()
		for b.Loop() {
			password.Validators{MaxSimilarity: 0.1}.Check(plain, account)
		}
	})
}

func ExampleValidators_Check() {
	account := password.Account{Username: "alice", Email: "alice@example.com"}
	for _, plain := range []string{"alice12", "12345678", "correct horse battery"} {
		fmt.Println(plain)
		for _, p := range (password.Validators{}).Check(secret.NewText(plain), account) {
			fmt.Printf("- %s %q\n", p.Code, p.Field)
		}
	}
	// Output:
	// alice12
	// - password_too_similar "username"
	// - password_too_short ""
	// 12345678
	// - password_too_common ""
	// - password_entirely_numeric ""
	// correct horse battery
}
