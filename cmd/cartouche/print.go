package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
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

// writeJSON writes one indented JSON value, in which characters that a terminal would obey or hide are escaped.
func writeJSON(w io.Writer, value any) error { return encode(w, value, "  ") }

// writeJSONLine is writeJSON for one line of many.
func writeJSONLine(w io.Writer, value any) error { return encode(w, value, "") }

func encode(w io.Writer, value any, indent string) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(value); err != nil {
		return err
	}
	var safe strings.Builder
	for _, r := range text.String() {
		if r == '\n' || !obeyed(r) {
			safe.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&safe, `\u%04x`, unit)
		}
	}
	_, err := io.WriteString(w, safe.String())
	return err
}

// visible replaces what a terminal would obey or hide.
func visible(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if obeyed(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// obeyed are the characters that a terminal acts on. Names and user agents are strangers' words: if they were shown as they are, whoever
// signed in could write to the operator's screen, or rewrite it (terminal injection).
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Zl, unicode.Zp)
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
