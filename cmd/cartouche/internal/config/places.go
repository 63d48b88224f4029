package config

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/cartouche-auth/cartouche/geoip"
)

// Places tells roughly where an address is, as the file says that the settings name; nil when they name none.
func (c Config) Places(log *slog.Logger) (func(address string) string, error) {
	if c.GeoIPFile == "" {
		return nil, nil
	}
	file, err := geoip.Open(c.GeoIPFile, log)
	if err != nil {
		return nil, fmt.Errorf("geoip_file: %w", err)
	}
	return file.Place, nil
}

// checkPlaces looks whether the file is there. To read it takes a while, and few commands need it.
func (c Config) checkPlaces() error {
	if c.GeoIPFile == "" {
		return nil
	}
	info, err := os.Stat(c.GeoIPFile)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: must be a file", c.GeoIPFile)
	}
	if err != nil {
		return fmt.Errorf("geoip_file: %w", err)
	}
	return nil
}
