package httpapi

import "slices"

// newInput reads the members of a request by the names that the route has for them.
func (e *endpoint) newInput(f fields) *input {
	return &input{fields: f, names: e.route.Fields, texts: e.route.Texts, limits: e.route.Limits, asked: slices.Clone(e.route.Order)}
}

// reword tells what is wrong with members by the route's names and texts.
func (r *Route) reword(problems fieldErrors) fieldErrors {
	if r.Fields == nil && r.Errors == nil && r.Texts == nil {
		return problems
	}
	out := slices.Clone(problems)
	for i := range out {
		if name, ok := r.Fields[out[i].name]; ok {
			out[i].name = name
		}
		if name, ok := r.Errors[problems[i].name]; ok {
			out[i].name = name
		}
		out[i].messages = reworded(r.Texts, out[i].messages)
	}
	return out
}

func reworded(texts []Rewording, messages []string) []string {
	out := slices.Clone(messages)
	for i := range out {
		for _, text := range texts {
			if text.Native == out[i] {
				out[i] = text.Here
				break
			}
		}
	}
	return out
}

// wire is the name of a member on the wire.
func (in *input) wire(name string) string {
	if other, ok := in.names[name]; ok {
		return other
	}
	return name
}
