package password_test

import (
	"context"
	"fmt"

	"github.com/cartouche-auth/cartouche/password"
	"github.com/cartouche-auth/cartouche/secret"
)

// A hash that Django made is checked, and replaced when the password was right.
func Example() {
	hasher, err := password.New(password.Config{})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	stored := "pbkdf2_sha256$1000$abcdefghij012345678901$KfStkpOM5mpDKaEVTgf640Yd3Io75KaKeXx9m+1qip0="
	plain := secret.NewText("correct horse 9")

	ok, upgraded, err := hasher.Check(ctx, stored, plain)
	fmt.Println(password.Scheme(stored), ok, err)
	ok, again, err := hasher.Check(ctx, upgraded, plain)
	fmt.Println(password.Scheme(upgraded), ok, again == "", err)
	// Output:
	// pbkdf2_sha256 true <nil>
	// argon2id true true <nil>
}
