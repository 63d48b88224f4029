package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"

	"github.com/cartouche-auth/cartouche/httpapi"
)

// readDialects reads the names of built-in dialects and, from YAML, whole ones.
func readDialects(raw any) ([]httpapi.Dialect, error) {
	items, ok := raw.([]any)
	if !ok {
		names, err := readList(raw)
		if err != nil {
			return nil, errors.New("must be a list of names or dialects")
		}
		for _, name := range names {
			items = append(items, name)
		}
	}
	list := make([]httpapi.Dialect, 0, len(items))
	var errs []error
	for _, item := range items {
		d, err := readDialect(item)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, d)
	}
	return list, errors.Join(errs...)
}

func readDialect(item any) (httpapi.Dialect, error) {
	switch v := item.(type) {
	case string:
		return httpapi.DialectNamed(v)
	case map[string]any:
		name, _ := v["name"].(string)
		if name == "" {
			return httpapi.Dialect{}, errors.New("a dialect of your own needs a name")
		}
		d, err := decodeDialect(name, v)
		if err != nil {
			return httpapi.Dialect{}, fmt.Errorf("dialect %s: %w", name, err)
		}
		return d, nil
	default:
		return httpapi.Dialect{}, fmt.Errorf("%s: must be the name of a dialect, or a dialect", show(item))
	}
}

// decodeDialect makes a dialect of its text: a whole one, or changes to the built-in one of that name, when it has no routes of its own.
func decodeDialect(name string, raw map[string]any) (httpapi.Dialect, error) {
	var d httpapi.Dialect
	if _, whole := raw["routes"]; !whole {
		var err error
		if d, err = httpapi.DialectNamed(name); err != nil {
			return d, fmt.Errorf("has no routes, and %w", err)
		}
	}
	if err := unknownKeys("", raw, reflect.TypeFor[httpapi.Dialect]()); err != nil {
		return d, err
	}
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(raw, ""), nil); err != nil {
		return d, err
	}
	if err := k.Unmarshal("", &d); err != nil {
		return d, errors.New(strings.Join(strings.Fields(err.Error()), " ")) // the decoder writes a paragraph
	}
	return d, nil
}

// unknownKeys reports every key for which the type has no field, because the decoder would skip it and leave somebody with the wrong dialect.
func unknownKeys(path string, raw any, t reflect.Type) error {
	var errs []error
	switch v := raw.(type) {
	case []any:
		for i, item := range v {
			if t.Kind() == reflect.Slice {
				errs = append(errs, unknownKeys(fmt.Sprintf("%s[%d]", path, i), item, t.Elem()))
			}
		}
	case map[string]any:
		fields := keysOf(t)
		for _, key := range sortedKeys(v) {
			inner := strings.TrimPrefix(path+"."+key, ".")
			switch field, ok := fields[key]; {
			case t.Kind() == reflect.Map:
				errs = append(errs, unknownKeys(inner, v[key], t.Elem()))
			case ok:
				errs = append(errs, unknownKeys(inner, v[key], field))
			case t.Kind() == reflect.Struct:
				errs = append(errs, fmt.Errorf("%s: is not known%s", inner, didYouMean(key, sortedKeys(fields))))
			}
		}
	}
	return errors.Join(errs...)
}

// keysOf are the keys of a struct, by its tags.
func keysOf(t reflect.Type) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	if t.Kind() != reflect.Struct {
		return keys
	}
	for f := range t.Fields() {
		if key, ok := f.Tag.Lookup("koanf"); ok {
			keys[key] = f.Type
		}
	}
	return keys
}

// dialects are those of the configuration, and that of dj-rest-auth as the settings about it say.
func (c Config) dialects() []httpapi.Dialect {
	choices := httpapi.RestAuth{Tokens: httpapi.RestAuthTokens(c.RestAuthTokens), LoginByEmail: c.RestAuthLoginByEmail}
	list := make([]httpapi.Dialect, len(c.Dialects))
	for i, d := range c.Dialects {
		list[i] = choices.Apply(d)
	}
	return list
}

func dialectNames(list []httpapi.Dialect) []string {
	var names []string
	for _, d := range list {
		names = append(names, d.Name)
	}
	return names
}
