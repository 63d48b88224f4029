package mail

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/device"
)

// View is the data of a template. Everything that a user chose is on one line and free of control characters, but it is still what a stranger
// may have typed: the built-in templates show none of it before the address is proved, or a spammer could write through us to anybody.
type View struct {
	Kind              auth.MailKind
	SiteName, SiteURL string
	Identifier        string // what people sign in with: "username" or "email address"
	Login             string // the account's identifier
	Username, Email   string
	FirstName         string
	LastName          string
	Link              string // empty for notices
	UID, Token        string // what is in Link
	Validity          string // how long Link works: "30 minutes"
	Device            string // what asked, "Firefox on Linux"; empty: unknown
	Address           string // the network address that asked; empty: unknown
	Place             string // roughly where Address is, "Oslo, Norway"; empty: unknown
	DevicesURL        string // where people see their sessions and end them
	EndedBy           string // who ended sessions: "by an operator" or "from another device"; empty for other mails
	When              string // "2 March 2026, 14:05 UTC"
}

type site struct {
	name, url string
	devices   string
	byEmail   bool
	places    func(address string) string // nil: nowhere is known
}

func parseSite(c Config) (site, error) {
	var mistakes []error
	switch {
	case c.SiteName == "":
		mistakes = append(mistakes, errors.New("site_name: required"))
	case clean(c.SiteName) != c.SiteName:
		mistakes = append(mistakes, errors.New("site_name: give one short line of text"))
	}
	u, err := parseBase(c.SiteURL)
	if err == nil && (u.RawQuery != "" || u.ForceQuery || u.Fragment != "") {
		err = errors.New("has a query or a fragment")
	}
	if err != nil {
		mistakes = append(mistakes, fmt.Errorf("site_url: %w", err))
	}
	switch c.LoginField {
	case "", auth.LoginByUsername, auth.LoginByEmail:
	default:
		mistakes = append(mistakes, errors.New("login_field: give username or email"))
	}
	devices := cmp.Or(c.DevicesURL, c.SiteURL)
	if _, err := parseBase(devices); err != nil && c.DevicesURL != "" {
		mistakes = append(mistakes, fmt.Errorf("devices_url: %w", err))
	}
	return site{c.SiteName, c.SiteURL, devices, c.LoginField == auth.LoginByEmail, c.Places}, errors.Join(mistakes...)
}

func (s site) view(mail auth.Mail) View {
	v := View{
		Kind: mail.Kind, SiteName: s.name, SiteURL: s.url, DevicesURL: s.devices, EndedBy: endedBy(mail.Reason), Identifier: "username",
		Username: clean(mail.User.Username), Email: clean(mail.User.Email),
		FirstName: clean(mail.User.FirstName), LastName: clean(mail.User.LastName),
		Device: deviceOf(mail.Client.UserAgent), When: mail.At.UTC().Format("2 January 2006, 15:04 UTC"),
	}
	v.Login = v.Username
	if s.byEmail {
		v.Identifier, v.Login = "email address", v.Email
	}
	if ip, err := netip.ParseAddr(mail.Client.Address); err == nil {
		v.Address = ip.WithZone("").Unmap().String()
		if s.places != nil {
			v.Place = clean(s.places(v.Address))
		}
	}
	return v
}

func endedBy(reason auth.EndReason) string {
	switch reason {
	case "":
		return ""
	case auth.EndedByUser:
		return "from another device"
	default:
		return "by an operator"
	}
}

// deviceOf names a user agent in our own words.
func deviceOf(agent string) string {
	if agent == "" {
		return ""
	}
	return cmp.Or(device.Of(agent).String(), "An unknown program")
}
