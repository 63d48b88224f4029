package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// difference is one thing in which two answers are not the same.
type difference struct {
	// part is "status", "body", "code" (a key of that name that only Cartouche's body has), "mail", or a header's name; a cookie's is "Set-Cookie NAME".
	part              string
	django, cartouche string
}

// comparedHeaders are those that a front end can notice.
var comparedHeaders = []string{"Content-Type", "WWW-Authenticate", "Allow", "Retry-After", "Location"}

// compare lists the differences of two answers.
func compare(django, cartouche answer) []difference {
	var found []difference
	note := func(part, d, c string) {
		if d != c {
			found = append(found, difference{part, d, c})
		}
	}
	note("status", strconv.Itoa(django.status), strconv.Itoa(cartouche.status))
	for _, name := range comparedHeaders {
		note(name, strings.Join(django.headers.Values(name), " | "), strings.Join(cartouche.headers.Values(name), " | "))
	}
	d, c := cookieTexts(django.cookies), cookieTexts(cartouche.cookies)
	for _, name := range slices.Sorted(maps.Keys(joined(d, c))) {
		note("Set-Cookie "+name, d[name], c[name])
	}
	if bare, code := withoutCode(cartouche); code != "" && sameBody(django, bare) {
		note("code", "", code)
	} else if !sameBody(django, cartouche) {
		note("body", shorten(django.body), shorten(cartouche.body))
	}
	return found
}

// withoutCode is an answer whose object has lost its key "code", with what was there.
func withoutCode(a answer) (bare answer, code string) {
	found := codeKey.FindStringSubmatch(a.body)
	if found == nil {
		return a, ""
	}
	a.body = codeKey.ReplaceAllString(a.body, "}")
	return a, found[1]
}

var codeKey = regexp.MustCompile(`,"code":"([a-z_]+)"}$`)

func joined(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// cookieTexts are the cookies of an answer without their values, which differ: what is left is what a browser obeys.
func cookieTexts(cookies []*http.Cookie) map[string]string {
	texts := map[string]string{}
	for _, c := range cookies {
		text := "set"
		switch {
		case c.MaxAge < 0:
			text, c.HttpOnly = "deleted", false // which scripts may read it no longer matters
		case c.MaxAge > 0:
			text += "; Max-Age=" + roughly(c.MaxAge)
		}
		text += "; Path=" + c.Path
		if c.Domain != "" {
			text += "; Domain=" + c.Domain
		}
		for name, on := range map[string]bool{"HttpOnly": c.HttpOnly, "Secure": c.Secure} {
			if on {
				text += "; " + name
			}
		}
		texts[c.Name] = text + "; SameSite=" + sameSite(c.SameSite)
	}
	return texts
}

// roughly is a life in steps of a quarter, because Cartouche lets access tokens end up to a tenth earlier, lest all come for new ones at once.
func roughly(seconds int) string {
	return "about " + strconv.Itoa(int(math.Exp2(math.Ceil(math.Log2(float64(seconds))*4-0.001)/4)))
}

func sameSite(mode http.SameSite) string {
	switch mode {
	case http.SameSiteLaxMode:
		return "Lax"
	case http.SameSiteStrictMode:
		return "Strict"
	case http.SameSiteNoneMode:
		return "None"
	default:
		return ""
	}
}

// sameBody compares JSON by its values, in the order of the keys too, because djoser's order is part of what people see; HTML by its being HTML.
func sameBody(django, cartouche answer) bool {
	d, c := django.body, cartouche.body
	if d == c || isHTML(django) && isHTML(cartouche) {
		return true
	}
	dv, dErr := parseJSON(d)
	cv, cErr := parseJSON(c)
	return dErr == nil && cErr == nil && sameValue(dv, cv)
}

func isHTML(a answer) bool { return strings.HasPrefix(a.headers.Get("Content-Type"), "text/html") }

// pair is a key of an object with its value; an object is a list of them.
type pair struct {
	key   string
	value any
}

// parseJSON keeps the order of keys.
func parseJSON(text string) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	value, err := readValue(decoder)
	if err == nil && decoder.More() {
		err = fmt.Errorf("more than one value in %q", text)
	}
	return value, err
}

func readValue(decoder *json.Decoder) (any, error) {
	t, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	object, list := []pair{}, []any{}
	for decoder.More() {
		var key json.Token
		if delim == '{' {
			if key, err = decoder.Token(); err != nil {
				return nil, err
			}
		}
		value, err := readValue(decoder)
		if err != nil {
			return nil, err
		}
		if delim == '{' {
			object = append(object, pair{fmt.Sprint(key), value})
		} else {
			list = append(list, value)
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if delim == '{' {
		return object, nil
	}
	return list, nil
}

// sameValue compares two values; texts that no two servers share are the same when they are of one kind.
func sameValue(d, c any) bool {
	switch d := d.(type) {
	case []pair:
		c, ok := c.([]pair)
		return ok && slices.EqualFunc(d, c, func(d, c pair) bool { return d.key == c.key && sameValue(d.value, c.value) })
	case []any:
		c, ok := c.([]any)
		return ok && slices.EqualFunc(d, c, sameValue)
	case string:
		c, ok := c.(string)
		return ok && (d == c || kindOf(d) != "" && kindOf(d) == kindOf(c))
	default:
		return reflect.DeepEqual(d, c)
	}
}

// kinds are texts that differ from one server, or run, to the next.
var kinds = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"hex token", regexp.MustCompile(`^[0-9a-f]{40}$`)},
	{"CSRF token", regexp.MustCompile(`^[0-9A-Za-z]{64}$`)},
	{"token", regexp.MustCompile(`^[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+$`)},
	{"date", regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$`)},
}

func kindOf(text string) string {
	for _, kind := range kinds {
		if kind.pattern.MatchString(text) {
			return kind.name
		}
	}
	return ""
}

// shorten makes a page fit into a line of a report.
func shorten(text string) string {
	const most = 600
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
