package main_test

import (
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	main "github.com/cartouche-auth/cartouche/cmd/cartouche"
)

// An operator gets a sentence for every reason, not its code.
func TestEveryReasonHasASentence(t *testing.T) {
	t.Parallel()
	if len(main.ReasonSentences) != len(auth.EndReasons()) {
		t.Errorf("%d sentences for %d reasons", len(main.ReasonSentences), len(auth.EndReasons()))
	}
	for _, reason := range auth.EndReasons() {
		if main.ReasonSentences[reason] == "" {
			t.Errorf("%s has no sentence", reason)
		}
	}
}
