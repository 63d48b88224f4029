package password_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// The count of Django 5.2's list; 5.1 and before had 19,729, with entries in hexadecimal among them.
func TestCommonPasswordsAreDjangos(t *testing.T) {
	t.Parallel()
	words := strings.Split(strings.TrimSuffix(password.CommonPasswords(), "\n"), "\n")
	if len(words) != 19_640 {
		t.Errorf("%d words, want 19640", len(words))
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Error("not sorted, or words twice")
	}
	for _, word := range words {
		if form, err := password.Normalize(word); err != nil || form != word || strings.ToLower(word) != word {
			t.Errorf("%q is not in the form that is looked for", word)
		}
	}
}

// Password spraying tries what many people choose; none of it may be chosen, however it is written.
func TestPasswordSprayingAttack(t *testing.T) {
	t.Parallel()
	v := password.Validators{AllowSimilar: true, AllowShort: true, AllowNumeric: true}
	want := []password.Problem{tooCommon}
	for word := range strings.Lines(password.CommonPasswords()) {
		if got := v.Check(secret.NewText(word), password.Account{}); !slices.Equal(got, want) { // with its line feed: white space
			t.Errorf("Check(%q) = %v, want %v", word, got, want)
		}
	}
	for _, word := range []string{"!", "я", "QWERTY", " iloveyou\t", "Friend of Joan", "ПАРОЛЬ", "trustno1"} {
		if v.Check(secret.NewText(word), password.Account{}) == nil {
			t.Errorf("Check(%q): want too common", word)
		}
	}
	for _, word := range []string{
		"", " ", "яя", "correct horse battery staple", "passwor", "passwordd", "pass word", "friend of", "pässword",
		"$hex[300d]", "123456\n1234567", "!\n!@#$%^", "0\n00", strings.Repeat("z", password.MaxLength),
	} {
		if problems := v.Check(secret.NewText(word), password.Account{}); problems != nil {
			t.Errorf("Check(%q) = %v, want no problem", word, problems)
		}
	}
}

// BenchmarkCommonPasswords is what the first Check costs more.
func BenchmarkCommonPasswords(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		password.CommonPasswords()
	}
}
