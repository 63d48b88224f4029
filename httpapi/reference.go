package httpapi

import (
	"bytes"
	"encoding/json"
	htmltemplate "html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/knadh/koanf/parsers/yaml"
)

// referenceView is openapi.yaml as its page shows it.
type referenceView struct {
	Title, Description string
	Groups             []*groupView
}

type groupView struct {
	Name, Description string
	Operations        []operationView
}

type operationView struct {
	Method, Path, ID, Summary, Description, Example string
	Parameters                                      []parameterView
	Answers                                         []answerView
}

type parameterView struct{ Name, In, Description string }

type answerView struct{ Status, Description string }

// object is a mapping of the description.
type object = map[string]any

// openAPIPage is the page, made when somebody asks for it first.
//
//nolint:gochecknoglobals // computed once from constants
var openAPIPage = sync.OnceValues(func() ([]byte, error) {
	document, err := yaml.Parser().Unmarshal(openAPIText)
	if err != nil {
		return nil, err
	}
	layout, err := htmltemplate.ParseFS(pageFiles, "pages/reference.html")
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = layout.Execute(&page, reference{document}.view())
	return page.Bytes(), err
})

// referencePage shows the interface to people, on the operations listener only: strangers need no map of the server.
func referencePage(w http.ResponseWriter, _ *http.Request) {
	page, err := openAPIPage()
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	_, _ = w.Write(page) // a reader that went away
}

// reference reads the description.
type reference struct{ document object }

func (d reference) view() referenceView {
	info := d.at(d.document, "info")
	v := referenceView{Title: text(info, "title"), Description: text(info, "description")}
	groups := map[string]*groupView{}
	tags, _ := d.document["tags"].([]any)
	for _, one := range tags {
		tag := d.resolve(one)
		group := &groupView{Name: text(tag, "name"), Description: text(tag, "description")}
		groups[group.Name] = group
		v.Groups = append(v.Groups, group)
	}
	paths := d.at(d.document, "paths")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := d.resolve(paths[path])
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			operation := d.at(item, method)
			named, _ := operation["tags"].([]any)
			for _, name := range named[:min(1, len(named))] { // the first is where it belongs
				if group := groups[name.(string)]; group != nil { //nolint:forcetypeassert // our own file, which a test reads
					group.Operations = append(group.Operations, d.operation(method, path, item, operation))
				}
			}
		}
	}
	return v
}

func (d reference) operation(method, path string, item, operation object) operationView {
	v := operationView{
		Method: strings.ToUpper(method), Path: path, ID: text(operation, "operationId"),
		Summary: text(operation, "summary"), Description: text(operation, "description"),
	}
	for _, from := range []object{item, operation} {
		list, _ := from["parameters"].([]any)
		for _, one := range list {
			p := d.resolve(one)
			v.Parameters = append(v.Parameters, parameterView{text(p, "name"), text(p, "in"), text(p, "description")})
		}
	}
	answers := d.at(operation, "responses")
	for _, status := range slices.Sorted(maps.Keys(answers)) {
		v.Answers = append(v.Answers, answerView{status, text(d.resolve(answers[status]), "description")})
	}
	content := d.at(d.at(operation, "requestBody"), "content")
	if schema := d.at(d.at(content, "application/json"), "schema"); len(schema) > 0 {
		body, err := json.MarshalIndent(d.example(schema), "", "  ")
		if err == nil {
			v.Example = string(body)
		}
	}
	return v
}

// example is a value that a schema describes: examples where it has some, and else the type.
func (d reference) example(schema object) any {
	if example, ok := schema["example"]; ok {
		return example
	}
	properties := d.at(schema, "properties")
	if len(properties) == 0 {
		switch kind := text(schema, "type"); kind {
		case "boolean":
			return true
		case "integer", "number":
			return 1
		default:
			return "…"
		}
	}
	made := object{}
	for name := range properties {
		made[name] = d.example(d.at(properties, name))
	}
	return made
}

// at is a member of an object, with references followed; empty where there is none.
func (d reference) at(o object, name string) object { return d.resolve(o[name]) }

func (d reference) resolve(value any) object {
	o, _ := value.(object)
	path, ok := o["$ref"].(string)
	if !ok {
		return o
	}
	found := d.document
	for name := range strings.SplitSeq(strings.TrimPrefix(path, "#/"), "/") {
		found = d.at(found, name)
	}
	return found
}

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}
