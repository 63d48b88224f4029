package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/cartouche-auth/cartouche/internal/process"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what scripts can do beside running the command:
//
//	start NAME ARGS...      runs cartouche serve --listen 127.0.0.1:0 ARGS and sets $NAME to its URL once it listens
//	[!] stop NAME           sends SIGTERM and waits; the exit code must be 0, with ! another. stderr has the log
//	http METHOD URL [-jar NAME] [-d BODY] [-H HEADER]... [-until STATUS]
//	                        asks; stdout has the status, the headers and the body. -jar keeps cookies and sends the CSRF token that goes with them;
//	                        -until asks again until the status is that one
//	capture NAME REGEXP     sets $NAME to the first group of the match in the last answer or output of http
//	capture-address NAME SERVER
//	                        sets $NAME to the address of a server
//	mode FILE MODE          compares permissions, in octal
//	sql FILE STATEMENT      changes a SQLite database
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"start": start, "stop": stop, "http": ask, "capture": capture, "capture-address": captureAddress, "mode": mode, "sql": execute,
	}
}

// state keeps what the commands of one script share.
type state struct {
	servers map[string]*process.Server
	jars    map[string]http.CookieJar
}

var states = newRegistry()

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start NAME ARGS...")
	}
	s := &process.Server{Args: append([]string{"serve", "--listen", "127.0.0.1:0"}, args[1:]...), Dir: ts.MkAbs("."), Env: environment(ts)}
	path, err := lookPath(ts.Getenv("PATH"), "cartouche")
	ts.Check(err)
	ts.Check(s.Start(path))
	ts.Defer(func() { _ = s.Kill() })
	states.of(ts).servers[args[0]] = s
	ts.Setenv(args[0], "http://"+s.Address)
	if s.Operations != "" {
		ts.Setenv(args[0]+"_OPERATIONS", "http://"+s.Operations)
	}
}

func stop(ts *testscript.TestScript, neg bool, args []string) {
	s := states.of(ts).servers[args[0]]
	if s == nil {
		ts.Fatalf("there is no server %q", args[0])
	}
	err := s.Stop(syscall.SIGTERM)
	fmt.Fprint(ts.Stderr(), s.Log())
	fmt.Fprint(ts.Stdout(), s.Out.String())
	if (err != nil) != neg {
		ts.Fatalf("stop: %v\n%s", err, s.Log())
	}
}

// environment is what a script's processes see: the variables that matter, none of the machine's.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "CARTOUCHE_DATABASE", "CARTOUCHE_MASTER_KEY", "CREDENTIALS_DIRECTORY", "GOMEMLIMIT"} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// request is the parsed command line of http.
type request struct {
	method, url, body, jar string
	header                 http.Header
	until                  string
}

func parseRequest(ts *testscript.TestScript, args []string) request {
	if len(args) < 2 || len(args)%2 != 0 {
		ts.Fatalf("usage: http METHOD URL [-jar NAME] [-d BODY] [-H HEADER]... [-until STATUS]")
	}
	r := request{method: args[0], url: args[1], header: http.Header{}}
	for i := 2; i < len(args); i += 2 {
		switch value := args[i+1]; args[i] {
		case "-jar":
			r.jar = value
		case "-d":
			r.body = value
			r.header.Set("Content-Type", "application/json")
		case "-H":
			name, text, _ := strings.Cut(value, ": ")
			r.header.Set(name, text)
		case "-until":
			r.until = value
		default:
			ts.Fatalf("http: unknown option %s", args[i])
		}
	}
	return r
}

func ask(ts *testscript.TestScript, neg bool, args []string) {
	r := parseRequest(ts, args)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	if r.jar != "" {
		client.Jar = states.jar(ts, r.jar)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		text, err := r.send(ctx, client)
		if r.until == "" || strings.HasPrefix(text, r.until+" ") {
			fmt.Fprint(ts.Stdout(), text)
			if (err != nil) != neg {
				ts.Fatalf("http: %v", err)
			}
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			ts.Fatalf("http: never answered %s; the last answer was %s %v", r.until, text, err)
		}
	}
}

// send answers the status, the headers and the body as text.
func (r request) send(ctx context.Context, client *http.Client) (string, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, strings.NewReader(r.body))
	if err != nil {
		return "", err
	}
	maps.Copy(req.Header, r.header)
	if host := r.header.Get("Host"); host != "" {
		req.Host = host
	}
	if client.Jar != nil {
		for _, c := range client.Jar.Cookies(req.URL) {
			if strings.Contains(c.Name, "csrf") {
				req.Header.Set("X-CSRFToken", c.Value)
			}
		}
	}
	answer, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s\n", answer.Status)
	if err := answer.Header.Write(&text); err != nil {
		return "", err
	}
	text.WriteString("\n")
	_, err = io.Copy(&text, answer.Body)
	text.WriteString("\n")
	return text.String(), err
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("capture: no match for %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode FILE MODE")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); (got == args[1]) == neg {
		ts.Fatalf("%s has mode %s", args[0], got)
	}
}

func captureAddress(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || states.of(ts).servers[args[1]] == nil {
		ts.Fatalf("usage: capture-address NAME SERVER")
	}
	ts.Setenv(args[0], states.of(ts).servers[args[1]].Address)
}

func execute(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FILE STATEMENT")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

func newJar() http.CookieJar {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // never, without options
	}
	return jar
}
