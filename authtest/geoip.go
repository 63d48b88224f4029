package authtest

import (
	"net"
	"os"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// WriteGeoIP writes a database of places in the MaxMind DB format: city and country, either empty, by network.
func WriteGeoIP(tb testing.TB, path string, places map[string][2]string) {
	tb.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-City", IncludeReservedNetworks: true, RecordSize: 24})
	if err != nil {
		tb.Fatal(err)
	}
	for text, place := range places {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			tb.Fatal(err)
		}
		record := mmdbtype.Map{}
		for i, key := range []mmdbtype.String{"city", "country"} {
			if place[i] != "" {
				record[key] = mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(place[i])}}
			}
		}
		if err := tree.Insert(network, record); err != nil {
			tb.Fatal(err)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := tree.WriteTo(file); err != nil {
		tb.Fatal(err)
	}
	if err := file.Close(); err != nil {
		tb.Fatal(err)
	}
}
