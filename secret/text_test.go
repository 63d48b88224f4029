package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/secret"
)

const plain = "correct horse battery"

// shows tells whether out has the secret in any of the ways in which Go prints bytes.
func shows(out string, value []byte) bool {
	list := strings.Trim(fmt.Sprintf("%d", value), "[]")
	hexList := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", value), "[]byte{"), "}")
	for _, form := range []string{
		string(value), list, hexList, hex.EncodeToString(value), strings.ToUpper(hex.EncodeToString(value)),
		fmt.Sprintf("% x", value), fmt.Sprintf("% X", value), base64.StdEncoding.EncodeToString(value), fmt.Sprintf("%q", value),
	} {
		if strings.Contains(out, form) {
			return true
		}
	}
	return false
}

func printings(v any) map[string]string {
	out := map[string]string{
		"Sprint": fmt.Sprint(v), "Sprintln": fmt.Sprintln(v), "Errorf": fmt.Errorf("sign in with %v: %w", v, errors.ErrUnsupported).Error(),
	}
	for name, mistake := range map[string]string{"one argument too many": "no verb", "no width": "%*d", "unknown verb": "%!", "index": "%[3]*.[2]*[1]v"} {
		out[name] = fmt.Sprintf(mistake, v, 1)
	}
	for _, flags := range []string{"", "+", "#", " ", "# ", "0", "-40.3", "10"} {
		for _, verb := range "vsqxXdbocUeEfFgGtp" {
			if format := "%" + flags + string(verb); verb != 'p' || flags == "" {
				out[format] = fmt.Sprintf(format, v)
			}
		}
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("login", "any", v, slog.Group("group", "inner", v))
		out[name] = b.String()
	}
	asJSON, err := json.Marshal(map[string]any{"value": v})
	out["json"] = string(asJSON) + fmt.Sprint(err)
	asXML, err := xml.Marshal(v)
	out["xml"] = string(asXML) + fmt.Sprint(err)
	return out
}

// TestSecretsInLogs is the attack of reading logs, errors and answers.
func TestSecretsInLogs(t *testing.T) {
	t.Parallel()
	text := secret.NewText(plain)
	type holder struct {
		Name   string
		Public secret.Text
		hidden secret.Text // fmt calls no method on it
	}
	for name, v := range map[string]any{
		"text": text, "pointer": &text, "slice": []secret.Text{text}, "map": map[string]secret.Text{"password": text}, "key": map[secret.Text]int{text: 1},
		"struct": holder{"mira", text, text}, "pointer to struct": &holder{"mira", text, text}, "nested": []any{[]holder{{"mira", text, text}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for way, out := range printings(v) {
				if shows(out, []byte(plain)) {
					t.Errorf("%s: got %q", way, out)
				}
			}
		})
	}
}

func TestKeysInLogs(t *testing.T) {
	t.Parallel()
	key := newKey()
	master := mustMaster(t, key)
	child := master.Children("csrf")[0]
	type holder struct {
		Master secret.Master
		Child  secret.Child
		hidden secret.Master
	}
	for name, v := range map[string]any{
		"master": master, "child": child, "children": master.Children("csrf"), "pointers": []any{&master, &child}, "struct": holder{master, child, master},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for way, out := range printings(v) {
				if way != "%p" && shows(out, child.Key) || shows(out, key) { // %p is an error that go vet finds; Child.Key is public
					t.Errorf("%s: got %q", way, out)
				}
			}
		})
	}
}

func TestTextSaysThatItHides(t *testing.T) {
	t.Parallel()
	for _, text := range []secret.Text{{}, secret.NewText(""), secret.NewText(plain)} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.2s"} {
			if got := fmt.Sprintf(format, text); got != "[redacted]" {
				t.Errorf("%s: got %q", format, got)
			}
		}
		if got := text.String() + text.GoString() + text.LogValue().String(); got != strings.Repeat("[redacted]", 3) {
			t.Errorf("String, GoString, LogValue: got %q", got)
		}
		if got, err := json.Marshal(text); string(got) != `"[redacted]"` || err != nil {
			t.Errorf("json: got %s, %v", got, err)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var zero secret.Text
	if zero.Reveal() != "" || !zero.Empty() || !secret.NewText("").Empty() || !zero.Equal(secret.NewText("")) {
		t.Error("the zero Text is not an empty one")
	}
	text := secret.NewText(plain)
	if text.Reveal() != plain || text.Empty() {
		t.Errorf("Reveal: got %q", text.Reveal())
	}
	if !text.Equal(secret.NewText(plain)) || text.Equal(secret.NewText(plain+"x")) || text.Equal(zero) {
		t.Error("Equal does not compare the texts")
	}
}
