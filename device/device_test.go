package device_test

import (
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/device"
)

func TestOf(t *testing.T) {
	t.Parallel()
	const (
		webkit = " AppleWebKit/605.1.15 (KHTML, like Gecko) "
		blink  = " AppleWebKit/537.36 (KHTML, like Gecko) "
		mac    = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
		iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)"
		iPad   = "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X)"
		phone  = "Mozilla/5.0 (Linux; Android 10; K)"
		win    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
	)
	for agent, want := range map[string]string{
		win + blink + "Chrome/142.0.0.0 Safari/537.36":                                 "Chrome on Windows",
		mac + blink + "Chrome/142.0.0.0 Safari/537.36":                                 "Chrome on macOS",
		"Mozilla/5.0 (X11; Linux x86_64)" + blink + "Chrome/142.0.0.0 Safari/537.36":   "Chrome on Linux",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + blink + "Chrome/142.0.0.0 Safari": "Chrome on ChromeOS",
		phone + blink + "Chrome/142.0.0.0 Mobile Safari/537.36":                        "Chrome on Android",
		iPhone + webkit + "CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1":             "Chrome on iPhone",
		mac + webkit + "CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1":                "Chrome on iPad",

		win + " Gecko/20100101 Firefox/145.0":                                                    "Firefox on Windows",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0":                 "Firefox on Linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0":   "Firefox on macOS",
		"Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0":                   "Firefox on Android",
		iPhone + webkit + "FxiOS/145.0 Mobile/15E148 Safari/605.1.15":                            "Firefox on iPhone",
		iPad + webkit + "Version/18.6 Mobile/15E148 Safari/604.1":                                "Safari on iPad",
		iPhone + webkit + "Version/26.0 Mobile/15E148 Safari/604.1":                              "Safari on iPhone",
		mac + webkit + "Version/26.0 Safari/605.1.15":                                            "Safari on Mac or iPad",
		win + blink + "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0":                             "Edge on Windows",
		phone + blink + "Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0":                   "Edge on Android",
		iPhone + webkit + "Version/18.0 EdgiOS/142.0 Mobile/15E148 Safari/604.1":                 "Edge on iPhone",
		win + blink + "Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0":                             "Opera on Windows",
		phone + blink + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":              "Samsung Internet on Android",
		"Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/AP4A; wv) Version/4.0 Chrome/142 Safari/": "An app on Android",
		"okhttp/4.12.0":                         "An app",
		"Dart/3.9 (dart:io)":                    "An app",
		"Example/7 CFNetwork/3826 Darwin/25.0":  "An app on an Apple device",
		"curl/8.16.0":                           "curl",
		"python-requests/2.32.3":                "",
		"":                                      "",
		"tool (Linux)":                          "An unknown program on Linux",
		phone + blink + "Version/4.0 Safari/53": "An unknown program on Android",
	} {
		if got := device.Of(agent).String(); got != want {
			t.Errorf("Of(%q): got %q, want %q", agent, got, want)
		}
	}
}

// A stranger writes the header: none of his words may reach the person who reads the list or the mail (message injection).
func TestNoWordOfTheHeaderIsShown(t *testing.T) {
	t.Parallel()
	const lure = "Your account is blocked, call 555-0199 <b>now</b>"
	for _, agent := range []string{lure, lure + " Chrome/142", "Mozilla/5.0 (" + lure + "; Windows NT 10.0) Firefox/145.0", "curl/" + lure} {
		if got := device.Of(agent).String(); strings.Contains(got, "call") || strings.Contains(got, "<b>") {
			t.Errorf("Of(%q): got %q", agent, got)
		}
	}
}
