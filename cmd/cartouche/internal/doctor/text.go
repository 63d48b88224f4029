package doctor

import (
	"fmt"
	"strings"
)

// Text is a list of findings for people: one line for each.
func Text(findings []Finding) string {
	if len(findings) == 0 {
		return "all is well\n"
	}
	var b strings.Builder
	for _, f := range findings {
		kind := "wrong"
		if f.Advice {
			kind = "advice"
		}
		fmt.Fprintf(&b, "%s: %s\n", kind, f.Text)
	}
	return b.String()
}

// Wrong counts the findings that are more than advice.
func Wrong(findings []Finding) (n int) {
	for _, f := range findings {
		if !f.Advice {
			n++
		}
	}
	return n
}
