package geoip_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cartouche-auth/cartouche/authtest"
	"github.com/cartouche-auth/cartouche/geoip"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	authtest.WriteGeoIP(t, path, map[string][2]string{
		"203.0.113.0/24": {"Berlin", "Germany"}, "198.51.100.0/24": {"", "France"}, "2001:db8::/32": {"Oslo", "Norway"},
	})
	f, err := geoip.Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"203.0.113.7": "Berlin, Germany", "::ffff:203.0.113.7": "Berlin, Germany", "198.51.100.1": "France", "2001:db8::1": "Oslo, Norway",
		"192.0.2.1": "", "127.0.0.1": "", "": "", "not an address": "", "fe80::1%eth0": "",
	} {
		if got := f.Place(address); got != want {
			t.Errorf("Place(%q): got %q, want %q", address, got, want)
		}
	}
}

func TestReplacedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	place := func(city string) map[string][2]string { return map[string][2]string{"203.0.113.0/24": {city, ""}} }
	authtest.WriteGeoIP(t, path, place("Old"))
	var log bytes.Buffer
	f, err := geoip.Open(path, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	want := func(what, city string) {
		t.Helper()
		if got := f.Place("203.0.113.7"); got != city {
			t.Errorf("Place after %s: got %q, want %q", what, got, city)
		}
	}
	want("Open", "Old")
	authtest.WriteGeoIP(t, path+".new", place("New"))
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	want("a rename", "New")
	if err := os.WriteFile(path, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("a bad copy", "New")
	if !strings.Contains(log.String(), "cannot be read") {
		t.Errorf("log: got %q, want a warning", log.String())
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want("a removal", "New")
	authtest.WriteGeoIP(t, path, place("Mended"))
	if err := os.Chtimes(path, time.Time{}, time.Unix(2_000_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	want("a good copy", "Mended")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.mmdb")
	if err := os.WriteFile(bad, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{bad, bad + ".missing", t.TempDir()} {
		if _, err := geoip.Open(path, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("Open(%s): got no error", path)
		}
	}
}
