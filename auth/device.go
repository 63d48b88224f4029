package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/secret"
)

// DeviceLifetime is how long a browser stays known after its last sign-in.
const DeviceLifetime = 180 * 24 * time.Hour

const deviceBytes = 16

// A device cookie says that somebody signed in to one account from this browser: "id.time.mac". It opens nothing. What it is good for is that wrong
// passwords from there are counted apart from strangers', so that those cannot lock the owner out. It does not name the account: the MAC binds it.

// device reads the device cookie that a client brings, and answers the device's id if the cookie is one of this user.
func (s *Service) device(user UserID, client Client, now time.Time) (id string, ok bool) {
	id, rest, _ := strings.Cut(client.Device.Reveal(), ".")
	issued, mac, _ := strings.Cut(rest, ".")
	seconds, err := strconv.ParseInt(issued, 10, 64)
	if err != nil || user == "" || len(id) != base64.RawURLEncoding.EncodedLen(deviceBytes) || !now.Before(time.Unix(seconds, 0).Add(DeviceLifetime)) {
		return "", false
	}
	for _, key := range s.deviceKeys {
		if secret.EqualText(mac, deviceMAC(key, user, id, issued)) {
			return id, true
		}
	}
	return "", false
}

// KnowDevice is the device cookie for a browser in which a user has just proved with a mailed link who he is. The caller vouches for that. So he can sign in
// from there with his new password, however fast strangers use up what is theirs (lock-out).
func (s *Service) KnowDevice(user UserID, client Client) secret.Text {
	return s.newDevice(user, client, s.now())
}

// newDevice is the device cookie after a sign-in. A device that was known keeps its id, and with it its count.
func (s *Service) newDevice(user UserID, client Client, now time.Time) secret.Text {
	id, known := s.device(user, client, now)
	if !known {
		id = base64.RawURLEncoding.EncodeToString(secret.Bytes(deviceBytes))
	}
	issued := strconv.FormatInt(now.Unix(), 10)
	return secret.NewText(id + "." + issued + "." + deviceMAC(s.deviceKeys[0], user, id, issued))
}

// deviceMAC has the user last: id and time hold no dot.
func deviceMAC(key secret.Child, user UserID, id, issued string) string {
	mac := hmac.New(sha256.New, key.Key)
	mac.Write([]byte(id + "." + issued + "." + string(user)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
