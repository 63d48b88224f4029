package main_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// The image is made by a container engine; what it is made of is made here by the same command: a program that needs no other file, and writes nowhere but
// into the folder of its data.
func TestTheProgramOfTheImage(t *testing.T) {
	t.Parallel()
	dockerfile, err := os.ReadFile("../../packaging/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0 go build .* -o )/out/cartouche( .*)$`).FindStringSubmatch(string(dockerfile))
	if command == nil {
		t.Fatal("the Dockerfile has no line that builds the program")
	}
	if !regexp.MustCompile(`(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`).Match(dockerfile) {
		t.Error("the Dockerfile names no user by a number that is not root's")
	}
	program := filepath.Join(t.TempDir(), "cartouche")
	build := exec.Command("sh", "-c", command[1]+program+command[2])
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	wantStatic(t, program)

	data := filepath.Join(t.TempDir(), "data")
	s := &server{
		args: []string{"serve"}, dir: "/proc", // where nobody can write
		env: []string{"CARTOUCHE_LISTEN=127.0.0.1:0", "CARTOUCHE_OPERATIONS_LISTEN=127.0.0.1:0", "CARTOUCHE_DATA_DIR=" + data},
	}
	if err := s.start(program); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.kill() })
	health := exec.Command(program, "health", "http://"+s.operations)
	health.Env = []string{}
	if out, err := health.CombinedOutput(); err != nil {
		t.Errorf("health: %v\n%s", err, out)
	}
	if err := s.stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v\n%s", err, s.log())
	}
}

// wantStatic holds that a program asks for no loader and no library: the image has none.
func wantStatic(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			t.Error("the program asks for a loader, so it is not static")
		}
	}
	if libraries, _ := file.ImportedLibraries(); len(libraries) > 0 {
		t.Errorf("the program asks for the libraries %v", libraries)
	}
	info, err := os.Stat(program)
	if err != nil || info.Size() > 40<<20 {
		t.Errorf("the program has %d bytes (%v)", info.Size(), err)
	}
}

// The address of operators asks for no password, so no example of a proxy may lead there.
func TestProxiesLeadToThePublicAddressOnly(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Caddyfile", "nginx.conf"} {
		text, err := os.ReadFile("../../packaging/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{"8081", "/metrics", "/debug", "proxy_add_x_forwarded_for"} {
			if strings.Contains(string(text), forbidden) {
				t.Errorf("%s has %s", name, forbidden)
			}
		}
	}
}
