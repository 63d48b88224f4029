package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// suite is one file of requests/. Its servers start with these settings and an empty database.
type suite struct {
	name     string
	About    string         `yaml:"about"`
	Django   map[string]any `yaml:"django"`    // laid over the settings of django/peer/settings.py
	Settings map[string]any `yaml:"cartouche"` // laid over those of cartouche.go
	Requests []request      `yaml:"requests"`
}

// request is one step of a suite: something that is asked of both servers, or done to both.
type request struct {
	Name string `yaml:"name"`
	// Send is the method and the path. Here and in all that is sent, ${name} is a value saved before, of each server its own.
	Send string `yaml:"send"`
	// Want is the status that Django answers. It guards against a comparison of two mistakes.
	Want    int               `yaml:"want"`
	Headers map[string]string `yaml:"headers"`
	JSON    *string           `yaml:"json"` // the text of a body, sent as application/json
	Form    *string           `yaml:"form"` // the same as application/x-www-form-urlencoded
	Body    *string           `yaml:"body"` // the same, with the Content-Type among the headers
	// Save keeps values of the answer: by name, a key of its JSON object, "cookie NAME" or "header NAME".
	Save map[string]string `yaml:"save"`
	// Mail waits for a mail to this address, and saves the uid and token of its link as ${uid} and ${token}, or its key as ${key}.
	Mail string `yaml:"mail"`
	// Only is the one server that is asked, "django" or "cartouche"; what its answer leaves is saved for both. Nothing is compared.
	Only string `yaml:"only"`
	// Do is done to both servers in place of sending: "superuser USERNAME EMAIL PASSWORD", "disable USERNAME" or "enable USERNAME". With "move" Cartouche
	// imports the users of this Django, and serves them.
	Do string `yaml:"do"`
	// Forge makes tokens in place of sending: by name, the claims that differ from those of ${access}; see forge.
	Forge map[string]map[string]any `yaml:"forge"`
}

func readSuites(folder string) ([]suite, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no requests in %s", folder)
	}
	var suites []suite
	var errs []error
	for _, path := range paths {
		s, err := readSuite(path)
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		suites, errs = append(suites, s), append(errs, err)
	}
	return suites, errors.Join(errs...)
}

func readSuite(path string) (suite, error) {
	s := suite{name: strings.TrimSuffix(filepath.Base(path), ".yaml")}
	if err := readYAML(path, &s); err != nil {
		return s, err
	}
	seen := map[string]bool{}
	var errs []error
	for _, r := range s.Requests {
		errs = append(errs, r.check())
		if r.Name != "" && seen[r.Name] {
			errs = append(errs, fmt.Errorf("two requests are called %q", r.Name))
		}
		seen[r.Name] = true
	}
	return s, errors.Join(errs...)
}

func (r request) check() error {
	if r.Do != "" || r.Forge != nil {
		return nil
	}
	bodies := 0
	for _, body := range []*string{r.JSON, r.Form, r.Body} {
		if body != nil {
			bodies++
		}
	}
	switch method, path, _ := strings.Cut(r.Send, " "); {
	case r.Name == "":
		return fmt.Errorf("%s: a request needs a name", r.Send)
	case method == "" || !strings.HasPrefix(path, "/"):
		return fmt.Errorf("%s: send must be a method and a path", r.Name)
	case r.Want == 0:
		return fmt.Errorf("%s: want must be the status that Django answers", r.Name)
	case r.Only != "" && r.Only != "django" && r.Only != "cartouche":
		return fmt.Errorf("%s: there is no %s", r.Name, r.Only)
	case bodies > 1:
		return fmt.Errorf("%s: only one body", r.Name)
	}
	return nil
}

func readYAML(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	decoder := yaml.NewDecoder(f)
	decoder.KnownFields(true)
	return decoder.Decode(into)
}

// values are what one server's answers left for later requests.
type values map[string]string

var placeholder = regexp.MustCompile(`\$\{([a-z0-9_]+)\}`)

// fill puts values into a text.
func (v values) fill(text string) (string, error) {
	var missing []string
	filled := placeholder.ReplaceAllStringFunc(text, func(found string) string {
		value, ok := v[found[2:len(found)-1]]
		if !ok {
			missing = append(missing, found)
		}
		return value
	})
	if missing != nil {
		return "", fmt.Errorf("nothing was saved as %s; there are %s", strings.Join(missing, ", "), strings.Join(slices.Sorted(maps.Keys(v)), ", "))
	}
	return filled, nil
}
