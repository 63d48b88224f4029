package verifier

import "github.com/cartouche-auth/cartouche/token"

// Revoke takes revocations into force as if the feed had brought them.
func (v *Verifier) Revoke(list ...token.Revocation) { v.feed.revoked.Add(list...) }
