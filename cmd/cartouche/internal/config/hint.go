package config

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Nearest is the name that somebody who wrote text may have meant; empty when none is near.
func Nearest(text string, names []string) string {
	best, distance := "", max(2, len(text)/3)+1
	for _, name := range names {
		if d := edits(text, name); d < distance {
			best, distance = name, d
		}
	}
	if i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, text) }); best == "" && i >= 0 {
		return names[i] // somebody stopped too early
	}
	return best
}

func didYouMean(text string, names []string) string {
	if name := Nearest(text, names); name != "" {
		return fmt.Sprintf("; did you mean %s?", name)
	}
	return ""
}

// edits is the distance of Levenshtein: how many letters to add, drop or change.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// show quotes a value in an error, without the password of a URL: whoever reads the log must not learn it.
func show(raw any) string {
	if text, ok := raw.(string); ok {
		return fmt.Sprintf("%q", redactURL(text))
	}
	return redactURL(fmt.Sprint(raw))
}

const hidden = "[redacted]"

// redactURL hides what may be a password in a URL: all before the last @, since people forget to escape theirs, and in the query, where
// PostgreSQL takes one too. Of a URL that cannot be read it leaves the scheme.
func redactURL(text string) string {
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL {
		return text
	}
	if _, err := url.Parse(text); err != nil {
		return scheme + "://" + hidden
	}
	text = userPart.ReplaceAllString(text, "${1}"+hidden+"@")
	return queryPart.ReplaceAllString(text, "${1}"+hidden)
}

var (
	userPart  = regexp.MustCompile(`(?s)(://[^:@/?#]*:).*@`)
	queryPart = regexp.MustCompile(`(?i)([?&][a-z]*password=)[^&#]*`)
)
