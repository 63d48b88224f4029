package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// writeTable writes aligned columns under a head. No rows: only the head, so that a reader sees what there could be.
func writeTable(w io.Writer, head string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	lines := append([][]string{strings.Fields(head)}, rows...)
	for _, row := range lines {
		for i := range row {
			row[i] = visible(row[i])
		}
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// writePairs writes a list of names and values.
func writePairs(w io.Writer, pairs [][2]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range pairs {
		if _, err := fmt.Fprintf(t, "%s:\t%s\n", p[0], visible(p[1])); err != nil {
			return err
		}
	}
	return t.Flush()
}

// writeJSON writes one indented JSON value.
func writeJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// visible replaces what a terminal would obey or hide. User names and user agents are strangers' words: without this, listing them lets
// whoever signed in write to the operator's screen (terminal injection).
func visible(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func timePointer(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
