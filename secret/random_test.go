package secret_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/secret"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	a, b := secret.Bytes(32), secret.Bytes(32)
	if len(a) != 32 || len(b) != 32 || bytes.Equal(a, b) {
		t.Errorf("Bytes(32) twice: got %x and %x, want 32 different bytes each", a, b)
	}
	if got := secret.Bytes(0); len(got) != 0 {
		t.Errorf("Bytes(0): got %x, want none", got)
	}
}

// TestAlphanumericModuloBias feeds every byte equally often: then every character must come equally often too.
func TestAlphanumericModuloBias(t *testing.T) {
	t.Parallel()
	const rounds, fair = 100, 256 / 62
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	const n = rounds * fair * 62
	text := secret.AlphanumericFrom(bytes.NewReader(bytes.Repeat(every, 2*rounds)), n)
	if len(text) != n {
		t.Fatalf("got %d characters, want %d", len(text), n)
	}
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" {
		if got := strings.Count(text, string(c)); got != rounds*fair {
			t.Errorf("%c: came %d times, want %d", c, got, rounds*fair)
		}
	}
}

func TestAlphanumericLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 16, 40, 1000} {
		text := secret.Alphanumeric(n)
		if len(text) != n || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("Alphanumeric(%d): got %q", n, text)
		}
	}
	if a, b := secret.Alphanumeric(16), secret.Alphanumeric(16); a == b {
		t.Errorf("Alphanumeric(16) twice: got %q both times", a)
	}
}

func TestFraction(t *testing.T) {
	t.Parallel()
	low, high := 1.0, 0.0
	for range 1000 {
		f := secret.Fraction()
		if f < 0 || f >= 1 {
			t.Fatalf("Fraction: got %v, want [0, 1)", f)
		}
		low, high = min(low, f), max(high, f)
	}
	if low > 0.1 || high < 0.9 { // by chance once in 10^45
		t.Errorf("Fraction 1000 times: got all in [%v, %v]", low, high)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{{"", "", true}, {"a", "a", true}, {"a", "b", false}, {"a", "", false}, {"a", "aa", false}, {"a\x00", "a", false}} {
		if got := secret.EqualText(c.a, c.b); got != c.want {
			t.Errorf("EqualText(%q, %q): got %v", c.a, c.b, got)
		}
		if got := secret.Equal([]byte(c.a), []byte(c.b)); got != c.want {
			t.Errorf("Equal(%q, %q): got %v", c.a, c.b, got)
		}
	}
}
