package main_test

import (
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cartouche-auth/cartouche/internal/process"
)

// image is what the Dockerfile says.
type image struct {
	build    []string          // the command that makes the program, before and after its name
	user     int               // who runs it
	settings map[string]string // what is in its environment
	data     string            // the folder that is his
}

func readImage(t *testing.T) image {
	t.Helper()
	text, err := os.ReadFile("../../packaging/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	one := func(pattern string) string {
		found := regexp.MustCompile("(?m)^" + pattern + "$").FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("the Dockerfile has no line %s", pattern)
		}
		return found[1]
	}
	before, after, _ := strings.Cut(one(`RUN (CGO_ENABLED=0 go build .* -o /out/cartouche .*)`), "/out/cartouche")
	user, group, _ := strings.Cut(one(`USER ([1-9][0-9]*:[1-9][0-9]*)`), ":")
	number, err := strconv.Atoi(user)
	if err != nil || user != group {
		t.Fatalf("the user %s of the group %s (%v)", user, group, err)
	}
	i := image{build: []string{before, after}, user: number, settings: map[string]string{}, data: one(`COPY --from=build --chown=` + user + `:` + group + ` /out/data (/.*)`)}
	for _, setting := range regexp.MustCompile(`(?m)^(?:ENV|   ) (CARTOUCHE_[A-Z_]+)=(\S+)`).FindAllStringSubmatch(string(text), -1) {
		i.settings[setting[1]] = setting[2]
	}
	for name, want := range map[string]string{
		"CARTOUCHE_LISTEN":            "0.0.0.0:" + one(`EXPOSE ([0-9]+)`),
		"CARTOUCHE_OPERATIONS_LISTEN": one(`HEALTHCHECK .* CMD \["/cartouche", "health", "http://(.*)"\]`),
		"CARTOUCHE_DATA_DIR":          one(`VOLUME (/.*)`),
	} {
		if i.settings[name] != want {
			t.Errorf("the Dockerfile says %s=%s, and elsewhere %s", name, i.settings[name], want)
		}
	}
	if i.settings["CARTOUCHE_DATA_DIR"] != i.data {
		t.Errorf("the Dockerfile makes the folder %s for the data in %s", i.data, i.settings["CARTOUCHE_DATA_DIR"])
	}
	return i
}

// The image is made by a container engine; what it is made of is made here by the same command: a program that needs no other file, and writes nowhere but
// into the folder of its data. Root enters the file system of the image and becomes its user, as an engine does; others run the program where nobody can write.
func TestTheProgramOfTheImage(t *testing.T) {
	t.Parallel()
	i := readImage(t)
	root := filepath.Join(t.TempDir(), "image")
	data := filepath.Join(root, i.data)
	if err := errors.Join(os.MkdirAll(filepath.Dir(data), 0o755), os.Mkdir(data, 0o700)); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "cartouche")
	build := exec.Command("sh", "-c", i.build[0]+program+i.build[1])
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	wantStatic(t, program)
	s := &process.Server{
		Args: []string{"serve"}, Dir: "/proc",
		Env: []string{"CARTOUCHE_LISTEN=0.0.0.0:0", "CARTOUCHE_OPERATIONS_LISTEN=127.0.0.1:0", "CARTOUCHE_PUBLIC_URL=https://auth.example.com", "CARTOUCHE_DATA_DIR=" + data},
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(data, i.user, i.user); err != nil {
			t.Fatal(err)
		}
		program, s.Dir, s.Env[3] = "/cartouche", "/", "CARTOUCHE_DATA_DIR="+i.data
		s.As = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uint32(i.user), Gid: uint32(i.user)}}
	}
	if err := s.Start(program); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Kill() })
	health := exec.Command(program, "health", "http://"+s.Operations)
	health.Env, health.Dir, health.SysProcAttr = []string{}, s.Dir, s.As
	if out, err := health.CombinedOutput(); err != nil {
		t.Errorf("health: %v\n%s", err, out)
	}
	if err := s.Stop(syscall.SIGTERM); err != nil {
		t.Errorf("stop: %v\n%s", err, s.Log())
	}
}

// maxProgram is how large the program may be: see docs/decisions/0014-size-of-the-binary.md.
const maxProgram = 30_000_000

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
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxProgram {
		t.Errorf("the program has %d bytes, more than %d", info.Size(), maxProgram)
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
