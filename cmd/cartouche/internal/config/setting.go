package config

import (
	"strings"
	"time"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// Setting is one line of the table of settings.
type Setting struct {
	Group   string
	Name    string // as in the YAML file
	Help    string
	Choices []string // the only values; none: whatever its kind allows
	Derived string   // for people: a default that depends on other settings
	field   func(*Config) any
}

// Flag is the setting's name on the command line, without the dashes in front.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Name, "_", "-") }

const variablePrefix = "CARTOUCHE_"

// Variable is the setting's name in the environment.
func (s Setting) Variable() string { return variablePrefix + strings.ToUpper(s.Name) }

// Kind says in one word what a value looks like.
func (s Setting) Kind() string {
	switch s.field(&Config{}).(type) {
	case *bool:
		return "switch"
	case *int:
		return "number"
	case *time.Duration:
		return "duration"
	case *[]string, *[]httpapi.Dialect:
		return "list"
	default:
		return "text"
	}
}

// Default is the value of a setting that nobody gave, for people.
func (s Setting) Default() string {
	if s.Derived != "" {
		return s.Derived
	}
	c := defaults()
	return plain(s.field(&c))
}

// Named finds a setting.
func Named(name string) (Setting, bool) {
	for _, s := range Settings() {
		if s.Name == name {
			return s, true
		}
	}
	return Setting{}, false
}
