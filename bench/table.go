package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// heading names the columns of the table.
func heading() []string {
	return []string{"what", "figure", "peer", "ratio", "floor", "aim", "CPU", "peer's", "others", ""}
}

// printTable writes the results as one Markdown table that is straight without a renderer too.
func printTable(w io.Writer, all []result) error {
	lines := [][]string{heading()}
	for _, r := range all {
		lines = append(lines, r.cells())
	}
	var out strings.Builder
	out.WriteString(markdown(lines))
	printFailures(&out, all)
	_, err := io.WriteString(w, out.String())
	return err
}

// markdown is a table whose first line is its heading, straight without a renderer too.
func markdown(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
	}
	lines = append([][]string{lines[0], rule}, lines[1:]...)
	var out strings.Builder
	for _, line := range lines {
		for i, cell := range line {
			fmt.Fprintf(&out, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		out.WriteString("|\n")
	}
	return out.String()
}

// printFailures says why rows failed, each reason once.
func printFailures(out *strings.Builder, all []result) {
	var reasons []string
	names := map[string][]string{}
	for _, r := range all {
		if r.Failure == "" {
			continue
		}
		if names[r.Failure] == nil {
			reasons = append(reasons, r.Failure)
		}
		names[r.Failure] = append(names[r.Failure], r.Name)
	}
	for _, reason := range reasons {
		fmt.Fprintf(out, "\nFAIL %s: %s\n", strings.Join(names[reason], ", "), reason)
	}
}

// cells are the columns of one result.
func (r result) cells() []string {
	if r.Failure != "" {
		return []string{r.What, "FAIL", "", "", "", "", "", "", "", "FAIL"}
	}
	if r.Verdict == missing {
		return []string{r.What, "", "", "", "", "", "", "", "", string(missing)}
	}
	cells := []string{r.What, r.row.unit.format(r.Figure.Value), "", "", r.limit(r.row.goal.floor), r.limit(r.row.goal.aim), "", "", "", string(r.Verdict)}
	if r.Figure.CPU > 0 {
		cells[6] = fmt.Sprintf("%.0f µs", r.Figure.CPU.Seconds()*1e6)
	}
	if r.Figure.Others > 0 {
		cells[8] = fmt.Sprintf("%.0f %%", 100*r.Figure.Others)
	}
	if r.Peer == nil {
		return cells
	}
	cells[2] = r.PeerIs + " " + r.row.unit.format(r.Peer.Value)
	cells[3] = fmt.Sprintf("%.2f", r.Ratio)
	if r.Peer.CPU > 0 {
		cells[7] = fmt.Sprintf("%.0f µs", r.Peer.CPU.Seconds()*1e6)
	}
	return cells
}

// limit prints a floor or an aim in the row's unit, or as a ratio.
func (r result) limit(v float64) string {
	sign := "≥ "
	if r.row.goal.less {
		sign = "≤ "
	}
	if r.row.goal.ratio {
		return fmt.Sprintf("%s%.2f×", sign, v)
	}
	return sign + r.row.unit.format(v)
}
