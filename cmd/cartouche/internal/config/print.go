package config

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/knadh/koanf/parsers/yaml"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// View is one setting in force, fit to be shown: passwords are hidden.
type View struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
	From  string `json:"from"`
}

// Views are all settings in force, in the order of the table.
func (c Config) Views() []View {
	var views []View
	for _, s := range Settings() {
		if s.Name == "config" && !c.Given("config") {
			continue
		}
		v := View{Name: s.Name, Value: c.view(s), From: "default"}
		if c.Given(s.Name) {
			v.From = strings.TrimSuffix(c.given[s.Name].from, ": "+s.Name)
		}
		views = append(views, v)
	}
	return views
}

func (c Config) view(s Setting) any {
	switch p := s.field(&c).(type) {
	case *bool:
		return *p
	case *int:
		return *p
	case *[]string:
		return append([]string{}, *p...)
	case *[]httpapi.Dialect:
		if whole, ok := c.given[s.Name].raw.([]any); ok {
			return whole
		}
		return append([]string{}, dialectNames(*p)...)
	default:
		return redactURL(plain(p))
	}
}

// WriteYAML writes the settings in force as a YAML file, each with where it comes from. Which file was read is a comment: no file may name another.
func (c Config) WriteYAML(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range c.Views() {
		line, err := v.yaml()
		if err != nil {
			return err
		}
		if v.Name == "config" {
			line = "# " + line
		}
		if _, err := fmt.Fprintf(table, "%s\t# %s\n", line, v.From); err != nil {
			return err
		}
	}
	return table.Flush()
}

// yaml is the setting as one line; a list in JSON, which YAML includes.
func (v View) yaml() (string, error) {
	if reflect.TypeOf(v.Value).Kind() == reflect.Slice {
		text, err := json.Marshal(v.Value)
		return v.Name + ": " + string(text), err
	}
	text, err := yaml.Parser().Marshal(map[string]any{v.Name: v.Value})
	return strings.TrimSuffix(string(text), "\n"), err
}
