package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The measures of a plot, in pixels, and the decades of its axis: from 10 a second to 100 000.
const (
	plotWidth  = 760
	plotLeft   = 290
	plotRight  = 90
	plotTop    = 40
	barHeight  = 16
	pairHeight = 52
	lowest     = 10.0
	decades    = 4
)

// plotStyle suits light and dark pages alike.
const plotStyle = `text{font:13px system-ui,sans-serif;fill:#1b1f24}.small{font-size:11px}line{stroke:#8886}.ours{fill:#0b7285}.peer{fill:#adb5bd}` +
	`@media(prefers-color-scheme:dark){text{fill:#e6e8ea}.ours{fill:#3bc9db}.peer{fill:#6c757d}}`

// plot draws rates beside those of their peers, as an SVG image: two bars for each on a logarithmic axis.
func plot(title string, all []result) string {
	height := plotTop + pairHeight*len(all) + 24
	var out, told strings.Builder
	for decade := range decades + 1 {
		value := lowest * math.Pow10(decade)
		x := along(value)
		fmt.Fprintf(&out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", x, x, plotTop-6, height-20)
		fmt.Fprintf(&out, "<text class=\"small\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n", x, height-6, value)
	}
	for i, r := range all {
		y := plotTop + i*pairHeight
		bar(&out, "ours", r.What, y, r.Figure.Value)
		bar(&out, "peer", r.PeerIs, y+barHeight+2, r.Peer.Value)
		fmt.Fprintf(&told, "%s: %.0f; %s: %.0f. ", r.What, r.Figure.Value, r.PeerIs, r.Peer.Value)
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="title told">
<title id="title">%s</title>
<desc id="told">%s</desc>
<style>%s</style>
<text x="0" y="18" font-weight="600">%s</text>
%s</svg>
`, plotWidth, height, html.EscapeString(title), html.EscapeString(strings.TrimSpace(told.String())), plotStyle, html.EscapeString(title), out.String())
}

// bar draws one bar with its name before it and its value behind.
func bar(out *strings.Builder, class, name string, y int, value float64) {
	end := along(value)
	fmt.Fprintf(out, "<text class=\"small\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", plotLeft-8, y+12, html.EscapeString(name))
	fmt.Fprintf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", class, plotLeft, y, end-plotLeft, barHeight)
	fmt.Fprintf(out, "<text class=\"small\" x=\"%.1f\" y=\"%d\">%.0f/s</text>\n", end+6, y+12, value)
}

// along is where a value lies on the axis; what is below its beginning lies there.
func along(value float64) float64 {
	share := math.Log10(math.Max(value, lowest)/lowest) / decades
	return plotLeft + share*(plotWidth-plotLeft-plotRight)
}
