// Package geoip tells roughly where a network address is, from a file in the MaxMind DB format such as GeoLite2-City.mmdb. It knows no users and asks no
// network.
package geoip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/oschwald/maxminddb-golang/v2"
)

// File is a database of places. Concurrent use is safe.
type File struct {
	path string
	log  *slog.Logger

	mu     sync.Mutex
	info   os.FileInfo // of the file that was read last, good or bad
	reader *maxminddb.Reader
}

// Open reads a database. It is in memory from then on, and read again when the file is replaced: were it mapped, whoever overwrites it in its place would kill
// the process. The logger hears of a replacement that cannot be read; the old one stays in use then.
func Open(path string, log *slog.Logger) (*File, error) {
	f := &File{path: path, log: log}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	f.info = info
	if f.reader, err = read(path); err != nil {
		return nil, err
	}
	return f, nil
}

func read(path string) (*maxminddb.Reader, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	reader, err := maxminddb.OpenBytes(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return reader, nil
}

// Place names city and country of an address in English, as far as they are known; empty: neither is.
func (f *File) Place(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	var record struct {
		City    named `maxminddb:"city"`
		Country named `maxminddb:"country"`
	}
	if err := f.current().Lookup(ip.Unmap().WithZone("")).Decode(&record); err != nil {
		f.log.WarnContext(context.Background(), "geoip_file is damaged", "error", err)
		return ""
	}
	var words []string
	for _, name := range []string{record.City.Names.English, record.Country.Names.English} {
		if name != "" {
			words = append(words, name)
		}
	}
	return strings.Join(words, ", ")
}

type named struct {
	Names struct {
		English string `maxminddb:"en"`
	} `maxminddb:"names"`
}

// current is the database as the file has it now. A look at the file's name costs a microsecond, and places are asked for seldom.
func (f *File) current() *maxminddb.Reader {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err != nil || os.SameFile(info, f.info) && info.ModTime().Equal(f.info.ModTime()) && info.Size() == f.info.Size() {
		return f.reader // gone for a moment, or as it was
	}
	f.info = info
	reader, err := read(f.path)
	if err != nil {
		f.log.WarnContext(context.Background(), "geoip_file was replaced by one that cannot be read; the old one stays in use", "error", err)
		return f.reader
	}
	f.reader = reader
	return reader
}
