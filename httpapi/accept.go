package httpapi

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsJSON tells whether the Accept header (RFC 9110 section 12.5.1) takes JSON. Who asks for problem+json alone knows JSON too.
func acceptsJSON(r *http.Request) bool {
	values := r.Header["Accept"]
	if len(values) == 0 {
		return true
	}
	return accepts(values, jsonType) || prefersProblem(r)
}

// prefersProblem tells whether a client asks for errors after RFC 9457. Wildcards do not count: whoever sends them knows nothing of it.
func prefersProblem(r *http.Request) bool {
	for _, value := range r.Header["Accept"] {
		for part := range strings.SplitSeq(value, ",") {
			if media, quality := acceptPart(part); media == problemType && quality > 0 {
				return true
			}
		}
	}
	return false
}

// accepts finds the most specific range that holds a media type; its quality decides.
func accepts(values []string, media string) bool {
	kind, _, _ := strings.Cut(media, "/")
	best, accepted, empty := 0, false, true
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			pattern, quality := acceptPart(part)
			empty = empty && pattern == ""
			specific := 0
			switch pattern {
			case media:
				specific = 3
			case kind + "/*":
				specific = 2
			case "*/*":
				specific = 1
			}
			if specific > best {
				best, accepted = specific, quality > 0
			}
		}
	}
	return accepted || empty
}

// acceptPart reads one media range and its quality. A quality that is no number counts as 1.
func acceptPart(part string) (media string, quality float64) {
	media, parameters, _ := strings.Cut(part, ";")
	quality = 1
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			quality = q
		}
	}
	return strings.ToLower(strings.TrimSpace(media)), quality
}
