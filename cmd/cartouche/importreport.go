package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/cartouche-auth/cartouche/django"
)

// printReport writes what an import did, with every row that is not here as it is there.
func printReport(w io.Writer, r django.Report, asJSON bool) error {
	if asJSON {
		return writeJSON(w, r)
	}
	var b strings.Builder
	if r.DryRun {
		b.WriteString("dry run: nothing was written\n")
	}
	if r.Nothing() && !r.DryRun {
		b.WriteString("nothing new: nothing was changed\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	err := writePairs(w, [][2]string{
		{"table", r.UserTable},
		{"rows", fmt.Sprint(r.Users)},
		{"new", fmt.Sprint(r.New)},
		{"imported before", fmt.Sprint(r.Unchanged)},
		{"not imported", fmt.Sprint(r.Skipped)},
		{"refresh tokens", fmt.Sprint(r.RefreshTokens)},
		{"opaque tokens", fmt.Sprint(r.OpaqueTokens)},
		{"sessions", fmt.Sprint(r.Sessions)},
		{"tokens ended", fmt.Sprint(r.TokensEnded)},
		{"tokens left", fmt.Sprint(r.TokensLeft)},
		{"sessions left", fmt.Sprint(r.SessionsLeft)},
		{"columns left", strings.Join(r.LeftColumns, ", ")},
	})
	if err != nil || len(r.Problems) == 0 {
		return err
	}
	rows := make([][]string, len(r.Problems))
	for i, p := range r.Problems {
		rows[i] = []string{p.ID, yesNo(!p.Skipped), strings.ReplaceAll(string(p.Kind), "_", " "), strings.TrimPrefix(p.Column+": "+p.Text, ": ")}
	}
	if _, err := fmt.Fprintf(w, "\n%s:\n", count(len(r.Problems), "problem")); err != nil {
		return err
	}
	return writeTable(w, "ID IMPORTED KIND WHAT", rows)
}
