package mail

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/cartouche-auth/cartouche/auth"
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
	When              string // "2 March 2026, 14:05 UTC"
}

type site struct {
	name, url string
	byEmail   bool
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
	return site{c.SiteName, c.SiteURL, c.LoginField == auth.LoginByEmail}, errors.Join(mistakes...)
}

func (s site) view(mail auth.Mail) View {
	v := View{
		Kind: mail.Kind, SiteName: s.name, SiteURL: s.url, Identifier: "username",
		Username: clean(mail.User.Username), Email: clean(mail.User.Email),
		FirstName: clean(mail.User.FirstName), LastName: clean(mail.User.LastName),
		Device: device(mail.Client.UserAgent), When: mail.At.UTC().Format("2 January 2006, 15:04 UTC"),
	}
	v.Login = v.Username
	if s.byEmail {
		v.Identifier, v.Login = "email address", v.Email
	}
	if ip, err := netip.ParseAddr(mail.Client.Address); err == nil {
		v.Address = ip.WithZone("").Unmap().String()
	}
	return v
}

// The names by which programs and systems give themselves away. The first that fits is taken: most programs also name those that they imitate.
var (
	programs = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"okhttp/", "An app"},
		{"Dart/", "An app"},
		{"CFNetwork/", "An app"},
		{"curl/", "curl"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"Mac OS X", "macOS"},
		{"Darwin/", "an Apple device"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	}
)

// device names a user agent in our own words. Its own words come from whoever made the request, and would let a stranger write a
// sentence of his to somebody else in our name.
func device(agent string) string {
	if agent == "" {
		return ""
	}
	program, system := lookup(programs, agent), lookup(systems, agent)
	switch {
	case program == "" && system == "":
		return "an unknown program"
	case program == "":
		return "an unknown program on " + system
	case system == "":
		return program
	}
	return program + " on " + system
}

func lookup(table [][2]string, text string) string {
	for _, row := range table {
		if strings.Contains(text, row[0]) {
			return row[1]
		}
	}
	return ""
}
