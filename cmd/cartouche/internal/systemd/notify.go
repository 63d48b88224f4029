// Package systemd tells systemd how the service is (sd_notify).
package systemd

import (
	"fmt"
	"net"
)

// What systemd is told.
const (
	Ready    = "READY=1"    // requests are answered from now on
	Stopping = "STOPPING=1" // the end has begun
)

// Notify sends a state to the socket that NOTIFY_SOCKET names; an empty name means that systemd is not asking, and nothing is sent. A name that begins with @
// is one without a file.
func Notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close() // a datagram has left by now
	}
	if err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	return nil
}
