package password_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, want string }{
		"empty":                {"", ""},
		"plain":                {"correct horse", "correct horse"},
		"spaces around":        {"  correct  horse \t\r\n", "correct  horse"},
		"only spaces":          {" \t\u3000", ""},
		"capitals stay":        {"CoRRect", "CoRRect"},
		"composed":             {"le\u0300tmein", "l\u00e8tmein"},
		"already composed":     {"l\u00e8tmein", "l\u00e8tmein"},
		"order of marks":       {"q\u0307\u0323", "q\u0323\u0307"},
		"Hangul":               {"\u1112\u1161\u11ab", "\ud55c"},
		"Angstrom sign":        {"\u212b", "\u00c5"},
		"compatibility stays":  {"\ufb01\u2460\uff21", "\ufb01\u2460\uff21"},
		"invisible stays":      {"\u200bx\ufeff", "\u200bx\ufeff"},
		"a space mark of NFC":  {"\u2001x\u2000", "x"},
		"other controls stay":  {"\x01x\x7f", "\x01x\x7f"},
		"an unassigned letter": {"\U000e0fff", "\U000e0fff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := password.Normalize(c.given); got != c.want || err != nil {
				t.Errorf("Normalize(%q): got %q, %v, want %q", c.given, got, err, c.want)
			}
		})
	}
}

// TestTrimLikePython holds the set of characters that Python's str.strip removes (str.isspace, Unicode 16).
func TestTrimLikePython(t *testing.T) {
	t.Parallel()
	const python = "\t\n\v\f\r\x1c\x1d\x1e\x1f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
	for r := rune(1); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) || r == utf8.RuneError {
			continue
		}
		got, err := password.Normalize(string(r) + "x")
		if trimmed := got == "x"; err != nil || trimmed != strings.ContainsRune(python, r) {
			t.Errorf("%U: got %q, %v", r, got, err)
		}
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given string
		want  error
	}{
		"256 letters":                  {strings.Repeat("x", 256), nil},
		"257 letters":                  {strings.Repeat("x", 257), password.ErrTooLong},
		"1024 bytes":                   {strings.Repeat("\U0001f40e", 256), nil},
		"256 after trimming":           {strings.Repeat(" ", 100) + strings.Repeat("x", 256), nil},
		"256 after composing":          {strings.Repeat("e\u0301", 256), nil},
		"257 after decomposing":        {strings.Repeat("x", 254) + "\U0001d160", password.ErrTooLong}, // NFC makes three of it
		"1 MiB":                        {strings.Repeat("x", 1<<20), password.ErrTooLong},
		"1 MiB of spaces":              {strings.Repeat(" ", 1<<20), password.ErrTooLong},
		"1 MiB that is not UTF-8":      {strings.Repeat("\xff", 1<<20), password.ErrTooLong},
		"one letter, 200 marks":        {"x" + strings.Repeat("\u0323", 200), nil},
		"a NUL":                        {"correct\x00horse", password.ErrMalformed},
		"half a character":             {"correct\xc3", password.ErrMalformed},
		"an overlong slash":            {"\xc0\xaf", password.ErrMalformed},
		"a surrogate":                  {"\xed\xa0\x80", password.ErrMalformed},
		"beyond Unicode":               {"\xf4\x90\x80\x80", password.ErrMalformed},
		"what decoders make of either": {"\ufffd", password.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := password.Normalize(c.given); !errors.Is(err, c.want) {
				t.Errorf("Normalize: got %v, want %v", err, c.want)
			}
		})
	}
}

// TestLongPasswordFlood is the attack of long passwords that cost much work, or tell by their time whether somebody has an account.
func TestLongPasswordFlood(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	known := mustHash(t, h, "correct horse")
	before := h.Stats()
	for plain, want := range map[string]error{
		strings.Repeat("x", 257): password.ErrTooLong, strings.Repeat("x", 1<<20): password.ErrTooLong,
		"\xff": password.ErrMalformed, "\xfe": password.ErrMalformed, "\x00": password.ErrMalformed,
	} {
		for _, encoded := range []string{known, "", "!", vectors[1].encoded} {
			if ok, upgraded, err := h.Check(t.Context(), encoded, secret.NewText(plain)); ok || upgraded != "" || !errors.Is(err, want) {
				t.Errorf("Check(%.20q): got %v, %q, %v, want %v", plain, ok, upgraded, err, want)
			}
		}
		if encoded, err := h.Hash(t.Context(), secret.NewText(plain)); encoded != "" || !errors.Is(err, want) {
			t.Errorf("Hash(%.20q): got %q, %v, want %v", plain, encoded, err, want)
		}
	}
	if after := h.Stats(); after != before {
		t.Errorf("Stats: got %+v, want %+v: a refused password cost work", after, before)
	}
}

