package django_test

import (
	"testing"

	"github.com/cartouche-auth/cartouche/authtest"
)

func TestMain(m *testing.M) { authtest.Main(m) }
