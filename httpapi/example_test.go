package httpapi_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cartouche-auth/cartouche/auth"
	"github.com/cartouche-auth/cartouche/httpapi"
	"github.com/cartouche-auth/cartouche/secret"
	"github.com/cartouche-auth/cartouche/sqlstore/sqlite"
)

func orders(w http.ResponseWriter, r *http.Request) {
	principal, _ := httpapi.Principal(r.Context())
	_, _ = fmt.Fprintln(w, "orders of", principal.UserID)
}

// Mount Cartouche inside a program of your own.
func Example() {
	dir, err := os.MkdirTemp("", "cartouche")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, stop := context.WithCancel(context.Background())
	mux := http.NewServeMux()
	if err := mount(ctx, mux, dir); err != nil {
		log.Fatal(err)
	}
	for _, path := range []string{"/auth/session/", "/orders"} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(answer.Code, strings.TrimSpace(answer.Body.String()))
	}
	stop()
	// Output:
	// 200 {"authenticated":false}
	// 401 {"detail":"Authentication credentials were not provided.","code":"not_authenticated"}
}

func mount(ctx context.Context, mux *http.ServeMux, dir string) error {
	// What the README shows begins here.
	store, err := sqlite.Open(ctx, filepath.Join(dir, "auth.db")) // or postgres.Open(ctx, url)
	if err != nil {
		return err
	}
	master, err := secret.OpenMaster(filepath.Join(dir, "master.key")) // made on the first run; keep it out of the database's backups
	if err != nil {
		return err
	}
	svc, err := auth.New(auth.Config{Issuer: "https://app.example.com", Store: store, Master: master})
	if err != nil {
		return err
	}
	go svc.Run(ctx)
	api, err := httpapi.New(svc, httpapi.Config{})
	if err != nil {
		return err
	}
	mux.Handle("/auth/", api)
	mux.Handle("GET /orders", httpapi.Require(svc, http.HandlerFunc(orders))) // httpapi.Principal(r.Context()) says who it is
	// What the README shows ends here.
	return nil
}

// The README shows the code that was just run.
func TestREADMEShowsTheExample(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(source), "// What the README shows begins here.\n")
	shown, _, _ := strings.Cut(rest, "\t// What the README shows ends here.")
	want := strings.ReplaceAll("\n"+shown, "\n\t", "\n")
	if !strings.Contains(string(readme), "```go"+want+"```") {
		t.Errorf("README.md does not show this:\n%s", want)
	}
}
