package rotation_test

import (
	"flag"
	"testing"

	"github.com/cartouche-auth/cartouche/authtest"
)

// TestMain lets a session live longer than rapid would by itself: it takes some steps to get into trouble.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.steps", "100"); err != nil {
		panic(err)
	}
	authtest.Main(m)
}
