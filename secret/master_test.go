package secret_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartouche-auth/cartouche/secret"
)

func newKey() []byte {
	key := make([]byte, secret.MasterSize)
	_, _ = rand.Read(key)
	return key
}

func mustMaster(t *testing.T, keys ...[]byte) secret.Master {
	t.Helper()
	m, err := secret.NewMaster(keys...)
	if err != nil {
		t.Fatalf("NewMaster: %v", err)
	}
	return m
}

func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fixedKey is a key whose children are written down in tests.
const fixedKey = "c1d5a63f0b9e4478a2f01c6ed38b5792e46f7a10bb2d83c95e0491f7682acd3b"

// TestChildrenKnownAnswers holds the derivation for ever: a change would sign everybody out and lose every signing key.
func TestChildrenKnownAnswers(t *testing.T) {
	t.Parallel()
	key := unhex(t, fixedKey)
	m := mustMaster(t, key)
	for purpose, want := range map[string]string{ // recomputed with Python's hmac
		"refresh-token": "226f53b74fb1ebdfd8607e586db69f1f0f8f9c7e154c4003db30be4d2356d1b8",
		"csrf":          "9fe43b54bf57fa7de610d748a5fcf9532ba1bf1b8717d690fbd51f81acf2c0b0",
		"":              "8816fa24597d11b9e0d70fbe80df2f6a54299ce568d99aa1c2e1a82d2951b660",
	} {
		got := m.Children(purpose)[0]
		label := "cartouche/v1/child/" + purpose
		byLibrary, err := hkdf.Key(sha256.New, key, nil, label, 32)
		if err != nil {
			t.Fatal(err)
		}
		if digits := hex.EncodeToString(got.Key); digits != want || got.ID != "84bdc362" {
			t.Errorf("%q: got %s of %s, want %s", purpose, digits, got.ID, want)
		}
		if !bytes.Equal(got.Key, hkdfByHand(key, label)) || !bytes.Equal(got.Key, byLibrary) {
			t.Errorf("%q: got %x, want what RFC 5869 gives", purpose, got.Key)
		}
	}
}

// hkdfByHand is RFC 5869, sections 2.2 and 2.3, for one block of output.
func hkdfByHand(key []byte, label string) []byte {
	extract := hmac.New(sha256.New, make([]byte, sha256.Size))
	extract.Write(key)
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write(append([]byte(label), 1))
	return expand.Sum(nil)
}

func TestChildrenOfSeveralMasters(t *testing.T) {
	t.Parallel()
	old, current := newKey(), newKey()
	both, alone := mustMaster(t, current, old), mustMaster(t, old)
	children := both.Children("csrf")
	if len(children) != 2 || !bytes.Equal(children[1].Key, alone.Children("csrf")[0].Key) || children[1].ID != alone.Children("csrf")[0].ID {
		t.Errorf("got %d children, want the current master's and then the old one's", len(children))
	}
	if children[0].ID == children[1].ID || bytes.Equal(children[0].Key, children[1].Key) {
		t.Error("two masters have the same child")
	}
	if other := both.Children("cursor"); other[0].ID != children[0].ID || bytes.Equal(other[0].Key, children[0].Key) {
		t.Error("another purpose: want the same ID and another key")
	}
	children[0].Key[0] ^= 1
	if bytes.Equal(both.Children("csrf")[0].Key, children[0].Key) {
		t.Error("changing a child's key changed the master's next one")
	}
	if len(children[0].ID) != 8 || strings.Trim(children[0].ID, "0123456789abcdef") != "" {
		t.Errorf("ID: got %q, want 8 hexadecimal digits", children[0].ID)
	}
}

func TestZeroMaster(t *testing.T) {
	t.Parallel()
	var zero secret.Master
	if !zero.IsZero() || len(zero.Children("csrf")) != 0 || mustMaster(t, newKey()).IsZero() {
		t.Error("the zero Master has keys, or another has none")
	}
}

