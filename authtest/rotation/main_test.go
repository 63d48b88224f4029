package rotation_test

import (
	"errors"
	"flag"
	"testing"

	"github.com/cartouche-auth/cartouche/authtest"
)

// TestMain lets fewer sessions live longer than rapid would by itself: it takes some steps to get into trouble. Flags of the command line win.
func TestMain(m *testing.M) {
	if err := errors.Join(flag.Set("rapid.steps", "100"), flag.Set("rapid.checks", "60")); err != nil {
		panic(err)
	}
	authtest.Main(m)
}
