package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/token"
)

func TestConfirmStatementIsRead(t *testing.T) {
	t.Parallel()
	text, err := confirmStatement("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"UPDATE sessions", "$1", "$5", "RETURNING sessions.id"} {
		if !strings.Contains(text, want) {
			t.Errorf("confirmStatement: got %q, want it to contain %q", text, want)
		}
	}
	if strings.Contains(text, "$6") {
		t.Errorf("confirmStatement: got %q, which has more parameters than pgbench's script knows", text)
	}
}

func TestReadPgbench(t *testing.T) {
	t.Parallel()
	const out = `transaction type: refresh.sql
number of transactions actually processed: 6350
latency average = 1.260 ms
tps = 6290.1 (including connections establishing)
tps = 6345.5 (excluding connections establishing)
`
	rate, transactions, err := readPgbench(out)
	if err != nil || rate != 6345.5 || transactions != 6350 {
		t.Errorf("readPgbench: got %v, %d, %v; want 6345.5, 6350", rate, transactions, err)
	}
	if _, _, err := readPgbench("pgbench: error: no connection"); err == nil {
		t.Error("readPgbench: an error of pgbench was taken for a figure")
	}
}

func TestArgon2CostIsThatOfTheProduct(t *testing.T) {
	t.Parallel()
	hash, err := hashPassword(t.Context(), productHasher)
	if err != nil {
		t.Fatal(err)
	}
	cost, err := argon2Cost(hash)
	if err != nil || len(cost) != 3 || !strings.Contains(hash, "m="+cost[0]+",t="+cost[1]+",p="+cost[2]) {
		t.Errorf("argon2Cost: got %v, %v for %s", cost, err, hash)
	}
	if _, err := argon2Cost("pbkdf2_sha256$260000$salt$hash"); err == nil {
		t.Error("argon2Cost: another hash was taken for argon2id")
	}
}

// The bare signature is the floor of the token check, so it must refuse what is not signed.
func TestTokenChecksCheck(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []token.Algorithm{token.ES256, token.EdDSA} {
		checks, err := newTokenChecks(algorithm, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range checks {
			// No window at all is what a busy machine may leave of a short one.
			if took, err := perCall(t.Context(), 0, c.check); err != nil || took <= 0 {
				t.Errorf("%s %s: took %s, %v", algorithm, c.key, took, err)
			}
		}
		key, err := token.GenerateKey(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		key.State = token.Active
		ring, err := token.NewKeyring([]token.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		forged, err := bareSignature(ring.JWKS(), "e30.e30."+strings.Repeat("A", 86))
		if err != nil {
			t.Fatal(err)
		}
		if forged() == nil {
			t.Errorf("%s: a made-up signature passed", algorithm)
		}
	}
}

func TestPerCallStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := perCall(ctx, time.Hour, func() error { return nil }); err == nil {
		t.Error("perCall: went on after its context ended")
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	body := []byte(`{"access":"aaa.bbb.ccc","refresh":"ddd"}`)
	for name, want := range map[string]string{"access": "aaa.bbb.ccc", "refresh": "ddd"} {
		if got, found := member(body, name); !found || string(got) != want {
			t.Errorf("member(%s): got %q, %t; want %q", name, got, found, want)
		}
	}
	if _, found := member(body, "csrf"); found {
		t.Error("member: found what is not there")
	}
}
