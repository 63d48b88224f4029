package secret_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/secret"
)

func mustSeal(t *testing.T, m secret.Master, plain, associated string) []byte {
	t.Helper()
	sealed, err := m.Seal("signing-key", []byte(plain), []byte(associated))
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return sealed
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	m := mustMaster(t, newKey())
	for _, text := range []string{"", "x", strings.Repeat("long ", 1000)} {
		sealed := mustSeal(t, m, text, "kid")
		got, err := m.Open("signing-key", sealed, []byte("kid"))
		if err != nil || string(got) != text {
			t.Errorf("Open: got %q, %v, want %q", got, err, text)
		}
		if len(text) > 1 && bytes.Contains(sealed, []byte(text)) {
			t.Error("the sealed bytes show the text")
		}
		if again := mustSeal(t, m, text, "kid"); bytes.Equal(again, sealed) {
			t.Error("sealing twice gave the same bytes: the nonce is not fresh")
		}
	}
}

// TestOpenWhatWasSealedBefore holds the form of sealed bytes for ever.
func TestOpenWhatWasSealedBefore(t *testing.T) {
	t.Parallel()
	m := mustMaster(t, newKey(), unhex(t, fixedKey))
	sealed := unhex(t, sealedBefore)
	if got, err := m.Open("signing-key", sealed, []byte("kid")); err != nil || string(got) != "a private key" {
		t.Errorf("Open: got %q, %v", got, err)
	}
}

const sealedBefore = "0184bdc362020a4fb934844c4efd83789dc36d75d0dee8f3066b3ebe568007cc6ced7e3e0a78090666ff591fa536"

func TestRotateMaster(t *testing.T) {
	t.Parallel()
	old, current := newKey(), newKey()
	before, during, after := mustMaster(t, old), mustMaster(t, current, old), mustMaster(t, current)
	sealed := mustSeal(t, before, "private", "kid")
	if got, err := during.Open("signing-key", sealed, []byte("kid")); err != nil || string(got) != "private" {
		t.Errorf("new first, old second: got %q, %v", got, err)
	}
	again := mustSeal(t, during, "private", "kid")
	if got, err := after.Open("signing-key", again, []byte("kid")); err != nil || string(got) != "private" {
		t.Errorf("sealed during the rotation: got %q, %v", got, err)
	}
	_, err := after.Open("signing-key", sealed, []byte("kid"))
	if id := before.Children("")[0].ID; !errors.Is(err, secret.ErrUnknownKey) || !strings.Contains(err.Error(), id) {
		t.Errorf("the old key is gone: got %v, want ErrUnknownKey that names %s", err, id)
	}
}

// TestSealedBytesSwapped is the attack of putting one row's sealed key into another, or into another kind of row.
func TestSealedBytesSwapped(t *testing.T) {
	t.Parallel()
	m := mustMaster(t, newKey(), newKey())
	sealed := mustSeal(t, m, "private", "kid-1")
	for name, open := range map[string]func() ([]byte, error){
		"another row":     func() ([]byte, error) { return m.Open("signing-key", sealed, []byte("kid-2")) },
		"no row":          func() ([]byte, error) { return m.Open("signing-key", sealed, nil) },
		"another purpose": func() ([]byte, error) { return m.Open("pepper", sealed, []byte("kid-1")) },
	} {
		if got, err := open(); !errors.Is(err, secret.ErrDamaged) {
			t.Errorf("%s: got %q, %v, want ErrDamaged", name, got, err)
		}
	}
}

func TestSealedBytesChanged(t *testing.T) {
	t.Parallel()
	m := mustMaster(t, newKey())
	sealed := mustSeal(t, m, "private", "kid")
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 0x40
		_, err := m.Open("signing-key", changed, []byte("kid"))
		want := secret.ErrDamaged
		if i >= 1 && i <= 4 {
			want = secret.ErrUnknownKey
		}
		if !errors.Is(err, want) {
			t.Errorf("byte %d changed: got %v, want %v", i, err, want)
		}
	}
	for n := range len(sealed) {
		if _, err := m.Open("signing-key", sealed[:n], []byte("kid")); !errors.Is(err, secret.ErrDamaged) {
			t.Errorf("cut to %d bytes: got %v, want ErrDamaged", n, err)
		}
	}
	if _, err := m.Open("signing-key", append(sealed, 0), []byte("kid")); !errors.Is(err, secret.ErrDamaged) {
		t.Errorf("a byte more: got %v, want ErrDamaged", err)
	}
}

// TestSealedUnderAnotherNameOfAKey moves sealed bytes from one master key to the other by changing the name that they carry.
func TestSealedUnderAnotherNameOfAKey(t *testing.T) {
	t.Parallel()
	a, b := newKey(), newKey()
	sealed := mustSeal(t, mustMaster(t, a), "private", "kid")
	other := mustSeal(t, mustMaster(t, b), "private", "kid")
	copy(sealed[1:5], other[1:5])
	if _, err := mustMaster(t, a, b).Open("signing-key", sealed, []byte("kid")); !errors.Is(err, secret.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
}

func TestSealWithoutKey(t *testing.T) {
	t.Parallel()
	var zero secret.Master
	if _, err := zero.Seal("signing-key", nil, nil); !errors.Is(err, secret.ErrNoKey) {
		t.Errorf("Seal: got %v, want ErrNoKey", err)
	}
	sealed := mustSeal(t, mustMaster(t, newKey()), "private", "")
	if _, err := zero.Open("signing-key", sealed, nil); !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("Open: got %v, want ErrUnknownKey", err)
	}
}