// TestTruncatedPassword is the attack of trying a password's beginning, on hashers that cut at 72 bytes.
func TestTruncatedPassword(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	plain := strings.Repeat("0123456789", 10)
	encoded := mustHash(t, h, plain)
	for name, other := range map[string]string{
		"byte 73": plain[:72] + "x" + plain[73:], "the last byte": plain[:99] + "x", "99 bytes": plain[:99], "72 bytes": plain[:72], "101 bytes": plain + "0",
	} {
		if ok, _ := check(t, h, encoded, other); ok {
			t.Errorf("%s: got true", name)
		}
	}
	if ok, _ := check(t, h, encoded, plain); !ok {
		t.Error("the whole: got false")
	}
}

func TestSameTextTypedDifferently(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	encoded := mustHash(t, h, " l\u00e8tmein")
	for plain, want := range map[string]bool{"l\u00e8tmein": true, "le\u0300tmein\n": true, "\u3000l\u00e8tmein ": true, "letmein": false, "L\u00e8tmein": false, "": false} {
		if ok, _ := check(t, h, encoded, plain); ok != want {
			t.Errorf("Check(%q): got %v", plain, ok)
		}
	}
}

// TestDjangoHashedWhatItWasSent holds that Django trims but does not compose: its hashes are compared with that text and no other.
func TestDjangoHashedWhatItWasSent(t *testing.T) {
	t.Parallel()
	h := cheapHasher(t)
	const decomposed, composed = "le\u0300tmein", "l\u00e8tmein"
	django := func(plain string) string {
		tag, err := pbkdf2.Key(sha256.New, plain, []byte("seasalt"), 2, 32)
		if err != nil {
			t.Fatal(err)
		}
		return "pbkdf2_sha256$2$seasalt$" + base64.StdEncoding.EncodeToString(tag)
	}
	for _, c := range []struct {
		stored, given string
		want          bool
	}{
		{decomposed, decomposed, true},
		{decomposed, " " + decomposed + "\x1f", true},
		{decomposed, composed, false},
		{composed, composed, true},
		{composed, decomposed, false},
		{" " + composed, " " + composed, false}, // Django would have trimmed it
	} {
		ok, upgraded := check(t, h, django(c.stored), c.given)
		if ok != c.want {
			t.Errorf("stored %q, given %q: got %v", c.stored, c.given, ok)
		}
		if !ok {
			continue
		}
		for _, plain := range []string{decomposed, composed} {
			if same, _ := check(t, h, upgraded, plain); !same {
				t.Errorf("upgraded from %q, given %q: got false", c.stored, plain)
			}
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{"", " x ", "le\u0300tmein", "\xff", "\x00", "\ufffd", "\U0001d160", strings.Repeat("x", 257), "x" + strings.Repeat("\u0323", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, plain string) {
		got, err := password.Normalize(plain)
		if err != nil {
			if got != "" || !errors.Is(err, password.ErrTooLong) && !errors.Is(err, password.ErrMalformed) {
				t.Fatalf("Normalize(%q): got %q, %v", plain, got, err)
			}
			return
		}
		if len(got) > password.MaxBytes || utf8.RuneCountInString(got) > password.MaxLength || !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
			t.Errorf("Normalize(%q): got %q", plain, got)
		}
		for _, same := range []string{got, " " + plain + "\x1c", norm.NFD.String(got)} {
			if again, err := password.Normalize(same); again != got && !errors.Is(err, password.ErrTooLong) {
				t.Errorf("Normalize(%q): got %q, %v, but %q for %q", same, again, err, got, plain)
			}
		}
	})
}
