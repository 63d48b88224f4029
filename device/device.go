// Package device names what a User-Agent header seems to come from, in words of our own, for people who look for a stranger among their sessions. It knows no
// users and no HTTP.
//
// The words are a table and never the header's own: whoever signs in writes that, and could speak to somebody else in our name. It says no more than is sure,
// so no versions, and of programs that imitate each other the one that names itself.
package device

import "strings"

// Device is a program on a system. Either is empty when it is not known.
type Device struct{ Program, System string }

// sign is a part of a header that gives a program or system away, and what we call it.
type sign struct{ part, name string }

const app = "An app"

// The first sign that fits is taken: most programs also name those that they imitate.
//
//nolint:gochecknoglobals // constants in all but name
var (
	programs = []sign{
		{"Electron/", app},
		{"; wv)", app}, // a page inside an app
		{"FBAN/", app},
		{"Instagram ", app},
		{"EdgA/", "Edge"},
		{"EdgiOS/", "Edge"},
		{"Edg/", "Edge"},
		{"Edge/", "Edge"},
		{"OPR/", "Opera"},
		{"OPT/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"},
		{"DuckDuckGo/", "DuckDuckGo"},
		{"Ddg/", "DuckDuckGo"},
		{"YaBrowser/", "Yandex Browser"},
		{"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", safari},
		{"okhttp/", app},
		{"Dart/", app},
		{"CFNetwork/", app},
		{"curl/", "curl"},
	}
	systems = []sign{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"Mac OS X", macOS},
		{"Darwin/", "an Apple device"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	}
	iOSPrograms = []string{"CriOS/", "FxiOS/", "EdgiOS/", "OPT/"}
)

const (
	safari = "Safari"
	macOS  = "macOS"
)

// Of names the device of a User-Agent header. An empty header is the zero Device.
func Of(agent string) Device {
	d := Device{first(programs, agent), first(systems, agent)}
	switch d.System {
	case macOS: // an iPad asks for the pages of a desk, and says that it is a Mac
		for _, part := range iOSPrograms {
			if strings.Contains(agent, part) {
				d.System = "iPad"
				return d
			}
		}
		if d.Program == safari {
			d.System = "Mac or iPad"
		}
	case "iPhone", "iPad", "an Apple device":
	default:
		if d.Program == safari { // there is none elsewhere: an imitation that does not say of whom
			d.Program = ""
		}
	}
	return d
}

// String is such as "Firefox on Linux"; empty when nothing is known.
func (d Device) String() string {
	switch {
	case d.Program == "" && d.System == "":
		return ""
	case d.Program == "":
		return "An unknown program on " + d.System
	case d.System == "":
		return d.Program
	}
	return d.Program + " on " + d.System
}

func first(signs []sign, text string) string {
	for _, s := range signs {
		if strings.Contains(text, s.part) {
			return s.name
		}
	}
	return ""
}
