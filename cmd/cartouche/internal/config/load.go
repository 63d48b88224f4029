package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// Sources is where settings are given. A flag beats a variable, a variable the file, and the file the default.
type Sources struct {
	Environment []string            // as os.Environ has it
	Flags       map[string][]string // by the setting's name: one text for each time that the flag was given
}

// Load reads the settings. The error joins every mistake in all of the sources, each naming its place and none showing a password; the Config
// is then that of the rest, good for finding further mistakes with Check.
func Load(sources Sources) (Config, error) {
	variables, err := readVariables(sources.Environment)
	l := &layers{values: koanf.New("."), from: map[string]string{}, errs: []error{err}}
	l.file(last(sources.Flags["config"], variables["config"]))
	for _, s := range Settings() {
		if text, ok := variables[s.Name]; ok {
			l.add(s, s.Variable(), text)
		}
		if texts := sources.Flags[s.Name]; len(texts) > 0 {
			l.add(s, "--"+s.Flag(), texts)
		}
	}
	c := defaults()
	c.given = map[string]given{}
	for _, s := range Settings() {
		from, ok := l.from[s.Name]
		if !ok {
			continue
		}
		raw := l.values.Get(s.Name)
		c.given[s.Name] = given{from, raw}
		if err := s.set(&c, raw); err != nil {
			l.errs = append(l.errs, fmt.Errorf("%s: %w", from, err))
		}
	}
	return c.derive(), errors.Join(l.errs...)
}

// layers is the merged values with their origins, as an error names them.
type layers struct {
	values *koanf.Koanf
	from   map[string]string
	errs   []error
}

// add lays a value over those of lower layers.
func (l *layers) add(s Setting, from string, raw any) {
	if err := l.values.Load(confmap.Provider(map[string]any{s.Name: raw}, ""), nil); err != nil {
		l.errs = append(l.errs, fmt.Errorf("%s: %w", from, err))
		return
	}
	l.from[s.Name] = from
}

// file reads the YAML file.
func (l *layers) file(path string) {
	if path == "" {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("config: %w", err))
		return
	}
	k := koanf.New(".")
	if err := k.Load(rawbytes.Provider(text), yaml.Parser()); err != nil {
		l.errs = append(l.errs, fmt.Errorf("config: %s: %w", path, yamlError(err)))
		return
	}
	raw := k.Raw()
	for _, name := range sortedKeys(raw) {
		s, known := Named(name)
		if !known || name == "config" {
			l.errs = append(l.errs, fmt.Errorf("%s: %s: is not a setting%s", path, name, didYouMean(name, names(Setting.key))))
			continue
		}
		l.add(s, path+": "+name, raw[name])
	}
}

// yamlError is what the parser says, but for the texts of values that it may quote.
func yamlError(err error) error {
	return errors.New(quoted.ReplaceAllString(strings.Join(strings.Fields(err.Error()), " "), hidden))
}

var quoted = regexp.MustCompile("`[^`]*`")

// readVariables picks the CARTOUCHE_ variables out of the environment. An empty one counts as absent, since compose files leave such behind.
func readVariables(environment []string) (map[string]string, error) {
	variables := map[string]string{}
	var errs []error
	for _, line := range environment {
		name, text, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, variablePrefix) || notOurs(name) {
			continue
		}
		s, known := Named(strings.ToLower(strings.TrimPrefix(name, variablePrefix)))
		if !known || s.Variable() != name {
			errs = append(errs, fmt.Errorf("%s: is not a setting%s", name, didYouMean(name, append(names(Setting.Variable), MasterKeyVariable))))
			continue
		}
		if text != "" {
			variables[s.Name] = text
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return variables, errors.Join(errs...)
}

// MasterKeyVariable is the variable that may hold the master key itself. It is no setting: a flag or a file of settings would show it.
const MasterKeyVariable = variablePrefix + "MASTER_KEY"

// notOurs are the variables with our prefix that are no settings: the master key, what the tests of this project read, and what Kubernetes
// sets in every container beside a service that is called cartouche.
func notOurs(name string) bool {
	return name == MasterKeyVariable || strings.HasPrefix(name, variablePrefix+"TEST_") || kubernetes.MatchString(name)
}

var kubernetes = regexp.MustCompile(`^CARTOUCHE_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

func (s Setting) key() string { return s.Name }

func names(of func(Setting) string) []string {
	var list []string
	for _, s := range Settings() {
		if s.Name != "config" {
			list = append(list, of(s))
		}
	}
	return list
}

func last(texts []string, otherwise string) string {
	if len(texts) > 0 {
		return texts[len(texts)-1]
	}
	return otherwise
}
