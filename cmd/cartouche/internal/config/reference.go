package config

import (
	"fmt"
	"strings"
)

// Reference is the reference page of the settings, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	group := ""
	for _, s := range Settings() {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		fmt.Fprintf(&b, "\n### `%s`\n\n%s.\n\n", s.Name, sentence(s.Help))
		fmt.Fprintf(&b, "%s · default %s · `--%s` · `%s`\n", s.values(), s.referenceDefault(), s.Flag(), s.Variable())
	}
	return b.String()
}

const referenceHead = `<!-- Made from the table in cmd/cartouche/internal/config by ` + "`go test ./cmd/... -update`" + `; a test fails when it is stale. -->
# Settings

Every setting has one name in three spellings: a key of the YAML file that ` + "`--config`" + ` names, a flag of every command, and a variable. A flag beats
a variable, a variable the file, the file the default. What is not known is an error, and all mistakes are reported at once:
` + "`cartouche config check`" + `. What is in force, and why: ` + "`cartouche config print`" + `.

A duration is written as 30s, 5m, 24h or 14d. A list is a YAML list, a repeated flag, or text in which commas separate. An empty variable counts as
absent.

The master key is no setting. It is read from ` + "`master_key_file`" + `; else from the systemd credential ` + "`master_key`" + `; else from the variable
` + "`" + MasterKeyVariable + "`" + `. When there is none, and the database is new, it is made.
`

func (s Setting) values() string {
	if len(s.Choices) > 0 {
		return "`" + strings.Join(s.Choices, "`, `") + "`"
	}
	return s.Kind()
}

func (s Setting) referenceDefault() string {
	switch text := s.Default(); {
	case s.Derived != "":
		return text
	case text != "":
		return "`" + text + "`"
	default:
		return "none"
	}
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
