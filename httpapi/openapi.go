package httpapi

import (
	_ "embed"
	"net/http"
	"sync"

	"github.com/knadh/koanf/parsers/yaml"
)

//go:embed openapi.yaml
var openAPIText []byte

// openAPIJSON is the description of the interface, made JSON when somebody asks for it first.
//
//nolint:gochecknoglobals // computed once from a constant
var openAPIJSON = sync.OnceValues(func() ([]byte, error) {
	document, err := yaml.Parser().Unmarshal(openAPIText)
	if err != nil {
		return nil, err
	}
	return encodeJSON(document), nil
})

// openAPI publishes the description of the interface.
func openAPI(w http.ResponseWriter, _ *http.Request) error {
	document, err := openAPIJSON()
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*") // public, and read without credentials
	return writeRaw(w, http.StatusOK, document)
}