// TestWeakMasterKey is the attack of guessing a master key that somebody typed.
func TestWeakMasterKey(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("changeme"))
	sequence, countdown := make([]byte, 32), make([]byte, 32)
	for i := range sequence {
		sequence[i], countdown[i] = byte(i), byte(255-i)
	}
	good := newKey()
	for name, c := range map[string]struct {
		keys [][]byte
		want string
	}{
		"none":             {nil, "there is none"},
		"empty":            {[][]byte{{}}, "must be 32 bytes, has 0"},
		"short":            {[][]byte{good[:31]}, "must be 32 bytes, has 31"},
		"long":             {[][]byte{append(bytes.Clone(good), 1)}, "must be 32 bytes, has 33"},
		"zeros":            {[][]byte{make([]byte, 32)}, "one byte repeated"},
		"a sequence":       {[][]byte{sequence}, "a sequence"},
		"a countdown":      {[][]byte{countdown}, "a sequence"},
		"few bytes":        {[][]byte{bytes.Repeat([]byte{1, 2, 3, 5, 8, 13, 21, 34}, 4)}, "repeats itself"},
		"twice a half":     {[][]byte{bytes.Repeat(good[:16], 2)}, "repeats itself"},
		"a sentence":       {[][]byte{[]byte("change me before the production!")}, "is text"},
		"hash of a word":   {[][]byte{sum[:]}, "hash of a common word"},
		"listed twice":     {[][]byte{good, good}, "key 2: is listed twice"},
		"the second":       {[][]byte{good, make([]byte, 32)}, "key 2: is one byte repeated"},
		"two bad ones":     {[][]byte{good[:5], make([]byte, 32)}, "key 1: must be 32 bytes, has 5\nmaster key 2: is one byte repeated"},
		"three, one short": {[][]byte{good, newKey(), {}}, "key 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := secret.NewMaster(c.keys...)
			if err == nil || !strings.Contains(err.Error(), c.want) || !m.IsZero() {
				t.Fatalf("NewMaster: got %v, want %q", err, c.want)
			}
			for _, key := range c.keys {
				if len(key) > 0 && shows(err.Error(), key) {
					t.Errorf("the reason shows the key: %q", err)
				}
			}
		})
	}
}

func TestParseMaster(t *testing.T) {
	t.Parallel()
	a, b := newKey(), newKey()
	std := base64.StdEncoding.EncodeToString
	ids := func(m secret.Master) []string {
		var ids []string
		for _, child := range m.Children("x") {
			ids = append(ids, child.ID)
		}
		return ids
	}
	for name, c := range map[string]struct {
		text string
		keys [][]byte
	}{
		"one":              {std(a), [][]byte{a}},
		"without padding":  {strings.TrimRight(std(a), "="), [][]byte{a}},
		"two with remarks": {"# current\n\n  " + std(a) + "\r\n\t# old\n" + std(b) + "\n", [][]byte{a, b}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := secret.ParseMaster(secret.NewText(c.text))
			if err != nil {
				t.Fatalf("ParseMaster: %v", err)
			}
			if diff := cmp.Diff(ids(mustMaster(t, c.keys...)), ids(m)); diff != "" {
				t.Errorf("ParseMaster (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseMasterRefuses(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(newKey())
	for name, c := range map[string]struct{ text, want string }{
		"nothing":        {"", "there is none"},
		"remarks only":   {"# nothing\n\n", "there is none"},
		"not base64":     {good + "\nnever$show$this\n", "line 2 is not standard base64"},
		"hexadecimal":    {strings.Repeat("0f", 16) + strings.Repeat("a1", 16), "must be 32 bytes, has 48"},
		"two on a line":  {good + " " + good, "line 1 is not standard base64"},
		"URL's alphabet": {strings.Repeat("-_", 21) + "A=", "line 1 is not standard base64"},
		"half a key":     {good[:20], "must be 32 bytes, has 15"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := secret.ParseMaster(secret.NewText(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("ParseMaster: got %v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), "never$show$this") || strings.Contains(err.Error(), good[:20]) {
				t.Errorf("the reason shows the text: %q", err)
			}
		})
	}
}
