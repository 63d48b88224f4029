package auth

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/cartouche-auth/cartouche/device"
	"github.com/cartouche-auth/cartouche/ratelimit"
)

const methodBridge = "bridge"

// newDeviceMails words the notice of a sign-in from a device or network that the user's kept sessions have not shown before. There is none for the first
// session of an account, here or after a move to here, and no more than the limit on mails allows. It happens only once the password was right, so that its
// time tells strangers nothing.
func (s *Service) newDeviceMails(ctx context.Context, client Client, user User, session Session) ([]OutboxMail, error) {
	if s.mailer == nil || !s.accounts.NotifyNewDevice || user.Email == "" || session.Method == methodBridge {
		return nil, nil
	}
	known, err := s.store.KnownClients(ctx, user.ID)
	if err != nil {
		return nil, wrap("list known clients", err)
	}
	if isKnown(known, client) {
		return nil, nil
	}
	if len(known) == 0 {
		if first, err := s.isFirst(ctx, user); err != nil || first {
			return nil, err
		}
	}
	return s.boundedMail(ctx, sealedMail{Kind: MailNewDevice, To: user.Email, Address: client.Address, Agent: client.agent()}, user, session.CreatedAt)
}

// boundedMail words a notice, unless the account has had its share: who signs in and out all day must not be able to flood a mailbox with it.
func (s *Service) boundedMail(ctx context.Context, m sealedMail, user User, now time.Time) ([]OutboxMail, error) {
	err := s.limits.Take(ctx, now, ratelimit.Of("notices", string(user.ID), s.policy.Limits.MailsPerAccount))
	if _, over := errors.AsType[*LimitError](err); over {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.mailWith(m, user.ID, nil, now)
}

// isFirst tells whether a user without kept sessions has never signed in here. What an imported user did elsewhere does not count.
func (s *Service) isFirst(ctx context.Context, user User) (bool, error) {
	if user.LastLogin.IsZero() {
		return true, nil
	}
	imported, err := s.store.ImportOpen(ctx, user.ID)
	return imported, wrap("find import", err)
}

// isKnown tells whether both the device and the network of a client were seen before, together or apart.
func isKnown(known []Client, client Client) bool {
	var knowsDevice, knowsNetwork bool
	for _, k := range known {
		knowsDevice = knowsDevice || sameDevice(k.UserAgent, client.agent())
		knowsNetwork = knowsNetwork || networkOf(k.Address) == networkOf(client.Address)
	}
	return knowsDevice && knowsNetwork
}

// sameDevice compares programs and systems, so that a newer version is no new device. What we have no name for has to say the same of itself.
func sameDevice(a, b string) bool {
	known := device.Of(a)
	return a == b || known != device.Device{} && known == device.Of(b)
}

// networkOf is about what one provider has: phones and homes get another address every day, and a mail for each would teach people not to read them.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := 16
	if ip.Is6() {
		bits = 32
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
}
