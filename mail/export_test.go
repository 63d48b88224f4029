package mail

import "time"

// ShortenTimeouts is for the test of a server that says nothing: nobody waits half a minute for it.
func ShortenTimeouts(t Transport, d time.Duration) { t.(*smtp).connect, t.(*smtp).whole = d, d }

// TimeoutsOf are the times that a delivery may take.
func TimeoutsOf(t Transport) (connect, whole time.Duration) {
	return t.(*smtp).connect, t.(*smtp).whole
}

// SecurityOf tells what a mail server's address means: the port, TLS from the first byte, and the policy for STARTTLS.
func SecurityOf(t Transport) (port int, implicit bool, policy string) {
	s := t.(*smtp)
	return s.port, s.implicitTLS, s.policy.String()
}
