package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// set reads a value as it came: from YAML any type, from a variable a string, from flags one string for each time that the flag was given.
// What cannot be read leaves the default in place, so that it causes no second complaint.
func (s Setting) set(c *Config, raw any) error {
	if given, ok := raw.([]string); ok && s.Kind() != "list" {
		raw = given[len(given)-1]
	}
	switch p := s.field(c).(type) {
	case *string:
		return read(p, raw, s.text)
	case *bool:
		return read(p, raw, readSwitch)
	case *int:
		return read(p, raw, readNumber)
	case *time.Duration:
		return read(p, raw, readDuration)
	case *[]string:
		return read(p, raw, readList)
	case *[]httpapi.Dialect:
		return read(p, raw, readDialects)
	default:
		panic("config: no reader for setting " + s.Name) // a row of the table that no test has seen
	}
}

func read[T any](to *T, raw any, parse func(any) (T, error)) error {
	value, err := parse(raw)
	if err == nil {
		*to = value
	}
	return err
}

func (s Setting) text(raw any) (string, error) {
	text, ok := raw.(string)
	switch {
	case len(s.Choices) > 0 && !slices.Contains(s.Choices, text):
		return "", fmt.Errorf("%s: must be %s", show(raw), oneOf(s.Choices))
	case !ok:
		return "", fmt.Errorf("%s: must be text; put it in quotes", show(raw))
	}
	return text, nil
}

func oneOf(choices []string) string {
	last := len(choices) - 1
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}

func readSwitch(raw any) (bool, error) {
	if b, ok := raw.(bool); ok {
		return b, nil
	}
	text, _ := raw.(string)
	b, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%s: must be true or false", show(raw))
	}
	return b, nil
}

func readNumber(raw any) (int, error) {
	if n, ok := raw.(int); ok {
		return n, nil
	}
	text, _ := raw.(string)
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s: must be a whole number", show(raw))
	}
	return n, nil
}

// readDuration reads what time.ParseDuration reads, and days in front of it: 14d, 1d12h.
func readDuration(raw any) (time.Duration, error) {
	text, _ := raw.(string)
	rest := text
	var days time.Duration
	if before, after, found := strings.Cut(text, "d"); found {
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil {
			return 0, badDuration(raw)
		}
		days, rest = time.Duration(n)*24*time.Hour, after
		if rest == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || rest != text && d < 0 {
		return 0, badDuration(raw)
	}
	return days + d, nil
}

func badDuration(raw any) error {
	return fmt.Errorf("%s: must be a duration such as 30s, 5m, 24h or 14d", show(raw))
}

// readList reads a YAML list, or text in which commas separate.
func readList(raw any) ([]string, error) {
	var texts []string
	switch v := raw.(type) {
	case string:
		texts = strings.Split(v, ",")
	case []string:
		texts = strings.Split(strings.Join(v, ","), ",")
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("%s: must be text; put it in quotes", show(item))
			}
			texts = append(texts, text)
		}
	case nil:
	default:
		return nil, fmt.Errorf("%s: must be a list of texts", show(raw))
	}
	list := []string{}
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	return list, nil
}

// plain writes a value for people, and so that set reads it again.
func plain(field any) string {
	switch p := field.(type) {
	case *string:
		return *p
	case *bool:
		return strconv.FormatBool(*p)
	case *int:
		return strconv.Itoa(*p)
	case *time.Duration:
		return plainDuration(*p)
	case *[]string:
		return strings.Join(*p, ",")
	case *[]httpapi.Dialect:
		return strings.Join(dialectNames(*p), ",")
	default:
		return ""
	}
}

func plainDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
