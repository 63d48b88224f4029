package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const explanations = "../docs/explanation"

// The published page tells what the published figures say, and nothing else.
func TestPublishedPageIsThatOfItsFigures(t *testing.T) {
	t.Parallel()
	r, err := readRecord(filepath.Join(explanations, recordFile))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(r.Rows), len(rows()); got != want {
		t.Errorf("%s: %d rows, want all %d", recordFile, got, want)
	}
	for name, want := range pages(r) {
		text, err := os.ReadFile(filepath.Join(explanations, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(text)); diff != "" {
			t.Errorf("%s is stale: cd bench && go run . page ../docs/explanation (-want +got):\n%s", name, diff)
		}
	}
}

func TestPublishedFiguresAreReadBack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	f := figuresOf(map[string][]float64{"me-postgres": {9000, 11000, 10000}, "hello": {30000}, "django-me": {500}})
	written := record{facts{Cores: 2, Clients: 16, Date: "2026-11-25"}, results(rows(), f)}
	if err := publish(folder, written); err != nil {
		t.Fatal(err)
	}
	read, err := readRecord(filepath.Join(folder, recordFile))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pages(written), pages(read)); diff != "" {
		t.Errorf("pages of what was read back (-written +read):\n%s", diff)
	}
	page := pages(read)[pageFile]
	for _, want := range []string{"10000/s", "9000/s to 11000/s", "`django-me` 500/s", "20.00", "2026-11-25"} {
		if !strings.Contains(page, want) {
			t.Errorf("page: %q is not in\n%s", want, page)
		}
	}
}

func TestPlotsAreWellFormed(t *testing.T) {
	t.Parallel()
	f := figuresOf(map[string][]float64{"me-postgres": {10000}, "hello": {30000}, "django-me": {3}})
	for name, text := range pages(record{facts{}, results(rows(), f)}) {
		if filepath.Ext(name) != ".svg" {
			continue
		}
		if !strings.Contains(text, "10000/s") {
			t.Errorf("%s shows no figure", name)
		}
		for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestPartOfTheRowsIsNotPublished(t *testing.T) {
	t.Parallel()
	if _, err := parse([]string{"-only", "me", "-publish", t.TempDir()}); !errors.Is(err, errPartial) {
		t.Errorf("parse: got %v, want %v", err, errPartial)
	}
}
