package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// allowance is one entry of differences.yaml: a decision to answer otherwise than Django.
type allowance struct {
	// Requests are "SUITE: NAME"; a * stands for any text.
	Requests []string `yaml:"requests"`
	// Parts are those of a difference; a * stands for any text.
	Parts []string `yaml:"parts"`
	// Django and Cartouche, where given, are regular expressions that match the whole of what each said.
	Django    string `yaml:"django"`
	Cartouche string `yaml:"cartouche"`
	Reason    string `yaml:"reason"`

	django, cartouche *regexp.Regexp
	requests, parts   []*regexp.Regexp
	used              []bool // by request
}

func readDifferences(path string) ([]*allowance, error) {
	var list []*allowance
	if err := readYAML(path, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	for i, a := range list {
		if err := a.compile(); err != nil {
			errs = append(errs, fmt.Errorf("%s: entry %d: %w", path, i+1, err))
		}
	}
	return list, errors.Join(errs...)
}

func (a *allowance) compile() error {
	if strings.TrimSpace(a.Reason) == "" || len(a.Requests) == 0 || len(a.Parts) == 0 {
		return errors.New("needs requests, parts and a reason")
	}
	for _, text := range a.Requests {
		a.requests = append(a.requests, glob(text))
	}
	for _, text := range a.Parts {
		a.parts = append(a.parts, glob(text))
	}
	a.used = make([]bool, len(a.Requests))
	var err, err2 error
	a.django, err = wholeText(a.Django)
	a.cartouche, err2 = wholeText(a.Cartouche)
	return errors.Join(err, err2)
}

func glob(text string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$")
}

func wholeText(text string) (*regexp.Regexp, error) {
	if text == "" {
		text = ".*"
	}
	return regexp.Compile("^(?s:" + text + ")$")
}

// allows tells whether the entry covers a difference, and remembers that it was needed.
func (a *allowance) allows(request string, d difference) bool {
	if !anyMatch(a.parts, d.part) || !a.django.MatchString(d.django) || !a.cartouche.MatchString(d.cartouche) {
		return false
	}
	found := false
	for i, pattern := range a.requests {
		if pattern.MatchString(request) {
			a.used[i], found = true, true
		}
	}
	return found
}

func anyMatch(patterns []*regexp.Regexp, text string) bool {
	for _, pattern := range patterns {
		if pattern.MatchString(text) {
			return true
		}
	}
	return false
}

// stale are the requests of the entry that showed no difference.
func (a *allowance) stale() []string {
	var list []string
	for i, used := range a.used {
		if !used {
			list = append(list, a.Requests[i])
		}
	}
	return list
}
