package metrics

import (
	"fmt"
	"strings"
)

// Reference is the page that lists every metric, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("<!-- Made from the code by `go test ./cmd/... -update`; a test fails when it is stale. -->\n# Metrics\n\n" +
		"`GET /metrics` on [`operations_listen`](configuration.md#operations_listen) tells these in Prometheus's format, and beside them those of Go (`go_…`) and of the process\n" +
		"(`process_…`). No label takes a value that a request made up, so there are few series, however hard somebody tries.\n\n" +
		"| Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n")
	for _, m := range table() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.name, m.kind, strings.Join(m.labels, ", "), m.help)
	}
	return b.String()
}
